"""Patients, stays and boards: found, registered, admitted, moved, discharged, and seen by those who care for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from records.deadlines import ZONE
from records.messages import Board, EncounterView, PatientView
from server.store import base, deadline_rules
from tests.server.house import PASSWORD, WARDS, House, key, reasons, send


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key()})


def registered(client: httpx.Client, **changes: Any) -> PatientView:
    answer = post(client, "/api/patients", {"full_name": "Đặng Thị Bưởi", "birth_date": "1961", "sex": "2", **changes})
    assert answer.status_code == 201, answer.text
    return PatientView.model_validate_json(answer.content)


def admission(who: PatientView, **changes: Any) -> dict[str, Any]:
    return {"patient": str(who.id), "ward": str(WARDS["NOI"]), "room": "3", "bed": "13", "emergency": False,
            "admitted_at": datetime.now(UTC).isoformat(), "diagnosis": "Sốt", **changes}


def board(client: httpx.Client, ward: str = "NOI") -> Board:
    answer = client.get(f"/api/wards/{WARDS[ward]}/board")
    assert answer.status_code == 200, answer.text
    return Board.model_validate_json(answer.content)


@pytest.mark.parametrize("typed", ["nguyen van b", "Nguyễn Văn Bình", "binh", "TEST-1", "26-900001"])
def test_a_patient_is_found_by_name_with_or_without_diacritics_and_by_number(house: House, typed: str) -> None:
    with house.sign_in("ha") as client:
        found = client.get("/api/patients", params={"q": typed}).json()
    assert [patient["id"] for patient in found] == [str(house.patient)]
    assert found[0]["encounter"] == str(house.encounter)


def test_a_new_patient_gets_a_number_and_is_found_at_once(house: House) -> None:
    with house.sign_in("ha") as client:
        patient = registered(client, national_id="099161000123", allergies=[{"substance": "Penicillin"}])
        assert patient.patient_no
        assert patient.allergies_asked_at is not None
        (found,) = client.get("/api/patients", params={"q": "099161000123"}).json()
        assert PatientView.model_validate(found) == patient


def test_odd_numbers_are_noted_and_do_not_stop_a_registration(house: House) -> None:
    with house.sign_in("ha") as client:
        registered(client, national_id="12345", insurance_no="XX1")
    with base.transaction(house.hospital.engine) as db:
        noted = db.exec_driver_sql("SELECT facts FROM audit_events WHERE action = 'patient.register'").scalar_one()
    assert noted == {"warnings": ["national_id_odd", "insurance_no_odd"]}


@pytest.mark.parametrize(("changes", "code"), [
    ({"full_name": "  "}, "patient_name_missing"),
    ({"birth_date": "2961"}, "birth_date_wrong"),
    ({"birth_date": "1961-13-01"}, "birth_date_wrong"),
    ({"full_name": "Bưởi\u202e"}, "patient_text_wrong"),
    ({"address": "x" * 301}, "patient_text_wrong"),
])
def test_what_cannot_be_a_patient_is_refused(house: House, changes: dict[str, Any], code: str) -> None:
    with house.sign_in("ha") as client:
        good = {"full_name": "Đặng Thị Bưởi", "birth_date": "1961", "sex": "2"}
        assert reasons(post(client, "/api/patients", {**good, **changes})) == [code]


def test_a_number_that_another_patient_has_is_refused(house: House) -> None:
    with house.sign_in("ha") as client:
        registered(client, national_id="099161000123")
        answer = post(client, "/api/patients", {"full_name": "Ai đó", "birth_date": "1961", "sex": "2",
                                                "national_id": "099161000123"})
    assert reasons(answer) == ["patient_national_id_taken"]


def test_a_patient_is_admitted_moved_and_discharged(house: House) -> None:
    with house.sign_in("thanh") as client:
        patient = registered(client)
        stay = EncounterView.model_validate_json(post(client, "/api/encounters", admission(patient)).content)
        assert stay.record_no.startswith(f"{datetime.now(UTC):%y}-")
        path = f"/api/encounters/{stay.id}"
        moved = EncounterView.model_validate_json(post(client, f"{path}/transfers", {
            "ward": str(WARDS["NOI"]), "room": "4", "bed": "01", "at": datetime.now(UTC).isoformat()}).content)
        assert [(place.room, place.bed, place.ends is None) for place in moved.stays] == [
            ("3", "13", False), ("4", "01", True)]
        assert {row.bed: row.encounter for row in board(client).rows}["01"] == stay.id
        gone = post(client, f"{path}/discharge", {"at": datetime.now(UTC).isoformat(), "outcome": "1",
                                                  "discharge_type": "1"})
        assert gone.json()["state"] == "closed"
        assert {row.bed: row.encounter for row in board(client).rows}["01"] is None
        assert client.get(f"{path}/chart").json()["clocks"][-1]["kind"] in ("discharge", "record")


@pytest.mark.parametrize(("changes", "code"), [
    ({"bed": "12"}, "bed_taken"),
    ({"ward": str(uuid4())}, "thing_unknown"),
    ({"patient": str(uuid4())}, "thing_unknown"),
    ({"admitted_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "time_in_future"),
    ({"attending": str(uuid4())}, "thing_unknown"),
])
def test_an_admission_that_cannot_be_is_refused(house: House, changes: dict[str, Any], code: str) -> None:
    with house.sign_in("ha") as client:
        answer = post(client, "/api/encounters", admission(registered(client), **changes))
        assert reasons(answer) == [code]


def test_nobody_is_admitted_twice(house: House) -> None:
    with house.sign_in("ha") as client:
        patient = registered(client)
        post(client, "/api/encounters", admission(patient))
        assert reasons(post(client, "/api/encounters", admission(patient, bed=""))) == ["encounter_already_open"]


def test_the_board_shows_every_bed_its_clocks_and_unsigned_work(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as client:
        client.put(f"/api/drafts/{entry}", headers={"Idempotency-Key": key()}, json={
            "encounter": str(house.encounter), "form": {"code": "36/BV2", "edition": "2024-01-01", "kind": "row"},
            "occurred_at": datetime.now(UTC).isoformat(), "values": {"plan": "…"}, "known_revision": 0})
        rows = {row.bed: row for row in board(client).rows}
    assert set(rows) == {"12", "13", "01"}
    lying = rows["12"]
    day = (datetime.now(ZONE).date() - house.admitted_at.astimezone(ZONE).date()).days + 1
    assert (lying.patient and lying.patient.full_name, lying.day, lying.unsigned) == ("Nguyễn Văn Bình", day, 1)
    assert {clock.kind: clock.state for clock in lying.clocks}["record"] == "past"
    assert rows["13"].encounter is None


def test_the_hospitals_own_times_hold_for_what_begins_from_their_day_on(house: House) -> None:
    def due(client: httpx.Client) -> dict[str, timedelta]:
        (row,) = (row for row in board(client).rows if row.bed == "12")
        return {clock.kind: clock.due - house.admitted_at for clock in row.clocks}

    began = house.admitted_at.astimezone(ZONE).date()
    with house.sign_in("ha") as client:
        usual = due(client)
        for first, hours in ((began + timedelta(days=1), 2), (began, 12)):
            with base.transaction(house.hospital.engine) as db:
                deadline_rules.put(db, {"emergency_record_hours": hours, "unsigned_row_minutes": 45}, first)
            told = due(client)
        session = client.post("/api/sessions", json={
            "username": "ha", "password": PASSWORD, "workstation": "pc"}).json()
    assert (usual["record"], told["record"]) == (timedelta(hours=24), timedelta(hours=12))
    assert told["review"] == usual["review"]
    assert session["settings"]["unsigned_overdue_min"] == 45
    assert session["settings"]["offline_days"] == house.settings.offline_days


def test_measured_signs_reach_the_board(house: House) -> None:
    from records.entries import FormRef

    version = house.version("mai", form=FormRef(code="EX-SINHHIEU", edition="2001-09-28", kind="measurement"),
                            values={"pulse": 96, "temperature": "38.2"})
    with house.sign_in("mai") as client:
        answer = send(client, house, version, house.sign(version, "nurse", "mai"), "nurse")
        assert answer.status_code == 201, answer.text
        point = next(row for row in board(client).rows if row.bed == "12").vitals[-1]
    assert point.values == {"pulse": 96, "temperature": "38.2"}


def test_records_are_for_people_of_the_ward_and_of_the_whole_house(house: House) -> None:
    paths = [f"/api/wards/{WARDS['NOI']}/board", f"/api/encounters/{house.encounter}/chart"]
    seen = {}
    for username in ("ha", "mai", "long", "tuan", "lan", "huy"):
        with house.sign_in(username) as client:
            seen[username] = [client.get(path).status_code for path in paths]
    assert seen == {"ha": [200, 200], "mai": [200, 200], "long": [403, 403], "tuan": [200, 200], "lan": [200, 200],
                    "huy": [403, 403]}


def test_who_saw_the_patient_stands_in_the_audit(house: House) -> None:
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        client.get(f"/api/encounters/{house.encounter}/chart")
        client.get(f"/api/patients/{house.patient}")
        rows = office.get("/api/audit", params={"patient": str(house.patient)}).json()
        assert reasons(client.get("/api/audit")) == ["right_missing"]
        again = office.get("/api/audit", params={"patient": str(house.patient)}).json()
    assert [(row["person_name"], row["action"]) for row in rows] == [
        ("Lê Thu Hà", "patient.view"), ("Lê Thu Hà", "chart.view")]
    assert (again[0]["action"], again[0]["workstation"]) == ("audit.view", "pc-thu")


def test_a_thing_that_is_not_there_is_refused_in_words(house: House) -> None:
    with house.sign_in("ha") as client:
        for path in (f"/api/patients/{uuid4()}", f"/api/encounters/{uuid4()}/chart", f"/api/entries/{uuid4()}",
                     f"/api/files/{'0' * 64}", f"/api/wards/{uuid4()}/board"):
            answer = client.get(path)
            assert (answer.status_code, reasons(answer)) == (404, ["thing_unknown"]), path
