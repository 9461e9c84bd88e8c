"""Files that came late or wrong: kept always, settled by a named person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, insert, select

from records.errors import Reason, Refusal
from records.messages import SettlementView
from server.store import base
from server.store.tables import encounters, patients, people, settlement_decisions, settlements

_DECIDED = {"pk_settlement_decisions": "settlement_decided"}


@dataclass(frozen=True)
class NewSettlement:
    """A file for the work list."""

    id: UUID
    kind: Literal["quarantine", "offline"]
    file: str
    scope: UUID
    """Whose key encrypted the file."""
    person: UUID
    slot: str
    received_at: datetime
    reasons: tuple[Reason, ...]
    entry: UUID | None = None
    number: int | None = None
    encounter: UUID | None = None
    workstation: str = ""


def add(db: Connection, new: NewSettlement) -> None:
    """Put a file on the work list."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    db.execute(insert(settlements).values({**values, "reasons": [reason.as_json() for reason in new.reasons]}))


def decide(
    db: Connection, which: UUID, decision: Literal["accept", "reject"], reason: str, *, person: UUID, at: datetime,
) -> None:
    """Settle a file, once."""
    with base.refusing(_DECIDED):
        db.execute(insert(settlement_decisions).values(
            settlement=which, decision=decision, reason=reason, person=person, at=at))


_decider = people.alias("decider")
_VIEW = (
    select(settlements, people.c.full_name.label("person_name"), patients.c.full_name.label("patient_name"),
           settlement_decisions.c.decision, settlement_decisions.c.reason.label("decision_reason"),
           _decider.c.full_name.label("decided_by"))
    .join(people, people.c.id == settlements.c.person)
    .outerjoin(encounters, encounters.c.id == settlements.c.encounter)
    .outerjoin(patients, patients.c.id == encounters.c.patient)
    .outerjoin(settlement_decisions, settlement_decisions.c.settlement == settlements.c.id)
    .outerjoin(_decider, _decider.c.id == settlement_decisions.c.person)
)


def waiting(db: Connection) -> tuple[SettlementView, ...]:
    """What nobody has decided yet, oldest first."""
    rows = db.execute(_VIEW.where(settlement_decisions.c.settlement.is_(None)).order_by(settlements.c.received_at))
    return tuple(_view(row) for row in rows)


def view(db: Connection, which: UUID) -> SettlementView:
    """One file of the work list, decided or not."""
    row = db.execute(_VIEW.where(settlements.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "settlement")
    return _view(row)


def address(db: Connection, which: UUID) -> tuple[str, UUID, int | None, str]:
    """File, scope of its key, version number and slot, for the service that carries a decision out."""
    row = db.execute(select(settlements.c.file, settlements.c.scope, settlements.c.number, settlements.c.slot)
                     .where(settlements.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "settlement")
    return row.file, row.scope, row.number, row.slot


def _view(row: Any) -> SettlementView:
    reasons: Sequence[dict[str, Any]] = row.reasons
    return SettlementView(
        id=row.id, kind=row.kind, entry=row.entry, encounter=row.encounter, patient_name=row.patient_name or "",
        person=row.person, person_name=row.person_name, received_at=row.received_at, file=row.file,
        reasons=tuple(reasons), decided_by=row.decided_by or "", decision=row.decision or "",
        decision_reason=row.decision_reason or "",
    )
