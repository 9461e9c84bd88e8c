"""Reminders of a wanted signature: who asked whom, when, and whether the person put it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, text

from server.store.tables import reminders_put_away, signing_reminders

_REMINDED = """
    SELECT r.id, r.entry, r.slot, r.recipient, r.at, asking.full_name AS by, asked.full_name AS recipient_name,
        away.at AS put_away_at
    FROM signing_reminders AS r JOIN people AS asking ON asking.id = r.person
    JOIN people AS asked ON asked.id = r.recipient LEFT JOIN reminders_put_away AS away ON away.reminder = r.id
    WHERE {which} ORDER BY r.at DESC
"""
_TO = text(_REMINDED.format(which="r.recipient = :of AND r.at >= :since"))
_OF_ENTRY = text(_REMINDED.format(which="r.entry = :of AND r.at >= :since"))
_ONE = text(_REMINDED.format(which="r.id = :of AND r.at >= :since"))


@dataclass(frozen=True)
class Reminded:
    """A reminder that somebody got."""

    id: UUID
    entry: UUID
    slot: str
    to: UUID
    to_name: str
    at: datetime
    by: str
    put_away_at: datetime | None


def remind(db: Connection, which: UUID, *, entry: UUID, slot: str, person: UUID, to: UUID) -> None:
    """Keep a reminder."""
    db.execute(insert(signing_reminders).values(id=which, entry=entry, slot=slot, person=person, recipient=to))


def put_away(db: Connection, which: UUID, person: UUID) -> None:
    """The person has read it and wants to see it no more."""
    db.execute(insert(reminders_put_away).values(reminder=which, person=person))


def to_person(db: Connection, to: UUID, since: datetime) -> tuple[Reminded, ...]:
    """Reminders to a person since then, newest first, those that were put away too."""
    return _read(db, to, since, which="person")


def of_entry(db: Connection, entry: UUID, since: datetime) -> tuple[Reminded, ...]:
    """Reminders of an entry's signatures since then, newest first."""
    return _read(db, entry, since, which="entry")


def one(db: Connection, which: UUID, since: datetime) -> Reminded | None:
    """That reminder, when it is no older."""
    return next(iter(_read(db, which, since, which="reminder")), None)


def _read(db: Connection, of: UUID, since: datetime, *, which: str) -> tuple[Reminded, ...]:
    asked = {"person": _TO, "entry": _OF_ENTRY, "reminder": _ONE}[which]
    return tuple(Reminded(row.id, row.entry, row.slot, row.recipient, row.recipient_name, row.at, row.by,
                          row.put_away_at) for row in db.execute(asked, {"of": of, "since": since}))
