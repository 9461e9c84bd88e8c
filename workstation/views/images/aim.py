"""Measuring without a mouse: a crosshair that arrow keys move; Enter places or takes points, Tab goes to the next."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent

from imaging.geometry import Point
from workstation.models.images.drawing import WHOLE, Grip, handles
from workstation.models.images.marks import KIND_WORDS, POINTS, Kind, Mark
from workstation.models.images.readings import decimal, headline
from workstation.models.images.view_state import ViewState
from workstation.views.images.hand import Eye, Hand

STEP, FINE, COARSE = 8.0, 1.0, 48.0
"""Device-independent pixels for an arrow, with Shift, with Ctrl."""
_WAYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_STEPS = {Qt.KeyboardModifier.NoModifier: STEP, Qt.KeyboardModifier.ShiftModifier: FINE,
          Qt.KeyboardModifier.ControlModifier: COARSE}
_FIRST = "Tâm ngắm: mũi tên để dời (Shift từng điểm, Ctrl nhanh), Enter đặt điểm, Tab sang điểm kế, Esc thôi."


class AimedEye(Eye, Protocol):
    """The viewport as its crosshair knows it."""

    @property
    def state(self) -> ViewState:
        """How it looks now."""

    def say(self, words: str) -> None:
        """For who hears the screen: where the crosshair is, what a point does."""

    def tell(self, words: str) -> None:
        """For everybody, at the foot."""


class Aim:
    """The crosshair of one viewport, in image points; it holds a point of a mark, or the next one of a drawing."""

    def __init__(self, eye: AimedEye, hand: Hand) -> None:
        self._eye, self._hand = eye, hand
        self.at: Point | None = None
        self._grip: Grip | None = None

    @property
    def shown(self) -> bool:
        """Whether arrows move it."""
        return self.at is not None

    @property
    def holds(self) -> bool:
        """Whether it moves a point of a finished mark."""
        return self._grip is not None and self._hand.edited is not None

    def enter(self) -> None:
        """Enter: show it; place a point; put the held point down."""
        if self._eye.here is None:
            return
        if self.holds:
            self._put_down()
        elif self._eye.state.tool.draws is not None:
            self._show() if self.at is None else self._place(self.at)
        elif (mark := self._chosen()) is not None:
            self._take(mark, 0)
        else:
            self._eye.tell("Lấy công cụ đo (D, G, R…) rồi Enter để đo bằng phím; hoặc E chọn số đo rồi Enter để sửa.")

    def key(self, event: QKeyEvent) -> bool:
        """Arrows and Tab while it is shown; answers whether the key was for it."""
        if self.at is None:
            return False
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if (way := _WAYS.get(key)) is not None and held in _STEPS:
            self._move(way, _STEPS[held] * self._eye.ratio)
            return True
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and self._hand.drawing is None:
            self._next(-1 if key == Qt.Key.Key_Backtab else 1)
            return True
        return False

    def release(self) -> None:
        """What it held is not held any more; where there is nothing left to do, it goes."""
        self._grip = None
        if self._eye.state.tool.draws is None:
            self.at = None

    def hide(self) -> bool:
        """Away with it; a point that is held goes back. Answers whether it was there."""
        shown, self.at, self._grip = self.at is not None, None, None
        if shown:
            self._eye.say("Đã cất tâm ngắm.")
        return shown

    def _show(self) -> None:
        lens = self._eye.lens()
        if lens is not None:
            left, top, right, bottom = lens.seen
            self.at = lens.to_image(((left + right) / 2, (top + bottom) / 2))
            self._eye.choose(None)
            self._eye.tell(_FIRST)
            self._say_where()
            self._eye.redraw()

    def _move(self, way: tuple[int, int], by: float) -> None:
        lens = self._eye.lens()
        if lens is None or self.at is None:
            return
        x, y = lens.to_widget(self.at)
        x, y = lens.to_image((x + way[0] * by, y + way[1] * by))
        self.at = min(max(0.0, x), float(lens.columns)), min(max(0.0, y), float(lens.rows))
        if self.holds and self._grip is not None:
            self._hand.edit(self._grip.dragged_to(self.at))
        elif self._hand.drawing is not None:
            self._hand.drawing = self._hand.drawing.moved(self.at)
        self._say_where()
        self._eye.redraw()

    def _place(self, at: Point) -> None:
        made = self._hand.place_at(at)
        if made is not None:
            self._eye.say(words_of_mark(made))
            return
        drawing = self._hand.drawing
        count = len(drawing.placed) if drawing is not None else 0
        of = POINTS.get(drawing.kind) if drawing is not None else None
        free = drawing is not None and drawing.kind is Kind.FREEHAND
        closing = "; Enter lần nữa tại chỗ để khép vùng" if free else ""
        self._eye.say(f"Đã đặt điểm {count}{f' trên {of}' if of else ''}{closing}.")

    def _chosen(self) -> Mark | None:
        here = self._eye.here
        marks = () if here is None else self._eye.marks.of(here.spot)
        return next((mark for mark in marks if mark.id == self._eye.chosen_mark and not mark.author), None)

    def _take(self, mark: Mark, index: int) -> None:
        points = handles(mark)
        self.at = points[index] if points else mark.points[0]
        self._grip = Grip(mark, index if points else WHOLE, self.at)
        self._eye.choose(mark.id)
        self._hand.edit(mark)
        what = f"điểm {index + 1} trên {len(points)}" if points else "cả vùng"
        self._eye.say(f"{KIND_WORDS[mark.kind]}, {what}: mũi tên để dời, Enter giữ, Tab sang điểm kế, Esc bỏ.")
        self._eye.redraw()

    def _put_down(self) -> None:
        kept = self._hand.keep_edited()
        self._grip = None
        if self._eye.state.tool.draws is None:
            self.at = None
        if kept is not None:
            self._eye.say(words_of_mark(kept))
        self._eye.redraw()

    def _next(self, by: int) -> None:
        """The next point of the mark that is held, then the next mark of this frame."""
        here, before = self._eye.here, self._grip
        if before is not None:
            self._hand.keep_edited()
        marks = [] if here is None else [mark for mark in self._eye.marks.of(here.spot) if not mark.author]
        points = [(mark, index) for mark in marks for index in range(max(1, len(handles(mark))))]
        if not points:
            self._eye.say("Ảnh này chưa có số đo của bạn.")
            return
        ids = [(mark.id, index) for mark, index in points]
        at = ids.index((before.mark.id, max(0, before.index))) + by if before is not None and (
            before.mark.id, max(0, before.index)) in ids else (0 if by > 0 else -1)
        self._take(*points[at % len(points)])

    def _say_where(self) -> None:
        if self.at is not None:
            edited = self._hand.edited
            told = f" {headline(edited.reading)}" if edited is not None and edited.reading is not None else ""
            self._eye.say(f"Cột {decimal(self.at[0], 0)}, hàng {decimal(self.at[1], 0)}.{told}")


def words_of_mark(mark: Mark) -> str:
    """«Dài 48,3 mm»."""
    return f"{KIND_WORDS[mark.kind]} {headline(mark.reading)}" if mark.reading is not None else KIND_WORDS[mark.kind]
