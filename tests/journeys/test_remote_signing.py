"""Dr Hà has no token: she signs ten treatment rows with her key at a remote service, whatever phone and service do."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from server.store import base
from tests.databases import Database
from tests.journeys.places import Place, begin
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import OTP, PIN
from tests.server import remote
from tests.server.house import PASSWORD, House, build, enrol, served, settle_in
from tests.server.remote import conduct
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config
from workstation.models.chart import ChartModel
from workstation.models.desk import Desk
from workstation.models.session import SessionModel
from workstation.models.signing import LineState, SigningAct, SigningModel, Stage
from workstation.models.signing_tasks import draft_task
from workstation.models.sync import SyncModel
from workstation.signing.base import Identity, Pin

TEN = 10


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with remote.sandbox_of(tmp_path / "sandbox") as made:
        yield made


@dataclass
class Server:
    """The hospital's server, which can be stopped and started."""

    house: House
    running: ExitStack

    def stop(self) -> None:
        self.running.close()

    def start(self) -> None:
        self.running.enter_context(served(self.house.settings))


@pytest.fixture
def server(database: Database, tmp_path: Path, sandbox: Sandbox) -> Iterator[Server]:
    settings, hospital = build(tmp_path / "house", database.dsn)
    remote.write_accounts(settings.home / "keys" / "remote_signing.toml", sandbox)
    trusted = ssl.create_default_context(cafile=settings.home / "tls" / "ca.pem")
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, {})
    settle_in(house)
    enrol(house, "ha")
    with ExitStack() as running:
        made = Server(house, running)
        made.start()
        yield made
    hospital.close()


@dataclass
class Room:
    """Dr Hà at a PC without a token."""

    place: Place
    model: SigningModel
    qtbot: QtBot

    def until(self, so: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(so, timeout=30_000)

    def rows(self, count: int) -> SigningAct:
        """So many rows, written and ready to be signed."""
        chart = self.place.chart.chart
        assert chart is not None
        tasks = []
        for number in range(count):
            editor = begin(self.qtbot, self.place)
            editor.set_value("plan", f"Y lệnh thứ {number + 1}")
            tasks.append(draft_task(self.place.desk, chart, editor))
        act = self.model.begin(tasks)
        self.until(lambda: act.stage is not Stage.LOOKING)
        return act


@pytest.fixture
def room(server: Server, tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    house = server.house
    config = Config(server_url=house.url, ca_file=house.settings.home / "tls" / "ca.pem", data_dir=tmp_path / "pc",
                    use_keyring=False)
    background, client = Background(), Client(house.url, config.ca_file, timeout_s=10, workstation="pc")
    session = SessionModel(config, client, background)
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.sign_in("ha", PASSWORD)
    assert session.store is not None
    assert session.account is not None
    sync = SyncModel(session.store, client, background, session.account)
    desk = Desk(session.account, session.store, client, background, sync)
    sync.start()
    chart = ChartModel(desk, house.encounter, sync)
    with qtbot.waitSignal(chart.loaded, timeout=20_000):
        chart.load()
    model = SigningModel(desk, config)
    yield Room(Place(session, desk, chart), model, qtbot)
    model.close()
    sync.stop()
    qtbot.waitUntil(lambda: background.running == 0, timeout=20_000)
    client.close()


def choose(room: Room, act: SigningAct, kind: str) -> Identity:
    """One of her certificates, as she picks it from the list."""
    assert act.found is not None
    chosen = next(one for one in act.found.identities if one.module == f"remote:{kind}")
    act.choose(chosen)
    return chosen


def codes(act: SigningAct) -> list[str]:
    return [reason.code for reason in act.refusal.reasons] if act.refusal is not None else []


def states(act: SigningAct) -> list[LineState]:
    return [line.state for line in act.lines]


def test_ten_rows_with_one_tap_after_a_refusal_and_a_restart_of_the_server(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    act = room.rows(TEN)
    choose(room, act, "smartca")
    assert act.on_token
    conduct(sandbox, "smartca").phone = "refuse"
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["remote_refused_on_phone"]
    assert act.refusal is not None
    assert "điện thoại" in act.refusal.vietnamese
    assert states(act) == [LineState.WAITING] * TEN
    conduct(sandbox, "smartca").phone = "silent"
    act.sign(Pin(""))
    room.until(lambda: len(sandbox.calls("smartca", "/status")) > 1)
    server.stop()
    conduct(sandbox, "smartca").phone = "approve"
    server.start()
    room.until(lambda: act.stage is Stage.DONE)
    room.until(lambda: states(act) == [LineState.RECEIVED] * TEN)
    assert len(sandbox.calls("smartca", "/v1/signatures/sign")) == 2  # the refused one and the one that was signed
    with base.transaction(server.house.hospital.engine) as db:
        assert db.execute(text("SELECT count(*) FROM signatures")).scalar_one() == TEN


def test_half_a_list_leaves_half_unsigned_and_the_rest_is_signed_by_asking_again(
    room: Room, sandbox: Sandbox,
) -> None:
    act = room.rows(TEN)
    choose(room, act, "mysign")
    conduct(sandbox, "mysign").gives = "half"
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["remote_signatures_missing"]
    assert len(act.left) == TEN // 2
    conduct(sandbox, "mysign").gives = "all"
    act.sign(Pin(""))
    room.until(lambda: states(act) == [LineState.RECEIVED] * TEN)


@pytest.mark.parametrize(("field", "value", "code"), [
    ("gives", "other_key", "remote_signature_wrong"), ("gives", "wrong", "remote_signature_wrong"),
    ("down", "cut", "remote_service_away"), ("down", "401", "remote_service_login"),
    ("phone", "late", "remote_too_late"),
])
def test_a_wrong_answer_signs_nothing_and_the_same_act_goes_on_later(
    room: Room, sandbox: Sandbox, field: str, value: str, code: str,
) -> None:
    act = room.rows(2)
    choose(room, act, "csc2")
    setattr(conduct(sandbox, "csc2"), field, value)
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == [code]
    assert states(act) == [LineState.WAITING] * 2
    setattr(conduct(sandbox, "csc2"), field, {"gives": "all", "down": "", "phone": "approve"}[field])
    act.sign(Pin(""))
    room.until(lambda: states(act) == [LineState.RECEIVED] * 2)


def test_who_waits_no_longer_signs_nothing(room: Room, sandbox: Sandbox) -> None:
    act = room.rows(2)
    choose(room, act, "smartca")
    conduct(sandbox, "smartca").phone = "silent"
    act.sign(Pin(""))
    room.until(lambda: len(sandbox.calls("smartca", "/status")) > 0)
    act.stop()
    room.until(lambda: act.stage is Stage.PAUSED)
    assert act.refusal is None
    assert states(act) == [LineState.WAITING] * 2
    assert room.place.desk.client.remote_certificates(5)


@pytest.mark.parametrize("kind", ["csc1", "smartca_code"])
def test_pin_and_one_time_code_are_asked_one_after_the_other(room: Room, sandbox: Sandbox, kind: str) -> None:
    act = room.rows(2)
    choose(room, act, kind)
    assert not act.on_token
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.ASKING)
    assert [reason.code for reason in act.notices] == ["remote_code_next"]
    act.sign(Pin(OTP))
    room.until(lambda: states(act) == [LineState.RECEIVED] * 2)
