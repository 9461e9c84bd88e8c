"""The patient's confirmation at the server: of the exact text, kept apart and secret, asked again (R7, R8)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from records.deadlines import ZONE
from records.entries import Author, FormRef, State, Version
from records.errors import Refusal
from records.forms import Role
from records.messages import Chart, EntryView
from server.store import base
from server.store import confirmations as store
from server.store.confirmations import Capture
from tests.server.house import BY_NAME, House, key, reasons, send

CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")
PAPER = FormRef(code="XN-NB", edition="2026-11-25", kind="confirmation")
NAME = "Giấy cam kết phẫu thuật, thủ thuật, gây mê"
IMAGE = b"BM a finger of nobody" + bytes(range(200))
TEMPLATE = b"FMR of nobody" + bytes(range(100))
TAKEN_AT: dict[UUID, datetime] = {}
"""When each finger lay there."""
DEVICE = "SecuGen Corporation HU20, H58190412345"


def consent(house: House, **changes: Any) -> Version:
    return house.version("ha", form=CONSENT, values={
        "class": "2", "surgeon_name": "Lê Thu Hà", "anaesthetist_name": "Nguyễn Văn Sơn",
        "diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "procedure": "Chọc dò màng phổi",
        "counselled": ["1", "2", "3", "4", "5", "6"], "signer_name": "Nguyễn Văn Bình", "decision": "1"}, **changes)


def signed_by_doctors(house: House, version: Version | None = None) -> EntryView:
    """The consent with surgeon and anaesthetist: it waits for the patient."""
    version = version or consent(house)
    first = house.sign(version, "anaesthetist", "son")
    with house.sign_in("son") as client:
        assert send(client, house, version, first, "anaesthetist").status_code == 201
    second = house.sign(version, "surgeon", pdf=first)
    with house.sign_in("ha") as client:
        answer = send(client, house, version, second, "surgeon")
        assert answer.status_code == 201, answer.text
    return EntryView.model_validate(answer.json()["entry"])


def capture(client: httpx.Client, house: House, view: EntryView, **changes: Any) -> tuple[UUID, httpx.Response]:
    transaction = UUID(key())
    TAKEN_AT[transaction] = datetime.now(ZONE).replace(microsecond=0)
    given = {"transaction": str(transaction), "document_entry": str(view.id), "document_number": view.version,
             "method": "fingerprint", "device": DEVICE, "quality": 82, "evidence": base64.b64encode(IMAGE).decode(),
             "captured_at": TAKEN_AT[transaction].isoformat(),
             "template": base64.b64encode(TEMPLATE).decode(), **changes}
    return transaction, client.post(f"/api/encounters/{house.encounter}/captures", json=given,
                                    headers={"Idempotency-Key": key()})


def paper(house: House, view: EntryView, transaction: UUID, username: str = "ha", **changes: Any) -> Version:
    member = BY_NAME[username]
    role = Role.NURSE if username == "mai" else Role.DOCTOR
    at = TAKEN_AT.get(transaction, datetime.now(ZONE).replace(microsecond=0))
    values = {
        "document_name": NAME, "document_form": view.form.code, "document_version": view.version,
        "document_entry": str(view.id), "document_sha256": view.sha256, "document_file_sha256": view.file,
        "answer": "1", "who": "1", "full_name": "Nguyễn Văn Bình", "method": "fingerprint",
        "confirmed_at": at.isoformat(), "workstation": "pc-thu", "transaction_no": str(transaction),
        "device": DEVICE, "quality": 82, "evidence_sha256": hashlib.sha256(IMAGE).hexdigest(),
        "template_sha256": hashlib.sha256(TEMPLATE).hexdigest(), **changes}
    return house.version(username, form=PAPER, values={name: value for name, value in values.items() if value != ""},
                         author=Author(id=member.id, full_name=member.full_name, title=member.title, role=role))


WITNESSED = {"method": "witness", "device": "", "quality": "", "evidence_sha256": "", "template_sha256": "",
             "witness_name": "Vũ Thị Lan", "witness_role": "Con gái", "witness_why": "Người bệnh không biết chữ"}


def confirm(house: House, view: EntryView, username: str = "ha", **changes: Any) -> httpx.Response:
    """By fingerprint, or as the changes say; signed by who took it."""
    with house.sign_in(username) as client:
        transaction, kept = capture(client, house, view)
        assert kept.status_code == 201, kept.text
        version = paper(house, view, transaction, username, **changes)
        return send(client, house, version, house.sign(version, "taker", username), "taker")


def chart_of(house: House, username: str = "ha") -> dict[UUID, EntryView]:
    with house.sign_in(username) as client:
        answer = client.get(f"/api/encounters/{house.encounter}/chart")
    return {view.id: view for view in Chart.model_validate_json(answer.content).entries}


def test_the_patients_fingerprint_completes_the_consent_and_leaves_the_doctors_file_as_it_was(house: House) -> None:
    waiting = signed_by_doctors(house)
    assert (waiting.state, waiting.open_slots) == (State.PARTLY_SIGNED, ("patient",))
    answer = confirm(house, waiting, "mai")
    assert answer.status_code == 201, answer.text
    taken = EntryView.model_validate(answer.json()["entry"])
    done = chart_of(house)[waiting.id]
    assert (done.state, done.open_slots, done.file) == (State.SIGNED, (), waiting.file)
    (told,) = done.confirmations
    assert (told.entry, told.slot, told.method, told.confirmed) == (taken.id, "patient", "fingerprint", True)
    assert (told.full_name, told.person_name) == ("Nguyễn Văn Bình", "Nguyễn Thị Mai")
    assert taken.state is State.SIGNED


def test_a_witness_confirms_without_a_device_and_a_refusal_is_kept_and_fills_nothing(house: House) -> None:
    waiting = signed_by_doctors(house)
    assert confirm(house, waiting, answer="2", refusal_reason="Muốn hỏi thêm gia đình", **WITNESSED).status_code == 201
    asked = chart_of(house)[waiting.id]
    assert (asked.state, asked.open_slots) == (State.PARTLY_SIGNED, ("patient",))
    assert [one.confirmed for one in asked.confirmations] == [False]
    assert confirm(house, waiting, **WITNESSED).status_code == 201
    assert chart_of(house)[waiting.id].state is State.SIGNED


def test_a_corrected_text_asks_again_and_the_old_evidence_stays_with_the_old_text(house: House) -> None:
    old = signed_by_doctors(house)
    assert confirm(house, old).status_code == 201
    done = chart_of(house)[old.id]
    corrected = house.correction(json.loads(done.model_dump_json()), form=CONSENT, values={
        **done.body["values"], "procedure": "Mở màng phổi tối thiểu"})
    new = signed_by_doctors(house, corrected)
    assert (new.version, new.state, new.open_slots, new.confirmations) == (2, State.PARTLY_SIGNED, ("patient",), ())
    refused = confirm(house, new, document_sha256=old.sha256, document_file_sha256=old.file)
    assert reasons(refused) == ["confirmation_of_other_text"]
    assert confirm(house, new).status_code == 201
    with base.transaction(house.hospital.engine) as db:
        kept = db.execute(text("SELECT document_number, confirmed FROM confirmations ORDER BY document_number")).all()
        states = db.scalars(text("SELECT state FROM version_states WHERE entry = :entry ORDER BY number"),
                            {"entry": old.id}).all()
    assert [tuple(row) for row in kept] == [(1, True), (2, True)]
    assert states == ["amended", "signed"]


@pytest.mark.parametrize(("changes", "found"), [
    ({"document_sha256": "00" * 32}, ["confirmation_of_other_text"]),
    ({"document_entry": "00000000-0000-0000-0000-000000000001"}, ["confirmation_of_other_document"]),
    ({"document_version": 2}, ["confirmation_of_other_document"]),
    ({"transaction_no": "00000000-0000-0000-0000-000000000001"}, ["capture_missing"]),
    ({"evidence_sha256": "00" * 32}, ["capture_differs"]),
    ({"template_sha256": "00" * 32}, ["capture_differs"]),
    ({"quality": 83}, ["capture_differs"]),
    ({"device": "Máy khác"}, ["capture_differs"]),
    ({"quality": 12}, ["fingerprint_too_poor", "capture_differs"]),
    ({"document_name": "Giấy khác"}, ["field_not_as_given"]),
    ({"workstation": "pc-khac"}, ["field_not_as_given"]),
    ({"message_no": "sms-1"}, ["field_not_as_given"]),
], ids=str)
def test_a_claim_that_is_not_true_is_refused(house: House, changes: dict[str, Any], found: list[str]) -> None:
    waiting = signed_by_doctors(house)
    assert reasons(confirm(house, waiting, **changes)) == found
    assert chart_of(house)[waiting.id].open_slots == ("patient",)


def test_the_time_of_a_confirmation_is_the_devices_not_the_papers(house: House) -> None:
    later = datetime.now(ZONE).replace(microsecond=0) + timedelta(seconds=30)
    answer = confirm(house, signed_by_doctors(house), confirmed_at=later.isoformat())
    assert reasons(answer) == ["field_not_as_given"]
    assert answer.json()["reasons"][0]["where"] == "confirmed_at"


def test_before_both_doctors_nobody_is_asked(house: House) -> None:
    """R19b."""
    version = consent(house)
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version, "surgeon"), "surgeon")
    view = EntryView.model_validate(answer.json()["entry"])
    assert reasons(confirm(house, view)) == ["slot_waits_for_slot"]


def test_anothers_capture_and_a_used_one_do_not_count(house: House) -> None:
    waiting = signed_by_doctors(house)
    with house.sign_in("son") as client:
        transaction, _ = capture(client, house, waiting)
    with house.sign_in("ha") as client:
        version = paper(house, waiting, transaction)
        assert reasons(send(client, house, version, house.sign(version, "taker"), "taker")) == ["capture_differs"]
    with house.sign_in("son") as client:
        version = paper(house, waiting, transaction, "son")
        assert send(client, house, version, house.sign(version, "taker", "son"), "taker").status_code == 201
        again = paper(house, waiting, transaction, "son")
        told = reasons(send(client, house, again, house.sign(again, "taker", "son"), "taker"))
    assert told == ["confirmation_exists", "capture_used_before"]


def test_a_capture_that_is_too_old_is_taken_again(house: House) -> None:
    waiting = signed_by_doctors(house)
    kept = Capture(
        UUID(key()), house.encounter, BY_NAME["ha"].id, waiting.id, 1, "fingerprint", DEVICE, 82,
        hashlib.sha256(IMAGE).hexdigest(), hashlib.sha256(TEMPLATE).hexdigest(), "pc-thu",
        datetime.now(ZONE) - timedelta(minutes=31))
    with base.transaction(house.hospital.engine) as db:
        store.keep(db, house.hospital.keys, kept, IMAGE, TEMPLATE)
    with house.sign_in("ha") as client:
        version = paper(house, waiting, kept.id)
        assert reasons(send(client, house, version, house.sign(version, "taker"), "taker")) == ["capture_too_old"]


def test_the_patients_slot_takes_no_certificate(house: House) -> None:
    waiting = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        file = client.get(f"/api/files/{waiting.file}").content
        version = Version.model_validate(waiting.body)
        told = reasons(send(client, house, version, file, "patient"))
    assert "slot_of_patient" in told


def test_a_confirmation_is_neither_corrected_nor_cancelled(house: House) -> None:
    waiting = signed_by_doctors(house)
    taken = confirm(house, waiting).json()["entry"]
    with house.sign_in("ha") as client:
        cancelled = client.post(f"/api/entries/{taken['id']}/cancel", headers={"Idempotency-Key": key()},
                                json={"version": 1, "reason": "Lấy nhầm người"})
    assert reasons(cancelled) == ["confirmation_stays"]


def everything(house: House) -> bytes:
    """All that the record holds: rows and files, opened with the encounter's key, and the commands' answers."""
    blobs, opened = house.hospital.blobs, []
    with base.transaction(house.hospital.engine) as db:
        own = house.hospital.keys.of(db, house.encounter)
        for name in blobs.place.names():
            if name.endswith(own.scope.hex):
                opened.append(blobs.get(own, Path(name).name.split(".")[0]))
        for table in ("captures", "confirmations", "versions", "commands", "audit_events", "entry_views"):
            opened += [str(row).encode() for row in db.execute(text(f"SELECT * FROM {table}"))]
            opened += [value for row in db.execute(text(f"SELECT * FROM {table}")) for value in row
                       if isinstance(value, bytes)]
    return b"\n".join(opened)


def test_the_print_is_nowhere_in_clear_and_not_under_the_encounters_key(house: House) -> None:
    """R8."""
    waiting = signed_by_doctors(house)
    assert confirm(house, waiting).status_code == 201
    held = everything(house)
    for secret in (IMAGE, TEMPLATE):
        assert secret not in held
        assert secret[:12] not in held
        assert base64.b64encode(secret)[:40] not in held
    assert hashlib.sha256(TEMPLATE).hexdigest().encode() in held
    with base.transaction(house.hospital.engine) as db:
        row = db.execute(text("SELECT id, evidence, template FROM captures")).one()
        other = house.hospital.keys.of(db, house.encounter)
        assert store.opened(db, house.hospital.keys, row.id) == (IMAGE, TEMPLATE)
    with pytest.raises(Refusal, match="damaged"):
        other.decrypt(f"capture:{row.id}:evidence", row.evidence)


def opening(house: House, which: UUID) -> Callable[[str], httpx.Response]:
    def asked(username: str) -> httpx.Response:
        with house.sign_in(username) as client:
            return client.post(f"/api/captures/{which}/open", headers={"Idempotency-Key": key()},
                               json={"reason": "Người nhà khiếu nại, giám định"})
    return asked


def test_only_who_has_the_right_opens_a_print_for_a_reason_and_nobody_once_its_key_is_gone(house: House) -> None:
    waiting = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        which, _ = capture(client, house, waiting)
    ask = opening(house, which)
    for username in ("ha", "mai", "thanh", "tuan", "huy"):
        assert reasons(ask(username)) == ["right_missing"], username
    shown = ask("lan")
    assert base64.b64decode(shown.json()["evidence"]) == IMAGE
    assert base64.b64encode(TEMPLATE)[:20] not in shown.content
    with base.transaction(house.hospital.engine) as db:
        noted = db.execute(text("SELECT facts FROM audit_events WHERE action = 'capture.open'")).scalars().all()
        assert [facts["reason"] for facts in noted] == ["Người nhà khiếu nại, giám định"]
        house.hospital.keys.destroy(db, which, BY_NAME["lan"].id, "theo yêu cầu của người bệnh")
    assert reasons(ask("lan")) == ["key_destroyed"]
    assert chart_of(house)[waiting.id].sha256 == waiting.sha256


def test_what_cannot_be_a_capture_is_refused(house: House) -> None:
    waiting = signed_by_doctors(house)
    row = house.version("ha")
    with house.sign_in("ha") as client:
        answer = send(client, house, row, house.sign(row))
        of_row = EntryView.model_validate(answer.json()["entry"])
        assert reasons(capture(client, house, of_row)[1]) == ["confirmation_of_other_document"]
        assert reasons(capture(client, house, waiting, evidence="không phải base64")[1]) == ["capture_unreadable"]
        assert capture(client, house, waiting, method="witness")[1].status_code == 422
    with house.sign_in("lan") as client:
        assert reasons(capture(client, house, waiting)[1]) == ["right_missing"]


def test_a_cost_list_is_made_by_the_nurse_confirmed_by_the_patient_and_closed_by_the_office(house: House) -> None:
    mai = BY_NAME["mai"]
    lines = [{"group": "2", "code": "K02.1911", "name": "Giường nội khoa", "unit": "Ngày", "quantity": "5.00",
              "unit_price": 193_800, "amount": 969_000, "insured": 775_200, "patient_pays": 193_800},
             {"group": "8", "name": "Levofloxacin 500 mg", "unit": "Chai", "quantity": "5.00", "unit_price": 14_700,
              "amount": 73_500, "insured": 58_800, "patient_pays": 14_700}]
    values = {"full_name": "Nguyễn Văn Bình", "from_day": "2026-11-20", "to_day": "2026-11-24", "lines": lines,
              "total": 1_042_500, "total_insured": 834_000, "total_patient": 208_500}
    ref = FormRef(code="QD697-01", edition="2026-03-19", kind="statement")
    author = Author(id=mai.id, full_name=mai.full_name, title=mai.title, role=Role.NURSE)
    wrong = house.version("mai", form=ref, author=author, values={**values, "total_patient": 0})
    version = house.version("mai", form=ref, author=author, values=values)
    with house.sign_in("mai") as client:
        told = reasons(send(client, house, wrong, house.sign(wrong, "maker", "mai"), "maker"))
        assert told == ["field_not_as_computed"]
        made = send(client, house, version, house.sign(version, "maker", "mai"), "maker")
        assert made.status_code == 201, made.text
        view = EntryView.model_validate(made.json()["entry"])
        file = client.get(f"/api/files/{view.file}").content
    with house.sign_in("lan") as client:
        early = send(client, house, version, house.sign(version, "cashier", "lan", pdf=file), "cashier")
        assert "slot_waits_for_slot" in reasons(early)
    confirmed = confirm(house, view, "mai", document_name="Bảng kê chi phí khám bệnh, chữa bệnh")
    assert confirmed.status_code == 201, confirmed.text
    with house.sign_in("lan") as client:
        closed = send(client, house, version, house.sign(version, "cashier", "lan", pdf=file), "cashier")
        assert closed.status_code == 201, closed.text
    assert chart_of(house)[view.id].state is State.SIGNED
