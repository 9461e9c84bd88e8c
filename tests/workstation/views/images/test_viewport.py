"""The viewport under real mouse and key events: pixels, measures to the computed truth, and nothing that jumps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from imaging.geometry import Point
from imaging.grey import FullDynamic, Window
from imaging.rendering import render
from records.errors import Reason
from tests.imaging.samples import smooth
from tests.workstation.models.images.stacks import HeldStack, disc, loaded, series, slice_at
from tests.workstation.views.keyboard import press, write
from workstation.models.images.graphics import Dots, Polyline, ReferenceLine, Text
from workstation.models.images.marks import Kind, Mark, Marks
from workstation.models.images.readings import Reading
from workstation.models.images.stack import Loaded
from workstation.models.images.states import Over
from workstation.models.images.view_state import Tool, ViewState
from workstation.views import style
from workstation.views.images.corner_painting import _cut
from workstation.views.images.face import Laying
from workstation.views.images.mark_painting import write as write_words
from workstation.views.images.viewport import Viewport

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def viewport(dressed: QApplication, qtbot: QtBot) -> Iterator[Viewport]:
    made = Viewport(Marks())
    qtbot.addWidget(made)
    made.resize(512, 384)
    with qtbot.waitActive(made):
        made.show()
    made.setFocus()
    yield made
    assert not made.cine.running or made.isVisible()


def at(viewport: Viewport, point: Point) -> QPointF:
    lens = viewport.lens()
    assert lens is not None
    return QPointF(*lens.to_widget(point))


def mouse(viewport: Viewport, kind: QEvent.Type, place: QPointF, button: Qt.MouseButton) -> None:
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
    QApplication.sendEvent(viewport, QMouseEvent(kind, place, viewport.mapToGlobal(place), button, held, PLAIN))


def drag(viewport: Viewport, start: QPointF, end: QPointF, button: Qt.MouseButton = LEFT) -> None:
    mouse(viewport, QEvent.Type.MouseButtonPress, start, button)
    for part in (0.3, 0.7, 1.0):
        mouse(viewport, QEvent.Type.MouseMove, start + (end - start) * part, button)
    mouse(viewport, QEvent.Type.MouseButtonRelease, end, button)


def click(viewport: Viewport, place: QPointF) -> None:
    mouse(viewport, QEvent.Type.MouseButtonPress, place, LEFT)
    mouse(viewport, QEvent.Type.MouseButtonRelease, place, LEFT)


def wheel(viewport: Viewport, down: int, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    place = QPointF(200, 150)
    QApplication.sendEvent(viewport, QWheelEvent(
        place, viewport.mapToGlobal(place), QPoint(), QPoint(0, -120 * down), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False))


def pixels(image: QImage) -> NDArray[np.uint8]:
    """(height, width, 3) as Qt painted them."""
    converted = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = converted.constBits()
    assert bits is not None
    held = np.frombuffer(bytes(bits.asarray(converted.sizeInBytes())), np.uint8)
    rows: NDArray[np.uint8] = held.reshape(converted.height(), -1)
    return rows[:, :converted.width() * 3].reshape(converted.height(), converted.width(), 3).copy()


def same_as_imaging(viewport: Viewport) -> bool:
    """Whether the snapshot is `imaging.render`'s picture exactly, on the ground, and nothing else."""
    lens, here = viewport.lens(), viewport.here
    assert lens is not None
    assert here is not None
    view = lens.view()
    ground = QColor("#0B1013")
    wanted = np.empty((lens.height, lens.width, 3), np.uint8)
    wanted[:] = (ground.red(), ground.green(), ground.blue())
    if view is not None:
        picture = render(here.frame, here.grey, view)
        left, top, right, bottom = lens.seen
        wanted[top:bottom, left:right] = picture if picture.ndim == 3 else picture[:, :, None]
    return bool((pixels(viewport.snapshot()) == wanted).all())


def looks(viewport: Viewport) -> ViewState:
    """How it looks now: a call, because the checker takes a property for what it was."""
    return viewport.state


def sees(viewport: Viewport) -> Loaded | None:
    """What it shows now."""
    return viewport.here


def stack_of(*places: Loaded) -> HeldStack:
    return HeldStack(places)


FILES = {
    "CT": slice_at(disc()),
    "16 bits, not square": slice_at(smooth(100, 60), PixelSpacing=[1.4, 0.7]),
    "MONOCHROME1": slice_at(smooth(), PhotometricInterpretation="MONOCHROME1"),
    "signed with padding": slice_at((smooth().astype(np.int16) - 2000), PixelPaddingValue=-2000),
    "without a window": slice_at(smooth(), WindowCenter=None, WindowWidth=None),
    "colour": slice_at(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_pixel_is_the_one_that_imaging_renders(viewport: Viewport, name: str) -> None:
    viewport.show_stack(stack_of(loaded(FILES[name])))
    assert same_as_imaging(viewport)
    for action in ("turn", "nearer", "nearer", "flip", "full", "turn", "invert", "nearer", "own_window", "turn",
                   "one_to_one", "farther", "preset.1"):
        viewport.act(f"images.{action}")
        assert same_as_imaging(viewport), action
        assert middle_of(viewport.grab().toImage(), viewport.snapshot()), action  # what is kept from before is true too
    drag(viewport, QPointF(200, 200), QPointF(260, 130), MIDDLE)
    drag(viewport, QPointF(200, 200), QPointF(231, 130), RIGHT)
    assert same_as_imaging(viewport)
    assert middle_of(viewport.grab().toImage(), viewport.snapshot())


def middle_of(one: QImage, other: QImage) -> bool:
    """Whether both are the same where no words stand."""
    free = (slice(90, 150), slice(60, 450))
    return bool((pixels(one)[free] == pixels(other)[free]).all())


def test_what_the_screen_shows_is_that_picture_with_words_around_it(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(FILES["CT"])))
    seen, kept = pixels(viewport.grab().toImage()), pixels(viewport.snapshot())
    assert middle_of(viewport.grab().toImage(), viewport.snapshot())
    assert (seen[:40] != kept[:40]).any()


def reading(viewport: Viewport) -> Reading:
    """What the only mark says."""
    (mark,) = viewport.marks.all()
    assert mark.reading is not None
    return mark.reading


@pytest.mark.parametrize("looks", [
    (), ("turn",), ("flip", "nearer"), ("turn", "turn", "flip", "one_to_one"), ("nearer", "nearer", "turn"),
])
def test_a_length_drawn_with_the_mouse_is_true_to_a_tenth_of_a_millimetre(viewport: Viewport,
                                                                          looks: tuple[str, ...]) -> None:
    viewport.show_stack(stack_of(loaded(slice_at(disc(), PixelSpacing=[0.5, 0.8]))))
    for look in looks:
        viewport.act(f"images.{look}")
    press(viewport, Qt.Key.Key_D)
    drag(viewport, at(viewport, (50, 40)), at(viewport, (80, 60)))
    assert reading(viewport).size == pytest.approx(math.hypot(30 * 0.8, 20 * 0.5), abs=0.1)
    click(viewport, at(viewport, (55, 60)))
    click(viewport, at(viewport, (75, 75)))
    second = viewport.marks.all()[1].reading
    assert second is not None
    assert second.size == pytest.approx(math.hypot(20 * 0.8, 15 * 0.5), abs=0.1)


def test_angles_drawn_with_the_mouse_are_true_to_a_tenth_of_a_degree(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(slice_at(disc(), PixelSpacing=[0.5, 0.8]))))
    press(viewport, Qt.Key.Key_G)
    drag(viewport, at(viewport, (90, 20)), at(viewport, (30, 30)))
    click(viewport, at(viewport, (100, 70)))
    one = math.atan2(40 * 0.5, 70 * 0.8) + math.atan2(10 * 0.5, 60 * 0.8)
    assert reading(viewport).size == pytest.approx(math.degrees(one), abs=0.1)
    viewport.marks.forget()
    press(viewport, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert viewport.state.tool is Tool.COBB
    drag(viewport, at(viewport, (20, 20)), at(viewport, (100, 20)))
    drag(viewport, at(viewport, (20, 60)), at(viewport, (100, 80)))
    assert reading(viewport).size == pytest.approx(math.degrees(math.atan2(20 * 0.5, 80 * 0.8)), abs=0.1)


@pytest.mark.parametrize("key", [Qt.Key.Key_R, Qt.Key.Key_F])
def test_a_region_drawn_with_the_mouse_reads_the_phantoms_hounsfield_units(viewport: Viewport, key: Qt.Key) -> None:
    viewport.show_stack(stack_of(loaded(FILES["CT"])))
    press(viewport, key)
    start, end = at(viewport, (36, 45)), at(viewport, (46, 55))
    if key is Qt.Key.Key_R:
        drag(viewport, start, end)
        assert reading(viewport).size == pytest.approx(math.pi / 4 * 7 * 7, abs=0.5)
    else:
        mouse(viewport, QEvent.Type.MouseButtonPress, start, LEFT)
        for corner in ((46, 45), (46, 55), (36, 55)):
            mouse(viewport, QEvent.Type.MouseMove, at(viewport, corner), LEFT)
        mouse(viewport, QEvent.Type.MouseButtonRelease, at(viewport, (36, 55)), LEFT)
    found = reading(viewport)
    assert found.mean == pytest.approx(300, abs=1)
    assert (found.deviation, found.least, found.greatest) == (0, 300, 300)
    assert found.values_unit == "HU"


def test_a_mark_is_changed_by_its_handles_moved_by_its_line_deleted_and_brought_back(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(FILES["CT"])))
    press(viewport, Qt.Key.Key_D)
    drag(viewport, at(viewport, (40, 40)), at(viewport, (80, 40)))
    press(viewport, Qt.Key.Key_Escape)
    press(viewport, Qt.Key.Key_Escape)
    assert viewport.state.tool is Tool.SELECT
    assert viewport.chosen_mark is None
    drag(viewport, at(viewport, (80, 40)), at(viewport, (80, 70)))
    assert reading(viewport).size == pytest.approx(math.hypot(40, 30) * 0.7, abs=0.1)
    drag(viewport, at(viewport, (60, 55)), at(viewport, (62, 60)))
    (mark,) = viewport.marks.all()
    assert mark.points[0] == pytest.approx((42, 45), abs=0.3)
    assert viewport.chosen_mark == mark.id
    press(viewport, Qt.Key.Key_Delete)
    assert viewport.marks.all() == ()
    for wanted in (mark.points, ((40, 40), (80, 70)), ((40, 40), (80, 40))):
        press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert np.allclose(viewport.marks.all()[0].points, wanted, atol=0.3)
    press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert viewport.marks.all() == ()


def test_an_ellipse_is_pulled_by_any_of_its_corners(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(FILES["CT"])))
    press(viewport, Qt.Key.Key_R)
    drag(viewport, at(viewport, (60, 60)), at(viewport, (40, 40)))
    for corner, to in (((60, 40), (70, 30)), ((40, 60), (30, 70))):
        drag(viewport, at(viewport, corner), at(viewport, to))
    (mark,) = viewport.marks.all()
    (x0, y0), (x1, y1) = mark.points
    assert sorted((x0, x1)) == pytest.approx([30, 70], abs=0.4)
    assert sorted((y0, y1)) == pytest.approx([30, 70], abs=0.4)


def test_a_click_that_draws_nothing_leaves_nothing_and_escape_drops_what_is_half_drawn(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(FILES["CT"])))
    press(viewport, Qt.Key.Key_D)
    click(viewport, at(viewport, (40, 40)))
    click(viewport, at(viewport, (40, 40)))
    assert viewport.marks.all() == ()
    click(viewport, at(viewport, (40, 40)))
    press(viewport, Qt.Key.Key_Escape)
    assert viewport.state.tool is Tool.LENGTH
    click(viewport, at(viewport, (90, 40)))
    assert viewport.marks.all() == ()


def test_without_calibration_a_length_is_in_pixels(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(slice_at(disc(), PixelSpacing=None))))
    press(viewport, Qt.Key.Key_D)
    drag(viewport, at(viewport, (40, 40)), at(viewport, (80, 40)))
    assert (reading(viewport).unit, reading(viewport).why) == ("px", "measure_not_calibrated")
    assert reading(viewport).size == pytest.approx(40, abs=0.2)


def test_wheel_arrows_pages_and_ends_go_through_the_stack_and_tell_the_linked(viewport: Viewport) -> None:
    viewport.show_stack(series(30))
    heard: list[int] = []
    viewport.gaze.scrolled.connect(heard.append)
    wheel(viewport, 1)
    press(viewport, Qt.Key.Key_Down)
    press(viewport, Qt.Key.Key_PageDown)
    press(viewport, Qt.Key.Key_Up)
    press(viewport, Qt.Key.Key_End)
    press(viewport, Qt.Key.Key_Down)
    press(viewport, Qt.Key.Key_PageUp)
    press(viewport, Qt.Key.Key_Home)
    wheel(viewport, -1)
    assert heard == [1, 2, 12, 11, 29, 19, 0]
    viewport.gaze.go_to(7)
    assert viewport.gaze.seen == 7
    assert len(heard) == 7
    drag(viewport, QPointF(505, 192), QPointF(505, 306))
    assert viewport.gaze.seen == 29
    drag(viewport, QPointF(250, 300), QPointF(250, 260))
    assert viewport.gaze.seen == 24


def test_buttons_and_wheel_do_the_usual_whatever_tool_is_on(viewport: Viewport) -> None:
    viewport.show_stack(series(5))
    for key in (Qt.Key.Key_D, Qt.Key.Key_R, Qt.Key.Key_N):
        press(viewport, key)
        drag(viewport, QPointF(200, 200), QPointF(230, 200), RIGHT)
        assert looks(viewport).voi == Window(40, 440)
        press(viewport, Qt.Key.Key_0)
        assert looks(viewport).voi is None
        drag(viewport, QPointF(200, 200), QPointF(230, 200), MIDDLE)
        assert viewport.state.centre[0] < 0.5
        wheel(viewport, -2, Qt.KeyboardModifier.ControlModifier)
        assert viewport.state.zoom == pytest.approx(1.15 ** 2)
        press(viewport, Qt.Key.Key_T)
        assert viewport.state == ViewState(tool=viewport.state.tool)
    assert viewport.marks.all() == ()


def test_tools_are_taken_by_letters_and_put_down_by_the_same_or_by_escape(viewport: Viewport) -> None:
    viewport.show_stack(series(2))
    for key, tool in ((Qt.Key.Key_W, Tool.WINDOW), (Qt.Key.Key_Z, Tool.ZOOM), (Qt.Key.Key_P, Tool.PAN),
                      (Qt.Key.Key_D, Tool.LENGTH), (Qt.Key.Key_N, Tool.MAGNIFIER)):
        press(viewport, key)
        assert viewport.state.tool is tool
        press(viewport, Qt.Key.Key_Escape)
        assert viewport.state.tool is Tool.SELECT
    press(viewport, Qt.Key.Key_W)
    drag(viewport, QPointF(200, 200), QPointF(260, 230))
    assert looks(viewport).voi == Window(80, 480)
    press(viewport, Qt.Key.Key_1)
    assert looks(viewport).voi == Window(-600, 1500, name="Phổi")
    press(viewport, Qt.Key.Key_9)
    assert looks(viewport).voi == FullDynamic()
    write(viewport, "+")
    assert viewport.state.zoom == pytest.approx(1.25)


def test_the_hand_holds_one_tool_in_every_viewport(viewport: Viewport, qtbot: QtBot) -> None:
    beside = Viewport(viewport.marks)
    qtbot.addWidget(beside)
    beside.resize(300, 300)
    for one in (viewport, beside):
        one.show_stack(series(2))
    press(viewport, Qt.Key.Key_D)
    assert looks(beside).tool is Tool.LENGTH
    beside.show_stack(series(2), state=ViewState(place=1))
    drag(beside, at(beside, (40, 40)), at(beside, (80, 40)))
    assert [mark.kind for mark in viewport.marks.all()] == [Kind.LENGTH]
    later = Viewport(viewport.marks)
    qtbot.addWidget(later)
    assert looks(later).tool is Tool.LENGTH
    assert beside.drop()
    assert beside.drop()
    assert [one.state.tool for one in (viewport, beside, later)] == [Tool.SELECT] * 3


def test_loading_never_changes_what_is_seen(viewport: Viewport) -> None:
    stack = series(20, here=[0])
    shown: list[int] = []
    viewport.gaze.shown.connect(lambda: shown.append(viewport.gaze.seen))
    viewport.show_stack(stack)
    before = pixels(viewport.grab().toImage())
    for place in (3, 9, 1):
        stack.bring(place)
    assert (pixels(viewport.grab().toImage()) == before).all()
    press(viewport, Qt.Key.Key_PageDown)
    assert stack.looked_at[-1] == 10
    assert (viewport.gaze.seen, viewport.gaze.awaited) == (0, 10)
    assert same_as_imaging(viewport)
    stack.bring(11)
    assert viewport.gaze.seen == 0
    stack.bring(10)
    assert (viewport.gaze.seen, viewport.gaze.awaited) == (10, None)
    stack.bring(10)
    assert shown == [0, 10]


def test_a_picture_that_comes_while_a_mark_is_drawn_waits_until_it_is_done(viewport: Viewport) -> None:
    stack = series(3, here=[0])
    viewport.show_stack(stack)
    press(viewport, Qt.Key.Key_Down)
    press(viewport, Qt.Key.Key_D)
    start, end = at(viewport, (40, 40)), at(viewport, (80, 40))
    mouse(viewport, QEvent.Type.MouseButtonPress, start, LEFT)
    mouse(viewport, QEvent.Type.MouseMove, end, LEFT)
    stack.bring(1)
    assert viewport.gaze.seen == 0
    mouse(viewport, QEvent.Type.MouseButtonRelease, end, LEFT)
    assert viewport.gaze.seen == 1
    assert [mark.spot for mark in viewport.marks.all()] == [stack.spot(0)]


def test_a_place_that_cannot_be_shown_says_why_and_the_others_go_on(viewport: Viewport) -> None:
    reason = Reason("image_frame_cut", facts={"number": 2})
    stack = HeldStack([loaded(FILES["CT"]), reason, loaded(slice_at(disc(3), 3))], here=[0, 2])
    viewport.show_stack(stack)
    press(viewport, Qt.Key.Key_Down)
    assert sees(viewport) is not None
    stack.bring(1)
    assert sees(viewport) is None
    assert viewport.gaze.reason == reason
    assert viewport.accessibleDescription() == reason.vietnamese
    for key in (Qt.Key.Key_W, Qt.Key.Key_I, Qt.Key.Key_1, Qt.Key.Key_E, Qt.Key.Key_X):
        press(viewport, key)
    drag(viewport, QPointF(100, 100), QPointF(200, 200))
    viewport.grab()
    press(viewport, Qt.Key.Key_Down)
    assert sees(viewport) is not None
    assert viewport.gaze.seen == 2


def test_a_picture_that_comes_after_it_was_told_why_not_is_seen(viewport: Viewport) -> None:
    """The network was cut and is back: the slice was here, and the viewport still told of the outage."""
    places: list[Loaded | Reason] = [loaded(FILES["CT"]), Reason("server_away", facts={"detail": "cut"})]
    stack = HeldStack(places)
    viewport.show_stack(stack)
    press(viewport, Qt.Key.Key_Down)
    assert sees(viewport) is None
    places[1] = loaded(slice_at(disc(3), 3))
    stack._places = places
    stack.bring(1)
    assert sees(viewport) is not None
    assert viewport.gaze.reason is None


def test_an_empty_viewport_and_an_empty_stack_answer_every_key(viewport: Viewport) -> None:
    for stack in (None, HeldStack([])):
        viewport.show_stack(stack)
        for key in map(Qt.Key, b"WZPDGRFNIOMCXTYE1239+-"):
            press(viewport, key)
        wheel(viewport, 3)
        drag(viewport, QPointF(100, 100), QPointF(200, 200))
        viewport.grab()
        assert sees(viewport) is None


def test_kept_marks_are_measured_when_their_pixels_are_here_and_shown_only_on_their_frame(viewport: Viewport) -> None:
    stack = series(3, here=[0])
    mark = Mark.new(stack.spot(2), Kind.ELLIPSE, [(37, 46), (47, 54)])
    viewport.marks.restore([mark])
    viewport.show_stack(stack)
    stack.bring(2)
    assert viewport.marks.all()[0].reading is None
    press(viewport, Qt.Key.Key_End)
    assert reading(viewport).mean == 300
    press(viewport, Qt.Key.Key_E)
    chosen = [viewport.chosen_mark]
    press(viewport, Qt.Key.Key_Home)
    assert [*chosen, viewport.chosen_mark] == [mark.id, None]
    assert same_as_imaging(viewport)


def test_undo_goes_to_the_slice_of_what_it_takes_back(viewport: Viewport) -> None:
    viewport.show_stack(series(9))
    press(viewport, Qt.Key.Key_D)
    drag(viewport, at(viewport, (40, 40)), at(viewport, (80, 40)))
    press(viewport, Qt.Key.Key_End)
    press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert viewport.gaze.seen == 0
    assert viewport.marks.all() == ()
    with_words: list[str] = []
    viewport.told.connect(with_words.append)
    press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert with_words == ["Không còn gì để hoàn tác"]


def test_the_magnifier_shows_more_of_the_same_pixels_only_while_it_is_held(viewport: Viewport) -> None:
    viewport.show_stack(stack_of(loaded(FILES["16 bits, not square"])))
    press(viewport, Qt.Key.Key_N)
    before = pixels(viewport.grab().toImage())
    mouse(viewport, QEvent.Type.MouseButtonPress, QPointF(250, 190), LEFT)
    during = pixels(viewport.grab().toImage())
    assert (during[100:280, 160:340] != before[100:280, 160:340]).mean() > 0.3
    assert (during[:60] == before[:60]).all()
    mouse(viewport, QEvent.Type.MouseButtonRelease, QPointF(250, 190), LEFT)
    assert (pixels(viewport.grab().toImage()) == before).all()


def test_the_magnifier_shows_a_marks_end_on_its_edge(viewport: Viewport) -> None:
    viewport.show_stack(HeldStack([loaded(slice_at(disc()))]))
    here = viewport.here
    assert here is not None
    viewport.marks.put(Mark.new(here.spot, Kind.LENGTH, ((40.0, 50.0), (44.0, 50.0))))
    ink = np.array(style.image_colour("length").getRgb()[:3])
    end = at(viewport, (44.0, 50.0))
    press(viewport, Qt.Key.Key_N)
    mouse(viewport, QEvent.Type.MouseButtonPress, end, LEFT)
    x, y = round(end.x()), round(end.y())
    glass = pixels(viewport.grab().toImage())[y - 20:y + 20, x - 45:x + 20]
    columns = np.flatnonzero((np.abs(glass.astype(int) - ink).max(axis=2) < 40).any(axis=0))
    assert columns.max() - columns.min() > 30, "the line is as near as the pixels below it: 4 of 2,5 times 4"
    mouse(viewport, QEvent.Type.MouseButtonRelease, end, LEFT)


def test_cine_keeps_the_files_pace_by_dropping_what_is_late(viewport: Viewport, qtbot: QtBot) -> None:
    stack = HeldStack([loaded(slice_at(disc(number), number)) for number in range(1, 11)], here=[0, 1, 2, 5, 9],
                      frame_time_ms=20)
    viewport.show_stack(stack)
    press(viewport, Qt.Key.Key_C)
    seen: list[int] = []
    viewport.gaze.shown.connect(lambda: seen.append(viewport.gaze.seen))
    qtbot.waitUntil(lambda: 9 in seen and seen[-1] == 0, timeout=5000)
    assert set(seen) <= {0, 1, 2, 5, 9}
    assert viewport.gaze.awaited is None
    assert viewport.cine.place_at(20 * 13.5) == 3
    press(viewport, Qt.Key.Key_Escape)
    assert [viewport.cine.running] == [False]


def test_reference_lines_belong_to_one_picture(viewport: Viewport) -> None:
    stack = series(3)
    viewport.show_stack(stack)
    plain = pixels(viewport.snapshot())
    viewport.set_lines([ReferenceLine((0, 48), (128, 48), "Lát 12")])
    assert (pixels(viewport.snapshot()) != plain).any()
    press(viewport, Qt.Key.Key_Down)
    assert same_as_imaging(viewport)
    drawn = Over((Polyline(((10, 10), (50, 50), (10, 50)), filled=True), Dots(((64, 40),)),
                  Text((0.1, 0.9), "Ghi chú", of_view=True)))
    viewport.lay(Laying(lambda here: drawn if here.spot == stack.spot(1) else None, "Trình bày"))
    assert not same_as_imaging(viewport)
    press(viewport, Qt.Key.Key_Up)
    assert same_as_imaging(viewport)


def test_a_long_study_is_cut_before_its_series(dressed: QApplication) -> None:
    """Of four viewports of one study all began with the same words, and none said which series it was."""
    metrics = QFontMetrics(style.font("small"))
    study, series = "Cắt lớp vi tính lồng ngực có tiêm thuốc cản quang, dựng hình", " · chuỗi 1 Phổi"
    cut = _cut(study + series, 240, metrics)
    assert cut.endswith(f"…{series}")
    assert metrics.horizontalAdvance(cut) <= 240
    assert _cut(study + series, 900, metrics) == study + series
    both = _cut(f"{study} · chuỗi 1 Ngực không tiêm thuốc, tái tạo nhu mô phổi B70f", 240, metrics)
    assert "… · chuỗi 1 Ngực" in both
    assert metrics.horizontalAdvance(both) <= 240


def test_words_of_marks_lie_on_no_other_words_and_come_back_to_the_same_place(viewport: Viewport) -> None:
    viewport.show_stack(HeldStack([loaded(slice_at(disc()))]))
    press(viewport, Qt.Key.Key_R)
    for start in ((20, 30), (24, 34)):
        drag(viewport, at(viewport, start), at(viewport, (start[0] + 20, start[1] + 20)))
    press(viewport, Qt.Key.Key_R)
    press(viewport, Qt.Key.Key_D)
    drag(viewport, at(viewport, (4, 2)), at(viewport, (20, 3)))  # below the title in the corner
    viewport.grab()
    stood = viewport._face._stood
    assert stood is not None
    places = [one.box for one in stood[1] if one is not None]
    rims = stood[0][2]
    assert isinstance(rims, tuple)
    assert len(places) == 3
    assert not any(one.shared(other) for one, other in combinations([*places, *rims], 2) if {one, other} & {*places})
    drag(viewport, QPointF(300, 200), QPointF(340, 190), RIGHT)
    viewport.grab()
    assert viewport._face._stood is stood, "while a window is dragged over them they stay"
    painted = pixels(viewport.grab().toImage())
    assert any((painted[int(box.top):int(box.bottom), int(box.left):int(box.right)] ==
                np.array(style.image_colour("region").getRgb()[:3])).all(axis=2).any() for box in places)


def test_words_over_a_white_picture_read_as_those_on_the_dark_ground(dressed: QApplication) -> None:
    """With one dark pixel around them the strokes of 12 px letters stood 1.8 : 1 against what lay beside them."""
    assert contrast_on(QColor(Qt.GlobalColor.white)) > 0.9 * contrast_on(style.image_colour("ground")) > 3


def contrast_on(ground: QColor) -> float:
    """Of a letter's strokes against what lies between them (WCAG's ratio)."""
    picture = QImage(60, 40, QImage.Format.Format_RGB32)
    picture.fill(ground)
    painter = QPainter(picture)
    write_words(painter, QPointF(10, 24), "III", style.image_colour("ink"), size="small")
    painter.end()
    line = pixels(picture).astype(float)[20, 8:24, 0] / 255
    light = np.where(line <= 0.04045, line / 12.92, ((line + 0.055) / 1.055) ** 2.4)
    strokes = light[1:-1][(light[1:-1] >= light[:-2]) & (light[1:-1] >= light[2:]) & (light[1:-1] < 0.5)].max()
    return float((strokes + 0.05) / (light[:10].min() + 0.05))
