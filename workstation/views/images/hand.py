"""What a held button does in a viewport: window, zoom, pan, scroll, magnify, take a mark by its handle, draw one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol
from uuid import UUID

from PyQt6.QtCore import Qt

from imaging.geometry import Point
from imaging.grey import Window
from workstation.models.images.drawing import DRAGGED, NEAR, Drawing, Grip, grip_at
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Kind, Mark, Marks
from workstation.models.images.measuring import measured
from workstation.models.images.stack import Loaded
from workstation.models.images.view_state import Tool, ViewState, dragged_window

ZOOM_STEP = 1.01
SCROLL_STEP = 8.0
"""Device-independent pixels from one slice to the next while the stack is dragged."""


class Act(Enum):
    """What the held button does."""

    WINDOW = auto()
    ZOOM = auto()
    PAN = auto()
    SCROLL = auto()
    MAGNIFY = auto()
    GRIP = auto()
    DRAW = auto()


_OF_BUTTON = {Qt.MouseButton.RightButton: Act.WINDOW, Qt.MouseButton.MiddleButton: Act.PAN}
_OF_TOOL = {Tool.WINDOW: Act.WINDOW, Tool.ZOOM: Act.ZOOM, Tool.PAN: Act.PAN, Tool.MAGNIFIER: Act.MAGNIFY}


class Eye(Protocol):
    """The viewport as its hand knows it."""

    @property
    def state(self) -> ViewState:
        """How it looks now."""

    @property
    def here(self) -> Loaded | None:
        """What is shown."""

    @property
    def marks(self) -> Marks:
        """What is measured."""

    @property
    def chosen_mark(self) -> UUID | None:
        """The mark with handles."""

    @property
    def ratio(self) -> float:
        """Device pixels to one of the widget's."""

    def lens(self) -> Lens | None:
        """Where the picture lies."""

    def base_window(self) -> Window | None:
        """The window that a drag begins from; None for colour."""

    def become(self, state: ViewState) -> None:
        """The reader looks another way."""

    def choose(self, mark_id: UUID | None) -> None:
        """Another mark is chosen."""

    def settle(self) -> None:
        """Nothing is held any more: a picture that has arrived meanwhile may be shown."""

    def redraw(self) -> None:
        """Something drawn over the picture has changed."""


@dataclass(frozen=True)
class Drag:
    """A button held: since where, and how everything stood then, so that a drag adds up to nothing when undone."""

    act: Act
    start: Point
    state: ViewState
    lens: Lens
    window: Window | None = None
    grip: Grip | None = None


class Hand:
    """The pointer over one viewport. Points are device pixels."""

    def __init__(self, eye: Eye) -> None:
        self._eye = eye
        self.drag: Drag | None = None
        self.drawing: Drawing | None = None
        self.edited: Mark | None = None
        """A mark as it is being changed; the kept one follows when the button comes up."""
        self.at: Point | None = None

    @property
    def busy(self) -> bool:
        """Whether a mark is being made or changed on what is shown: the picture must stay until it is done."""
        return self.drawing is not None or self.edited is not None

    def press(self, button: Qt.MouseButton, at: Point) -> None:
        """A button goes down."""
        lens = self._eye.lens()
        self.at = at
        if lens is None or self.drag is not None:
            return
        act, grip = self._meant(button, at, lens)
        if act is None:
            return
        self.drag = Drag(act, at, self._eye.state, lens, self._eye.base_window(), grip)
        if grip is not None:
            self._eye.choose(grip.mark.id)
        elif act is Act.DRAW:
            self._begin(lens.to_image(at))
        elif button is Qt.MouseButton.LeftButton:
            self._eye.choose(None)
        self._eye.redraw()

    def move(self, at: Point) -> None:
        """The pointer moves, a button held or not."""
        self.at = at
        lens, drag = self._eye.lens(), self.drag
        if lens is None:
            return
        if self.drawing is not None:
            self.drawing = self.drawing.moved(lens.to_image(at))
            self._eye.redraw()
        if drag is None or drag.act is Act.DRAW:
            return
        if drag.grip is not None:
            self.edited = self._measured(drag.grip.dragged_to(drag.lens.to_image(at)))
            self._eye.redraw()
        elif drag.act is Act.MAGNIFY:
            self._eye.redraw()
        else:
            self._eye.become(self._looked(drag, at))

    def release(self, at: Point) -> None:
        """The button comes up: what was made or changed is kept."""
        drag, lens = self.drag, self._eye.lens()
        self.drag = None
        if drag is None or lens is None:
            return
        if drag.act is Act.DRAW and self.drawing is not None:
            dragged = math.dist(at, drag.start) > DRAGGED * self._eye.ratio
            self.drawing = self.drawing.released(lens.to_image(at), dragged=dragged)
            self._finish()
        self.keep_edited()
        self._eye.redraw()

    def place_at(self, at: Point) -> Mark | None:
        """A point of the mark that is being made, in the picture, as a click places it; the mark when it is whole.

        A freehand line goes from point to point, and ends where its last point is placed once more.
        """
        placed = () if self.drawing is None else self.drawing.placed
        again = bool(placed) and placed[-1] == at
        if not again and not self._begin(at):
            return None
        before = set(self._eye.marks.all())
        if self.drawing is not None:
            self.drawing = self.drawing.released(at, dragged=False)
            if self.drawing.kind is not Kind.FREEHAND or again:
                self._finish()
        self._eye.redraw()
        if self.drawing is None:
            self._eye.settle()
        return next((mark for mark in self._eye.marks.all() if mark not in before), None)

    def edit(self, mark: Mark) -> None:
        """The mark as it is being changed, measured as it goes."""
        self.edited = self._measured(mark)
        self._eye.redraw()

    def keep_edited(self) -> Mark | None:
        """What was being changed is kept as it is now."""
        edited, self.edited = self.edited, None
        if edited is not None:
            self._eye.marks.put(edited)
        self._eye.settle()
        return edited

    def drop(self) -> bool:
        """Let go of everything that is not finished; answers whether there was anything."""
        held = self.busy
        self.drag = self.drawing = self.edited = None
        return held

    def let_go(self, *, scrolling: bool) -> bool:
        """Another tool or another picture: what was being made on the former one is dropped, a scroll drag goes on."""
        held = self.busy
        self.drawing = self.edited = None
        if self.drag is not None and (not scrolling or self.drag.act in (Act.DRAW, Act.GRIP)):
            self.drag = None
        return held

    def _meant(self, button: Qt.MouseButton, at: Point, lens: Lens) -> tuple[Act | None, Grip | None]:
        """The right button windows, the middle one pans, whatever tool is on."""
        left, tool = button is Qt.MouseButton.LeftButton, self._eye.state.tool
        if self.drawing is not None:
            return (Act.DRAW if left else None), None
        if not left:
            return _OF_BUTTON.get(button), None
        if tool in _OF_TOOL:
            return _OF_TOOL[tool], None
        grip = self.grip(at, lens)
        if grip is not None:
            return Act.GRIP, grip
        return (Act.DRAW if tool.draws is not None else Act.SCROLL), None

    def grip(self, at: Point, lens: Lens, chosen: UUID | None = None) -> Grip | None:
        """What would be taken here: whole marks only without a drawing tool, which must be able to begin anywhere."""
        here = self._eye.here
        return None if here is None else grip_at(
            self._eye.marks.of(here.spot), lens, at, chosen, NEAR * self._eye.ratio,
            lines=self._eye.state.tool.draws is None)

    def _begin(self, at: Point) -> bool:
        kind, here = self._eye.state.tool.draws, self._eye.here
        if self.drawing is None:
            if kind is None or here is None:
                return False
            self._eye.choose(None)
            self.drawing = Drawing(kind, here.spot)
        self.drawing = self.drawing.pressed(at)
        return True

    def _finish(self) -> None:
        drawing = self.drawing
        if drawing is None:
            return
        mark = drawing.mark()
        if mark is not None:
            self._eye.marks.put(self._measured(mark))
            self._eye.choose(mark.id)
        if mark is not None or drawing.complete or (drawing.kind.is_region and len(drawing.placed) > 2):
            self.drawing = None

    def _measured(self, mark: Mark) -> Mark:
        here = self._eye.here
        return mark if here is None or here.spot != mark.spot else measured(mark, here)

    def _looked(self, drag: Drag, at: Point) -> ViewState:
        right, down = at[0] - drag.start[0], at[1] - drag.start[1]
        ratio = self._eye.ratio
        if drag.act is Act.PAN:
            return drag.lens.panned(right, down)
        if drag.act is Act.ZOOM:
            return drag.lens.zoomed_at(drag.start, ZOOM_STEP ** (-down / ratio))
        if drag.act is Act.WINDOW and drag.window is not None:
            return drag.state.windowed(dragged_window(drag.window, right / ratio, down / ratio))
        if drag.act is Act.SCROLL:
            place = drag.state.place + round(down / (SCROLL_STEP * ratio))
            return self._eye.state.at(place, max(place + 1, 1))
        return self._eye.state
