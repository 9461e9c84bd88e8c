"""Demo people at their PCs: session, desk, chart, tokens; and the cable to the server, which can be pulled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.entries import Version
from records.forms import current_form
from records.render import render_entry, slot_field
from records.signatures import mark_for
from scripts.demo_history import Known
from server.demo.home import hospital_data
from tests.journeys.cable import Cable
from tests.journeys.conftest import Town
from workstation.background import Background
from workstation.client import Client
from workstation.models.chart import ChartModel
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.session import SessionModel
from workstation.models.sync import SyncModel
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner

DOCTOR = "ha.lethu"
PATIENT_NO = "0026-18842"
SitDown = Callable[..., "Place"]


@dataclass
class Place:
    """One person at one PC: session, desk, and the chart that is open."""

    session: SessionModel
    desk: Desk
    chart: ChartModel


@pytest.fixture
def sit_down(town: Town, qtbot: QtBot, tmp_path: Path) -> Iterator[SitDown]:
    places: list[Place] = []

    def sit(username: str = DOCTOR, pc: str = "pc", port: int = 0, encounter: UUID | None = None) -> Place:
        background = Background()
        url = f"https://127.0.0.1:{port or town.port}"
        client = Client(url, town.config.ca_file, timeout_s=10, workstation=pc)
        config = town.config.model_copy(update={"data_dir": tmp_path / pc, "use_keyring": False})
        session = SessionModel(config, client, background)
        with qtbot.waitSignal(session.opened, timeout=20_000):
            session.sign_in(username, town.account(username)["password"])
        assert session.store is not None
        assert session.account is not None
        sync = SyncModel(session.store, client, background, session.account)
        session.renewed.connect(sync.renewed)
        session.closing.connect(sync.stop)
        desk = Desk(session.account, session.store, client, background, sync)
        sync.start()
        chart = ChartModel(desk, encounter or encounter_of(town), sync)
        with qtbot.waitSignal(chart.loaded, timeout=20_000):
            chart.load()
        places.append(Place(session, desk, chart))
        return places[-1]

    yield sit
    for place in places:
        place.session.sign_out()
    qtbot.waitUntil(lambda: not any(place.desk.background.running for place in places), timeout=20_000)
    for place in places:
        place.desk.client.close()
        assert place.desk.background.stop()


_encounters: dict[int, UUID] = {}


def encounter_of(town: Town) -> UUID:
    """The demo patient's stay; asked once, because later the server may be away."""
    if town.port not in _encounters:
        client = town.client(DOCTOR)
        found = client.patients(PATIENT_NO)[0].encounter
        client.close()
        assert found is not None
        _encounters[town.port] = found
    return _encounters[town.port]


def begin(qtbot: QtBot, place: Place) -> EditorModel:
    form = current_form("36/BV2", datetime.now(UTC).date())
    with qtbot.waitSignal(place.chart.draft_ready) as told:
        place.chart.begin(form, form.kind("row"))
    assert told.args is not None
    editor = place.chart.editor(told.args[0])
    editor.set_value("diagnosis", {"text": "Viêm phổi thùy dưới phải", "code": "J18.1"})
    return editor


def signed_by_token(town: Town, place: Place, version: Version, username: str = DOCTOR) -> bytes:
    """What that person's token makes of the version."""
    account, person = town.account(username), place.desk.account.person
    holder = next(one["national_id"] for one in hospital_data()["staff"] if one["username"] == username)
    done: list[Outcome] = []
    with TokenSigner([str(module) for module in town.config.pkcs11_modules],
                     env=town.config.pkcs11_environment) as signer:
        prompter = Known(account["pin"])
        identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=holder), prompter)
        document = Document(
            str(version.entry), slot_field("doctor"), lambda: render_entry(version),
            lambda held, at: mark_for(version, "doctor", full_name=held.full_name, title=person.title, signed_at=at,
                                      certificate_serial=held.serial, certificate_issuer=held.issuer))
        Stack(signer, identity, [document], told=done.append, now=place.desk.client.clock.server_now).run(prompter)
    assert done[0].signed is not None, done[0].reasons
    return done[0].signed


@pytest.fixture
def cable(town: Town) -> Iterator[Cable]:
    """The way from one PC to the server."""
    with Cable(town.port) as pulled:
        yield pulled
