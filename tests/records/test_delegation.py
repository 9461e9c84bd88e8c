"""Written delegation: it lets its receiver sign within its limits, under its title, and not beyond."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from records.delegation import Delegation
from records.forms import Manner, Role, form
from records.policy import Allowed, Case, Refused, SignedSlot, may_sign, title_of
from tests.records import factories as make

OTHER_WARD, DEPUTY = UUID(int=404), UUID(int=405)


def delegation(**changes: Any) -> Delegation:
    """The director's authority to his deputy for all covers, this month."""
    good: dict[str, Any] = {
        "id": UUID(int=1), "giver": UUID(int=2), "giver_name": "Phạm Văn Khoa", "receiver": DEPUTY,
        "role": Role.DIRECTOR, "manner": Manner.BEHALF, "starts": make.TODAY - timedelta(days=10),
        "ends": make.TODAY + timedelta(days=10), "paper": "12/QĐ-BV, 01/11/2026"}
    return Delegation(**{**good, **changes})


def cover(**changes: Any) -> Case:
    """A cover whose ward head has signed."""
    kind = form("01/BV1", "2024-01-01").kind("cover")
    good: dict[str, Any] = {"form": "01/BV1", "signed": (SignedSlot("ward_head", make.DOCTOR, make.NOW),),
                            "signed_kinds": frozenset(kind.after)}
    return replace(make.case(kind), **{**good, **changes})


def deputy(*given: Delegation, **changes: Any) -> Any:
    return make.person(**{"id": DEPUTY, "title": "Phó Giám đốc", "roles": frozenset({Role.DOCTOR}),
                          "wards": frozenset(), "delegations": given, **changes})


def why(answer: Allowed | Refused) -> list[tuple[str, str]]:
    return [(reason.code, str(reason.facts.get("why", ""))) for reason in answer.reasons] if isinstance(
        answer, Refused) else []


def test_a_deputy_signs_in_the_directors_place_in_every_ward_and_the_mark_says_so() -> None:
    person, case = deputy(delegation()), cover()
    assert may_sign(person, "director", case, make.TODAY) == Allowed()
    assert title_of(person, "director", case, make.TODAY) == "KT. Giám đốc bệnh viện, Phó Giám đốc"


LIMITS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"starts": make.TODAY + timedelta(days=1)}, {}, "có hiệu lực từ"),
    ({"ends": make.TODAY - timedelta(days=1)}, {}, "đã hết hạn"),
    ({"revoked_on": make.TODAY}, {}, "đã thu hồi"),
    ({"forms": ("52/BV2",)}, {}, "chỉ cho mẫu 52/BV2"),
    ({"wards": (OTHER_WARD,)}, {}, "không gồm khoa này"),
]


@pytest.mark.parametrize(("given", "case", "limit"), LIMITS)
def test_beyond_its_limits_a_delegation_gives_nothing(given: dict[str, Any], case: dict[str, Any], limit: str) -> None:
    person = deputy(delegation(**given), wards=frozenset({make.WARD}))
    ((code, told),) = why(may_sign(person, "director", cover(**case), make.TODAY))
    assert code == "delegation_not_in_force"
    assert limit in told
    assert title_of(person, "director", cover(), make.TODAY) == "Phó Giám đốc"


def test_a_delegation_counts_on_its_first_and_last_day_and_until_it_is_taken_back() -> None:
    given = delegation(starts=make.TODAY, ends=make.TODAY, revoked_on=make.TODAY + timedelta(days=1))
    assert may_sign(deputy(given), "director", cover(), make.TODAY) == Allowed()


def test_a_slot_says_in_which_manner_others_may_sign_it() -> None:
    person = deputy(delegation(role=Role.WARD_HEAD, manner=Manner.ORDER), wards=frozenset({make.WARD}))
    ((code, told),) = why(may_sign(person, "ward_head", cover(signed=()), make.TODAY))
    assert (code, told) == ("delegation_not_in_force", "mẫu này không cho ký “TL.”")


def test_a_delegation_of_another_role_is_no_reason_to_sign() -> None:
    person = deputy(delegation(role=Role.WARD_HEAD), wards=frozenset({make.WARD}))
    assert why(may_sign(person, "director", cover(), make.TODAY)) == [("role_may_not_sign", "")]


def test_nobody_signs_in_an_authors_place() -> None:
    person = deputy(delegation(role=Role.DOCTOR), roles=frozenset({Role.NURSE}), wards=frozenset({make.WARD}))
    codes = [code for code, _ in why(may_sign(person, "doctor", make.case(make.treatment_row()), make.TODAY))]
    assert "only_author_signs" in codes


def test_a_delegation_does_not_lift_the_order_nor_the_licence() -> None:
    person = deputy(delegation(), licence_no="")
    codes = [code for code, _ in why(may_sign(person, "director", cover(signed=()), make.TODAY))]
    assert codes == ["licence_missing", "slot_waits_for_slot"]


def test_who_holds_the_role_signs_under_their_own_title() -> None:
    director = make.person(roles=frozenset({Role.DIRECTOR}), title="Giám đốc", delegations=(delegation(),))
    assert title_of(director, "director", cover(), make.TODAY) == "Giám đốc"


def test_the_head_of_another_ward_signs_here_only_by_the_paper_and_under_its_title() -> None:
    paper = delegation(role=Role.WARD_HEAD, wards=(make.WARD,))
    roles, case = frozenset({Role.WARD_HEAD, Role.DOCTOR}), cover(signed=())
    head = deputy(paper, roles=roles, wards=frozenset({OTHER_WARD}), title="BSCKI.")
    assert may_sign(head, "ward_head", case, make.TODAY) == Allowed()
    assert title_of(head, "ward_head", case, make.TODAY) == "KT. Trưởng khoa, BSCKI."
    without = deputy(roles=roles, wards=frozenset({OTHER_WARD}))
    assert [code for code, _ in why(may_sign(without, "ward_head", case, make.TODAY))] == ["not_of_this_ward"]
    at_home = replace(case, ward=OTHER_WARD)
    assert title_of(head, "ward_head", at_home, make.TODAY) == "BSCKI."


@pytest.mark.parametrize(("changes", "wards", "sees"), [
    ({}, {make.WARD}, True), ({"wards": (make.WARD,)}, {make.WARD, OTHER_WARD}, True),
    ({"wards": (make.WARD,)}, {OTHER_WARD}, False), ({"forms": ("52/BV2",)}, {make.WARD}, True),
    ({"revoked_on": make.TODAY}, {make.WARD}, False), ({"ends": make.TODAY - timedelta(days=1)}, {make.WARD}, False),
    ({"starts": make.TODAY + timedelta(days=1)}, {make.WARD}, False),
])
def test_who_signs_for_another_looks_into_the_wards_of_the_paper_while_it_counts(
    changes: dict[str, Any], wards: set[UUID], sees: bool,
) -> None:
    assert delegation(**changes).reaches(wards, make.TODAY) is sees


def test_a_delegation_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValidationError, match="ends before it starts"):
        delegation(starts=date(2026, 5, 2), ends=date(2026, 5, 1))
