"""Certificates: what was decided about them is added, never rewritten."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from records.errors import Refusal
from server.store import certificates, people
from tests.records.factories import NOW
from tests.server import builders


def test_a_certificate_waits_then_is_approved_by_a_second_person_then_revoked(db: Connection) -> None:
    doctor = builders.a_person(db)
    which = builders.a_certificate(db, doctor, "d" * 64)
    view = certificates.view(db, which)
    assert (view.state, view.person, view.approved_by, view.serial) == ("approved", doctor, "Lê Thu Hà", "0A1B")
    certificates.decide(db, which, "revoked", doctor, "Mất token")
    found = certificates.by_digest(db, "d" * 64)
    assert found is not None
    assert found.state == "revoked"
    assert certificates.view(db, which).approved_by == "Lê Thu Hà"


def test_enrolling_a_revoked_certificate_again_does_not_bring_it_back(db: Connection) -> None:
    doctor = builders.a_person(db)
    certificates.decide(db, builders.a_certificate(db, doctor, "e" * 64), "revoked", doctor)
    builders.a_certificate(db, doctor, "e" * 64)
    found = certificates.by_digest(db, "e" * 64)
    assert found is not None
    assert found.state == "revoked"
    assert len(certificates.listed(db, doctor)) == 2


def test_a_stranger_is_not_on_file(db: Connection) -> None:
    assert certificates.by_digest(db, "9" * 64) is None
    with pytest.raises(Refusal, match="certificate"):
        certificates.view(db, uuid4())


def test_a_challenge_is_answered_once_in_time_and_by_its_person(db: Connection) -> None:
    doctor, other, which = builders.a_person(db), builders.a_person(db), uuid4()
    certificates.add_challenge(db, which, doctor, b"random", NOW + timedelta(minutes=5))
    assert certificates.use_challenge(db, which, other, NOW) is None
    assert certificates.use_challenge(db, which, doctor, NOW + timedelta(minutes=6)) is None
    assert certificates.use_challenge(db, which, doctor, NOW) == b"random"
    assert certificates.use_challenge(db, which, doctor, NOW) is None


def test_a_user_name_and_an_identity_number_belong_to_one_person(db: Connection) -> None:
    builders.a_person(db, username="Ha.LT", national_id="001185999999")
    with pytest.raises(Refusal, match="user name"), db.begin_nested():
        builders.a_person(db, username="ha.lt ")
    with pytest.raises(Refusal, match="identity number"), db.begin_nested():
        builders.a_person(db, national_id="001185999999")
    assert people.by_username(db, "HA.LT") is not None
