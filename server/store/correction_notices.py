"""Notices of corrected and cancelled results: who was told of what, and who had seen it when (R36)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, exists, select, text
from sqlalchemy.dialects.postgresql import insert

from records.entries import FormRef
from server.store.keys import Keys, ScopeKey
from server.store.tables import correction_notices, correction_notices_known

# A record that was destroyed has no key any more, so nothing of it can be told.
_NOTICES = text("""
    SELECT n.id, n.entry, n.number, n.of_number, n.encounter, n.recipient, n.named, n.content, n.at,
        e.form, e.edition, e.kind, en.patient, pa.full_name AS patient_name, pa.birth_date,
        st.ward, st.ward_name, st.bed,
        concat_ws(' ', nullif(too.title, ''), too.full_name) AS recipient_name,
        concat_ws(' ', nullif(who.title, ''), who.full_name) AS by
    FROM correction_notices AS n JOIN entries AS e ON e.id = n.entry
    JOIN encounters AS en ON en.id = n.encounter AND en.state <> 'destroyed' JOIN patients AS pa ON pa.id = en.patient
    JOIN people AS too ON too.id = n.recipient JOIN people AS who ON who.id = n.person
    JOIN LATERAL (SELECT s.ward, w.name AS ward_name, s.bed FROM ward_stays AS s JOIN wards AS w ON w.id = s.ward
                  WHERE s.encounter = en.id ORDER BY s.starts DESC LIMIT 1) AS st ON true
    LEFT JOIN correction_notices_known AS known ON known.notice = n.id
    WHERE n.recipient = ANY(:recipients) AND known.notice IS NULL ORDER BY n.at DESC, n.id
""")
_OF_ENTRY = text("""
    SELECT n.number, n.of_number, n.named, n.at, known.at AS known_at,
        concat_ws(' ', nullif(too.title, ''), too.full_name) AS recipient_name,
        CASE WHEN known.person <> n.recipient THEN concat_ws(' ', nullif(who.title, ''), who.full_name) END AS known_by
    FROM correction_notices AS n JOIN people AS too ON too.id = n.recipient
    LEFT JOIN correction_notices_known AS known ON known.notice = n.id LEFT JOIN people AS who ON who.id = known.person
    WHERE n.entry = :entry ORDER BY n.at, too.full_name, n.id
""")
_WHOSE = text("""
    SELECT n.entry, n.encounter, n.recipient, en.patient, st.ward, EXISTS (
        SELECT 1 FROM correction_notices_known AS known WHERE known.notice = n.id) AS known
    FROM correction_notices AS n JOIN encounters AS en ON en.id = n.encounter
    JOIN LATERAL (SELECT ward FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS st ON true
    WHERE n.id = :notice
""")


@dataclass(frozen=True)
class What:
    """What is told: the version, the released one before it (the same, when it was cancelled), why, and what of it."""

    entry: UUID
    number: int
    of_number: int
    reason: str
    changed: tuple[str, ...] = ()
    """Labels of the fields that differ."""


@dataclass(frozen=True)
class Open:
    """A notice that nobody has said to have seen."""

    id: UUID
    what: What
    encounter: UUID
    form: FormRef
    patient_name: str
    birth_date: str
    ward: UUID
    ward_name: str
    bed: str
    recipient: UUID
    recipient_name: str
    named: bool
    by: str
    at: datetime


@dataclass(frozen=True)
class Record:
    """That somebody was told, and since when they know."""

    number: int
    of_number: int
    who: str
    named: bool
    at: datetime
    known_at: datetime | None
    known_by: str
    """Who saw it in that person's place; empty when they did themselves."""


@dataclass(frozen=True)
class Whose:
    """To whom a notice went, and of which record."""

    entry: UUID
    encounter: UUID
    patient: UUID
    ward: UUID
    recipient: UUID
    known: bool


def tell(db: Connection, key: ScopeKey, which: UUID, what: What, *, to: UUID, named: bool, by: UUID) -> bool:
    """Keep a notice; False: that person was told of it before."""
    content = json.dumps({"reason": what.reason, "changed": what.changed}, ensure_ascii=False).encode()
    kept = db.execute(insert(correction_notices).values(
        id=which, entry=what.entry, number=what.number, of_number=what.of_number, encounter=key.scope, recipient=to,
        named=named, person=by, content=key.encrypt(_about(which), content),
    ).on_conflict_do_nothing().returning(correction_notices.c.id))
    return kept.one_or_none() is not None


def know(db: Connection, notice: UUID, person: UUID) -> None:
    """Somebody has seen it; the first time counts."""
    db.execute(insert(correction_notices_known).values(notice=notice, person=person).on_conflict_do_nothing())


def open_to(db: Connection, keys: Keys, recipients: Collection[UUID]) -> tuple[Open, ...]:
    """What went to these people and nobody has seen, newest first."""
    rows = db.execute(_NOTICES, {"recipients": list(recipients)}).all()
    opened = keys.of_many(db, {row.encounter for row in rows}) if rows else {}
    return tuple(_open(row, opened) for row in rows if row.encounter in opened)


def of_entry(db: Connection, entry: UUID) -> Sequence[Record]:
    """Who was told of each version of an entry, in the order of telling."""
    return [Record(row.number, row.of_number, row.recipient_name, row.named, row.at, row.known_at, row.known_by or "")
            for row in db.execute(_OF_ENTRY, {"entry": entry})]


def was_told(db: Connection, entry: UUID, person: UUID) -> bool:
    """Whether that person was told of this entry."""
    return db.scalar(select(exists().where(correction_notices.c.entry == entry,
                                           correction_notices.c.recipient == person))) or False


def whose(db: Connection, notice: UUID) -> Whose | None:
    """To whom it went."""
    row = db.execute(_WHOSE, {"notice": notice}).one_or_none()
    return Whose(row.entry, row.encounter, row.patient, row.ward, row.recipient, row.known) if row else None


def _open(row: Any, keys: Mapping[UUID, ScopeKey]) -> Open:
    content = json.loads(keys[row.encounter].decrypt(_about(row.id), row.content))
    what = What(row.entry, row.number, row.of_number, content["reason"], tuple(content["changed"]))
    return Open(row.id, what, row.encounter, FormRef(code=row.form, edition=row.edition, kind=row.kind),
                row.patient_name, row.birth_date, row.ward, row.ward_name, row.bed, row.recipient, row.recipient_name,
                row.named, row.by, row.at)


def _about(which: UUID) -> str:
    return f"correction-notice:{which}"
