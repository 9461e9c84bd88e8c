"""Dr Hà without a token at a PC, the hospital's server, and the services that ring her phone: for journeys."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from tests.databases import Database
from tests.journeys.places import Place, begin
from tests.sandbox.program import Sandbox
from tests.server import remote
from tests.server.house import PASSWORD, House, build, enrol, served, settle_in
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config
from workstation.models.chart import ChartModel
from workstation.models.desk import Desk
from workstation.models.session import SessionModel
from workstation.models.signing import LineState, SigningAct, SigningModel, Stage
from workstation.models.signing_tasks import Task, draft_task
from workstation.models.sync import SyncModel
from workstation.signing.base import Identity

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
    """Dr Hà at a PC without a token; the program can be closed and opened again."""

    place: Place
    model: SigningModel
    qtbot: QtBot
    server: Server
    folder: Path

    def until(self, so: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(so, timeout=30_000)

    def rows(self, count: int) -> SigningAct:
        """So many rows, written and ready to be signed."""
        act = self.model.begin(draft_tasks(self.qtbot, self.place, count))
        self.until(lambda: act.stage is not Stage.LOOKING)
        return act

    def close(self) -> None:
        """She goes home: the program ends."""
        self.model.close()
        self.place.desk.sync.stop()
        self.place.chart.deleteLater()
        self.qtbot.wait(0)
        background = self.place.desk.background
        self.until(lambda: background.running == 0)
        self.place.desk.store.close()
        self.place.desk.client.close()

    def open(self) -> None:
        """She signs in again, at the same PC."""
        self.place, self.model = at_her_pc(self.server.house, self.folder, self.qtbot)


def at_her_pc(house: House, folder: Path, qtbot: QtBot, username: str = "ha") -> tuple[Place, SigningModel]:
    """As `sat_down`, in this test's hospital."""
    return sat_down(house.url, house.settings.home / "tls" / "ca.pem", house.encounter, folder, qtbot, username)


def draft_tasks(qtbot: QtBot, place: Place, count: int) -> list[Task]:
    """So many rows of the treatment sheet, written and to be signed."""
    chart = place.chart.chart
    assert chart is not None
    tasks = []
    for number in range(count):
        editor = begin(qtbot, place)
        editor.set_value("plan", f"Y lệnh thứ {number + 1}")
        tasks.append(draft_task(place.desk, chart, editor))
    return tasks


def sat_down(url: str, ca: Path, encounter: UUID, folder: Path, qtbot: QtBot,
             username: str = "ha") -> tuple[Place, SigningModel]:
    """Signed in, with her patient's chart open."""
    config = Config(server_url=url, ca_file=ca, data_dir=folder, use_keyring=False)
    background, client = Background(), Client(url, config.ca_file, timeout_s=10, workstation="pc")
    session = SessionModel(config, client, background)
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.sign_in(username, PASSWORD)
    assert session.store is not None
    assert session.account is not None
    sync = SyncModel(session.store, client, background, session.account)
    desk = Desk(session.account, session.store, client, background, sync)
    sync.start()
    chart = ChartModel(desk, encounter, sync)
    with qtbot.waitSignal(chart.loaded, timeout=20_000):
        chart.load()
    return Place(session, desk, chart), SigningModel(desk, config)


@pytest.fixture
def room(server: Server, tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    made = Room(*at_her_pc(server.house, tmp_path / "pc", qtbot), qtbot, server, tmp_path / "pc")
    yield made
    made.close()


def choose(act: SigningAct, kind: str) -> Identity:
    """One of her certificates, as she picks it from the list."""
    assert act.found is not None
    chosen = next(one for one in act.found.identities if one.module == f"remote:{kind}")
    act.choose(chosen)
    return chosen


def codes(act: SigningAct) -> list[str]:
    return [reason.code for reason in act.refusal.reasons] if act.refusal is not None else []


def states(act: SigningAct) -> list[LineState]:
    return [line.state for line in act.lines]
