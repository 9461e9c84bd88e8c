"""Images that were filed into another patient's study before such were kept apart are sought out by `verify`."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from records.errors import Reason
from server.services import image_names, image_receiving
from server.services.hospital import Hospital
from server.services.image_receiving import Outcome
from server.store import base, image_strays
from tests.databases import Database
from tests.server.pictures import a_slice, uid
from tests.server.services.test_image_receiving import hospital, send

__all__ = ["hospital"]
OTHER = {"PatientID": "SOMEBODY-ELSE", "PatientName": "Trần^Thị Sen"}


def found(hospital: Hospital) -> tuple[int, tuple[Reason, ...]]:
    with base.snapshot(hospital.engine) as db:
        told = image_names.walked(db, hospital)
    return told.looked_at, told.broken


def do(hospital: Hospital, statement: str) -> None:
    with base.transaction(hospital.engine) as db:
        db.execute(text(statement))


def test_a_study_that_names_two_patients_is_told_until_a_person_settles_it(
        hospital: Hospital, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_names, "_AT_ONCE", 2)
    monkeypatch.setattr(image_receiving, "_stands_apart", lambda *_: False)  # as before there was such a rule
    for number in range(1, 6):
        assert send(hospital, a_slice(number=number, **OTHER if number > 3 else {})) is Outcome.NEW
        assert send(hospital, a_slice("second", number=number)) is Outcome.NEW
    unnamed = {"PatientID": "", "PatientName": "", "PatientSex": "", "PatientBirthDate": ""}
    assert send(hospital, a_slice("second", number=6, **unnamed)) is Outcome.NEW
    first = min(uid("study", "series", number) for number in (4, 5))
    wrong = (Reason("image_names_another_patient", uid("study"), {"count": 2, "image": first}),)
    assert found(hospital) == (2, wrong)
    with psycopg.connect(database.admin_dsn) as admin:  # as before it was kept beside the file
        admin.execute("ALTER TABLE image_instances DISABLE TRIGGER ALL; UPDATE image_instances SET metadata = NULL")
    assert found(hospital) == (2, wrong)
    with monkeypatch.context() as said:
        said.setattr(image_strays, "said_same", lambda _db, _key, named: named.patient_no == "SOMEBODY-ELSE")
        assert found(hospital) == (2, ()), "a person said that these words mean the same patient"
    do(hospital, f"UPDATE image_studies SET state = 'set_aside' WHERE uid = '{uid('study')}'")
    assert found(hospital) == (1, ())
