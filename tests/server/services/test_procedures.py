"""The server signs no operation note before the consent (R19b): patient, refusal, correction, emergency."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from records.deadlines import ZONE
from records.entries import FormRef, State, Version
from records.forms import Role
from records.messages import ChainView, EntryView, SigningBoard
from server.store import base
from tests.server.house import BY_NAME, STAFF, WARDS, House, reasons, send
from tests.server.services.test_confirmations import WITNESSED, confirm, consent, signed_by_doctors

NOTE = FormRef(code="06/BV2", edition="2024-01-01", kind="procedure")
DECISION = FormRef(code="EX-PTCC", edition="2024-01-01", kind="decision")


def now() -> datetime:
    return datetime.now(ZONE).replace(microsecond=0)


def note(house: House, starts: datetime | None = None) -> Version:
    return house.version("ha", form=NOTE, values={
        "performed_at": (starts or now()).isoformat(), "dx_before": {"text": "Viêm ruột thừa", "code": "K35.8"},
        "dx_after": {"text": "Viêm ruột thừa", "code": "K35.8"}, "method": "Cắt ruột thừa nội soi", "class": "2",
        "anaesthesia": "Nội khí quản", "surgeon_name": "Lê Thu Hà", "steps": "Ba trocar; cắt; kiểm tra cầm máu."})


def decision(house: House, at: datetime) -> Version:
    return house.version("ha", form=DECISION, values={
        "decided_at": at.isoformat(), "procedure": "Cắt lách", "diagnosis": {"text": "Vỡ lách", "code": "S36.00"},
        "why": "1", "reason": "Hôn mê, chưa tìm được người nhà"})


def hand_in(house: House, version: Version, slot: str, username: str = "ha", pdf: bytes = b"",
            **more: Any) -> tuple[httpx.Response, bytes]:
    file = house.sign(version, slot, username, pdf=pdf) if pdf else house.sign(version, slot, username)
    with house.sign_in(username) as client:
        return send(client, house, version, file, slot, **more), file


def operated(house: House, starts: datetime | None = None) -> list[str]:
    """Why the note of an operation is not taken; nothing when it is."""
    answer, _ = hand_in(house, note(house, starts), "surgeon")
    return reasons(answer) if answer.status_code >= 400 else []


def test_without_a_consent_no_note_is_signed_and_with_it_one_is(house: House) -> None:
    assert operated(house) == ["consent_missing"]
    waiting = signed_by_doctors(house)
    assert operated(house) == ["consent_unfinished"]
    assert confirm(house, waiting, **WITNESSED).status_code == 201
    before = now() - timedelta(hours=1)
    assert operated(house, before) == ["consent_after_start"]
    assert operated(house) == []
    assert operated(house, now() + timedelta(seconds=1)) == ["consent_used"]


def test_a_patient_who_did_not_agree_is_not_operated(house: House) -> None:
    agreed = consent(house)
    refusing = agreed.model_copy(update={"values": {**agreed.values, "decision": "2"}})
    waiting = signed_by_doctors(house, refusing)
    assert confirm(house, waiting, **WITNESSED).status_code == 201
    assert operated(house) == ["consent_refused"]


def test_in_an_emergency_a_reason_and_two_doctors_stand_in_the_patients_place(house: House) -> None:
    decided = now() - timedelta(minutes=20)
    paper = decision(house, decided)
    half, first = hand_in(house, paper, "first_doctor")
    assert half.status_code == 201, half.text
    assert operated(house) == ["consent_unfinished"]
    same, _ = hand_in(house, paper, "second_doctor", pdf=first)
    assert reasons(same) == ["slot_needs_other_person"]
    whole, _ = hand_in(house, paper, "second_doctor", "son", pdf=first)
    assert EntryView.model_validate(whole.json()["entry"]).state is State.SIGNED
    assert operated(house, decided - timedelta(minutes=5)) == ["consent_after_start"]
    assert operated(house, decided + timedelta(minutes=5)) == []


def test_nobody_is_named_for_the_second_doctors_slot_whom_the_server_would_refuse(house: House) -> None:
    """The first doctor, one whose licence has ended, and the deputy who wrote the paper themselves."""
    paper = decision(house, now() - timedelta(minutes=20))
    early, _ = hand_in(house, paper, "second_doctor")
    assert reasons(early) == ["slot_needs_other_person"]
    half, first = hand_in(house, paper, "first_doctor")
    assert half.status_code == 201, half.text

    def named(house: House) -> tuple[str, ...]:
        with house.sign_in("thanh") as client:
            chain = ChainView.model_validate_json(client.get(f"/api/entries/{paper.entry}/chain").content)
            board = SigningBoard.model_validate_json(client.get(
                "/api/signing-board", params={"scope": "ward", "ward": str(WARDS["NOI"])}).content)
        second = next(one for one in chain.slots if one.slot == "second_doctor")
        (line,) = [one for one in board.waiting if one.entry == paper.entry]
        assert line.holder_name == (second.who[0] if len(second.who) == 1 else "Bác sĩ thứ hai")
        return second.who

    doctors = sorted(one.full_name for one in STAFF if Role.DOCTOR in one.roles and "NOI" in one.wards)
    assert sorted(named(house)) == [name for name in doctors if name != BY_NAME["ha"].full_name]
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE people SET licence_until = CURRENT_DATE - 1 WHERE username = 'son'"))
    assert BY_NAME["son"].full_name not in named(house)
    late, _ = hand_in(house, paper, "second_doctor", "son", pdf=first)
    assert "licence_expired" in reasons(late)


def test_a_cancelled_consent_permits_nothing(house: House) -> None:
    waiting = signed_by_doctors(house)
    assert confirm(house, waiting, **WITNESSED).status_code == 201
    with house.sign_in("ha") as client:
        client.post(f"/api/entries/{waiting.id}/cancel", json={"version": 1, "reason": "Nhầm người bệnh"},
                    headers={"Idempotency-Key": f"{note(house).entry}"}).raise_for_status()
    assert operated(house) == ["consent_missing"]


@pytest.mark.parametrize("offline", [False, True])
def test_a_note_that_was_signed_without_the_server_is_kept_and_settled_by_a_person(
    house: House, offline: bool,
) -> None:
    version = note(house)
    query: dict[str, Any] = {"offline": True, "begun_at": now()} if offline else {}
    answer, _ = hand_in(house, version, "surgeon", "ha", b"", **query)
    assert answer.status_code == (201 if offline else 422)
    with house.sign_in("thanh") as client:
        waiting = client.get("/api/settlements").json()
    assert [reason["code"] for one in waiting for reason in one["reasons"]] == (["consent_missing"] if offline else [])
