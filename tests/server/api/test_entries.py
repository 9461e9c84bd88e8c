"""Signed files over HTTPS: accepted, corrected, refused; nothing that was refused leaves a trace but the audit."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from records import canonical, receipts
from records.deadlines import ZONE
from records.entries import FormRef, State, Stay, Subject
from records.messages import Accepted, Chart, EntryView
from records.receipts import Receipt
from server import file_check, inspection
from server.services import sealing
from server.store import base
from tests.databases import Database
from tests.server.house import VALUES, House, key, reasons, send


def entries_of(client: Any, house: House) -> tuple[EntryView, ...]:
    answer = client.get(f"/api/encounters/{house.encounter}/chart")
    assert answer.status_code == 200, answer.text
    return Chart.model_validate_json(answer.content).entries


def test_a_signed_row_is_accepted_and_stands_in_the_chart(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version))
        assert answer.status_code == 201, answer.text
        (entry,) = entries_of(client, house)
    assert entry == Accepted.model_validate_json(answer.content).entry
    assert (entry.id, entry.state, entry.open_slots) == (version.entry, State.SIGNED, ())
    assert entry.signatures[0].settled


def test_the_receipt_answers_every_question_and_is_signed_by_the_server(house: House) -> None:
    version = house.version()
    file = house.sign(version)
    with house.sign_in("ha") as client:
        accepted = send(client, house, version, file).json()
        again = client.get(f"/api/files/{accepted['entry']['file']}/receipt").content
    receipt = Receipt(base64.b64decode(accepted["receipt"]), base64.b64decode(accepted["receipt_signature"]))
    said = receipts.verify(receipt, house.hospital.server_key.public, canonical.sha256(file))
    assert said.verdict.good
    assert {finding.question.value: finding.answer for finding in said.verdict.signatures[0].findings}.items() >= {
        "signer_enrolled": "yes", "authorised": "yes"}.items()
    assert Receipt.from_file(again) == receipt


def test_the_file_and_the_canonical_bytes_come_back_as_they_were(house: House) -> None:
    version = house.version()
    file = house.sign(version)
    with house.sign_in("ha") as client:
        entry = send(client, house, version, file).json()["entry"]
        got = client.get(f"/api/files/{entry['file']}")
        body = client.get(f"/api/entries/{version.entry}/versions/1").content
    assert (got.content, got.headers["content-type"]) == (file, "application/pdf")
    assert body == canonical.encode(version)


def test_a_command_sent_twice_is_done_once_and_answered_the_same(house: House) -> None:
    version = house.version()
    file, command = house.sign(version), key()
    with house.sign_in("ha") as client:
        first = send(client, house, version, file, key=command)
        second = send(client, house, version, file, key=command)
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_the_same_file_under_another_command_is_the_same_entry(house: House) -> None:
    version = house.version()
    file = house.sign(version)
    with house.sign_in("ha") as client:
        send(client, house, version, file)
        again = send(client, house, version, file)
        assert again.status_code == 201
        assert len(entries_of(client, house)[0].signatures) == 1


def test_the_same_command_with_another_body_is_refused(house: House) -> None:
    first, other, command = house.version(), house.version(), key()
    with house.sign_in("ha") as client:
        send(client, house, first, house.sign(first), key=command)
        answer = send(client, house, other, house.sign(other), key=command)
    assert (answer.status_code, reasons(answer)) == (409, ["command_replayed_differently"])


def test_a_correction_becomes_the_latest_version_and_the_old_one_is_amended(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        corrected = house.correction(before)
        after = send(client, house, corrected, house.sign(corrected)).json()["entry"]
        assert (after["version"], after["state"], after["older"]) == (2, "signed", [1])
        assert client.get(f"/api/entries/{version.entry}/versions/1").content == canonical.encode(version)
    with base.transaction(house.hospital.engine) as db:
        states = db.exec_driver_sql("SELECT number, state FROM version_states ORDER BY number").all()
    assert [tuple(row) for row in states] == [(1, "amended"), (2, "signed")]


@pytest.mark.parametrize(("changes", "code"), [
    ({"correction": None}, "correction_reason_missing"),
    ({"version": 3}, "version_not_next"),
    ({"form": FormRef(code="EX-SINHHIEU", edition="2001-09-28", kind="measurement"),
      "values": {"pulse": 80}}, "kind_changed"),
])
def test_a_correction_that_does_not_follow_is_refused(house: House, changes: dict[str, Any], code: str) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        wrong = house.correction(before).model_copy(update=changes)
        slot = "nurse" if "form" in changes else "doctor"
        answer = send(client, house, wrong, house.sign(wrong, slot), slot)
        assert entries_of(client, house) == (EntryView.model_validate(before),)
    assert answer.status_code == 422
    assert code in reasons(answer)


def test_a_correction_of_another_text_than_the_latest_is_refused(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        stale = house.correction({**before, "sha256": "0" * 64})
        answer = send(client, house, stale, house.sign(stale))
    assert reasons(answer) == ["correction_of_other_version"]


def refused(house: House, version: Any, file: bytes, username: str = "ha", slot: str = "doctor") -> list[str]:
    """The reasons for which the file is refused; the store stays empty, and the audit has the refusal."""
    with house.sign_in(username) as client:
        answer = send(client, house, version, file, slot)
    assert answer.status_code in (403, 422), answer.text
    assert all(reason["vietnamese"] for reason in answer.json()["reasons"])
    with base.transaction(house.hospital.engine) as db:
        for table in ("entries", "versions", "signatures", "receipts", "commands", "settlements"):
            assert db.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
        noted = db.exec_driver_sql("SELECT facts FROM audit_events WHERE action = 'signature.refused'").scalars().all()
    assert [fact["reasons"] for fact in noted] == [reasons(answer)]
    return reasons(answer)


def test_one_changed_byte_is_refused(house: House) -> None:
    version = house.version()
    file = bytearray(house.sign(version))
    file[len(file) // 2] ^= 1
    assert refused(house, version, bytes(file))


def test_another_patients_file_is_refused(house: House) -> None:
    other = Subject(id=UUID(key()), patient_no="TEST-2", full_name="Trần Thị Sen", birth_date="1972-07-05", sex="2")
    version = house.version(subject=other)
    assert refused(house, version, house.sign(version)) == ["file_of_other_patient"]


def test_a_file_of_another_encounter_is_refused(house: House) -> None:
    good = house.version()
    version = house.version(stay=Stay(**{**good.stay.model_dump(), "id": UUID(key()), "record_no": "26-1"}))
    assert refused(house, version, house.sign(version)) == ["file_of_other_encounter"]


def test_a_file_of_another_hospital_is_refused(house: House) -> None:
    good = house.version()
    version = house.version(stay=Stay(**{**good.stay.model_dump(), "facility_code": "01001"}))
    assert refused(house, version, house.sign(version)) == ["file_of_other_hospital"]


def test_a_file_sent_to_another_address_is_refused(house: House) -> None:
    version = house.version()
    file = house.sign(version)
    elsewhere = version.model_copy(update={"entry": UUID(key())})
    assert refused(house, elsewhere, file) == ["file_of_other_entry"]


def test_a_care_file_is_refused_by_a_training_server(house: House) -> None:
    version = house.version(training=False)
    assert refused(house, version, house.sign(version)) == ["training_mixed_with_care"]


def test_a_clock_ten_minutes_off_is_refused(house: House) -> None:
    early = datetime.now(ZONE) - timedelta(minutes=10)
    version = house.version(written_at=early, occurred_at=early)
    assert refused(house, version, house.sign(version, at=early)) == ["clock_off"]


def test_a_colleagues_token_is_refused(house: House) -> None:
    version = house.version()
    found = refused(house, version, house.sign(version, username="son"))
    assert "certificate_of_other_person" in found


def test_somebody_elses_row_cannot_be_sent_and_signed(house: House) -> None:
    version = house.version("ha")
    assert "only_author_signs" in refused(house, version, house.sign(version, username="son"), "son")


def test_a_doctor_of_another_ward_is_refused(house: House) -> None:
    version = house.version("long")
    file = house.sign(version, username="ha", title="BS.")
    assert "not_of_this_ward" in refused(house, version, file, "long")


def test_a_nurse_cannot_sign_a_treatment_row(house: House) -> None:
    version = house.version("mai")
    assert "role_may_not_sign" in refused(house, version, house.sign(version, username="mai"), "mai")


def test_a_mark_with_another_title_is_refused(house: House) -> None:
    version = house.version()
    assert "title_differs" in refused(house, version, house.sign(version, title="GS."))


def test_missing_required_fields_are_refused(house: House) -> None:
    values = {name: value for name, value in VALUES.items() if name != "diagnosis"}
    version = house.version(values=values)
    assert refused(house, version, house.sign(version)) == ["field_missing"]


def test_values_that_are_not_clean_are_refused(house: House) -> None:
    version = house.version(values={**VALUES, "plan": "Tiếp tục.  "})
    assert refused(house, version, house.sign(version)) == ["values_not_clean"]


def test_a_revoked_certificate_is_refused(house: House) -> None:
    with house.sign_in("huy") as it_staff:
        own = next(view for view in it_staff.get("/api/certificates").json() if view["person_name"] == "Lê Thu Hà")
        it_staff.post(f"/api/certificates/{own['id']}/revoke", headers={"Idempotency-Key": key()})
    version = house.version()
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version))
    assert reasons(answer) == ["certificate_revoked"]


def test_an_expired_licence_is_refused(house: House) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.exec_driver_sql("UPDATE people SET licence_until = '2026-01-31' WHERE username = 'ha'")
    version = house.version()
    assert refused(house, version, house.sign(version)) == ["licence_expired"]


def test_an_unsigned_page_and_rubbish_are_refused(house: House) -> None:
    version = house.version()
    assert refused(house, version, b"%PDF-1.7 rubbish")


def cancel(client: Any, entry: str, version: int, reason: str) -> Any:
    return client.post(f"/api/entries/{entry}/cancel", json={"version": version, "reason": reason},
                       headers={"Idempotency-Key": key()})


def test_a_cancelled_entry_stays_readable_and_takes_no_more_signatures(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        assert cancel(client, before["id"], 1, "Ghi nhầm người bệnh").json()["state"] == "cancelled"
        assert client.get(f"/api/files/{before['file']}").status_code == 200
        again = cancel(client, before["id"], 1, "Ghi nhầm người bệnh")
    assert reasons(again) == ["transition_forbidden"]


def test_cancelling_needs_a_reason_the_latest_version_and_the_right(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client, house.sign_in("son") as colleague, house.sign_in("thanh") as head:
        entry = send(client, house, version, house.sign(version)).json()["entry"]["id"]
        assert reasons(cancel(client, entry, 1, "sai")) == ["cancellation_reason_missing"]
        assert reasons(cancel(client, entry, 2, "Ghi nhầm người bệnh")) == ["version_not_latest"]
        assert reasons(cancel(colleague, entry, 1, "Ghi nhầm người bệnh")) == ["right_missing"]
        assert cancel(head, entry, 1, "Ghi nhầm người bệnh").status_code == 200


def test_one_command_sent_by_many_threads_at_once_is_done_once(house: House) -> None:
    version = house.version()
    file, command = house.sign(version), key()
    with house.sign_in("ha") as client, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(client, house, version, file, key=command), range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    with base.transaction(house.hospital.engine) as db:
        assert db.exec_driver_sql("SELECT count(*) FROM signatures").scalar_one() == 1
        assert db.exec_driver_sql("SELECT count(*) FROM audit_events WHERE action = 'signature.accept'").scalar() == 1


def test_of_two_corrections_at_once_one_becomes_the_version_and_the_other_is_told(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client, house.sign_in("son") as colleague, ThreadPoolExecutor(2) as pool:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        mine, theirs = house.correction(before), house.correction(before, username="son")
        files = [(client, mine, house.sign(mine)), (colleague, theirs, house.sign(theirs, username="son"))]
        answers = list(pool.map(lambda one: send(one[0], house, one[1], one[2]), files))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    refused_one = next(answer for answer in answers if answer.status_code == 422)
    assert reasons(refused_one)[0] == "version_other_content"


def test_the_accepted_file_passes_the_check_without_server_and_database(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    version = house.version()
    file = tmp_path / "row.pdf"
    with house.sign_in("ha") as client:
        entry = send(client, house, version, house.sign(version)).json()["entry"]
        file.write_bytes(client.get(f"/api/files/{entry['file']}").content)
        (tmp_path / "row.pdf.receipt.json").write_bytes(client.get(f"/api/files/{entry['file']}/receipt").content)
    trust = house.settings.path(house.settings.trust)
    assert file_check.check([file], trust=trust, as_json=False) == 0
    broken = bytearray(file.read_bytes())
    broken[-40] ^= 1
    file.write_bytes(broken)
    assert file_check.check([file], trust=trust, as_json=True) == 1
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])[0]["good"] is False


def test_the_store_verifies_until_one_byte_of_it_changes(
    house: House, house_database: Database, capsys: pytest.CaptureFixture[str],
) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        entry = send(client, house, version, house.sign(version)).json()["entry"]
    sealing.seal(house.hospital)
    assert inspection.verify(house.settings, anchor=None, as_json=False) == 0
    blob = next((house.settings.home / "blobs").rglob(f"{entry['file']}.*"))
    whole = blob.read_bytes()
    blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # one in 256 ends with any byte that is named here
    with psycopg.connect(house_database.admin_dsn, autocommit=True) as admin:
        admin.execute("ALTER TABLE audit_events DISABLE TRIGGER ALL")
        admin.execute("UPDATE audit_events SET person_name = 'Ai đó' WHERE action = 'signature.accept'")
    capsys.readouterr()
    assert inspection.verify(house.settings, anchor=None, as_json=True) == 1
    told = {walk["kind"]: walk["good"] for walk in json.loads(capsys.readouterr().out)}
    assert told == {"versions": True, "files": False, "signatures": True, "receipts": True, "states": True,
                    "shown": True, "images": True, "patients of images": True, "audit": False}
