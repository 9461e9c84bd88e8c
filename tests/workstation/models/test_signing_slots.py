"""Open slots of an entry that is at the server: its file is fetched, judged, and signed once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from records import signing_pdf
from records.entries import FormRef, State, Version
from records.forms import Role
from records.messages import EntryView
from records.pades import judge
from records.render import render_entry, slot_field
from records.signatures import mark_for
from records.trust import Trust
from tests.records import factories
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import account
from tests.workstation.signing.people import Person
from tests.workstation.signing_room import Room, Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged
from workstation.config import Config
from workstation.models.account import utc_now
from workstation.models.signing import LineState, SigningModel, Stage
from workstation.models.signing_tasks import slot_task
from workstation.signing.base import Pin
from workstation.signing.token import TokenSigner

__all__ = ["doctors_token", "plugged", "room_of"]
COVER = FormRef(code="01/BV1", edition="2024-01-01", kind="cover")


@pytest.fixture
def room(room_of: Rooms, plugged: Config, doctors_token: DoctorsToken) -> Room:
    """The director's desk."""
    made = room_of(plugged)
    director = hospital.person().model_copy(update={"roles": (Role.DIRECTOR,)})
    desk = replace(made.desk, account=account(person=director, trust_roots=doctors_token.trust()))
    made.desk, made.model = desk, SigningModel(desk, plugged)
    return made


def signed_by_ward_head(config: Config) -> tuple[Version, bytes]:
    """A cover with its first signature."""
    now = datetime.now(UTC)
    version = factories.version(form=COVER, values={}, occurred_at=now - timedelta(minutes=9),
                                written_at=now - timedelta(minutes=5))
    with TokenSigner([str(config.pkcs11_modules[0])]) as signer:
        identity = signer.identities()[0]
        signer.open(identity, Person(PIN))
        at = (now - timedelta(minutes=2)).astimezone(factories.VIETNAM).replace(microsecond=0)
        mark = mark_for(version, "ward_head", full_name=identity.full_name, title="BSCKI.", signed_at=at,
                        certificate_serial=identity.serial, certificate_issuer=identity.issuer)
        return version, signing_pdf.sign(
            render_entry(version), slot_field("ward_head"), mark, identity, signer.sign_raw)


def at_server(version: Version, pdf: bytes, little: LittleServer) -> EntryView:
    """The entry as the server lists it with that file."""
    digest = sha256(pdf).hexdigest()
    little.files[digest] = pdf
    first = hospital.entry(version.entry).signatures[0].model_copy(update={
        "slot": "ward_head", "slot_label": "Trưởng khoa", "person": hospital.OTHER})
    return hospital.entry(version.entry, form=COVER, body=version.model_dump(mode="json"), signatures=(first,),
                          sha256=hospital.sha256(version), open_slots=("director",), file=digest,
                          state=State.PARTLY_SIGNED)


def test_the_second_signature_joins_the_first_in_one_good_file(
    room: Room, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    version, pdf = signed_by_ward_head(plugged)
    view = at_server(version, pdf, little)
    part_b = hospital.entry(UUID(int=5), form=COVER.model_copy(update={"kind": "part_b"}))
    task = slot_task(room.desk, hospital.chart([view, part_b]), view, "director")
    assert task.refusals() == ()
    act = room.model.begin([task])
    room.until(lambda: act.stage is Stage.READY)
    act.sign(Pin(PIN))
    room.until(lambda: bool(little.signed) or act.lines[0].state is LineState.REFUSED)
    assert act.lines[0].refusals == ()
    trust = Trust.from_pem(*(text.encode() for text in doctors_token.trust()))
    verdict = judge(little.signed[0].pdf, trust, utc_now(), expected=version)
    assert verdict.good, verdict.reasons
    assert [one.slot for one in verdict.signatures] == ["ward_head", "director"]
    assert little.signed[0].query["slot"] == "director"


def test_a_file_that_was_changed_on_its_way_is_never_signed(
    room: Room, plugged: Config, little: LittleServer,
) -> None:
    version, pdf = signed_by_ward_head(plugged)
    other = version.model_copy(update={"values": {"note": "khác"}})
    view = at_server(version, pdf, little)
    claimed = view.model_copy(update={"body": other.model_dump(mode="json")})
    part_b = hospital.entry(UUID(int=5), form=COVER.model_copy(update={"kind": "part_b"}))
    act = room.model.begin([slot_task(room.desk, hospital.chart([claimed, part_b]), claimed, "director")])
    room.until(lambda: act.stage is Stage.READY)
    act.sign(Pin(PIN))
    room.until(lambda: act.lines[0].state is LineState.REFUSED)
    assert "version_other_content" in [reason.code for reason in act.lines[0].refusals]
    assert little.signed == []


def test_a_slot_waits_for_the_one_before_it(room: Room, plugged: Config, little: LittleServer) -> None:
    version, pdf = signed_by_ward_head(plugged)
    view = at_server(version, pdf, little).model_copy(update={"signatures": ()})
    refusals = slot_task(room.desk, hospital.chart([view]), view, "director").refusals()
    assert {"slot_waits_for_slot", "kind_waits_for_kind"} <= {reason.code for reason in refusals}
