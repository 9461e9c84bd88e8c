"""What others draw over a picture: reference lines of linked viewports, and the graphics of a presentation state."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.geometry import Point


@dataclass(frozen=True)
class ReferenceLine:
    """Where another viewport's slice cuts this one, in image points; `words` stand at its end."""

    start: Point
    end: Point
    words: str = ""


@dataclass(frozen=True)
class Polyline:
    """A line through points; closed and filled where the state says so. An ellipse or circle comes as its points."""

    points: tuple[Point, ...]
    filled: bool = False
    of_view: bool = False
    """The points are parts (0 to 1) of what is seen instead of image points (DISPLAY units, PS3.3 C.10.5)."""


@dataclass(frozen=True)
class Dots:
    """Single points, each drawn as a small cross."""

    points: tuple[Point, ...]
    of_view: bool = False


@dataclass(frozen=True)
class Text:
    """Words at a point: their top left corner."""

    at: Point
    words: str
    of_view: bool = False


Graphic = Polyline | Dots | Text
