"""The organisation's signature is commanded by who has the right, when every person has signed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from records.entries import FormRef, State
from records.forms import Role
from records.messages import EntryView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.desk import Desk
from workstation.models.house_signing import command, may_command

PAPER = FormRef(code="TT25-M02", edition="2025-07-01", kind="certificate")
LEFT = ("organisation",)


def paper(*open_slots: str, form: FormRef = PAPER) -> EntryView:
    return hospital.entry(UUID(int=91), form=form, state=State.PARTLY_SIGNED, open_slots=open_slots)


def desk_of(desks: Desks, role: Role) -> Desk:
    desk = desks.open(role.value)
    person = desk.account.person.model_copy(update={"roles": (role,)})
    return replace(desk, account=desk.account.model_copy(update={"person": person}))


@pytest.mark.parametrize(("role", "open_slots", "allowed"), [
    (Role.DIRECTOR, LEFT, True), (Role.RECORDS_OFFICE, LEFT, True), (Role.DOCTOR, LEFT, False), (Role.IT, LEFT, False),
    (Role.DIRECTOR, ("representative", "organisation"), False), (Role.DIRECTOR, (), False),
])
def test_who_may_command_it_and_when(desks: Desks, role: Role, open_slots: tuple[str, ...], allowed: bool) -> None:
    assert may_command(desk_of(desks, role), paper(*open_slots)) is allowed


def test_a_paper_that_stays_in_the_house_has_no_such_slot(desks: Desks) -> None:
    assert not may_command(desk_of(desks, Role.DIRECTOR), paper("doctor", form=hospital.ROW))


def test_the_command_reaches_the_server_through_the_outbox(desks: Desks, little: LittleServer) -> None:
    command(desk_of(desks, Role.DIRECTOR), paper(*LEFT), "Nguyễn Văn Bình")
    desks.qtbot.waitUntil(lambda: little.times("POST", "/versions/1/organisation-signature") == 1, timeout=10_000)
