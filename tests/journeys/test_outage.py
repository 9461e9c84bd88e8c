"""The server goes away in the middle of a doctor's work and comes back; two people write one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.entries import State, Version
from records.forms import current_form
from records.messages import Chart
from records.render import render_entry, slot_field
from records.signatures import mark_for
from scripts.demo_history import Known
from tests.journeys.conftest import Town
from workstation.background import Background
from workstation.client import Client
from workstation.models.chart import ChartModel, ItemState
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.session import SessionModel
from workstation.models.sync import SyncModel
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner

pytestmark = pytest.mark.xdist_group("journeys")
DOCTOR = "ha.lethu"
PATIENT_NO = "0026-18842"


@dataclass
class Place:
    """One person at one PC: session, desk, and the chart that is open."""

    session: SessionModel
    desk: Desk
    chart: ChartModel


@pytest.fixture
def sit_down(town: Town, qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    places: list[Place] = []

    def sit(username: str = DOCTOR, pc: str = "pc") -> Place:
        background = Background()
        client = Client(town.config.server_url, town.config.ca_file, timeout_s=10, workstation=pc)
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
        chart = ChartModel(desk, encounter_of(town), sync)
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
    """What the doctor's token makes of the version."""
    account, person = town.account(username), place.desk.account.person
    done: list[Outcome] = []
    with TokenSigner([str(module) for module in town.config.pkcs11_modules]) as signer:
        prompter = Known(account["pin"])
        identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=person.national_id), prompter)
        document = Document(
            str(version.entry), slot_field("doctor"), lambda: render_entry(version),
            lambda held, at: mark_for(version, "doctor", full_name=held.full_name, title=person.title, signed_at=at,
                                      certificate_serial=held.serial, certificate_issuer=held.issuer))
        Stack(signer, identity, [document], told=done.append, now=place.desk.client.clock.server_now).run(prompter)
    assert done[0].signed is not None, done[0].reasons
    return done[0].signed


def fresh(town: Town) -> Chart:
    client = town.client(DOCTOR)
    chart = client.chart(encounter_of(town))
    client.close()
    return chart


def test_a_row_signed_while_the_server_is_away_arrives_once_and_is_marked(
    town: Town, qtbot: QtBot, sit_down: Callable[..., Place],
) -> None:
    place = sit_down()
    sync = place.desk.sync
    editor = begin(qtbot, place)
    editor.set_value("plan", "Tiếp tục kháng sinh")
    qtbot.waitUntil(lambda: editor.received_line != "", timeout=20_000)
    assert town.stop() == 0
    sync.retry_now()
    qtbot.waitUntil(lambda: place.desk.away, timeout=20_000)
    editor.set_value("plan", "Tiếp tục kháng sinh ngày 3")
    qtbot.waitUntil(lambda: editor.draft.waiting and editor.saved_line != "", timeout=20_000)
    version = editor.to_version()
    editor.signed(signed_by_token(town, place, version), "doctor")
    qtbot.waitUntil(lambda: len(sync.status.waiting) == 1, timeout=20_000)
    item = place.chart.item(version.entry)
    assert item is not None
    assert sync.status.offline_line.startswith("Mất kết nối từ ")
    town.start()
    sync.retry_now()
    qtbot.waitUntil(lambda: not sync.status.waiting, timeout=30_000)
    assert sync.status.refused == ()
    qtbot.waitUntil(lambda: getattr(place.chart.item(version.entry), "state", None) is ItemState.SIGNED,
                    timeout=20_000)
    there = [view for view in fresh(town).entries if view.id == version.entry]
    assert [(view.state, view.body["values"]["plan"]) for view in there] == [
        (State.SIGNED, "Tiếp tục kháng sinh ngày 3")]
    assert there[0].signatures[0].offline
    assert place.desk.store.draft(version.entry) is None


def test_the_same_person_finds_the_draft_on_the_next_pc_and_nothing_is_lost_when_both_write(
    town: Town, qtbot: QtBot, sit_down: Callable[..., Place],
) -> None:
    here = sit_down(pc="pc1")
    mine = begin(qtbot, here)
    mine.set_value("plan", "viết ở máy một")
    qtbot.waitUntil(lambda: mine.received_line != "", timeout=20_000)
    there = sit_down(pc="pc2")
    entry = mine.draft.entry
    qtbot.waitUntil(lambda: there.chart.item(entry) is not None, timeout=20_000)
    with qtbot.waitSignal(there.chart.draft_ready, timeout=20_000) as told:
        there.chart.open_draft(entry)
    assert told.args is not None
    other = there.chart.editor(told.args[0])
    assert other.value("plan") == "viết ở máy một"
    other.set_value("objective", "khám ở máy hai")
    qtbot.waitUntil(lambda: not other.draft.waiting and other.received_line != "", timeout=20_000)
    mine.set_value("plan", "viết tiếp ở máy một")
    both = {"plan": "viết tiếp ở máy một", "objective": "khám ở máy hai"}
    qtbot.waitUntil(lambda: both.items() <= dict(mine.values).items(), timeout=30_000)
    qtbot.waitUntil(lambda: both.items() <= dict(other.values).items(), timeout=30_000)
    mine.drop()
    qtbot.waitUntil(lambda: here.desk.sync.status.waiting_count == 0, timeout=20_000)


def test_two_doctors_correct_one_row_and_both_texts_are_kept_until_one_chooses(
    town: Town, qtbot: QtBot, sit_down: Callable[..., Place],
) -> None:
    first = sit_down(pc="pc1")
    row = begin(qtbot, first)
    row.set_value("plan", "Tiếp tục")
    version = row.to_version()
    with qtbot.waitSignal(first.desk.sync.entry_accepted, timeout=30_000):
        row.signed(signed_by_token(town, first, version), "doctor")
    second = sit_down("son.nguyenvan", pc="pc2")

    def correct(place: Place, plan: str) -> EditorModel:
        qtbot.waitUntil(lambda: getattr(place.chart.item(version.entry), "view", None) is not None, timeout=20_000)
        with qtbot.waitSignal(place.chart.draft_ready, timeout=20_000) as told:
            place.chart.correct(version.entry, "Ghi nhầm")
        assert told.args is not None
        editor = place.chart.editor(told.args[0])
        editor.set_value("plan", plan)
        return editor

    mine = correct(first, "Đổi thuốc")
    qtbot.waitUntil(lambda: mine.received_line != "", timeout=20_000)
    theirs = correct(second, "Ngừng thuốc")
    qtbot.waitUntil(lambda: theirs.conflict_fields != (), timeout=20_000)
    assert [(field.old, field.new) for field in theirs.conflict_fields] == [("Đổi thuốc", "Ngừng thuốc")]
    assert mine.value("plan") == "Đổi thuốc"
    theirs.join()
    qtbot.waitUntil(lambda: theirs.received_line != "" and not theirs.draft.waiting, timeout=20_000)
    assert theirs.value("plan") == "Đổi thuốc\nNgừng thuốc"
    for editor in (mine, theirs):
        editor.drop()
    qtbot.waitUntil(lambda: not any(place.desk.sync.status.waiting_count for place in (first, second)), timeout=20_000)
