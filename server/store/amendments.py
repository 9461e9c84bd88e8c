"""Who let a text be restored, and which entry stands in another's place or adds to one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from records.entries import RelatesTo, State, Version
from records.succession import Permission
from server.store.keys import ScopeKey
from server.store.tables import cancellations, people, relations, restorations, version_states


@dataclass(frozen=True)
class Cancelled:
    """Who cancelled a version, when and why."""

    number: int
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Permitted:
    """A permission as it is kept: for which place, by whom, and who is to sign."""

    id: UUID
    entry: UUID
    number: int
    person: UUID
    signer: UUID


def permit(db: Connection, key: ScopeKey, kept: Permitted, given: Permission) -> None:
    """Note who let a version's text be taken up again, why, and who is to sign it."""
    db.execute(insert(restorations).values(
        id=kept.id, entry=kept.entry, number=kept.number, restores=given.restores, person=kept.person,
        signer=kept.signer, permitted_by=given.permitted_by,
        reason=key.encrypt(_about(kept.id), given.reason.encode())))


def permission(db: Connection, key: ScopeKey, entry: UUID, number: int) -> Permission | None:
    """The newest one for a text that comes after that version."""
    row = db.execute(select(restorations).where(restorations.c.entry == entry, restorations.c.number == number)
                     .order_by(restorations.c.at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Permission(row.restores, key.decrypt(_about(row.id), row.reason).decode(), row.permitted_by)


def relate(db: Connection, version: Version) -> None:
    """Keep to which version of which entry a new entry stands."""
    if (relation := version.relates_to) is not None:
        db.execute(insert(relations).values(entry=version.entry, code=relation.code, to_entry=relation.entry,
                                            to_number=relation.version))


def standing_for(db: Connection, entry: UUID, code: str) -> tuple[UUID, ...]:
    """The entries that replace an entry, or add to it, and were not cancelled."""
    rows = db.scalars(
        select(relations.c.entry)
        .join(version_states, (version_states.c.entry == relations.c.entry) & version_states.c.latest)
        .where(relations.c.to_entry == entry, relations.c.code == code,
               version_states.c.state != State.CANCELLED.value).order_by(relations.c.at))
    return tuple(rows)


def target_of(relation: RelatesTo | None) -> Collection[UUID]:
    """The entry that a relation names, if there is one."""
    return () if relation is None else (relation.entry,)


def cancelled(db: Connection, key: ScopeKey, entry: UUID) -> tuple[Cancelled, ...]:
    """Every cancellation of an entry's versions."""
    rows = db.execute(
        select(cancellations, people.c.full_name, people.c.title).join(people, people.c.id == cancellations.c.person)
        .where(cancellations.c.entry == entry).order_by(cancellations.c.number))
    return tuple(Cancelled(row.number, f"{row.title} {row.full_name}".strip(), row.at,
                           key.decrypt(f"cancellation:{entry}:{row.number}", row.reason).decode()) for row in rows)


def _about(which: UUID) -> str:
    return f"restoration:{which}"
