"""Encounters and the beds in which patients lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from records.entries import EncounterState
from records.messages import EncounterView, WardStayView, WardView
from server.store.base import among, among_bound, refusing
from server.store.tables import encounters, patients, people, record_acts, ward_stays, wards

_REFUSALS = {
    "uq_encounters_open": "encounter_already_open",
    "ex_ward_stays_one_patient": "bed_taken",
    "ex_ward_stays_one_place": "stay_overlaps",
    "ck_encounters_discharged_after_admission": "leave_before_admission",
    "ck_ward_stays_ends_after_start": "stay_ends_before_start",
    "fk_encounters_patient": "thing_unknown",
    "fk_encounters_attending": "thing_unknown",
    "fk_ward_stays_ward": "thing_unknown",
}


@dataclass(frozen=True)
class Place:
    """What rules ask of an encounter: whose it is, its state, and where the patient lies or lay."""

    id: UUID
    patient: UUID
    patient_no: str
    record_no: str
    state: EncounterState
    ward: UUID
    """The ward now, or the last one."""
    wards: frozenset[UUID]
    """Every ward of the stay."""
    admitted_at: datetime
    discharged_at: datetime | None


_STAYED = (
    select(func.array_agg(ward_stays.c.ward)).where(ward_stays.c.encounter == encounters.c.id).scalar_subquery()
)
_LAST = (
    select(ward_stays.c.ward).where(ward_stays.c.encounter == encounters.c.id)
    .order_by(ward_stays.c.starts.desc()).limit(1).scalar_subquery()
)
_PLACE = (
    select(encounters.c.id, encounters.c.patient, patients.c.patient_no, encounters.c.record_no, encounters.c.state,
           encounters.c.admitted_at, encounters.c.discharged_at, _LAST.label("ward"), _STAYED.label("wards"))
    .join(patients, patients.c.id == encounters.c.patient)
)


_LAY = (
    select(ward_stays, wards.c.code, wards.c.name).join(wards, wards.c.id == ward_stays.c.ward)
    .where(among_bound(ward_stays.c.encounter, "which")).order_by(ward_stays.c.starts)
)
_SHOWN = (
    select(encounters, func.concat_ws(" ", func.nullif(people.c.title, ""), people.c.full_name).label("doctor"),
           record_acts.c.at.label("archived_at"), func.coalesce(record_acts.c.level, "").label("archived_level"))
    .outerjoin(people, people.c.id == encounters.c.attending)
    .outerjoin(record_acts, (record_acts.c.encounter == encounters.c.id) & (record_acts.c.act == "archived"))
    .where(among_bound(encounters.c.id, "which"))
)


def place(db: Connection, encounter: UUID) -> Place | None:
    """One encounter as the rules see it."""
    row = db.execute(_PLACE.where(encounters.c.id == encounter)).one_or_none()
    if row is None:
        return None
    return Place(row.id, row.patient, row.patient_no, row.record_no, EncounterState(row.state), row.ward,
                 frozenset(row.wards or ()), row.admitted_at, row.discharged_at)


def views(db: Connection, which: Collection[UUID]) -> dict[UUID, EncounterView]:
    """Encounters with their stays, by id."""
    if not which:
        return {}
    stays: dict[UUID, list[WardStayView]] = {}
    for row in db.execute(_LAY, {"which": list(which)}).all():
        ward = WardView.model_construct(id=row.ward, code=row.code, name=row.name)
        stays.setdefault(row.encounter, []).append(WardStayView.model_construct(
            ward=ward, room=row.room, bed=row.bed, starts=row.starts, ends=row.ends))
    rows = db.execute(_SHOWN, {"which": list(which)}).all()
    return {row.id: _view(row, stays.get(row.id, ())) for row in rows}


def names(db: Connection, which: Collection[UUID]) -> dict[UUID, str]:
    """The patient's name, by encounter."""
    rows = db.execute(select(encounters.c.id, patients.c.full_name)
                      .join(patients, patients.c.id == encounters.c.patient).where(among(encounters.c.id, which)))
    return {row.id: row.full_name for row in rows}


def lying_in(db: Connection, ward: UUID) -> dict[tuple[str, str], UUID]:
    """Which open encounter lies in which room and bed of the ward; who has no bed has a key of its own."""
    rows = db.execute(select(ward_stays.c.room, ward_stays.c.bed, ward_stays.c.encounter)
                      .join(encounters, encounters.c.id == ward_stays.c.encounter)
                      .where(ward_stays.c.ward == ward, ward_stays.c.ends.is_(None),
                             encounters.c.state == EncounterState.ACTIVE.value)
                      .order_by(ward_stays.c.room, ward_stays.c.bed))
    return {(row.room, row.bed or f"\x00{row.encounter}"): row.encounter for row in rows}


def add(db: Connection, values: dict[str, Any], stay: dict[str, Any]) -> None:
    """A new encounter in its first bed."""
    with refusing(_REFUSALS):
        db.execute(encounters.insert().values(**values))
        db.execute(ward_stays.insert().values(encounter=values["id"], **stay))


def move(db: Connection, encounter: UUID, stay: dict[str, Any]) -> None:
    """End the stay that is open and begin the next one at the same moment."""
    with refusing(_REFUSALS):
        leave(db, encounter, stay["starts"])
        db.execute(ward_stays.insert().values(encounter=encounter, **stay))


def leave(db: Connection, encounter: UUID, at: datetime) -> None:
    """End the stay that is open."""
    with refusing(_REFUSALS):
        db.execute(update(ward_stays).where(ward_stays.c.encounter == encounter, ward_stays.c.ends.is_(None))
                   .values(ends=at))


def set_state(db: Connection, encounter: UUID, state: EncounterState, **facts: Any) -> None:
    """The encounter's state, and what came with it."""
    with refusing(_REFUSALS):
        db.execute(update(encounters).where(encounters.c.id == encounter).values(state=state.value, **facts))


def _view(row: Any, stays: Sequence[WardStayView]) -> EncounterView:
    return EncounterView.model_construct(
        id=row.id, record_no=row.record_no, state=EncounterState(row.state), emergency=row.emergency,
        admitted_at=row.admitted_at, discharged_at=row.discharged_at, stays=tuple(stays), diagnosis=row.diagnosis,
        diagnosis_code=row.diagnosis_code, attending=row.doctor if row.attending else "",
        archived_at=row.archived_at, archived_level=row.archived_level,
    )


def patients_of(db: Connection, which: Collection[UUID]) -> tuple[UUID, ...]:
    """The patients of these encounters."""
    if not which:
        return ()
    return tuple(db.scalars(select(encounters.c.patient).where(among(encounters.c.id, which))))
