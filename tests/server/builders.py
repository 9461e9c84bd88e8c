"""Builders of rows for the tests of the server: each makes something good and takes what the test wants changed."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from records.entries import Author, State, Stay, Version
from records.forms import Role
from records.messages import PatientDraft, PatientView, WardView
from server.store import certificates, entries, patients, people, stays
from server.store.keys import Keys, ScopeKey
from tests.records.factories import NOW, version

_numbers = count(1)


def a_ward(db: Connection, code: str = "") -> UUID:
    """A ward with two beds."""
    ward, number = uuid4(), next(_numbers)
    people.add_ward(db, WardView(id=ward, code=code or f"K{number}", name=f"Khoa thử {number}"), number)
    people.add_beds(db, ward, (("3", "1"), ("3", "2")))
    return ward


def a_person(db: Connection, *in_wards: UUID, roles: tuple[Role, ...] = (Role.DOCTOR,), **changes: Any) -> UUID:
    """A doctor in good standing."""
    person, number = uuid4(), next(_numbers)
    good: dict[str, Any] = {
        "username": f"person{number}", "full_name": "Lê Thu Hà", "title": "Bác sĩ", "password_hash": "-",
        "national_id": f"001185{number:06d}", "licence_no": "004512/BYT-CCHN",
    }
    people.add(db, person, roles=roles, in_wards=in_wards, **{**good, **changes})
    return person


def a_patient(db: Connection, full_name: str = "Nguyễn Văn Bình", **changes: Any) -> PatientView:
    """A registered patient."""
    good: dict[str, Any] = {"full_name": full_name, "birth_date": "1959-03-12", "sex": "1"}
    return patients.register(db, uuid4(), PatientDraft(**{**good, **changes}), None, NOW)


def an_encounter(db: Connection, keys: Keys, ward: UUID, patient: UUID | None = None, **changes: Any) -> UUID:
    """A patient admitted to the ward, in a bed of its own, with a key."""
    encounter, number = uuid4(), next(_numbers)
    values: dict[str, Any] = {
        "id": encounter, "patient": patient or a_patient(db).id, "record_no": f"26-{number:06d}",
        "emergency": True, "admitted_at": NOW - timedelta(days=2), **changes,
    }
    stays.add(db, values, {"id": uuid4(), "ward": ward, "room": "3", "bed": f"{number}",
                           "starts": values["admitted_at"]})
    keys.make(db, encounter)
    return encounter


def a_version(db: Connection, key: ScopeKey, author: UUID, **changes: Any) -> Version:
    """A treatment row of the encounter, stored as its first slot's signature would leave it."""
    state = changes.pop("state", State.SIGNED)
    good = version()
    made = version(**{
        "entry": uuid4(),
        "subject": good.subject,
        "stay": Stay(**{**good.stay.model_dump(), "id": key.scope}),
        "author": Author(**{**good.author.model_dump(), "id": author}),
        **changes,
    })
    entries.add_version(db, key, made, state=state, open_slots=() if state is State.SIGNED else ("doctor",),
                        file="0" * 64, received_at=NOW)
    return made


def a_certificate(db: Connection, person: UUID, sha256: str = "c" * 64) -> UUID:
    """An enrolled and approved certificate."""
    certificate = uuid4()
    certificates.enrol(db, certificates.Enrolling(
        id=certificate, person=person, der=b"der", sha256=sha256, chain=(b"ca",), serial="0A1B", issuer="CA tập sự",
        subject="CN=Lê Thu Hà", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=900),
        challenge=b"challenge", challenge_signature=b"signature"))
    certificates.decide(db, certificate, "approved", a_person(db, roles=(Role.IT,)))
    return certificate


def a_signature(db: Connection, made: Version, person: UUID, **changes: Any) -> entries.NewSignature:
    """The author's signature on a version."""
    good: dict[str, Any] = {
        "id": uuid4(), "entry": made.entry, "number": made.version, "encounter": made.stay.id, "slot": "doctor",
        "person": person, "full_name": "Lê Thu Hà", "title": "Bác sĩ", "certificate_serial": "0A1B",
        "certificate_issuer": "CA tập sự", "signed_at": NOW, "received_at": NOW, "file": "0" * 64,
    }
    signature = entries.NewSignature(**{**good, **changes})
    entries.add_signature(db, signature)
    return signature
