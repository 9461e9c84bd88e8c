"""A stack is disturbed at a moment that chance draws: each document is unsigned or accepted once, the rest is signed.

The token is pulled, its login lost, the cable cut, the server killed (-9), the workstation killed (-9).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pytestqt.qtbot import QtBot

from records.pades import judge
from server.demo.tokens import TokenHome, make_home, make_token
from server.store.base import plain_dsn
from tests.databases import Database
from tests.journeys.cable import Cable
from tests.journeys.phones import Room, Server, sat_down
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.server.house import House, build, enrol, issued, settle_in
from tests.soak.killing import HALF
from tests.soak.test_phone_killed import ROOT, serving
from workstation.config import Config
from workstation.drafts import CommandState
from workstation.models.editor import EditorModel
from workstation.models.signing import LineState, SigningModel, Stage
from workstation.models.signing_tasks import draft_task
from workstation.signing.base import Pin

__all__ = ["p11shim", "p11shim_module"]
PIN = "73915602"
ROWS = 6
SLOW = "C_Sign delay 120"
"""As long as a quick token takes; the whole stack takes about a second."""
EVENTS = ("token pulled", "login lost", "cable cut", "server killed", "workstation killed")
SAMPLE = ("login lost", "server killed", "workstation killed")
"""What `make test` plays; the journeys pull a token and cut a cable too, in stories of their own."""
WHOLE = 20
Told = Callable[[str, object], None]


@dataclass
class Ward:
    """One hospital, one PC, one token, and what may happen to each of them."""

    house: House
    shim: Shim
    tokens: TokenHome
    folder: Path
    running: ExitStack = field(default_factory=ExitStack)
    cables: ExitStack = field(default_factory=ExitStack)
    cable: Cable | None = None

    @property
    def ca(self) -> Path:
        return self.house.settings.home / "tls" / "ca.pem"

    def serve(self) -> None:
        self.running.enter_context(serving(self.house))

    def victim(self, *, by_cable: bool) -> subprocess.Popen[str]:
        self.cable = self.cables.enter_context(Cable(self.house.settings.port)) if by_cable else None
        url = f"https://127.0.0.1:{self.cable.port}" if self.cable else self.house.url
        want = {"url": url, "ca": str(self.ca), "folder": str(self.folder), "count": ROWS, "pin": PIN,
                "encounter": str(self.house.encounter), "module": self.shim.module,
                "env": {**self.shim.env, **self.tokens.env}}
        program = [sys.executable, "-m", "tests.soak.stack_victim", json.dumps(want)]
        return subprocess.Popen(program, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def happens(self, event: str, victim: subprocess.Popen[str]) -> None:
        match event:
            case "token pulled":
                self.shim.says("C_Sign CKR_DEVICE_REMOVED", "absent")
            case "login lost":
                self.shim.says("C_Sign CKR_USER_NOT_LOGGED_IN")
            case "cable cut":
                assert self.cable is not None
                self.cable.pull()
            case "server killed":
                self.running.close()
            case "workstation killed":
                victim.kill()

    def mend(self, event: str) -> None:
        self.shim.says(SLOW)
        if self.cable is not None:
            self.cable.plug()
        if event == "server killed":
            self.serve()

    def back_at_her_pc(self, qtbot: QtBot) -> Room:
        place, _ = sat_down(self.house.url, self.ca, self.house.encounter, self.folder, qtbot)
        config = Config(server_url=self.house.url, pkcs11_modules=(Path(self.shim.module),),
                        pkcs11_environment={**self.shim.env, **self.tokens.env})
        return Room(place, SigningModel(place.desk, config), qtbot, Server(self.house, self.running), self.folder)


@pytest.fixture
def ward(database: Database, tmp_path: Path, p11shim: Shim) -> Iterator[Ward]:
    settings, hospital = build(tmp_path / "house", database.dsn)
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", None, {})  # type: ignore[arg-type]  # unused
    settle_in(house)
    enrol(house, "ha")
    tokens = make_home(tmp_path / "token")
    make_token(tokens, "Le Thu Ha", PIN, issued("ha"))
    made = Ward(house, p11shim, tokens, tmp_path / "pc")
    with made.running, made.cables:
        made.serve()
        yield made
    hospital.close()


def disturbed(ward: Ward, event: str, chance: random.Random) -> set[UUID]:
    """A stack is begun, something happens, it is mended; perhaps the same program goes on. The entries of the stack."""
    ward.shim.says(SLOW)
    with ward.victim(by_cable=event == "cable cut") as victim:
        assert victim.stdin is not None
        assert victim.stdout is not None
        wanted = set(map(UUID, victim.stdout.readline().split()))
        assert len(wanted) == ROWS
        print("sign", file=victim.stdin, flush=True)
        threading.Event().wait(chance.uniform(0, 0.2 + 0.2 * ROWS))  # nothing is waited for: the chance that was drawn
        ward.happens(event, victim)
        ended = victim.stdout.readline().split()
        assert ended or event == "workstation killed"  # which may come when the stack is done already
        if chance.random() < 0.5:
            ward.mend(event)
            if ended[:1] == [Stage.PAUSED.value]:
                print("sign", file=victim.stdin, flush=True)
                assert victim.stdout.readline().split() == [Stage.DONE.value]
            threading.Event().wait(chance.uniform(0, 1))
            victim.kill()
        else:
            victim.kill()
            ward.mend(event)
    return wanted


def resumed(ward: Ward, qtbot: QtBot, wanted: set[UUID]) -> int:
    """She signs in again: what is signed is there once, what is not is a draft and gets signed. How many those were."""
    room = ward.back_at_her_pc(qtbot)
    try:
        desk = room.place.desk
        room.until(lambda: desk.sync.is_listening and not desk.store.commands(CommandState.WAITING))
        done = signed(ward.house)
        drafts = {draft.entry: draft for draft in desk.store.drafts() if draft.entry in wanted}
        assert all(draft.command is None for draft in drafts.values()), "closed, and nothing on its way"
        assert not set(drafts) & set(done), "signed and unsigned at once"
        assert set(drafts) | set(done) >= wanted, "lost"
        assert not desk.store.commands(CommandState.REFUSED, CommandState.QUARANTINED)
        chart = room.place.chart.chart
        assert chart is not None
        if drafts:
            act = room.model.begin([draft_task(desk, chart, EditorModel(desk, chart, draft, None, desk.sync))
                                    for draft in drafts.values()])
            room.until(lambda: act.stage is Stage.READY)
            act.sign(Pin(PIN))
            room.until(lambda: all(line.state is LineState.RECEIVED for line in act.lines))
        hold_to_it(ward.house, room, wanted)
        return len(drafts)
    finally:
        room.close()


def signed(house: House) -> list[UUID]:
    with psycopg.connect(plain_dsn(house.settings.dsn)) as db:
        return [row[0] for row in db.execute("SELECT entry FROM signatures").fetchall()]


def hold_to_it(house: House, room: Room, wanted: set[UUID]) -> None:
    """Everything is there once and whole, and each file is good."""
    with psycopg.connect(plain_dsn(house.settings.dsn)) as db:
        half = db.execute(HALF, {"e": house.encounter}).fetchall()
    assert half == [], half
    assert sorted(entry for entry in signed(house) if entry in wanted) == sorted(wanted)
    client = room.place.desk.client
    for view in client.chart(house.encounter).entries:
        if view.id in wanted:
            verdict = judge(client.file(view.file), house.hospital.trust, client.clock.server_now())
            assert verdict.good, verdict.reasons


def disturb(ward: Ward, qtbot: QtBot, events: Sequence[str], chance: random.Random, told: Told) -> None:
    left = 0
    for event in events:
        wanted = disturbed(ward, event, chance)
        left += resumed(ward, qtbot, wanted)
    told("disturbed stacks", len(events))
    told("documents", ROWS * len(events))
    told("signed after the restart", left)


def test_a_disturbed_stack_leaves_each_document_unsigned_or_accepted_once(
    ward: Ward, qtbot: QtBot, record_property: Told,
) -> None:
    disturb(ward, qtbot, SAMPLE, random.Random(20261125), record_property)


@pytest.mark.soak
def test_a_stack_disturbed_many_times_leaves_each_document_unsigned_or_accepted_once(
    ward: Ward, qtbot: QtBot, record_property: Told,
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    record_property("seed", seed)
    disturb(ward, qtbot, EVENTS * WHOLE, random.Random(seed), record_property)
