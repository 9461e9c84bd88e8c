"""Random keys, clicks, drags and texts over the real windows: nothing crashes, hangs, stays open or is told as a bug.

The program walks in a process of its own (`tests/soak/monkey.py`), so that its end is a result: a fault is told with
its seed and the last steps before it, and `python -m tests.soak.monkey` with the same orders walks there again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.house import first_line, free_port
from server.demo.home import DemoHome
from tests.workstation.models.images.discs import a_disc, spoil
from tests.workstation.views.images.test_reader_window import a_film_and_a_strip, one_person

ROOT = Path(__file__).parents[2]
SAMPLE, SAMPLE_SEED = 69, 20261126
WALKS, STEPS = 12, 1500
TIMEOUT_S = 1200
MANY, FEW = 5, 50
Told = Callable[[str, object], None]
ONE, OTHER = "disc", "other"
"""Two discs: the one that is opened first, and what «another disc» answers as often as not."""


@dataclass(frozen=True)
class Walked:
    """What came of one walk."""

    code: int
    found: dict[str, Any]
    tale: str
    """The last steps, and what the program said at its end."""


def walked(folder: Path, seed: int, steps: int, **where: str) -> Walked:
    """One walk in a process of its own."""
    folder.mkdir()
    journal = folder / "journal"
    orders = {"seed": seed, "steps": steps, "folder": str(folder), **where}
    ran = subprocess.run([sys.executable, "-m", "tests.soak.monkey", json.dumps(orders)], cwd=ROOT, text=True,
                         capture_output=True, check=False, timeout=TIMEOUT_S,
                         env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "BENHAN_DATA_DIR": str(folder / "store")})
    said = ran.stdout.splitlines()
    found = json.loads(said[-1]) if said and said[-1].startswith("{") else {}
    last = journal.read_text("utf-8", "replace").splitlines()[-40:] if journal.exists() else []
    return Walked(ran.returncode, found, "\n".join([f"seed {seed}: {orders}", *last, ran.stderr[-4000:]]))


def nothing_left(walk: Walked) -> None:
    """Whoever signs out takes everything along: the window holds no more than when it was opened.

    A single time counts little, because what was just closed may still be there; that it is there each time does.
    """
    counts = [sum(kinds.values()) for kinds in walk.found["left"]]
    if len(counts) > MANY:
        grown = Counter(walk.found["left"][-1])
        grown.subtract(walk.found["left"][0])
        assert min(counts[-MANY:]) <= counts[0] + FEW, f"{counts}: {grown.most_common(12)}\n{walk.tale}"


def discs(folder: Path) -> dict[str, str]:
    """Slices, a film and an ECG of one person; and several people's images, some of them broken."""
    a_film_and_a_strip(one_person(folder / ONE, 20))
    spoil(a_disc(folder / OTHER))
    return {"disc": str(folder / ONE), "other": str(folder / OTHER)}


def hold(walk: Walked, steps: int) -> None:
    """It came to its end, and nothing happened that must not."""
    assert walk.code == 0, walk.tale
    assert walk.found, walk.tale
    faults = "\n".join(f"step {step}: {what}" for what, step in walk.found["faults"].items())
    assert not faults, f"{faults}\n{walk.tale}"
    assert walk.found["steps"] == steps, walk.tale


def test_random_hands_on_images_of_a_disc_break_nothing(tmp_path: Path, record_property: Told) -> None:
    hold(walked(tmp_path / "walk", SAMPLE_SEED, SAMPLE, hurry="yes", **discs(tmp_path)), SAMPLE)
    record_property("steps", SAMPLE)


@pytest.mark.soak
def test_random_hands_on_images_of_a_disc_break_nothing_for_long(tmp_path: Path, record_property: Told) -> None:
    there = discs(tmp_path)
    for seed in seeds():
        hold(walked(tmp_path / f"walk-{seed}", seed, STEPS, **there), STEPS)
    record_property("steps", WALKS * STEPS)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[DemoHome]:
    """A demo hospital with its past: signed records of days, images, people of all kinds."""
    home, port = DemoHome(tmp_path / "house"), free_port()
    with ExitStack() as afterwards:
        afterwards.callback(home.cluster.destroy)
        with home.folder.with_suffix(".log").open("a") as log:
            process = afterwards.enter_context(subprocess.Popen(
                [sys.executable, "-m", "server.cli", "demo", "--home", home.folder, "--port", str(port)], cwd=ROOT,
                stdout=subprocess.PIPE, stderr=log, text=True))
        afterwards.callback(process.terminate)
        assert first_line(process, "READY")
        yield home


@pytest.mark.soak
def test_random_hands_on_the_workstation_break_nothing(
        hospital: DemoHome, tmp_path: Path, record_property: Told) -> None:
    there = {"settings": str(hospital.workstation_settings), "accounts": str(hospital.accounts), **discs(tmp_path)}
    left, seen = 0, set[str]()
    for seed in seeds():
        walk = walked(tmp_path / f"walk-{seed}", seed, STEPS, **there)
        hold(walk, STEPS)
        nothing_left(walk)
        left += len(walk.found["left"])
        seen |= set(walk.found["seen"])
        shutil.rmtree(tmp_path / f"walk-{seed}", ignore_errors=True)
    record_property("steps", WALKS * STEPS)
    record_property("times at the sign-in again", left)
    record_property("kinds of places and dialogs", len(seen))
    assert {"ward", "chart", "signing", "images", "locked", "SignDialog"} <= seen, "a walk that came nowhere"


def seeds() -> list[int]:
    """Others each time: what they find is told with its seed."""
    return [random.SystemRandom().randrange(10**6) for _ in range(WALKS)]
