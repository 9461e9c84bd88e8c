"""Who may do what beside signing: every right has somebody, and IT staff see no record."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from records.errors import Refusal
from records.forms import Role
from server.services import rights
from server.services.rights import Right
from tests.records.factories import TODAY, WARD, person


@pytest.mark.parametrize("right", Right)
def test_every_right_belongs_to_some_roles_and_not_to_all(right: Right) -> None:
    holders = {role for role in Role if rights.has(person(roles=frozenset({role})), right)}
    assert holders
    assert holders != set(Role)


@pytest.mark.parametrize(("role", "sees"), [
    (Role.DOCTOR, True), (Role.NURSE, True), (Role.TECHNICIAN, True), (Role.WARD_HEAD, True), (Role.DIRECTOR, True),
    (Role.RECORDS_OFFICE, True), (Role.IT, False),
])
def test_it_staff_alone_see_no_record_even_of_a_ward_they_are_in(role: Role, sees: bool) -> None:
    assert rights.sees_ward(person(roles=frozenset({role})), [WARD], TODAY) is sees


def test_the_whole_house_is_open_to_director_and_records_office_only() -> None:
    elsewhere = [UUID(int=99)]
    seeing = {role for role in Role if rights.sees_ward(person(roles=frozenset({role})), elsewhere, TODAY)}
    assert seeing == {Role.DIRECTOR, Role.RECORDS_OFFICE}


def test_a_right_that_is_missing_is_a_refusal() -> None:
    nurse = replace(person(), roles=frozenset({Role.NURSE}))
    with pytest.raises(Refusal, match="approve_certificate"):
        rights.demand(nurse, Right.APPROVE_CERTIFICATE)
