"""kill -9 of workstation or server while a phone is asked: each document is signed once or its draft is open again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from server.store import base
from server.store.remote_signings import LEASE
from tests.journeys.phones import Room, Server, at_her_pc, choose, sandbox, server, states
from tests.sandbox.program import Sandbox
from tests.server.house import House
from tests.server.remote import conduct
from tests.soak.phone_victim import POINTS
from workstation.models.signing import LineState, Stage
from workstation.signing.base import Pin

__all__ = ["sandbox", "server"]
ROOT = Path(__file__).parents[2]
KIND, ROWS = "smartca", 3
SAMPLE, WHOLE = 2, 80
SERVER_SAMPLE, SERVER_WHOLE = 1, 40
PATIENCE_MS = 1000 * int(LEASE.total_seconds() + 30)
"""What a killed server had in hand comes back after its lease, and is then told to the person."""
Told = Callable[[str, object], None]
SERVE = """
import sys
from server import serving
from server.settings import Settings
serving.build(Settings.model_validate_json(sys.stdin.readline()), lambda: print("READY", flush=True)).run()
"""


@contextmanager
def victim(server: Server, folder: Path, rows: int, point: str = "") -> Iterator[subprocess.Popen[str]]:
    """A workstation in a process of its own."""
    house = server.house
    arguments = [house.url, str(house.settings.home / "tls" / "ca.pem"), str(folder), str(house.encounter), str(rows),
                 point]
    with subprocess.Popen([sys.executable, "-m", "tests.soak.phone_victim", *arguments], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def asked(process: subprocess.Popen[str]) -> set[UUID]:
    """The entries that it has written, and asks for now."""
    assert process.stdout is not None
    wanted = set(map(UUID, process.stdout.readline().split()))
    assert len(wanted) == ROWS
    return wanted


def asked_and_killed(server: Server, folder: Path, after_s: float) -> set[UUID]:
    """A workstation asks for the tap and is killed so long after it began to; the entries that it had written."""
    with victim(server, folder, ROWS) as process:
        wanted = asked(process)
        threading.Event().wait(after_s)  # nothing is waited for: this is the chance that was drawn
    return wanted


def dies_by_itself(process: subprocess.Popen[str]) -> None:
    """It came to the point, and no further."""
    assert process.wait(60) == -signal.SIGKILL


def signed(house: House) -> list[UUID]:
    with base.transaction(house.hospital.engine) as db:
        return list(db.execute(text("SELECT entry FROM signatures")).scalars())


def settled(server: Server, folder: Path, qtbot: QtBot, wanted: set[UUID]) -> tuple[int, int]:
    """She signs in again: what was asked ends by itself. How many are signed, how many are drafts again."""
    room = Room(*at_her_pc(server.house, folder, qtbot), qtbot, server, folder)
    try:
        room.until(lambda: not room.model.awaited._looking and not room.model.awaited.waiting)
        store = room.place.desk.store
        # A file that has just got its signature is in the outbox before the status says so: the drafts tell.
        room.until(lambda: not room.place.desk.sync.status.waiting and not wanted & {
            draft.entry for draft in store.drafts() if draft.command is not None})
        open_again = {draft.entry for draft in store.drafts() if draft.command is None}
        for held in store.awaited.all():
            assert held.ended
            store.awaited.drop(held.id)
    finally:
        room.close()
    done = signed(server.house)
    assert len(done) == len(set(done)), "signed twice"
    assert wanted <= set(done) | open_again, "lost"
    assert not set(done) & open_again, "signed and unsigned at once"
    return len(wanted & set(done)), len(wanted & open_again)


def killed(server: Server, sandbox: Sandbox, folder: Path, qtbot: QtBot, times: int, chance: random.Random,
           told: Told) -> None:
    whole = drafts = 0
    for _ in range(times):
        sandbox.asked.clear()
        conduct(sandbox, KIND).phone = chance.choice(["approve", "silent"])
        wanted = asked_and_killed(server, folder, chance.uniform(0, 2.5))
        conduct(sandbox, KIND).phone = chance.choice(["approve", "approve", "refuse"])
        one, two = settled(server, folder, qtbot, wanted)
        assert (one, two) in ((ROWS, 0), (0, ROWS))
        assert len(sandbox.calls(KIND, "/v1/signatures/sign")) <= 1, "the phone rang twice for one act"
        whole, drafts = whole + one, drafts + two
    told("kills", times)
    told("signed", whole)
    told("drafts again", drafts)


UNASKED = ("the question is about to be kept", "the question is kept and not sent")
REFUSED = ("nothing came and the drafts are about to be opened", "the drafts are half open again",
           "the drafts are open again")
AFTER_RESTART = ("nothing came after the restart", "the person is to be told after the restart")
AGAIN = ("the answer is here", "the first file is half in the outbox", "the first file is in the outbox",
         "the server has acknowledged a file", "the first draft is closed for good")


def killed_at(server: Server, sandbox: Sandbox, folder: Path, qtbot: QtBot, point: str, again: str = "") -> None:
    """Killed at exactly that point, and perhaps at another while it heals; then signed in again for good."""
    nothing_comes = point in (*REFUSED, *AFTER_RESTART)
    sandbox.asked.clear()
    conduct(sandbox, KIND).phone = "refuse" if point in REFUSED else "silent" if again else "approve"
    with victim(server, folder, ROWS, "the question is sent" if again else point) as process:
        wanted = asked(process)
        dies_by_itself(process)
    if again:
        conduct(sandbox, KIND).phone = "refuse" if nothing_comes else "approve"
        with victim(server, folder, 0, again) as process:
            dies_by_itself(process)
    whole, drafts = settled(server, folder, qtbot, wanted)
    assert (whole, drafts) == ((0, ROWS) if nothing_comes or point in UNASKED else (ROWS, 0)), (point, again)
    assert len(sandbox.calls(KIND, "/v1/signatures/sign")) == (point not in UNASKED), "the phone rang once, or never"


EVERY_POINT = [*((point, "") for point in POINTS if point not in AFTER_RESTART),
              *((point, point) for point in AFTER_RESTART), *((point, point) for point in AGAIN)]


def test_a_workstation_killed_while_it_waits_signs_once_or_not_at_all(
    server: Server, sandbox: Sandbox, tmp_path: Path, qtbot: QtBot, record_property: Told,
) -> None:
    killed(server, sandbox, tmp_path / "pc", qtbot, SAMPLE, random.Random(20261126), record_property)
    killed_at(server, sandbox, tmp_path / "point", qtbot, "the first file is in the outbox")


@pytest.mark.soak
def test_a_workstation_killed_many_times_while_it_waits(
    server: Server, sandbox: Sandbox, tmp_path: Path, qtbot: QtBot, record_property: Told,
) -> None:
    killed(server, sandbox, tmp_path / "pc", qtbot, WHOLE, random.Random(), record_property)


@pytest.mark.soak
def test_a_workstation_killed_at_every_point_of_signing_heals(
    server: Server, sandbox: Sandbox, tmp_path: Path, qtbot: QtBot, record_property: Told,
) -> None:
    """Between the question, its answer, the outbox, the server's word and the drafts nothing stays shut or is lost."""
    for number, (point, again) in enumerate(EVERY_POINT):
        killed_at(server, sandbox, tmp_path / str(number), qtbot, point, again)
    record_property("points", len(EVERY_POINT))


@contextmanager
def serving(house: House) -> Iterator[subprocess.Popen[str]]:
    """The server in a process of its own, killed at the end whatever it does."""
    process = subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(house.settings.model_dump_json() + "\n")
        process.stdin.flush()
        try:
            assert process.stdout.readline() == "READY\n"
            yield process
        finally:
            process.kill()


def served_and_killed(server: Server, sandbox: Sandbox, folder: Path, qtbot: QtBot, times: int, chance: random.Random,
                      told: Told) -> None:
    """The dialog stays open through all of it; the phone is answered after the second kill."""
    server.stop()
    ended: dict[str, int] = {}
    for number in range(times):
        sandbox.asked.clear()
        conduct(sandbox, KIND).phone = "silent"
        with serving(server.house):
            room = Room(*at_her_pc(server.house, folder / str(number), qtbot), qtbot, server, folder / str(number))
            act = room.rows(ROWS)
            choose(act, KIND)
            act.sign(Pin(""))
            qtbot.wait(int(1000 * chance.uniform(0, 1.5)))
        conduct(sandbox, KIND).phone = chance.choice(["approve", "silent"])
        with serving(server.house):
            qtbot.wait(int(1000 * chance.uniform(0, 3)))
        conduct(sandbox, KIND).phone = "approve"
        with serving(server.house):
            qtbot.waitUntil(lambda act=act: act.stage in (Stage.DONE, Stage.PAUSED),  # type: ignore[misc]  # bound here
                            timeout=PATIENCE_MS)
            if act.stage is Stage.DONE:
                room.until(lambda act=act: states(act) == [LineState.RECEIVED] * ROWS)  # type: ignore[misc]  # as above
            else:
                assert act.refusal is not None
                assert states(act) == [LineState.WAITING] * ROWS
            assert len(sandbox.calls(KIND, "/v1/signatures/sign")) <= 1, "the phone rang twice for one act"
            assert room.place.desk.store.awaited.all() == ()
            room.close()
        ended[act.stage.value] = ended.get(act.stage.value, 0) + 1
    told("kills", 2 * times)
    for name, count in sorted(ended.items()):
        told(name, count)


def test_a_server_killed_while_the_phone_rings_signs_once_or_says_why_not(
    server: Server, sandbox: Sandbox, tmp_path: Path, qtbot: QtBot, record_property: Told,
) -> None:
    served_and_killed(server, sandbox, tmp_path, qtbot, SERVER_SAMPLE, random.Random(20261127), record_property)


@pytest.mark.soak
def test_a_server_killed_many_times_while_the_phone_rings(
    server: Server, sandbox: Sandbox, tmp_path: Path, qtbot: QtBot, record_property: Told,
) -> None:
    served_and_killed(server, sandbox, tmp_path, qtbot, SERVER_WHOLE, random.Random(), record_property)
