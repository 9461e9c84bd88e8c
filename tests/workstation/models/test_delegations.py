"""Delegations at the workstation: given and taken back, known at once, and felt in every answer of the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.deadlines import ZONE
from records.delegation import Delegation
from records.forms import Manner, Role
from records.messages import ColleagueView, DelegationGiven, DelegationView, WardView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.delegations import (
    DelegationsModel,
    Standing,
    forms_of,
    in_whose_place,
    manners_of,
    standing_of,
    who_gave,
)
from workstation.models.desk import Desk
from workstation.models.worklist import BoardModel

TODAY = datetime.now(UTC).astimezone(ZONE).date()
SURGERY = UUID(int=7001)
SON = ColleagueView(id=UUID(int=4), full_name="Nguyễn Văn Sơn", title="BS.", roles=(Role.DOCTOR,))
MAI = ColleagueView(id=UUID(int=5), full_name="Nguyễn Thị Mai", title="ĐD.", roles=(Role.NURSE,))


def delegation(**changes: Any) -> Delegation:
    good: dict[str, Any] = {
        "id": uuid4(), "giver": UUID(int=8), "giver_name": "Hoàng Minh Tuấn", "receiver": hospital.DOCTOR,
        "role": Role.DIRECTOR, "manner": Manner.AUTHORITY, "starts": TODAY, "ends": TODAY + timedelta(days=20),
        "paper": "12/QĐ-BV"}
    return Delegation(**{**good, **changes})


def model_of(desk: Desk, *roles: Role) -> DelegationsModel:
    person = desk.account.person.model_copy(update={"roles": roles or desk.account.person.roles})
    desk.account = desk.account.model_copy(update={"person": person})
    return DelegationsModel(desk)


def wish(**changes: Any) -> DelegationGiven:
    good: dict[str, Any] = {"receiver": SON.id, "role": Role.WARD_HEAD, "manner": Manner.BEHALF, "starts": TODAY,
                            "ends": TODAY + timedelta(days=3), "paper": "3/QĐ-K"}
    return DelegationGiven(**{**good, **changes})


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, Standing.IN_FORCE), ({"starts": TODAY + timedelta(days=1)}, Standing.LATER),
    ({"starts": date(2026, 1, 1), "ends": TODAY}, Standing.IN_FORCE),
    ({"starts": date(2026, 1, 1), "ends": TODAY - timedelta(days=1)}, Standing.ENDED),
    ({"revoked_on": TODAY}, Standing.REVOKED), ({"revoked_on": TODAY + timedelta(days=1)}, Standing.IN_FORCE),
])
def test_how_one_stands_on_a_day(changes: dict[str, Any], expected: Standing) -> None:
    assert standing_of(delegation(**changes), TODAY) is expected


def test_a_person_is_told_in_whose_place_they_sign() -> None:
    held = (delegation(), delegation(), delegation(role=Role.WARD_HEAD, manner=Manner.BEHALF))
    assert in_whose_place(held) == "ký TUQ. Giám đốc, KT. Trưởng khoa"
    assert in_whose_place(()) == ""
    assert who_gave(delegation(ends=date(2026, 11, 30))) == (
        "TUQ. Giám đốc Hoàng Minh Tuấn, đến hết 30/11/2026 (12/QĐ-BV)")


def test_only_forms_and_manners_that_a_form_allows_are_offered() -> None:
    assert {"01/BV1", "TT25-M02"} <= {form.code for form in forms_of(Role.DIRECTOR, TODAY)}
    assert "TT25-M02" not in {form.code for form in forms_of(Role.WARD_HEAD, TODAY)}
    assert manners_of(Role.DIRECTOR, TODAY) == (Manner.BEHALF, Manner.ORDER, Manner.AUTHORITY)
    assert Manner.ORDER not in manners_of(Role.WARD_HEAD, TODAY)
    assert forms_of(Role.NURSE, TODAY) == ()


def test_it_is_given_listed_and_taken_back_with_a_reason(desks: Desks, little: LittleServer) -> None:
    little.colleagues = [SON, MAI]
    model = model_of(desks.open(start=False), Role.WARD_HEAD, Role.DOCTOR)
    model.load()
    desks.qtbot.waitUntil(lambda: model.loaded and bool(model.colleagues), timeout=10_000)
    assert [one.full_name for one in model.found("son")] == ["Nguyễn Văn Sơn"]
    assert model.found("") == ()
    with desks.qtbot.waitSignal(model.given, timeout=10_000):
        model.give(wish())
    desks.qtbot.waitUntil(lambda: len(model.views) == 1, timeout=10_000)
    (view,) = model.views
    assert model.standing(view) is Standing.IN_FORCE
    assert model.may_revoke(view)
    with desks.qtbot.waitSignal(model.refused, timeout=10_000) as told:
        model.revoke(view, "về")
    assert told.args is not None
    assert told.args[0].reasons[0].code == "reason_too_short"
    model.revoke(view, "Trưởng khoa đã về")
    desks.qtbot.waitUntil(lambda: model.standing(model.views[0]) is Standing.REVOKED, timeout=10_000)
    assert not model.may_revoke(model.views[0])


def test_who_gives_nothing_gets_no_list_of_colleagues_and_takes_nothing_back(
    desks: Desks, little: LittleServer,
) -> None:
    little.delegations = [DelegationView(delegation=delegation(), receiver_name="Lê Thu Hà", receiver_title="BS.")]
    model = model_of(desks.open(start=False))
    assert not model.concerns_me
    model.load()
    desks.qtbot.waitUntil(lambda: model.loaded, timeout=10_000)
    desks.settle()
    assert little.times("GET", "/api/colleagues") == 0
    assert model.is_mine(model.views[0])
    assert not model.may_revoke(model.views[0])


def test_what_is_given_while_one_works_counts_at_once_and_is_kept_for_the_time_without_the_server(
    desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    model, board = DelegationsModel(desk), BoardModel(desk)
    surgery = WardView(id=SURGERY, code="K02", name="Ngoại")
    desks.qtbot.waitUntil(lambda: bool(little.streams), timeout=10_000)
    desks.settle()  # who one is was asked at the start too: that answer must not be taken for the next
    assert not board.is_given(surgery)
    little.me = hospital.person(delegations=(delegation(wards=(SURGERY,)),))
    with desks.qtbot.waitSignal(model.account_changed, timeout=10_000):
        little.tell("delegation")
    assert [one.role for one in model.mine] == [Role.DIRECTOR]
    assert model.concerns_me
    assert [one.role for one in desk.account.for_policy().delegations] == [Role.DIRECTOR]
    assert board.is_given(surgery)
    assert not board.is_given(hospital.WARD)
    desks.settle()
    assert desk.store.kept("account")["person"]["delegations"][0]["paper"] == "12/QĐ-BV"


def test_a_paper_that_ends_at_midnight_is_gone_without_any_word_of_the_server(desks: Desks) -> None:
    desk, clock = desks.open(start=False), [datetime.now(UTC)]
    person = desk.account.person.model_copy(update={"delegations": (delegation(ends=TODAY),)})
    desk.account = desk.account.model_copy(update={"person": person})
    model = DelegationsModel(desk, now=lambda: clock[0])
    assert model.mine
    told: list[object] = []
    model.account_changed.connect(told.append)
    model._tick()
    assert told == []
    clock[0] += timedelta(days=1)
    model._tick()
    assert len(told) == 1
    assert model.mine == ()
