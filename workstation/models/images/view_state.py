"""How a reader looks at a stack: place, window, zoom, middle, turns, tool; a value, and what each act makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from imaging.geometry import Point
from imaging.grey import Shape, Voi, Window
from workstation.models.images.marks import Kind

LEAST_ZOOM, MOST_ZOOM = 0.2, 64.0


class Tool(StrEnum):
    """What the left button does."""

    SELECT = "select"
    """Take marks by their handles; elsewhere scroll the stack."""
    WINDOW = "window"
    ZOOM = "zoom"
    PAN = "pan"
    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    FREEHAND = "freehand"
    MAGNIFIER = "magnifier"

    @property
    def draws(self) -> Kind | None:
        """The kind of mark that it draws."""
        return _DRAWS.get(self)


_DRAWS = {Tool.LENGTH: Kind.LENGTH, Tool.ANGLE: Kind.ANGLE, Tool.COBB: Kind.COBB, Tool.ELLIPSE: Kind.ELLIPSE,
          Tool.RECTANGLE: Kind.RECTANGLE, Tool.FREEHAND: Kind.FREEHAND}


@dataclass(frozen=True)
class ViewState:
    """How one viewport is looked through.

    `voi` None is each frame's own first window. `zoom` 1 is the whole picture in the viewport, whatever the size of
    either. `centre` is the part of the picture, 0 to 1 along its columns and rows, that lies in the viewport's middle.
    Mirrored left to right first, then turned clockwise, as in `imaging.rendering.View`.
    """

    place: int = 0
    voi: Voi | None = None
    zoom: float = 1.0
    centre: Point = (0.5, 0.5)
    quarter_turns: int = 0
    mirrored: bool = False
    invert: bool = False
    tool: Tool = Tool.SELECT

    def at(self, place: int, count: int) -> ViewState:
        """Another place of the stack, its ends kept."""
        return replace(self, place=min(max(0, place), max(0, count - 1)))

    def zoomed(self, zoom: float, centre: Point) -> ViewState:
        """Nearer or farther, about another middle; the picture is never lost from the viewport."""
        x, y = (min(max(0.0, part), 1.0) for part in centre)
        return replace(self, zoom=min(max(LEAST_ZOOM, zoom), MOST_ZOOM), centre=(x, y))

    def turned(self) -> ViewState:
        """A quarter turn clockwise."""
        return replace(self, quarter_turns=(self.quarter_turns + 1) % 4)

    def flipped(self) -> ViewState:
        """Left and right changed over as they are seen: after a turn, which the value applies last."""
        return replace(self, mirrored=not self.mirrored, quarter_turns=-self.quarter_turns % 4)

    def inverted(self) -> ViewState:
        """Black and white changed over."""
        return replace(self, invert=not self.invert)

    def windowed(self, voi: Voi | None) -> ViewState:
        """Another window; None is each frame's own."""
        return replace(self, voi=voi)

    def holding(self, tool: Tool) -> ViewState:
        """Another tool; the same one again puts it down."""
        return replace(self, tool=Tool.SELECT if tool is self.tool else tool)

    def reset(self) -> ViewState:
        """As the picture was first shown, at the same place with the same tool."""
        return ViewState(place=self.place, tool=self.tool)


def dragged_window(window: Window, right: float, down: float) -> Window:
    """A window dragged by so many pixels from where it was: right widens it, down raises its middle (darker).

    The pace is the window's own width, so that a narrow one is moved finely.
    """
    pace = max(window.width, 1e-6) / 300
    floor = 1.0 if window.shape is Shape.LINEAR else 1e-6
    wide = max(floor, window.width + right * pace)
    return Window(_tidy(window.center + down * pace, wide), _tidy(wide, wide), window.shape)


def _tidy(value: float, width: float) -> float:
    """Whole numbers where the window is wide, so that what is written in the corner is what is painted."""
    return float(round(value)) if width >= 20 else round(value, 2 if width >= 1 else 6)
