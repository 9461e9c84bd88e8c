"""The patient's confirmation (R7, R19b): for which version it counts, and what keeps it from counting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from records import policy
from records.confirmations import Claim, Document, Method, claim_of, confirmation_form, patient_slot, problems
from records.entries import FormRef, State, Version
from records.forms import EntryKind, Holder, all_forms, current_form
from records.policy import Case, SignedSlot, SlotState
from tests.records import factories as make

CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")
ENTRY, ENCOUNTER, TRANSACTION = UUID(int=70), UUID(int=12), UUID(int=71)
SHA, FILE, EVIDENCE_FILE = "ab" * 32, "cd" * 32, "ef" * 32
SURGEON = SignedSlot("surgeon", make.DOCTOR, make.NOW)
ANAESTHETIST = SignedSlot("anaesthetist", UUID(int=4), make.NOW + timedelta(minutes=2))
CONFIRMED_AT = make.NOW + timedelta(minutes=5)
VALUES: dict[str, Any] = {
    "document_name": "Giấy cam kết", "document_form": "01/BV2", "document_version": 1, "document_entry": str(ENTRY),
    "document_sha256": SHA, "document_file_sha256": FILE, "answer": "1", "who": "1", "full_name": "Nguyễn Văn Bình",
    "method": "fingerprint", "confirmed_at": CONFIRMED_AT.isoformat(), "workstation": "pc-1",
    "transaction_no": str(TRANSACTION), "device": "U20 H1", "quality": 80, "evidence_sha256": "12" * 32,
    "template_sha256": "34" * 32,
}


def kind() -> EntryKind:
    return current_form("01/BV2", make.TODAY).kind("consent")


def case(*signed: SignedSlot, **changes: Any) -> Case:
    return make.case(kind(), signed=signed, state=State.PARTLY_SIGNED, written_at=make.NOW, **changes)


def document(**changes: Any) -> Document:
    good = Document(ENTRY, 1, ENCOUNTER, CONSENT, SHA, frozenset({FILE, EVIDENCE_FILE}), case(SURGEON, ANAESTHETIST))
    return replace(good, **changes)


def confirmation(**changes: Any) -> Version:
    return make.version(form=FormRef(code="XN-NB", edition="2026-01-01", kind="confirmation"),
                        written_at=CONFIRMED_AT + timedelta(minutes=1), values={**VALUES, **changes})


def claimed(version: Version) -> Claim:
    claim = claim_of(version)
    assert claim is not None
    return claim


def codes(version: Version, about: Document) -> list[str]:
    return [reason.code for reason in problems(version, claimed(version), about)]


def test_a_confirmation_of_the_signed_text_counts() -> None:
    assert codes(confirmation(), document()) == []
    assert codes(confirmation(document_file_sha256=EVIDENCE_FILE), document()) == []


@pytest.mark.parametrize(("changes", "code"), [
    ({"document_sha256": "00" * 32}, "confirmation_of_other_text"),
    ({"document_file_sha256": "00" * 32}, "confirmation_of_other_text"),
    ({"document_form": "40/BV2"}, "confirmation_of_other_document"),
    ({"confirmed_at": (make.NOW - timedelta(minutes=1)).isoformat()}, "confirmation_before_signatures"),
    ({"confirmed_at": (make.NOW + timedelta(hours=1)).isoformat()}, "confirmation_in_future"),
    ({"quality": 39}, "fingerprint_too_poor"),
], ids=str)
def test_what_it_says_must_be_true_of_the_document(changes: dict[str, Any], code: str) -> None:
    assert codes(confirmation(**changes), document()) == [code]


@pytest.mark.parametrize(("signed", "found"), [
    ((), ["slot_waits_for_slot", "slot_waits_for_slot"]),
    ((SURGEON,), ["slot_waits_for_slot"]),
    ((ANAESTHETIST,), ["slot_waits_for_slot"]),
    ((SURGEON, ANAESTHETIST, SignedSlot("patient", make.NURSE, CONFIRMED_AT)), ["confirmation_exists"]),
], ids=["nobody", "surgeon", "anaesthetist", "confirmed"])
def test_the_patient_comes_after_surgeon_and_anaesthetist_and_once(signed: tuple[SignedSlot, ...],
                                                                  found: list[str]) -> None:
    """R19b."""
    assert codes(confirmation(), document(case=case(*signed))) == found


def test_a_new_version_asks_again_and_the_old_evidence_stays_true_of_the_old_text() -> None:
    old = document(case=case(SURGEON, ANAESTHETIST, SignedSlot("patient", make.NURSE, CONFIRMED_AT)))
    new = document(number=2, sha256="99" * 32, files=frozenset({"98" * 32}))
    assert codes(confirmation(), new) == ["confirmation_of_other_text"]
    claim = claimed(confirmation())
    assert (claim.number, claim.sha256) == (old.number, old.sha256)
    waiting = next(one for one in policy.standing(new.case) if one.slot.key == "patient")
    assert (waiting.state, waiting.since) == (SlotState.OPEN, ANAESTHETIST.at)


def test_a_text_that_was_corrected_meanwhile_is_not_confirmed_any_more() -> None:
    old = document(case=case(SURGEON, ANAESTHETIST, is_latest=False))
    assert codes(confirmation(), old) == ["newer_version_exists"]


def test_a_form_that_asks_for_none_takes_none() -> None:
    row = make.case(make.treatment_row(), state=State.SIGNED)
    assert codes(confirmation(), document(case=row)) == ["confirmation_not_asked"]


@pytest.mark.parametrize("missing", ["document_entry", "document_sha256", "method", "confirmed_at", "transaction_no"])
def test_a_claim_that_lacks_what_binds_it_is_none(missing: str) -> None:
    values = {key: value for key, value in VALUES.items() if key != missing}
    assert claim_of(make.version(values=values)) is None


def test_the_form_offers_exactly_the_methods_that_the_rules_know() -> None:
    blank = next(field for field in confirmation_form().kinds[0].fields if field.key == "method")
    assert {choice.code for choice in blank.choices} == set(Method)


def test_the_forms_that_ask_and_the_form_that_answers() -> None:
    asking = {form.code for form in all_forms() for one in form.kinds if patient_slot(one)}
    answering = [(form.code, one.key) for form in all_forms() for one in form.kinds if one.confirms]
    assert asking == {"01/BV2", "40/BV2", "EX-CONGKHAI", "QD697-01"}
    assert set(answering) == {("XN-NB", "confirmation")}
    assert all(slot.holder is Holder.PERSON for slot in confirmation_form().kinds[0].slots)
