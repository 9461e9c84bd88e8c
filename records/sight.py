"""What changed in a document since its reader last had it on the screen, field by field, with who wrote it and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from records.entries import FieldChange, Instant, changes
from records.forms import Frozen


class Hand(Frozen):
    """Who wrote a field last, and when."""

    by: str = ""
    """No name: the reader themselves."""
    at: Instant


@dataclass(frozen=True)
class Text:
    """What a document says at one moment; a look is one, a version is one."""

    version: int
    values: Mapping[str, Any] = field(repr=False)
    at: datetime
    """When it was looked at, or written."""
    by: str = ""
    """Who wrote it; no name: the reader themselves."""


@dataclass(frozen=True)
class Change:
    """One field that says something else than the reader saw."""

    field: FieldChange
    hand: Hand | None = None
    """None where nobody can tell whose hand it was."""

    @property
    def by_reader(self) -> bool:
        """The reader wrote it, so it was before their eyes."""
        return self.hand is not None and not self.hand.by


@dataclass(frozen=True)
class Signed:
    """A signature that came since."""

    slot: str
    full_name: str
    at: datetime


@dataclass(frozen=True)
class Sight:
    """How a document stands to what its reader saw of it."""

    last: datetime | None = None
    """When they looked last, before what is told here changed; None: never."""
    changes: tuple[Change, ...] = ()
    signed: tuple[Signed, ...] = ()
    new_version: bool = False
    """Another version than the one that was looked at, whether or not a field says something else."""
    own: bool = False
    """The reader writes it."""
    seen: bool = False
    """Every word of it was on the reader's screen, or is theirs."""


def sight(
    now: Text, newest: Text | None, before: Text | None, labels: Mapping[str, str], *,
    hands: Mapping[str, Hand], own: bool = False, signed: Iterable[Signed] = (),
) -> Sight:
    """`newest`: the last look of all. `before`: the last one before this sitting: while a person sits over a document,
    what changed since then stays told, until it changes again.
    """
    since_newest = _since(newest, now, labels, hands)
    moved = newest is not None and newest.version != now.version
    base = newest if since_newest or moved else before
    told = _since(base, now, labels, hands) if base is not None else ()
    if own:
        seen = all(change.by_reader for change in since_newest) if newest is not None else not _foreign(hands)
    else:
        seen = newest is not None and not moved and not since_newest
    return Sight(
        last=base.at if base is not None else None, changes=told, own=own, seen=seen,
        signed=tuple(one for one in signed if base is not None and one.at > base.at),
        new_version=base is not None and base.version != now.version)


def hands_of(steps: Sequence[Text]) -> dict[str, Hand]:
    """Whose hand each field shows after these versions, one after the other; the first one's fields are nobody's."""
    hands: dict[str, Hand] = {}
    for older, newer in pairwise(steps):
        for key in dict.fromkeys((*older.values, *newer.values)):
            if older.values.get(key) != newer.values.get(key):
                hands[key] = Hand(by=newer.by, at=newer.at)
    return hands


def _since(look: Text | None, now: Text, labels: Mapping[str, str], hands: Mapping[str, Hand]) -> tuple[Change, ...]:
    if look is None:
        return ()
    return tuple(Change(change, hands.get(change.key)) for change in changes(look, now, labels))


def _foreign(hands: Mapping[str, Hand]) -> bool:
    return any(hand.by for hand in hands.values())
