"""Viewports that go together: which place of another stack lies where the reader is, where one cuts another."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.geometry import Plane, Point
from imaging.stacks import PARALLEL, Slice, linked, reference_line
from workstation.models.images.stack import Stack

_ANY = (2, 2)
"""The size of a slice that is not here yet: between parallel stacks any point of it tells as much as its middle."""


@dataclass(frozen=True)
class Found:
    """A place of another stack. `by_share`: the two have no common frame of reference, so it is as far along."""

    place: int
    by_share: bool = False


def same_place(seen: Stack, place: int, other: Stack) -> int | None:
    """The place of `other` where the reader is; None when they share no frame of reference, or it ends before."""
    here = seen.plane(place)
    if here is None:
        return None
    known = [(number, plane) for number in range(len(other)) if (plane := other.plane(number)) is not None]
    found = linked(here, _size(seen, place), [Slice(str(number), plane) for number, plane in known])
    return None if found is None else known[found][0]


def beside(seen: Stack, place: int, prior: Stack) -> Found | None:
    """Where a prior lies at the reader's place: by the patient's own axes, else as far along from head to foot."""
    exact = same_place(seen, place, prior)
    if exact is not None:
        return Found(exact)
    if not len(seen) or not len(prior):
        return None
    share = place / (len(seen) - 1) if len(seen) > 1 else 0.5
    if _runs_against(seen, prior):
        share = 1 - share
    return Found(round(share * (len(prior) - 1)), by_share=True)


def line_on(seen: Stack, place: int, other: Stack, other_place: int) -> tuple[Point, Point] | None:
    """Where the reader's slice cuts another's; None when it does not, or its header is not here."""
    of, on = seen.plane(place), other.plane(other_place)
    if of is None or on is None or seen.loaded(place) is None or other.loaded(other_place) is None:
        return None
    return reference_line(of, _size(seen, place), on, _size(other, other_place))


def _size(stack: Stack, place: int) -> tuple[int, int]:
    here = stack.loaded(place)
    return _ANY if here is None else (here.frame.columns, here.frame.rows)


def _runs_against(seen: Stack, prior: Stack) -> bool:
    """Whether one stack goes up the body where the other goes down."""
    one, other = _course(seen), _course(prior)
    return one is not None and other is not None and one * other < 0


def _course(stack: Stack) -> float | None:
    first, last = stack.plane(0), stack.plane(len(stack) - 1)
    if first is None or last is None or not _axial(first):
        return None
    return float((last.position - first.position)[2])


def _axial(plane: Plane) -> bool:
    return bool(abs(float(plane.normal[2])) > PARALLEL / 1.1)
