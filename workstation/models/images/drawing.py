"""A mark as the pointer makes it: placed by clicks or by drags, taken by its handles, moved by its line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from imaging.geometry import Point
from workstation.models.images.lens import Lens
from workstation.models.images.marks import MOST_POINTS, POINTS, Kind, Mark
from workstation.models.images.measuring import corners
from workstation.models.images.stack import Spot

NEAR = 8.0
"""Device-independent pixels within which a handle or a line is taken."""
DRAGGED = 4.0
"""Pixels beyond which a press is a drag and no click."""
WHOLE = -1
"""The grip by which a whole mark is moved."""


@dataclass(frozen=True)
class Drawing:
    """A mark not finished yet. `placed` are its points so far; `hover` is where the next one would be."""

    kind: Kind
    spot: Spot
    placed: tuple[Point, ...] = ()
    hover: Point | None = None
    down: bool = False

    @property
    def complete(self) -> bool:
        """Whether it has all its points; a freehand line ends when the button is let go."""
        return len(self.placed) == POINTS.get(self.kind, MOST_POINTS)

    def pressed(self, at: Point) -> Drawing:
        """The button goes down: a point is placed."""
        return replace(self, placed=(*self.placed, at), hover=at, down=True)

    def moved(self, at: Point) -> Drawing:
        """The pointer moves: the open end follows, and while the last point is held it follows too."""
        if self.down and self.kind is Kind.FREEHAND and len(self.placed) < MOST_POINTS:
            return replace(self, placed=(*self.placed, at), hover=at)
        if self.down and self.complete:
            return replace(self, placed=(*self.placed[:-1], at), hover=at)
        return replace(self, hover=at)

    def released(self, at: Point, *, dragged: bool) -> Drawing:
        """The button comes up: after a drag its end is a point too."""
        placed = self.placed
        if dragged and not self.complete and self.kind is not Kind.FREEHAND:
            placed = (*placed, at)
        return replace(self, placed=placed, hover=at, down=False)

    def shown(self) -> tuple[Point, ...]:
        """What is seen of it now."""
        open_end = () if self.complete or self.hover is None or self.kind is Kind.FREEHAND else (self.hover,)
        return self.placed + open_end

    def mark(self) -> Mark | None:
        """The finished mark; None while it is not, or when nothing was drawn (all its points are one)."""
        finished = self.kind is Kind.FREEHAND or self.complete
        made = Mark.new(self.spot, self.kind, self.placed)
        flat = len(set(self.placed)) < (3 if self.kind is Kind.FREEHAND else 2)
        return made if finished and not self.down and made.is_whole and not flat else None


@dataclass(frozen=True)
class Grip:
    """A handle of a mark, or the whole of it, with the place where it was taken."""

    mark: Mark
    index: int
    taken_at: Point

    def dragged_to(self, to: Point) -> Mark:
        """The mark after the pointer has moved there."""
        if self.index == WHOLE:
            return self.mark.shifted((to[0] - self.taken_at[0], to[1] - self.taken_at[1]))
        if self.mark.kind in (Kind.ELLIPSE, Kind.RECTANGLE):
            opposite = corners(self.mark)[(self.index + 2) % 4]
            return replace(self.mark, points=(opposite, to), reading=None)
        return self.mark.moved(self.index, to)


def handles(mark: Mark) -> tuple[Point, ...]:
    """The points by which a mark is changed; a freehand line is only moved whole."""
    if mark.kind in (Kind.ELLIPSE, Kind.RECTANGLE):
        return corners(mark)
    return () if mark.kind is Kind.FREEHAND else mark.points


def tie(kind: Kind, points: Sequence[Point]) -> tuple[Point, Point] | None:
    """What joins the two lines of a Cobb angle, from middle to middle: whose the figure is when several are there."""
    if kind is not Kind.COBB or len(points) < 4:
        return None
    (a, b), (c, d) = (points[0], points[1]), (points[2], points[3])
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), ((c[0] + d[0]) / 2, (c[1] + d[1]) / 2)


def outline(kind: Kind, points: Sequence[Point]) -> list[list[Point]]:
    """The lines of a mark in image points, whole or still being drawn."""
    if len(points) < 2:
        return []
    if kind in (Kind.ELLIPSE, Kind.RECTANGLE):
        (x0, y0), (x1, y1) = points[:2]
        if kind is Kind.RECTANGLE:
            return [[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]]
        turns = [2 * math.pi * step / 72 for step in range(73)]
        return [[((x0 + x1) / 2 + (x1 - x0) / 2 * math.cos(turn), (y0 + y1) / 2 + (y1 - y0) / 2 * math.sin(turn))
                 for turn in turns]]
    if kind is Kind.FREEHAND:
        return [[*points, points[0]]]
    if kind is Kind.COBB:
        return [list(points[start:start + 2]) for start in (0, 2) if len(points) >= start + 2]
    return [list(points)]


def grip_at(marks: Sequence[Mark], lens: Lens, at: Point, chosen: UUID | None, near: float = NEAR, *,
            lines: bool = True) -> Grip | None:
    """What is taken at a device pixel: a handle, of the chosen mark first; else a line; the newest mark first."""
    ordered = list(reversed(marks))
    ordered.sort(key=lambda mark: mark.id != chosen)
    place = lens.to_image(at)
    for mark in ordered:
        for index, handle in enumerate(handles(mark)):
            if math.dist(lens.to_widget(handle), at) <= near:
                return Grip(mark, index, place)
    for mark in ordered if lines else ():
        for line in outline(mark.kind, mark.points):
            seen = lens.all_to_widget(line)
            if any(_distance(at, start, end) <= near for start, end in pairwise(seen)):
                return Grip(mark, WHOLE, place)
    return None


def _distance(at: Point, start: Point, end: Point) -> float:
    """From a point to a stretch of a line."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = across * across + down * down
    part = 0.0 if length == 0 else min(max(
        0.0, ((at[0] - start[0]) * across + (at[1] - start[1]) * down) / length), 1.0)
    return math.dist(at, (start[0] + part * across, start[1] + part * down))
