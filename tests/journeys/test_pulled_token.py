"""The token is pulled in the middle of ten documents: what is signed stays, the rest waits for that very token."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from records.messages import EntryView
from server.demo.tokens import TokenHome, make_home
from tests.journeys.conftest import Town
from tests.journeys.places import DOCTOR, Place, SitDown, begin, encounter_of, sit_down
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from workstation.drafts import CommandState
from workstation.models.signing import LineState, SigningAct, SigningModel, Stage
from workstation.models.signing_tasks import draft_task
from workstation.signing.base import Pin

__all__ = ["p11shim", "p11shim_module", "sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
TEN, BEFORE = 10, 4


@dataclass
class Slot:
    """The PC's one slot: whose token is in it."""

    town: Town
    home: TokenHome

    def put_in(self, username: str) -> None:
        """That person's token, and no other."""
        self.pull()
        label = self.town.account(username)["token"].encode()
        (token,) = (folder for folder in self.town.home.tokens.objects.iterdir()
                    if label in (folder / "token.object").read_bytes())
        shutil.copytree(token, self.home.objects / token.name)

    def pull(self) -> None:
        """No token."""
        shutil.rmtree(self.home.objects)
        self.home.objects.mkdir(mode=0o700)


@pytest.fixture
def slot(town: Town, tmp_path: Path) -> Slot:
    return Slot(town, make_home(tmp_path / "slot"))


@dataclass
class Room:
    """Dr Hà at her PC with ten treatment rows to sign."""

    place: Place
    model: SigningModel
    act: SigningAct
    until: Callable[[Callable[[], bool]], None]

    @property
    def refusals(self) -> list[str]:
        """Why the act stands still."""
        return [reason.code for reason in self.act.refusal.reasons] if self.act.refusal is not None else []


@pytest.fixture
def room(town: Town, slot: Slot, p11shim: Shim, qtbot: QtBot, sit_down: SitDown) -> Iterator[Room]:
    place = sit_down()
    slot.put_in(DOCTOR)
    config = town.config.model_copy(update={
        "pkcs11_modules": (Path(p11shim.module),), "pkcs11_environment": {**p11shim.env, **slot.home.env}})
    model = SigningModel(place.desk, config)
    chart = place.chart.chart
    assert chart is not None
    tasks = []
    for number in range(1, TEN + 1):
        editor = begin(qtbot, place)
        editor.set_value("plan", f"Y lệnh thứ {number}")
        tasks.append(draft_task(place.desk, chart, editor))
    act = model.begin(tasks)
    made = Room(place, model, act, lambda so: qtbot.waitUntil(so, timeout=30_000))
    made.until(lambda: act.stage is Stage.READY)
    yield made
    model.close()


def at_the_server(town: Town, act: SigningAct) -> list[EntryView]:
    """What the server has of the ten, in their order."""
    client = town.client(DOCTOR)
    views = {view.id: view for view in client.chart(encounter_of(town)).entries}
    return [views[line.task.entry] for line in act.lines if line.task.entry in views]


def test_ten_documents_are_signed_though_the_token_is_pulled_and_another_one_put_in(
    town: Town, room: Room, slot: Slot, p11shim: Shim, tmp_path: Path,
) -> None:
    act, pin = room.act, town.account(DOCTOR)["pin"]
    ten = [line.task.entry for line in act.lines]
    p11shim.says(f"C_Sign CKR_DEVICE_REMOVED after {BEFORE}")
    act.sign(Pin(pin))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert room.refusals == ["token_pulled"]
    room.until(lambda: [line.state for line in act.lines[:BEFORE]] == [LineState.RECEIVED] * BEFORE)
    assert [view.id for view in at_the_server(town, act)] == ten[:BEFORE]
    store = room.place.desk.store
    assert [entry for entry in ten if store.draft(entry) is not None] == ten[BEFORE:]
    assert not store.commands(CommandState.WAITING)

    slot.put_in("son.nguyenvan")
    p11shim.clear()
    act.sign(Pin(pin))
    room.until(lambda: not act.running)
    assert (act.stage, room.refusals) == (Stage.PAUSED, ["token_absent"])
    assert [line.task.entry for line in act.left] == ten[BEFORE:]
    assert len(at_the_server(town, act)) == BEFORE

    slot.put_in(DOCTOR)
    act.look()
    room.until(lambda: act.stage is Stage.PAUSED and act.refusal is None)
    act.sign(Pin(pin))
    room.until(lambda: [line.state for line in act.lines] == [LineState.RECEIVED] * TEN)
    views = at_the_server(town, act)
    assert [view.id for view in views] == ten
    assert len({view.signatures[0].certificate_serial for view in views}) == 1
    assert [view.body["values"]["plan"] for view in views] == [f"Y lệnh thứ {number + 1}" for number in range(TEN)]
    files = keep(town, views, tmp_path)
    checked = town.benhan_server("check", "--json", "--trust", town.home.trust, *files)
    assert checked.returncode == 0, checked.stdout
    assert len(json.loads(checked.stdout)) == TEN


def keep(town: Town, views: list[EntryView], folder: Path) -> list[Path]:
    """The signed files as anybody may take them away."""
    client = town.client(DOCTOR)
    files = []
    for number, view in enumerate(views):
        files.append(folder / f"{number}.pdf")
        files[-1].write_bytes(client.file(view.file))
    return files
