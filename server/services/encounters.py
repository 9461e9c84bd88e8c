"""Encounters: admission, transfer, discharge."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from records import lifecycle
from records.deadlines import ZONE
from records.entries import EncounterState
from records.errors import Refusal
from records.lifecycle import EncounterEvent
from records.messages import Admission, Discharge, EncounterView, Transfer
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import base, patients, people, stays
from server.store.stays import Place

_AHEAD = timedelta(minutes=5)
"""How far ahead of the server's clock a time of admission or transfer may lie."""


def admit(desk: Desk, command: Admission) -> EncounterView:
    """Admit a patient; from now on the encounter has a key of its own."""
    rights.demand(desk.person, Right.ADMIT)
    _demand_past(desk, command.admitted_at)
    _demand_ward(desk, command.ward)
    if patients.read(desk.db, command.patient) is None:
        raise Refusal.because("thing_unknown", "patient")
    encounter = new_id()
    year = command.admitted_at.astimezone(ZONE).year
    values = {
        "id": encounter, "patient": command.patient, "emergency": command.emergency,
        "record_no": f"{year % 100:02d}-{base.next_number(desk.db, f'record:{year}'):06d}",
        "admitted_at": command.admitted_at, "diagnosis": command.diagnosis, "diagnosis_code": command.diagnosis_code,
        "attending": command.attending, "created_by": desk.person.id,
    }
    stays.add(desk.db, values, _stay(command, command.admitted_at))
    desk.keys.make(desk.db, encounter)
    return _answer(desk, encounter, "encounter.admit")


def transfer(desk: Desk, encounter: UUID, command: Transfer) -> EncounterView:
    """Another ward or bed from that moment on."""
    rights.demand(desk.person, Right.TRANSFER)
    here = find(desk, encounter)
    rights.demand_work(desk.person, {here.ward})
    if here.state is not EncounterState.ACTIVE:
        raise Refusal.because("encounter_not_active")
    _demand_past(desk, command.at)
    _demand_ward(desk, command.ward)
    stays.move(desk.db, encounter, _stay(command, command.at))
    if here.ward != command.ward:
        desk.tell("board", encounter=encounter, ward=here.ward)
    return _answer(desk, encounter, "encounter.transfer")


def discharge(desk: Desk, encounter: UUID, command: Discharge) -> EncounterView:
    """The stay ends; the record may still be completed (R23)."""
    rights.demand(desk.person, Right.DISCHARGE)
    here = find(desk, encounter)
    rights.demand_work(desk.person, {here.ward})
    _demand_past(desk, command.at)
    if command.at < here.admitted_at:
        raise Refusal.because("leave_before_admission")
    state = lifecycle.encounter_after(here.state, EncounterEvent.DISCHARGE)
    stays.leave(desk.db, encounter, command.at)
    stays.set_state(desk.db, encounter, state, discharged_at=command.at, outcome=command.outcome,
                    discharge_type=command.discharge_type)
    return _answer(desk, encounter, "encounter.discharge")


def find(desk: Desk, encounter: UUID) -> Place:
    """The encounter, or a refusal; locked against another change of its stay."""
    base.lock(desk.db, "encounter", encounter)
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    return place


def _answer(desk: Desk, encounter: UUID, action: str) -> EncounterView:
    place = find(desk, encounter)
    desk.note(action, patient=place.patient, encounter=encounter)
    desk.tell("board", encounter=encounter, ward=place.ward)
    desk.scope = encounter
    return stays.views(desk.db, [encounter])[encounter]


def _stay(command: Admission | Transfer, starts: datetime) -> dict[str, object]:
    return {"id": new_id(), "ward": command.ward, "room": command.room.strip()[:30], "bed": command.bed.strip()[:30],
            "starts": starts}


def _demand_past(desk: Desk, at: datetime) -> None:
    if at > desk.now + _AHEAD:
        raise Refusal.because("time_in_future")


def _demand_ward(desk: Desk, ward: UUID) -> None:
    if people.ward(desk.db, ward) is None:
        raise Refusal.because("thing_unknown", "ward")
