"""What was done, by whom, with whom (R40): rows that only grow. `seals` chains them, `chain` walks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Connection, Text, Uuid, bindparam, cast, func, null, select
from sqlalchemy.dialects.postgresql import JSONB

from records.messages import AuditView
from server.store.tables import audit_events, patients

_NOBODY: ColumnElement[Any] = cast(null(), Uuid)


def note(
    db: Connection, action: str, *, person: UUID | None = None, name: str = "", patient: UUID | None = None,
    encounter: UUID | None = None, entry: UUID | None = None, workstation: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one row, in the transaction of what it tells of. Facts are plain JSON without binary fractions."""
    db.execute(audit_events.insert().values(
        action=action, person=person, person_name=name, patient=patient, encounter=encounter, entry=entry,
        workstation=workstation, facts=_plain(dict(facts or {})),
    ))


def noting(
    patient: ColumnElement[Any] = _NOBODY, encounter: ColumnElement[Any] = _NOBODY,
    where: ColumnElement[bool] | None = None, found: ColumnElement[int] | None = None,
) -> CTE:
    """The row as a part of another statement, which learns whose it is only while it runs.

    It is written where `where` finds something; how many were `found` is added to its facts. The statement is executed
    with `noted`.
    """
    facts: ColumnElement[Any] = bindparam("audit_facts", type_=JSONB)
    if found is not None:
        facts = facts.op("||", return_type=JSONB())(func.jsonb_build_object("found", found))
    row = select(
        bindparam("audit_action", type_=Text), bindparam("audit_person", type_=Uuid),
        bindparam("audit_name", type_=Text), patient, encounter, bindparam("audit_workstation", type_=Text), facts)
    columns = ("action", "person", "person_name", "patient", "encounter", "workstation", "facts")
    return audit_events.insert().from_select(
        columns, row if where is None else row.where(where), include_defaults=False,
    ).returning(audit_events.c.id).cte("noted")


def noted(
    action: str, *, person: UUID | None = None, name: str = "", workstation: str = "",
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The parameters of `noting`."""
    return {"audit_action": action, "audit_person": person, "audit_name": name, "audit_workstation": workstation,
            "audit_facts": _plain(dict(facts or {}))}


def read(db: Connection, patient: UUID | None, limit: int) -> tuple[AuditView, ...]:
    """The newest rows, of one patient or of all."""
    query = (
        select(audit_events, patients.c.full_name.label("patient_name"))
        .outerjoin(patients, patients.c.id == audit_events.c.patient)
        .order_by(audit_events.c.id.desc()).limit(limit)
    )
    if patient is not None:
        query = query.where(audit_events.c.patient == patient)
    return tuple(
        AuditView(id=row.id, at=row.at, person_name=row.person_name, action=row.action,
                  patient_name=row.patient_name or "", entry=row.entry, workstation=row.workstation, facts=row.facts)
        for row in db.execute(query))


def _plain(value: Any) -> Any:
    """What canonical JSON can say, so that the row can be hashed again in ten years."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case bool() | int() | None:
            return value
        case str():
            return value.replace("\x00", "")
    return str(value)
