"""One-time codes at the server: random, hashed, short-lived, for one version, proved; every misuse refused (R7)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from records.deadlines import ZONE
from records.entries import State
from records.forms import form
from records.messages import CodeJudged, CodeSent, EntryView
from records.one_time_codes import LIVES, SENT_AT_MOST, TRIES
from server.store import base
from tests.sandbox.message_gateway import MessageGateway, message_gateway, write_settings
from tests.server.house import House, key, reasons, send
from tests.server.services.test_confirmations import NAME, chart_of, confirm, consent, paper, signed_by_doctors

PHONE = "0912 345 678"
LABEL = "Tin nhắn thương hiệu TTYTTHU"


@pytest.fixture
def phone(house: House, tmp_path: Path) -> Iterator[MessageGateway]:
    """The patient's telephone: what the gateway sent to it. The served app opens its gateway at first use."""
    with message_gateway(tmp_path / "sandbox") as (sandbox, played):
        write_settings(house.settings.path(house.settings.message_gateway), sandbox)
        yield played


def ask(client: httpx.Client, house: House, view: EntryView, which: UUID | None = None, **changes: Any,
        ) -> httpx.Response:
    wish = {"transaction": str(which or UUID(key())), "document_entry": str(view.id), "document_number": view.version,
            "document_sha256": view.sha256, "document_file_sha256": view.file, "phone": PHONE, **changes}
    return client.post(f"/api/encounters/{house.encounter}/confirmation-codes", json=wish,
                       headers={"Idempotency-Key": key()})


def sent(client: httpx.Client, house: House, view: EntryView, **changes: Any) -> CodeSent:
    answer = ask(client, house, view, **changes)
    assert answer.status_code == 201, answer.text
    return CodeSent.model_validate_json(answer.content)


def reads_out(client: httpx.Client, code: CodeSent, digits: str, command: str = "") -> CodeJudged:
    answer = client.post(f"/api/confirmation-codes/{code.transaction}/tries", json={"code": digits},
                         headers={"Idempotency-Key": command or key()})
    assert answer.status_code == 200, answer.text
    return CodeJudged.model_validate_json(answer.content)


def why(told: CodeJudged) -> list[str]:
    assert not told.good
    return [reason["code"] for reason in told.reasons]


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


def taken(view: EntryView, told: CodeJudged, which: UUID, house: House, **changes: Any) -> Any:
    assert told.confirmed_at is not None
    assert told.sent_at is not None
    local = [at.astimezone(ZONE).isoformat(timespec="seconds") for at in (told.confirmed_at, told.sent_at)]
    return paper(house, view, which, **{
        "method": "code", "device": told.gateway, "quality": "", "template_sha256": "", "confirmed_at": local[0],
        "evidence_sha256": told.evidence_sha256, "phone": told.phone, "phone_source": told.phone_source,
        "code_sent_at": local[1], "code_tries": told.tries, "message_no": told.message_no, **changes})


def test_the_code_that_the_patient_reads_out_completes_the_consent_and_the_paper_says_how(
    house: House, phone: MessageGateway,
) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        offer = client.get("/api/confirmation-codes/offer").json()
        assert offer == {"gateway": LABEL, "reasons": []}
        code = sent(client, house, view)
        assert (code.phone, code.gateway, code.tries_left) == ("09*****678", LABEL, TRIES)
        assert phone.taken[0][0] == "84912345678"
        assert code.check in phone.taken[0][1]
        assert why(reads_out(client, code, wrong(phone.last_code()))) == ["code_wrong"]
        digits = phone.last_code()
        told = reads_out(client, code, f" {digits[:3]} {digits[3:]} ")
        assert (told.good, told.phone, told.phone_source, told.message_no, told.tries) == (
            True, "09*****678", "told", "sms-1", 2)
        version = taken(view, told, code.transaction, house)
        answer = send(client, house, version, house.sign(version, "taker"), "taker")
        assert answer.status_code == 201, answer.text
    done = chart_of(house)[view.id]
    assert (done.state, done.file) == (State.SIGNED, view.file)
    assert [(one.method, one.confirmed) for one in done.confirmations] == [("code", True)]


def test_code_and_number_are_nowhere_in_clear_and_the_evidence_opens_by_right_only(
    house: House, phone: MessageGateway,
) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        code = sent(client, house, view)
        told = reads_out(client, code, phone.last_code())
    with base.transaction(house.hospital.engine) as db:
        rows = [str(row) for table in ("confirmation_codes", "confirmation_code_events", "captures", "commands",
                                       "audit_events")
                for row in db.execute(text(f"SELECT * FROM {table}"))]
        proof = db.scalar(text("SELECT proof FROM confirmation_codes"))
    for secret in (phone.last_code(), "0912345678", "912345678", "84912345678"):
        assert not any(secret in row for row in rows), secret
    assert proof != hashlib.sha256(phone.last_code().encode()).digest()
    with house.sign_in("lan") as client:
        opened = client.post(f"/api/captures/{code.transaction}/open", json={"reason": "Người nhà khiếu nại"},
                             headers={"Idempotency-Key": key()}).json()
    evidence = base64.b64decode(opened["evidence"])
    assert hashlib.sha256(evidence).hexdigest() == told.evidence_sha256
    said = json.loads(evidence)
    assert (said["phone"], said["message_no"], said["tries"], said["document"]["sha256"]) == (
        "0912345678", "sms-1", 1, view.sha256)


def test_a_number_of_the_record_is_told_apart_from_one_that_somebody_says(house: House, phone: MessageGateway) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE patients SET kin = 'Con gái: Lan, 0987 654 321'"))
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        code = sent(client, house, view, phone="0987654321")
        assert reads_out(client, code, phone.last_code()).phone_source == "on_file"


def test_after_a_few_wrong_codes_the_right_one_is_refused_too(house: House, phone: MessageGateway) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        code = sent(client, house, view)
        digits = phone.last_code()
        told = [reads_out(client, code, wrong(digits)) for _ in range(TRIES)]
        assert [one.tries_left for one in told] == [2, 1, 0]
        assert [why(one) for one in told] == [["code_wrong"], ["code_wrong"], ["code_spent"]]
        assert why(reads_out(client, code, digits)) == ["code_spent"]


def test_the_same_try_sent_twice_counts_once(house: House, phone: MessageGateway) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        code, command = sent(client, house, view), key()
        first = reads_out(client, code, wrong(phone.last_code()), command)
        assert reads_out(client, code, wrong(phone.last_code()), command) == first
        assert reads_out(client, code, phone.last_code()).tries == 2


def test_an_expired_a_used_and_a_replaced_code_are_refused_in_plain_words(
    house: House, phone: MessageGateway, monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        first = sent(client, house, view)
        digits = phone.last_code()
        second = sent(client, house, view)
        assert why(reads_out(client, first, digits)) == ["code_replaced"]
        assert reads_out(client, second, phone.last_code()).good
        assert why(reads_out(client, second, phone.last_code())) == ["code_used"]
        monkeypatch.setattr("records.one_time_codes.LIVES", -LIVES)
        late = sent(client, house, view)
        told = reads_out(client, late, phone.last_code())
    assert why(told) == ["code_expired"]
    assert told.reasons[0]["todo"] == "Hãy gửi mã mới."


def test_a_code_for_the_old_text_does_not_confirm_the_new_one(house: House, phone: MessageGateway) -> None:
    old = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        code = sent(client, house, old)
        digits = phone.last_code()
    assert confirm(house, old).status_code == 201
    done = chart_of(house)[old.id]
    new = signed_by_doctors(house, house.correction(
        json.loads(done.model_dump_json()), form=old.form, values={**done.body["values"], "procedure": "Mổ mở"}))
    with house.sign_in("ha") as client:
        assert why(reads_out(client, code, digits)) == ["code_for_other_text"]
        assert reasons(ask(client, house, new, document_sha256=old.sha256)) == ["confirmation_of_other_text"]


def test_a_code_that_was_right_confirms_once_and_only_what_it_was_sent_for(
    house: House, phone: MessageGateway,
) -> None:
    view, other = signed_by_doctors(house), signed_by_doctors(house, consent(house))
    with house.sign_in("ha") as client:
        code = sent(client, house, view)
        told = reads_out(client, code, phone.last_code())
        for about, changes, found in (
            (other, {}, ["capture_differs"]), (view, {"phone": "09*****111"}, ["field_not_as_given"]),
            (view, {"code_tries": 2}, ["field_not_as_given"]), (view, {"message_no": "x"}, ["field_not_as_given"]),
        ):
            version = taken(about, told, code.transaction, house, **changes)
            assert reasons(send(client, house, version, house.sign(version, "taker"), "taker")) == found
        version = taken(view, told, code.transaction, house)
        assert send(client, house, version, house.sign(version, "taker"), "taker").status_code == 201
        again = taken(view, told, code.transaction, house)
        told_again = reasons(send(client, house, again, house.sign(again, "taker"), "taker"))
    assert told_again == ["confirmation_exists", "capture_used_before"]


def test_a_gateway_that_fails_is_told_and_its_code_never_counts(house: House, phone: MessageGateway) -> None:
    view, which = signed_by_doctors(house), UUID(key())
    with house.sign_in("ha") as client:
        phone.conduct.down = "503"
        answer = ask(client, house, view, which)
        assert (answer.status_code, reasons(answer)) == (503, ["code_gateway_away"])
        phone.conduct.down = ""
        assert reasons(ask(client, house, view, which)) == ["code_not_sent"]
        assert phone.taken == []
        first = sent(client, house, view)
        assert ask(client, house, view, first.transaction).json()["transaction"] == str(first.transaction)
    assert len(phone.taken) == 1


def test_what_may_not_be_sent_is_refused_before_a_phone_rings(house: House, phone: MessageGateway) -> None:
    view = signed_by_doctors(house)
    row = house.version("ha")
    with house.sign_in("ha") as client:
        of_row = EntryView.model_validate(send(client, house, row, house.sign(row)).json()["entry"])
        assert reasons(ask(client, house, of_row)) == ["confirmation_of_other_document"]
        assert reasons(ask(client, house, view, phone="0269 123 456")) == ["phone_unfit"]
        assert reasons(ask(client, house, view, document_file_sha256="00" * 32)) == ["confirmation_of_other_text"]
        code = sent(client, house, view)
    for username, found in (("lan", "right_missing"), ("long", "ward_closed_to_person")):
        with house.sign_in(username) as client:
            assert reasons(ask(client, house, view)) == [found]
    with house.sign_in("son") as client:
        answer = client.post(f"/api/confirmation-codes/{code.transaction}/tries", json={"code": phone.last_code()},
                             headers={"Idempotency-Key": key()})
        assert reasons(answer) == ["code_of_other_person"]
        for _ in range(SENT_AT_MOST - 1):
            sent(client, house, view)
        assert reasons(ask(client, house, view)) == ["code_too_many"]


def test_without_a_gateway_no_code_is_offered_and_it_says_why(house: House) -> None:
    view = signed_by_doctors(house)
    with house.sign_in("ha") as client:
        offer = client.get("/api/confirmation-codes/offer").json()
        assert (offer["gateway"], [one["code"] for one in offer["reasons"]]) == ("", ["code_not_offered"])
        assert reasons(ask(client, house, view)) == ["code_not_offered"]


def test_the_papers_name_is_that_of_the_kind() -> None:
    assert form("01/BV2", "2024-01-01").kind("consent").name == NAME
