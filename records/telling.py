"""R36: who hears that a released result was corrected or cancelled, and against which version."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from records.entries import State, Version
from records.forms import Amending, EntryKind, Role


class Colleague(Protocol):
    """Somebody who works here now."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> AbstractSet[Role]: ...
    @property
    def wards(self) -> AbstractSet[UUID]: ...


@dataclass(frozen=True)
class Told:
    """Who is told, and whether the form names them or they stand for whom nobody found."""

    people: tuple[UUID, ...]
    named: bool


def told_against(new: Version, kind: EntryKind, before: Iterable[tuple[int, State]]) -> int | None:
    """R36: the released version that a corrected result takes the place of, when who ordered must hear of it.

    `before` are the entry's versions as they stand. A text that was never released changed nothing for anybody.
    """
    if kind.amending is not Amending.NOTIFY or new.correction is None:
        return None
    released = {State.SIGNED, State.AMENDED, State.CANCELLED}
    return max((number for number, state in before if number < new.version and state in released), default=None)


def told_of_cancelling(kind: EntryKind, state: State) -> bool:
    """R33, R36: whether who ordered hears that a result in this state is cancelled."""
    return kind.amending is Amending.NOTIFY and state is State.SIGNED


def orderers_named(kind: EntryKind, *versions: Version) -> tuple[str, ...]:
    """R36: who ordered, as the released version and the corrected one name them; each once."""
    names = (str(version.values.get(kind.orderer, "")) for version in versions) if kind.orderer else ()
    return tuple(dict.fromkeys(plain for name in names if (plain := " ".join(name.split()))))


def same_name(written: str, full_name: str) -> bool:
    """Whether a form's words for a person are that name, with or without the title before it: «BS. Lê Thu Hà»."""
    words, name = written.casefold().split(), full_name.casefold().split()
    titles = words[:-len(name)]
    return bool(name) and words[-len(name):] == name and all(title.endswith(".") for title in titles)


def recipients(names: Iterable[str], here: Collection[Colleague], ward: UUID, stayed: Collection[UUID]) -> Told:
    """R36: the doctors whom the form names; where nobody bears the name, those of the ward, at last the directors.

    Of several who bear one name, those who work in a ward of the stay are meant, if there are any.
    """
    doctors = [one for one in here if one.roles & {Role.DOCTOR, Role.WARD_HEAD}]
    named: list[UUID] = []
    for name in names:
        bearers = [one for one in doctors if same_name(name, one.name)]
        near = [one for one in bearers if not one.wards.isdisjoint(stayed)]
        named += [one.id for one in near or bearers]
    if named:
        return Told(tuple(dict.fromkeys(named)), named=True)
    of_ward = [one.id for one in doctors if ward in one.wards]
    return Told(tuple(of_ward or [one.id for one in here if Role.DIRECTOR in one.roles]), named=False)
