"""Fills a new demo hospital with its people, wards, patients and stays, as `resources/demo/hospital.toml` tells them.

Their signed history is not made here: that goes through the workstation's own client and tokens, over HTTPS.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine

from records.forms import Role
from records.messages import AllergyView, PatientDraft, WardView
from server.services.passwords import Passwords
from server.store import audit, base, patients, people, stays
from server.store.keys import Keys

_SPACE = UUID("5d0a6f0e-6a53-4a0c-9d6f-1f6f0c9b2f11")
"""Ids of demo rows are derived from their names, so that two demos have the same."""


def seed(engine: Engine, keys: Keys, passwords: Passwords, data: Mapping[str, Any]) -> bool:
    """Load the demo hospital in one transaction; False when it is there already."""
    with base.transaction(engine) as db:
        base.lock(db, "demo")
        if people.all_wards(db):
            return False
        now = datetime.now(UTC).replace(microsecond=0)
        wards = {ward["code"]: _ward(db, ward, place) for place, ward in enumerate(data["wards"])}
        # One hash for all: the demo people share their password, and thirty hashes would be two seconds.
        password = passwords.hash(data["accounts"]["password"])
        staff = {person["username"]: _person(db, person, wards, password) for person in data["staff"]}
        for patient in data["patients"]:
            _patient(db, keys, patient, wards=wards, staff=staff, now=now)
        audit.note(db, "demo.seed", workstation="console", facts={"patients": len(data["patients"])})
    return True


def _id(kind: str, name: str) -> UUID:
    return uuid5(_SPACE, f"{kind}:{name}")


def _ward(db: Connection, ward: Mapping[str, Any], place: int) -> UUID:
    which = _id("ward", ward["code"])
    people.add_ward(db, WardView(id=which, code=ward["code"], name=ward["name"]), place)
    people.add_beds(db, which, [(room["name"], bed) for room in ward["rooms"] for bed in room["beds"]])
    return which


def _person(db: Connection, person: Mapping[str, Any], wards: Mapping[str, UUID], password: str) -> UUID:
    which = _id("person", person["username"])
    until = person.get("licence_until")
    people.add(
        db, which, username=person["username"], full_name=person["full_name"], title=person["title"],
        roles=[Role(role) for role in person["roles"]], in_wards=[wards[code] for code in person["wards"]],
        password_hash=password, national_id=person["national_id"], licence_no=person.get("licence_no", ""),
        licence_until=date.fromisoformat(until) if until else None)
    return which


def _patient(
    db: Connection, keys: Keys, patient: Mapping[str, Any], *, wards: Mapping[str, UUID], staff: Mapping[str, UUID],
    now: datetime,
) -> None:
    which = _id("patient", patient["patient_no"])
    draft = PatientDraft(
        full_name=patient["full_name"], birth_date=patient["birth_date"], sex=patient["sex"],
        national_id=patient.get("national_id", ""), insurance_no=patient.get("insurance_no", ""),
        address=patient.get("address", ""), phone=patient.get("phone", patient.get("kin_phone", "")),
        ethnicity=_words(patient.get("ethnicity", "")), occupation=_words(patient.get("occupation", "")),
        kin=patient.get("kin", ""), allergies=tuple(AllergyView(**item) for item in patient["allergies"]))
    patients.register(db, which, draft, None, now, patient_no=patient["patient_no"])
    admitted = now - timedelta(hours=patient["admitted_hours_ago"])
    if patient.get("allergies_asked") and not patient["allergies"]:
        patients.asked_for_allergies(db, which, (), staff[patient["doctor"]], admitted)
    encounter = _id("encounter", patient["record_no"])
    stays.add(db, {
        "id": encounter, "patient": which, "record_no": patient["record_no"], "emergency": patient["emergency"],
        "admitted_at": admitted, "diagnosis": patient["diagnosis"], "diagnosis_code": patient["diagnosis_code"],
        "attending": staff[patient["doctor"]],
    }, {"id": _id("stay", patient["record_no"]), "ward": wards[patient["ward"]], "room": patient["room"],
        "bed": patient["bed"], "starts": admitted})
    keys.make(db, encounter)


def _words(value: Any) -> str:
    """A coded value as the words that people read."""
    return str(value["text"]) if isinstance(value, Mapping) else str(value)
