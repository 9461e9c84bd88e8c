"""Slices in order, the line of one slice on another, and which slice lies where a reader of another series is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imaging.geometry import Plane, Point

PARALLEL = np.cos(np.radians(1.0))
"""Slices of one stack turn by less than a degree."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A frame in a stack: `key` is the caller's (instance and frame), `order` breaks ties (time, instance number)."""

    key: str
    plane: Plane
    order: float = 0.0


def from_the_middle(count: int, middle: int) -> list[int]:
    """Places outwards from one of them: which image stands for a series when the one in its middle cannot."""
    return sorted(range(count), key=lambda at: (abs(at - middle), at))


def stacks(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices by common direction and frame of reference, each stack in order along its normal; larger stacks first.

    Slices at one place (phases, b-values) stand together, by `order`.
    """
    groups: list[list[Slice]] = []
    for one in slices:
        group = next((held for held in groups if _belongs(one.plane, held[0].plane)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    for group in groups:
        normal = group[0].plane.normal
        group.sort(key=lambda one: (round(float(one.plane.position @ normal), 3), one.order))
    return sorted(groups, key=len, reverse=True)


def _belongs(plane: Plane, other: Plane) -> bool:
    return (plane.frame_of_reference == other.frame_of_reference
            and float(plane.across @ other.across) > PARALLEL and float(plane.down @ other.down) > PARALLEL)


def reference_line(of: Plane, of_size: tuple[int, int], on: Plane, on_size: tuple[int, int],
                   ) -> tuple[Point, Point] | None:
    """Where slice `of` (columns, rows) cuts slice `on`, as two image points of `on`; None when it does not."""
    if of.frame_of_reference != on.frame_of_reference or abs(float(of.normal @ on.normal)) > PARALLEL:
        return None
    width, height = of_size
    corners = [of.patient(point) for point in ((0, 0), (width, 0), (width, height), (0, height))]
    away = [float((corner - on.position) @ on.normal) for corner in corners]
    cuts: list[Point] = []
    for index in range(4):
        here, there = away[index], away[(index + 1) % 4]
        if (here < 0) != (there < 0):
            place = corners[index] + (corners[(index + 1) % 4] - corners[index]) * (here / (here - there))
            cuts.append(on.pixel(place)[0])
    return _clipped(cuts[0], cuts[1], on_size) if len(cuts) == 2 else None


def _clipped(start: Point, end: Point, size: tuple[int, int]) -> tuple[Point, Point] | None:
    """Liang and Barsky: the part of a line that lies on the image."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    enters, leaves = 0.0, 1.0
    for slope, room in ((-dx, x), (dx, size[0] - x), (-dy, y), (dy, size[1] - y)):
        if slope == 0:
            if room < 0:
                return None
        elif slope < 0:
            enters = max(enters, room / slope)
        else:
            leaves = min(leaves, room / slope)
    if enters >= leaves:
        return None
    return (x + dx * enters, y + dy * enters), (x + dx * leaves, y + dy * leaves)


def linked(seen: Plane, seen_size: tuple[int, int], stack: Sequence[Slice]) -> int | None:
    """The place in `stack` that lies at the slice that is seen; None in another frame of reference or off its ends.

    Slices that are not parallel follow by the middle of the slice that is seen.
    """
    if not stack or stack[0].plane.frame_of_reference != seen.frame_of_reference:
        return None
    middle = seen.patient((seen_size[0] / 2, seen_size[1] / 2))
    away = [abs(one.plane.pixel(middle)[1]) for one in stack]
    best = int(np.argmin(away))
    return best if away[best] <= max(_gap(stack), 1.0) else None


def _gap(stack: Sequence[Slice]) -> float:
    """The usual distance from slice to slice."""
    normal = stack[0].plane.normal
    steps = np.diff([float(one.plane.position @ normal) for one in stack])
    apart = np.abs(steps[np.abs(steps) > 1e-3])
    return float(np.median(apart)) if apart.size else 5.0
