"""Enrolling: the token signs the server's challenge, and a second person approves; late files get a named decision."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.enrolment import bytes_to_sign
from records.errors import Reason
from records.forms import Role
from records.messages import SettlementView
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, account
from tests.workstation.signing_room import Room, Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged, shimmed
from workstation.config import Config
from workstation.models.desk import Desk
from workstation.models.enrolment import CertificatesModel, EnrolmentModel, EnrolStage
from workstation.models.settlements import SettlementsModel
from workstation.models.signing import SigningModel
from workstation.signing.base import Pin

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "room_of", "shimmed"]


@pytest.fixture
def room(room_of: Rooms, shimmed: Config) -> Room:
    return room_of(shimmed)


def found(room: Room) -> EnrolmentModel:
    model = EnrolmentModel(room.model)
    model.begin()
    room.until(lambda: model.stage is not EnrolStage.LOOKING)
    return model


def test_the_token_signs_the_challenge_and_nothing_else(room: Room, little: LittleServer) -> None:
    model = found(room)
    assert model.identity is not None
    model.enrol(Pin(PIN))
    room.until(lambda: model.stage is EnrolStage.DONE)
    sent = little.enrolments[0]
    challenge = base64.b64decode(little.challenge.challenge)
    assert model.identity.made(base64.b64decode(sent.signature), bytes_to_sign(challenge))
    assert sent.challenge == little.challenge.id


def test_a_last_try_is_known_before_the_pin_and_spent_only_when_accepted(
        room: Room, little: LittleServer, p11shim: Shim) -> None:
    p11shim.says("flags final")
    model = found(room)
    assert model.last_try
    model.enrol(Pin(PIN))
    room.until(lambda: model.stage is EnrolStage.ASKING)
    assert p11shim.calls("C_Login") == 0
    model.enrol(Pin(PIN, last_try=True))
    room.until(lambda: model.stage is EnrolStage.DONE)
    assert len(little.enrolments) == 1


def test_a_token_with_keys_of_its_own_enrols_without_a_pin_here(
        room: Room, little: LittleServer, p11shim: Shim) -> None:
    p11shim.says(f"pinpad {PIN}")
    model = found(room)
    assert model.on_token
    model.enrol(Pin(""))
    room.until(lambda: model.stage is EnrolStage.DONE)
    assert len(little.enrolments) == 1


def test_a_certificate_can_be_enrolled_before_any_is_approved(
    room: Room, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    little.certificates = [doctors_token.view("pending")]
    assert found(room).stage is EnrolStage.READY


def test_a_wrong_pin_is_asked_again_and_cancelling_sends_nothing(room: Room, little: LittleServer) -> None:
    model = found(room)
    model.enrol(Pin("11111111"))
    room.until(lambda: model.stage is EnrolStage.ASKING)
    assert model.request is not None
    assert model.request.refused is not None
    model.stop()
    room.until(lambda: model.stage is EnrolStage.READY)
    assert little.enrolments == []


def test_without_a_token_nothing_is_asked_and_looking_again_finds_it(room: Room, p11shim: Shim) -> None:
    p11shim.says("absent")
    model = found(room)
    assert model.stage is EnrolStage.BLOCKED
    p11shim.clear()
    model.begin()
    room.until(lambda: model.stage is EnrolStage.READY)


Office = Callable[..., Desk]


@pytest.fixture
def office(desks: Desks) -> Office:
    """A desk of somebody with these roles."""
    def sit(*roles: Role, who: UUID = hospital.OTHER) -> Desk:
        person = hospital.person().model_copy(update={"id": who, "roles": roles})
        return replace(desks.open(start=False), account=account(person=person))

    return sit


@pytest.mark.parametrize(("roles", "who", "may"), [
    ((Role.IT,), hospital.OTHER, True), ((Role.RECORDS_OFFICE,), hospital.OTHER, True),
    ((Role.DOCTOR,), hospital.OTHER, False), ((Role.IT,), hospital.DOCTOR, False),
])
def test_a_second_person_of_the_office_approves(
    qtbot: QtBot, office: Office, plugged: Config, doctors_token: DoctorsToken, roles: Any, who: UUID, may: bool,
) -> None:
    model = CertificatesModel(SigningModel(office(*roles, who=who), plugged))
    assert model.may_judge(doctors_token.view("pending")) is may
    assert not model.may_judge(doctors_token.view("approved"))


def test_an_approval_is_sent_and_the_list_is_read_again(
    qtbot: QtBot, office: Office, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    little.certificates = [doctors_token.view("pending")]
    model = CertificatesModel(SigningModel(office(Role.IT), plugged))
    with qtbot.waitSignal(model.changed):
        model.load()
    with qtbot.waitSignal(model.changed):
        model.judge(model.views[0].id, "approve")
    assert little.judged == [(model.views[0].id, "approve")]


def late(person: UUID = hospital.DOCTOR) -> SettlementView:
    return SettlementView(
        id=UUID(int=700), kind="offline", entry=UUID(int=77), encounter=hospital.ENCOUNTER,
        patient_name="Nguyễn Văn Bình", person=person, person_name="Lê Thu Hà", received_at=datetime.now(UTC),
        file="00", reasons=(Reason("licence_missing", "Lê Thu Hà").as_json(),))


def test_a_late_file_is_settled_with_a_reason_and_leaves_the_list(
    qtbot: QtBot, office: Office, little: LittleServer,
) -> None:
    little.settlements = [late()]
    model = SettlementsModel(office(Role.WARD_HEAD))
    with qtbot.waitSignal(model.changed):
        model.load()
    with qtbot.waitSignal(model.refused):
        model.decide(UUID(int=700), accept=True, reason="  ok ")
    assert len(little.settlements) == 1
    with qtbot.waitSignal(model.changed):
        model.decide(UUID(int=700), accept=True, reason="Đã hỏi lại bác sĩ, đúng người bệnh")
    qtbot.waitUntil(lambda: model.views == ())
    assert little.settlements == []


@pytest.mark.parametrize(("role", "signer", "may"), [
    (Role.WARD_HEAD, hospital.DOCTOR, True), (Role.RECORDS_OFFICE, hospital.DOCTOR, True),
    (Role.DOCTOR, hospital.DOCTOR, False), (Role.WARD_HEAD, hospital.OTHER, False),
])
def test_nobody_settles_their_own_file(office: Office, role: Role, signer: UUID, may: bool) -> None:
    assert (SettlementsModel(office(role)).why_not(late(signer)) == "") is may
