"""Who may write and sign what, and the reason when not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from records.entries import EncounterState, State
from records.errors import Reason, Refusal
from records.forms import EntryKind, Role, SignatureSlot
from records.policy import Allowed, Refused, SignedSlot, demand, may_sign, may_write, open_slots
from tests.records import factories as make


def two_slots() -> EntryKind:
    """A cover: the ward head first, the director after (R19a)."""
    slots = (
        SignatureSlot(key="ward_head", label="Trưởng khoa", roles=(Role.WARD_HEAD,)),
        SignatureSlot(key="director", label="Giám đốc", roles=(Role.DIRECTOR,), after=("ward_head",),
                      children_signed=True),
    )
    return EntryKind(key="cover", name="Bìa", writers=(Role.DOCTOR,), sections=(), slots=slots, after=("part_b",))


def codes(answer: Allowed | Refused) -> list[str]:
    return [reason.code for reason in answer.reasons] if isinstance(answer, Refused) else []


def test_the_doctor_who_wrote_a_row_may_sign_it() -> None:
    assert may_sign(make.person(), "doctor", make.case(make.treatment_row()), make.TODAY) == Allowed()


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("role_may_not_sign", {"roles": frozenset({Role.NURSE})}, {}),
    ("only_author_signs", {"id": UUID(int=99)}, {}),
    ("licence_missing", {"licence_no": ""}, {}),
    ("licence_expired", {"licence_until": date(2026, 11, 16)}, {}),
    ("person_inactive", {"active": False}, {}),
    ("not_of_this_ward", {"wards": frozenset()}, {}),
    ("newer_version_exists", {}, {"is_latest": False}),
    ("version_not_open", {}, {"state": State.AMENDED}),
    ("version_not_open", {}, {"state": State.CANCELLED}),
    ("record_archived", {}, {"encounter_state": EncounterState.ARCHIVED}),
    ("slot_already_signed", {}, {"signed": (SignedSlot("doctor", make.DOCTOR, make.NOW),)}),
    ("field_missing", {}, {"missing_fields": (Reason("field_missing", "plan", {"label": "P"}),)}),
]


@pytest.mark.parametrize(("code", "person", "case"), REFUSED)
def test_each_hindrance_is_told_by_its_own_reason(code: str, person: dict[str, Any], case: dict[str, Any]) -> None:
    answer = may_sign(make.person(**person), "doctor", make.case(make.treatment_row(), **case), make.TODAY)
    assert codes(answer) == [code]


def test_a_licence_still_counts_on_its_last_day() -> None:
    doctor = make.person(licence_until=make.TODAY)
    assert may_sign(doctor, "doctor", make.case(make.treatment_row()), make.TODAY) == Allowed()


def test_a_discharged_record_still_takes_signatures_until_it_is_archived() -> None:
    case = make.case(make.treatment_row(), encounter_state=EncounterState.CLOSED)
    assert may_sign(make.person(), "doctor", case, make.TODAY) == Allowed()


def test_the_director_waits_for_the_ward_head_the_earlier_part_and_the_children() -> None:
    director = make.person(roles=frozenset({Role.DIRECTOR}), wards=frozenset())
    case = make.case(two_slots(), unsigned_children=("Phần B",))
    assert codes(may_sign(director, "director", case, make.TODAY)) == [
        "slot_waits_for_slot", "kind_waits_for_kind", "children_unsigned"]
    ready = replace(case, unsigned_children=(), signed_kinds=frozenset({"part_b"}),
                    signed=(SignedSlot("ward_head", make.DOCTOR, make.NOW),))
    assert may_sign(director, "director", ready, make.TODAY) == Allowed()


def test_all_reasons_are_told_at_once() -> None:
    nurse = make.person(roles=frozenset({Role.NURSE}), id=make.NURSE, licence_no="")
    assert codes(may_sign(nurse, "doctor", make.case(make.treatment_row()), make.TODAY)) == [
        "licence_missing", "role_may_not_sign", "only_author_signs"]


def test_a_nurse_may_not_write_a_treatment_row() -> None:
    nurse = make.person(roles=frozenset({Role.NURSE}))
    answer = may_write(nurse, make.treatment_row(), EncounterState.ACTIVE, make.WARD, make.TODAY)
    assert codes(answer) == ["role_may_not_write"]
    assert may_write(make.person(), make.treatment_row(), EncounterState.ACTIVE, make.WARD, make.TODAY) == Allowed()


def test_open_slots_leave_out_signed_and_optional_ones() -> None:
    kind = two_slots()
    assert open_slots(kind, ()) == ("ward_head", "director")
    assert open_slots(kind, [SignedSlot("ward_head", make.DOCTOR, make.NOW)]) == ("director",)
    optional = kind.model_copy(update={"slots": (kind.slots[0].model_copy(update={"optional": True}),)})
    assert open_slots(optional, ()) == ()


@pytest.mark.parametrize("ask", [
    lambda: may_sign(make.person(), "cook", make.case(make.treatment_row()), make.TODAY),
    lambda: demand(Refused((Reason("record_archived"),))),
])
def test_a_refusal_is_raised_where_there_is_no_yes(ask: Callable[[], object]) -> None:
    with pytest.raises(Refusal):
        ask()
