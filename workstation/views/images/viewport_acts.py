"""What each action of the table does in a viewport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from imaging.grey import FullDynamic
from workstation.models.images.marks import Mark
from workstation.models.images.presets import presets_of
from workstation.models.images.view_state import Tool
from workstation.views.images.aim import words_of_mark

if TYPE_CHECKING:
    from workstation.views.images.viewport import Viewport

PAGE = 10
TOOLS: Mapping[str, Tool] = {
    "images.window": Tool.WINDOW, "images.zoom": Tool.ZOOM, "images.pan": Tool.PAN, "images.length": Tool.LENGTH,
    "images.angle": Tool.ANGLE, "images.cobb": Tool.COBB, "images.region": Tool.ELLIPSE,
    "images.rectangle": Tool.RECTANGLE, "images.freehand": Tool.FREEHAND, "images.magnifier": Tool.MAGNIFIER,
}
"""The actions that put a tool into the hand."""


def take(tool: Tool, viewport: Viewport) -> None:
    """A tool into the hand; the same again puts it down."""
    viewport.become(viewport.state.holding(tool))


def step(by: int, viewport: Viewport) -> None:
    """Places further or back."""
    viewport.scroll_to(viewport.state.place + by)


def preset(number: int, viewport: Viewport) -> None:
    """The window behind a digit, or why there is none."""
    found = () if viewport.here is None else presets_of(viewport.here)
    if number <= len(found):
        viewport.become(viewport.state.windowed(found[number - 1].voi))
    elif viewport.here is not None:
        viewport.told.emit(f"Ảnh này không có cửa sổ đặt sẵn số {number}")


def zoom(factor: float, viewport: Viewport) -> None:
    """Nearer or farther about the middle."""
    lens = viewport.lens()
    if lens is not None:
        viewport.become(lens.zoomed_at((lens.width / 2, lens.height / 2), factor))


def one_to_one(viewport: Viewport) -> None:
    """One pixel of the picture on one of the screen."""
    lens = viewport.lens()
    if lens is not None:
        viewport.become(lens.zoomed_at((lens.width / 2, lens.height / 2), 1 / lens.scale))


def cine(viewport: Viewport) -> None:
    """Run or stop."""
    stack = viewport.gaze.stack
    if viewport.cine.running:
        viewport.cine.stop()
    elif stack is not None and len(stack) > 1:
        viewport.cine.start(viewport.gaze.seen, len(stack), stack.frame_time_ms)
    else:
        viewport.told.emit("Chuỗi này chỉ có một ảnh")


def next_mark(viewport: Viewport) -> None:
    """Choose the next mark of what is seen."""
    marks = () if viewport.here is None else viewport.marks.of(viewport.here.spot)
    if not marks:
        viewport.told.emit("Ảnh này chưa có số đo")
        return
    ids = [mark.id for mark in marks]
    at = (ids.index(viewport.chosen_mark) + 1) % len(ids) if viewport.chosen_mark in ids else 0
    viewport.choose(ids[at])
    viewport.say(f"Số đo {at + 1} trên {len(ids)}: {words_of_mark(marks[at])}")


def delete_mark(viewport: Viewport) -> None:
    """The chosen mark goes; undo brings it back."""
    viewport.drop_drawing()
    chosen = viewport.chosen_mark
    if chosen is None:
        viewport.told.emit("Chưa chọn số đo nào để xóa")
        return
    viewport.choose(None)
    viewport.marks.remove(chosen)


def undo(viewport: Viewport) -> None:
    """Drop the mark that is being made; else take back the last act on marks, and go where it was, if it is here."""
    if viewport.drop_drawing():
        viewport.settle()
        return
    if not viewport.marks.can_undo:
        viewport.told.emit("Không còn gì để hoàn tác")
        return
    _go_where(viewport.marks.undo(), viewport)


def redo(viewport: Viewport) -> None:
    """Do again what was taken back, and go where it is, if it is here."""
    if not viewport.marks.can_redo:
        viewport.told.emit("Không còn gì để làm lại")
        return
    _go_where(viewport.marks.redo(), viewport)


def _go_where(mark: Mark | None, viewport: Viewport) -> None:
    stack = viewport.gaze.stack
    if mark is None or stack is None or (viewport.here is not None and viewport.here.spot == mark.spot):
        return
    place = next((place for place in range(len(stack)) if stack.spot(place) == mark.spot), None)
    if place is not None:
        viewport.scroll_to(place)


ACTS: Mapping[str, Callable[[Viewport], None]] = {
    **{action: partial(take, tool) for action, tool in TOOLS.items()},
    "images.select": lambda viewport: viewport.become(replace(viewport.state, tool=Tool.SELECT)),
    "images.invert": lambda viewport: viewport.become(viewport.state.inverted()),
    "images.turn": lambda viewport: viewport.become(viewport.state.turned()),
    "images.flip": lambda viewport: viewport.become(viewport.state.flipped()),
    "images.preset.1": partial(preset, 1),
    "images.preset.2": partial(preset, 2),
    "images.preset.3": partial(preset, 3),
    "images.full": lambda viewport: viewport.become(viewport.state.windowed(FullDynamic())),
    "images.own_window": lambda viewport: viewport.become(viewport.state.windowed(None)),
    "images.nearer": partial(zoom, 1.25),
    "images.farther": partial(zoom, 1 / 1.25),
    "images.one_to_one": one_to_one,
    "images.reset": lambda viewport: viewport.become(viewport.state.reset()),
    "images.overlays": lambda viewport: viewport.show_overlays(not viewport.overlays),
    "images.cine": cine,
    "images.next_mark": next_mark,
    "images.delete_mark": delete_mark,
    "images.undo": undo,
    "images.redo": redo,
    "images.aim": lambda viewport: viewport.aim.enter(),
    "images.scroll": lambda _viewport: None,  # only the hint in the key line: the next two do it
    "images.next": partial(step, 1),
    "images.previous": partial(step, -1),
    "images.page_down": partial(step, PAGE),
    "images.page_up": partial(step, -PAGE),
    "images.first": lambda viewport: viewport.scroll_to(0),
    "images.last": lambda viewport: viewport.scroll_to(viewport.gaze.count - 1),
}
