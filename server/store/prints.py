"""Prints as the audit keeps them, found again by the look-up code that stands on the paper (R42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, select

from records.entries import FormRef, State
from server.store.tables import audit_events, encounters, entries, version_states, versions


@dataclass(frozen=True)
class Printed:
    """Once that a content was printed or saved, as its notice told."""

    at: datetime
    person_name: str
    what: Literal["saved", "printed"]
    versions: tuple[tuple[UUID, int], ...]
    single: bool = False
    """One entry's own file, not a whole sheet."""


@dataclass(frozen=True)
class Now:
    """Where an entry of the form stands now."""

    form: FormRef
    author: str
    occurred_at: datetime
    newest: int
    cancelled: bool
    replaced: bool = False


def encounter_of(db: Connection, record_no: str) -> UUID | None:
    """The stay of a record number."""
    found: UUID | None = db.scalar(select(encounters.c.id).where(encounters.c.record_no == record_no))
    return found


def runs(db: Connection, patient: UUID, encounter: UUID, code: str) -> tuple[Printed, ...]:
    """All prints under this code, newest first."""
    rows = db.execute(
        select(audit_events.c.person_name, audit_events.c.facts, audit_events.c.entry).where(
            # The patient goes first: the audit is indexed by it.
            audit_events.c.patient == patient, audit_events.c.encounter == encounter, audit_events.c.action == "print",
            audit_events.c.facts["look_up_code"].astext == code)
        .order_by(audit_events.c.id.desc()))
    return tuple(_printed(row.person_name, row.facts, single=row.entry is not None) for row in rows)


def of_form(db: Connection, encounter: UUID, code: str) -> dict[UUID, Now]:
    """Every entry of the form in this stay, as it stands now."""
    latest = (version_states.c.entry == entries.c.id) & version_states.c.latest
    version = (versions.c.entry == entries.c.id) & (versions.c.number == version_states.c.number)
    rows = db.execute(
        select(entries.c.id, entries.c.form, entries.c.edition, entries.c.kind, versions.c.author_name,
               versions.c.occurred_at, version_states.c.number, version_states.c.state)
        .join(version_states, latest).join(versions, version)
        .where(entries.c.encounter == encounter, entries.c.form == code))
    return {row.id: _now(row) for row in rows}


def _printed(person_name: str, facts: Mapping[str, Any], *, single: bool) -> Printed:
    listed = (item.rpartition(".") for item in facts.get("versions", ()))
    return Printed(datetime.fromisoformat(facts["at"]), person_name, facts["what"],
                   tuple((UUID(entry), int(number)) for entry, _, number in listed), single)


def _now(row: Any) -> Now:
    return Now(FormRef(code=row.form, edition=row.edition, kind=row.kind), row.author_name, row.occurred_at, row.number,
               row.state == State.CANCELLED.value, row.state == State.REPLACED.value)
