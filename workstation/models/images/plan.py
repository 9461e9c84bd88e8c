"""What to load in which order: what is shown, then outward from each reader's place, as much as the memory holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from imaging.sources import MIB
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.stack import Spot
from workstation.models.images.stream import Streamed

VIEWPORTS = 9
"""Layouts go to 3×3: the stacks that were looked at last are the ones on the screen."""
_UNKNOWN = MIB // 2
_FULL = 0.95
"""Of the bound: what frames take is known only when they are here."""
_EAGER = 3
"""Places ahead for each one behind while somebody scrolls."""


@dataclass(frozen=True, eq=False)
class Wish:
    """A place of a stack that should be here."""

    stack: Streamed
    place: int
    spot: Spot


@dataclass(frozen=True, eq=False)
class Planned:
    """`missing` in the order in which it is loaded."""

    shown: frozenset[Spot]
    wanted: frozenset[Spot]
    missing: dict[Spot, Wish]


def planned(stacks: Sequence[Streamed], memory: PixelMemory) -> Planned:
    """For stacks from the one that was looked at last."""
    shown = [Wish(stack, stack.at, stack.spot(stack.at)) for stack in stacks[:VIEWPORTS] if len(stack)]
    room = (memory.bound - memory.encoded.used) * _FULL - sum(expected(wish) for wish in shown)
    wishes = [*shown, *_affordable(_around(stacks), room)]
    missing = memory.missing([wish.spot for wish in wishes])
    return Planned(frozenset(wish.spot for wish in shown), frozenset(wish.spot for wish in wishes), {
        wish.spot: wish for wish, is_missing in zip(wishes, missing, strict=True)
        if is_missing and not wish.stack.settled(wish.place)})


def _around(stacks: Sequence[Streamed]) -> Iterator[Wish]:
    for stack in stacks:
        for place in outward(stack.at, len(stack), stack.heading):
            yield Wish(stack, place, stack.spot(place))


def _affordable(wishes: Iterator[Wish], room: float) -> Iterator[Wish]:
    for wish in wishes:
        room -= expected(wish)
        if room < 0:
            return
        yield wish


def expected(wish: Wish) -> int:
    """Bytes of its frame."""
    return wish.stack.instance(wish.place).expected_bytes or _UNKNOWN


def outward(at: int, count: int, heading: int) -> Iterator[int]:
    """All places but `at`, nearest first; more of them in the direction of `heading` (1, -1, or 0 for none)."""
    step = heading or 1
    ahead = iter(range(at + 1, count) if step > 0 else range(at - 1, -1, -1))
    behind = iter(range(at - 1, -1, -1) if step > 0 else range(at + 1, count))
    more = True
    while more:
        more = False
        for side, some in ((ahead, _EAGER if heading else 1), (behind, 1)):
            for place in islice(side, some):
                more = True
                yield place
