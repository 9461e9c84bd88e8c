"""Where the words of marks stand: beside their own mark, in sight, on no other words while there is room for that.

The oldest mark chooses first: a new one never moves words that a reader has already seen in their place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from imaging.geometry import Point

GAP = 8.0
"""Between a mark and its words."""
FAR = 20.0
"""Words that stand farther than this from their mark are tied to it by a thin line."""
_BETWEEN = 2.0
_STEPS = range(7)
_COVERED, _CROSSED, _AWAY = 40.0, 25.0, 1.0
"""What a candidate costs: each pixel on other words, each line of a mark through it, each pixel from its mark."""


@dataclass(frozen=True)
class Box:
    """A rectangle of the viewport."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def shared(self, other: Box) -> float:
        """How much of the two is the same place."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0.0

    def nearest(self, at: Point) -> Point:
        """The point of it that lies nearest to another."""
        return min(max(at[0], self.left), self.right), min(max(at[1], self.top), self.bottom)


@dataclass(frozen=True)
class Label:
    """A mark's lines as they are seen, and the size of its words."""

    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(frozen=True)
class Standing:
    """Where words stand; `tie` goes from them to their mark where they had to go away from it."""

    box: Box
    tie: tuple[Point, Point] | None = None


def standing(labels: Sequence[Label], room: Box, taken: Iterable[Box] = ()) -> tuple[Standing | None, ...]:
    """A place for each, in their order; None where nothing of the mark is in sight. `taken` are other words."""
    words, found = list(taken), list[Standing | None]()
    seen = [[piece for line in label.lines for piece in _pieces(line, room)] for label in labels]
    for at, label in enumerate(labels):
        lines = [piece for mark in seen[:at + 1] for piece in mark]
        box = _best(label, seen[at], room, words, lines) if seen[at] else None
        found.append(None if box is None else Standing(box, _tie(box, seen[at])))
        words += [] if box is None else [box]
    return tuple(found)


def _best(label: Label, mine: list[tuple[Point, Point]], room: Box, words: Sequence[Box],
          lines: Sequence[tuple[Point, Point]]) -> Box:
    best, least = Box(room.left, room.top, label.width, label.height), math.inf
    for box in _candidates(label, mine, room):
        cost = _AWAY * max(0.0, _distance(box, mine) - GAP) + _COVERED * sum(box.shared(other) for other in words)
        if cost >= least:
            continue
        cost += _CROSSED * sum(_crosses(line, box) for line in lines)
        if cost < least:
            best, least = box, cost
        if least == 0:
            break
    return best


def _candidates(label: Label, mine: list[tuple[Point, Point]], room: Box) -> Iterator[Box]:
    """Right of the mark first, then left, below, above; then each of them farther and farther."""
    points = [point for piece in mine for point in piece]
    right, left = max(points), min(points)
    top, bottom = min(points, key=_height), max(points, key=_height)
    wide, high = label.width, label.height
    near = ((right[0] + GAP, right[1] - high / 2), (left[0] - GAP - wide, left[1] - high / 2),
            (bottom[0] - wide / 2, bottom[1] + GAP), (top[0] - wide / 2, top[1] - GAP - high))
    for step, (at, (x, y)) in product(_STEPS, enumerate(near)):
        away = step * (high + _BETWEEN)
        ways = ((0.0, away), (0.0, -away)) if at < 2 else ((0.0, away if at == 2 else -away),)
        for across, down in ways if step else ways[:1]:
            yield _within(Box(x + across, y + down, wide, high), room)


def _within(box: Box, room: Box) -> Box:
    return Box(max(room.left, min(box.left, room.right - box.width)),
               max(room.top, min(box.top, room.bottom - box.height)), box.width, box.height)


def _height(point: Point) -> float:
    return point[1]


def _tie(box: Box, mine: list[tuple[Point, Point]]) -> tuple[Point, Point] | None:
    to = min((point for piece in mine for point in piece), key=lambda point: math.dist(point, box.nearest(point)))
    start = box.nearest(to)
    return (start, to) if math.dist(start, to) > FAR else None


def _distance(box: Box, mine: list[tuple[Point, Point]]) -> float:
    return min(math.dist(point, box.nearest(point)) for piece in mine for point in piece)


def _pieces(line: Sequence[Point], room: Box) -> Iterator[tuple[Point, Point]]:
    """What of a line is in sight."""
    for start, end in pairwise(line):
        part = _clipped(start, end, room)
        if part is not None:
            yield part


def _crosses(line: tuple[Point, Point], box: Box) -> bool:
    return _clipped(*line, box) is not None


def _clipped(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    """The stretch of a line within a box (Liang and Barsky)."""
    across, down = end[0] - start[0], end[1] - start[1]
    first, last = 0.0, 1.0
    for step, room in ((-across, start[0] - box.left), (across, box.right - start[0]),
                       (-down, start[1] - box.top), (down, box.bottom - start[1])):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first > last:
        return None
    return ((start[0] + first * across, start[1] + first * down), (start[0] + last * across, start[1] + last * down))
