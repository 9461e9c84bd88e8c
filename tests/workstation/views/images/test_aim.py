"""Measuring by keys alone: points lie exactly where the arrows led, undo and redo go along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.workstation.models.images.stacks import series
from tests.workstation.views.images.test_viewport import drag, looks, mouse, pixels
from tests.workstation.views.keyboard import CTRL, press
from workstation.models.images.marks import Kind, Mark, Marks
from workstation.models.images.readings import headline
from workstation.models.images.view_state import Tool
from workstation.views.images.viewport import Viewport

SHIFT = Qt.KeyboardModifier.ShiftModifier
UP, DOWN, LEFT, RIGHT = Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right
ENTER, TAB, ESC, DEL = Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Delete


@pytest.fixture
def viewport(dressed: QApplication, qtbot: QtBot) -> Iterator[Viewport]:
    window = QWidget()
    made = Viewport(Marks())
    layout = QVBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(made)
    layout.addWidget(QPushButton("Nút kế"))
    window.setLayout(layout)
    qtbot.addWidget(window)
    window.resize(512, 430)
    with qtbot.waitActive(window):
        window.show()
    made.setFocus()
    made.show_stack(series(4))
    yield made
    window.close()


def only(viewport: Viewport) -> Mark:
    [mark] = viewport.marks.all()
    return mark


def times(viewport: Viewport, count: int, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
          ) -> None:
    for _ in range(count):
        press(viewport, key, held)


def test_a_length_is_measured_without_a_mouse_and_lies_where_the_arrows_led(viewport: Viewport) -> None:
    lens = viewport.lens()
    assert lens is not None
    plain = pixels(viewport.grab().toImage())
    press(viewport, Qt.Key.Key_D)
    press(viewport, ENTER)
    assert (pixels(viewport.grab().toImage()) != plain).any()
    start = viewport.aim.at
    assert start is not None
    assert lens.to_widget(start) == pytest.approx((256, viewport.height() / 2), abs=1)
    times(viewport, 2, LEFT)
    times(viewport, 3, UP, SHIFT)
    times(viewport, 1, RIGHT, CTRL)
    press(viewport, ENTER)
    assert "Đã đặt điểm 1 trên 2" in viewport.accessibleName()
    times(viewport, 5, DOWN)
    assert "Cột" in viewport.accessibleName()
    press(viewport, ENTER)
    mark = only(viewport)
    first = (start[0] + (48 - 16) / lens.scale, start[1] - 3 / lens.scale)
    assert mark.points[0] == pytest.approx(first)
    assert mark.points[1] == pytest.approx((first[0], first[1] + 40 / lens.scale))
    assert mark.reading is not None
    assert mark.reading.size == pytest.approx(0.7 * 40 / lens.scale)
    assert viewport.accessibleName() == f"Khung ảnh. Dài {headline(mark.reading)}"
    assert looks(viewport).place == 0  # arrows scroll nothing while they measure


def test_without_a_tool_arrows_scroll_and_enter_says_what_to_do(viewport: Viewport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewport.told) as told:
        press(viewport, ENTER)
    assert "Lấy công cụ đo" in told.args[0]
    press(viewport, DOWN)
    assert looks(viewport).place == 1
    press(viewport, Qt.Key.Key_D)
    press(viewport, DOWN)
    assert looks(viewport).place == 2
    press(viewport, ENTER)
    press(viewport, DOWN)
    assert looks(viewport).place == 2
    press(viewport, Qt.Key.Key_PageUp)
    assert looks(viewport).place == 0
    press(viewport, ESC)
    press(viewport, DOWN)
    assert looks(viewport).place == 1
    assert looks(viewport).tool is Tool.LENGTH
    press(viewport, ESC)
    assert looks(viewport).tool is Tool.SELECT


@pytest.mark.parametrize(("key", "held", "kind", "points"), [
    (Qt.Key.Key_G, Qt.KeyboardModifier.NoModifier, Kind.ANGLE, 3), (Qt.Key.Key_G, SHIFT, Kind.COBB, 4),
    (Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, Kind.ELLIPSE, 2), (Qt.Key.Key_R, SHIFT, Kind.RECTANGLE, 2),
    (Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier, Kind.FREEHAND, 4)])
def test_every_kind_can_be_drawn(viewport: Viewport, key: Qt.Key, held: Qt.KeyboardModifier, kind: Kind,
                                 points: int) -> None:
    press(viewport, key, held)
    press(viewport, ENTER)
    for number in range(points):
        press(viewport, ENTER)
        times(viewport, 1, (RIGHT, DOWN, LEFT, UP)[number], CTRL)
        if number < points - 1 and kind in (Kind.ELLIPSE, Kind.RECTANGLE):
            times(viewport, 1, DOWN, CTRL)
    if kind is Kind.FREEHAND:
        assert not viewport.marks.all()
        times(viewport, 2, ENTER)
    mark = only(viewport)
    assert mark.kind is kind
    assert mark.reading is not None
    assert mark.reading.size is not None


def test_a_point_is_taken_moved_and_kept_tab_takes_the_next_and_undo_goes_back(viewport: Viewport) -> None:
    here = viewport.here
    assert here is not None
    one = Mark.new(here.spot, Kind.LENGTH, [(20.0, 20.0), (60.0, 20.0)])
    two = Mark.new(here.spot, Kind.ANGLE, [(20.0, 50.0), (30.0, 60.0), (40.0, 50.0)])
    viewport.marks.put(one)
    viewport.marks.put(two)
    lens = viewport.lens()
    assert lens is not None
    press(viewport, Qt.Key.Key_E)
    assert "Số đo 1 trên 2" in viewport.accessibleName()
    press(viewport, ENTER)
    assert "điểm 1 trên 2" in viewport.accessibleName()
    times(viewport, 2, DOWN)
    assert viewport.marks.get(one.id) == one  # kept when it is put down
    press(viewport, TAB)
    moved = viewport.marks.get(one.id)
    assert moved is not None
    assert moved.points[0] == pytest.approx((20.0, 20.0 + 16 / lens.scale))
    assert moved.points[1] == (60.0, 20.0)
    assert "điểm 2 trên 2" in viewport.accessibleName()
    press(viewport, TAB)
    assert "Góc, điểm 1 trên 3" in viewport.accessibleName()
    times(viewport, 1, UP)
    press(viewport, ESC)
    assert viewport.marks.get(two.id) == two
    assert not viewport.aim.shown
    press(viewport, Qt.Key.Key_Z, CTRL)
    assert viewport.marks.get(one.id) == one
    press(viewport, Qt.Key.Key_Y, CTRL)
    assert viewport.marks.get(one.id) == moved


def test_delete_takes_a_held_mark_out_and_undo_and_redo_go_both_ways(viewport: Viewport, qtbot: QtBot) -> None:
    here = viewport.here
    assert here is not None
    viewport.marks.put(Mark.new(here.spot, Kind.LENGTH, [(20.0, 20.0), (60.0, 20.0)]))
    press(viewport, Qt.Key.Key_E)
    press(viewport, ENTER)
    press(viewport, DOWN)
    press(viewport, DEL)
    assert viewport.marks.all() == ()
    assert not viewport.aim.shown
    press(viewport, Qt.Key.Key_Z, CTRL)
    assert only(viewport).points == ((20.0, 20.0), (60.0, 20.0))
    press(viewport, Qt.Key.Key_Y, CTRL)
    assert viewport.marks.all() == ()
    with qtbot.waitSignal(viewport.told) as told:
        press(viewport, Qt.Key.Key_Y, CTRL)
    assert told.args == ["Không còn gì để làm lại"]


def test_anothers_mark_is_not_taken_and_the_mouse_puts_the_crosshair_away(viewport: Viewport) -> None:
    here = viewport.here
    assert here is not None
    theirs = Mark(here.spot, Kind.LENGTH, ((20.0, 20.0), (60.0, 20.0)),
                  Mark.new(here.spot, Kind.LENGTH, [(1, 1), (2, 2)]).id, author="Lê Minh")
    viewport.marks.restore([theirs])
    press(viewport, Qt.Key.Key_E)
    press(viewport, ENTER)
    assert not viewport.aim.shown
    press(viewport, Qt.Key.Key_D)
    press(viewport, ENTER)
    press(viewport, TAB)
    assert "chưa có số đo của bạn" in viewport.accessibleName()
    mouse(viewport, QEvent.Type.MouseButtonPress, QPointF(100, 100), Qt.MouseButton.LeftButton)
    assert not viewport.aim.shown
    mouse(viewport, QEvent.Type.MouseButtonRelease, QPointF(100, 100), Qt.MouseButton.LeftButton)
    press(viewport, ESC)
    drag(viewport, QPointF(50, 200), QPointF(180, 200))
    assert len(viewport.marks.all()) == 2


def test_tab_leaves_the_viewport_when_nothing_is_aimed_at(viewport: Viewport) -> None:
    press(viewport, TAB)
    assert isinstance(QApplication.focusWidget(), QPushButton)
