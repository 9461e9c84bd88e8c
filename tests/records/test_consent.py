"""Consent before the procedure (R19b): each order of consents, refusals, decisions and procedures has its answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from records.consent import Permission, Permit, hindrances, permit_of
from records.entries import FormRef
from records.forms import PermittedBy, all_forms, form
from records.policy import Allowed, Case, Refused, SignedSlot, SlotState, may_sign, standing
from tests.records import factories as make

KIND = form("06/BV2", "2024-01-01").kind("procedure")
RULE = KIND.permitted_by or PermittedBy.model_validate({})
AT = make.NOW
CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")
DECISION = FormRef(code="EX-PTCC", edition="2024-01-01", kind="decision")


def hours(count: float) -> datetime:
    return AT + timedelta(hours=count)


def permit(at: float | None, *, agreed: bool = True, **changes: Any) -> Permit:
    return Permit(**{"name": "Giấy cam kết", "agreed": agreed, "at": None if at is None else hours(at), **changes})


def case(*permits: Permit, starts: float | None = 0, others: tuple[float, ...] = ()) -> Case:
    asked = Permission(RULE, None if starts is None else hours(starts), permits, tuple(map(hours, others)))
    return make.case(KIND, form="06/BV2", permission=asked)


def why(facts: Case) -> list[str]:
    answer = may_sign(make.person(), "surgeon", facts, make.TODAY)
    return [reason.code for reason in answer.reasons] if isinstance(answer, Refused) else []


@pytest.mark.parametrize(("permits", "others", "code"), [
    ((), (), "consent_missing"),
    ((permit(-1),), (), ""),
    ((permit(0),), (), ""),
    ((permit(1),), (), "consent_after_start"),
    ((permit(None, waits_for=("Người bệnh",)),), (), "consent_unfinished"),
    ((permit(None), permit(-1)), (), ""),
    ((permit(-1, agreed=False),), (), "consent_refused"),
    ((permit(-2), permit(-1, agreed=False)), (), "consent_refused"),
    ((permit(-2, agreed=False), permit(-1)), (), ""),
    ((permit(-3),), (-2,), "consent_used"),
    ((permit(-3), permit(-2.5)), (-2,), ""),
    ((permit(-3), permit(-1)), (-2,), ""),
    ((permit(-3),), (2,), ""),
    ((permit(-3),), (-4,), ""),
])
def test_each_order_of_consents_and_procedures_has_its_answer(
    permits: tuple[Permit, ...], others: tuple[float, ...], code: str,
) -> None:
    assert why(case(*permits, others=others)) == ([code] if code else [])


def test_without_a_beginning_only_the_blank_itself_is_asked() -> None:
    assert why(case(starts=None)) == []


def test_a_kind_without_the_rule_is_never_asked_for_consent() -> None:
    assert may_sign(make.person(), "doctor", make.case(make.treatment_row()), make.TODAY) == Allowed()


def test_the_slot_says_what_it_waits_for() -> None:
    (slot,) = standing(case(permit(None, waits_for=("Người bệnh hoặc người đại diện",))))
    assert slot.state is SlotState.WAITING
    assert slot.waits_for[0].vietnamese == "Giấy cam kết chưa ký đủ: còn chờ Người bệnh hoặc người đại diện."


def test_a_consent_is_a_yes_when_it_says_so_and_counts_from_its_last_signature() -> None:
    given = permit_of(RULE, CONSENT, "Giấy cam kết", {"decision": "1"}, complete_at=AT)
    assert (given.agreed, given.at) == (True, AT)
    assert not permit_of(RULE, CONSENT, "Giấy cam kết", {"decision": "2"}, complete_at=AT).agreed
    assert permit_of(RULE, CONSENT, "Giấy cam kết", {"decision": "1"}, complete_at=None).at is None


def test_an_emergency_counts_from_its_decision_once_two_doctors_have_signed() -> None:
    values = {"decided_at": hours(-1).isoformat()}
    assert permit_of(RULE, DECISION, "Quyết định", values, complete_at=hours(3)).at == hours(-1)
    assert permit_of(RULE, DECISION, "Quyết định", values, complete_at=None).at is None
    assert permit_of(RULE, DECISION, "Quyết định", {"decided_at": "09:"}, complete_at=AT).at is None


def test_the_second_doctor_of_an_emergency_is_another_person() -> None:
    kind = form("EX-PTCC", "2024-01-01").kind("decision")
    begun = make.case(kind, form="EX-PTCC", signed=(SignedSlot("first_doctor", make.DOCTOR, AT),))
    same = may_sign(make.person(), "second_doctor", begun, make.TODAY)
    assert isinstance(same, Refused)
    assert [reason.code for reason in same.reasons] == ["slot_needs_other_person"]
    assert may_sign(make.person(id=make.NURSE), "second_doctor", begun, make.TODAY) == Allowed()


def test_the_doctor_who_decides_an_emergency_does_not_sign_as_the_second_one_first() -> None:
    """Neither slot waits for the other: the author would else fill both, in the other order."""
    kind = form("EX-PTCC", "2024-01-01").kind("decision")
    fresh = make.case(kind, form="EX-PTCC")
    same = may_sign(make.person(), "second_doctor", fresh, make.TODAY)
    assert isinstance(same, Refused)
    assert [reason.code for reason in same.reasons] == ["slot_needs_other_person"]
    assert may_sign(make.person(id=make.NURSE), "second_doctor", fresh, make.TODAY) == Allowed()
    both_hands = make.case(kind, form="EX-PTCC", signed=(SignedSlot("second_doctor", make.DOCTOR, AT),))
    assert isinstance(may_sign(make.person(), "first_doctor", both_hands, make.TODAY), Refused)
    assert [one.barred for one in standing(fresh)] == [frozenset(), frozenset({make.DOCTOR})]


def test_every_rule_names_kinds_and_blanks_that_exist() -> None:
    asked = 0
    for kind in (kind for each in all_forms() for kind in each.kinds if kind.permitted_by is not None):
        rule = kind.permitted_by
        assert rule is not None
        asked += 1
        begins = next(field for field in kind.fields if field.key == rule.starts)
        assert (begins.type, begins.required) == ("instant", True)
        for named, shape in ((rule.consent, "choice"), (rule.exception, "instant")):
            papers = [each.kind(named.kind) for each in all_forms() if each.code == named.form]
            assert papers
            for paper in papers:
                field = next(field for field in paper.fields if field.key == named.field)
                assert (field.type, field.required) == (shape, True)
        assert rule.consent.value
    assert asked


def test_nothing_is_said_to_stand_in_the_way_when_nothing_does() -> None:
    assert list(hindrances("x", Permission(RULE, AT, (permit(-1),)))) == []
