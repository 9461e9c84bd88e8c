"""kill -9 at any moment of saving, queueing and sending: what was acknowledged is there, and the store opens."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workstation import hospital
from tests.workstation.drafts.test_store import KEY
from workstation.drafts import CommandState, Store

WRITER = """
import sys
from pathlib import Path
from uuid import UUID
from tests.workstation import hospital
from tests.workstation.drafts.test_store import KEY, command, draft
from workstation.drafts import Store

store = Store(Path(sys.argv[1]), KEY, hospital.DOCTOR)
number = 0
while True:
    number += 1
    entry = UUID(int=number)
    store.save_draft(draft(entry=entry, values={"plan": "x" * (number % 7) * 1000}))
    print("draft", number, flush=True)
    item = store.put_command(command(entry=entry, label=str(number)), closes=entry)
    print("queued", number, flush=True)
    if number % 3 == 0:
        store.mark_done(item.number, b"{}")
        print("done", number, flush=True)
"""


def die_once(path: Path, after_lines: int) -> dict[str, set[int]]:
    """Start a writer, kill it while it runs on ahead of the reader; what it had acknowledged."""
    told: dict[str, set[int]] = {"draft": set(), "queued": set(), "done": set()}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=Path(__file__).parents[3],
                              stdout=subprocess.PIPE, text=True)
    with writer:
        assert writer.stdout is not None
        for count, line in enumerate(writer.stdout, start=1):
            what, number = line.split()
            told[what].add(int(number))
            if count == after_lines:
                writer.kill()
    return told


def deaths(tmp_path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(rounds):
        path = tmp_path / f"{number}.db"
        told = die_once(path, chance.randint(1, 60))
        store = Store(path, KEY, hospital.DOCTOR)
        queued = {int(item.command.label) for item in store.commands(*CommandState)}
        done = {int(item.command.label) for item in store.commands(CommandState.DONE)}
        drafts = {draft.entry.int for draft in store.drafts()}
        assert told["queued"] <= queued, f"round {number}, seed {seed}"
        assert told["done"] <= done, f"round {number}, seed {seed}"
        assert told["draft"] <= drafts | done, f"round {number}, seed {seed}"
        assert drafts.isdisjoint(done), "an accepted file took its draft along in the same transaction"
        store.close()


def test_nothing_acknowledged_is_lost_by_a_few_sudden_deaths(tmp_path: Path) -> None:
    deaths(tmp_path, 3, seed=20261122)


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_many_sudden_deaths(tmp_path: Path) -> None:
    deaths(tmp_path, 200, seed=random.SystemRandom().randrange(10**9))
