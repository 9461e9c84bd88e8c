"""kill -9 of the server while it accepts signed files: what it acknowledged is there, nothing is there by half."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.house import House, serving
from server.cli import main
from server.demo.home import DemoHome
from tests.soak.killing import Victim, crash_database, killed_while_accepting, signed_rows

SAMPLE, WHOLE = 3, 90
FILES = 5
ROUND = 3
"""After so many kills PostgreSQL dies too, and new files are signed: an hour-old signature would be refused."""
Told = Callable[[str, object], None]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[House]:
    """A hospital with PostgreSQL as it really runs, fsync and all."""
    home = DemoHome(tmp_path / "house")
    try:
        with serving(home) as served:
            yield served
    finally:
        home.cluster.destroy()


def killed(place: House, times: int, chance: random.Random, told: Told) -> None:
    victim = Victim(place)
    acknowledged = sent = 0
    try:
        for begun in range(0, times, ROUND):
            encounter = place.encounter()
            files = signed_rows(place, encounter, FILES * ROUND)
            for number in range(min(ROUND, times - begun)):
                part = files[number * FILES:(number + 1) * FILES]
                acknowledged += killed_while_accepting(place, victim, part, encounter, chance)
                sent += len(part)
            crash_database(place, victim)
    finally:
        victim.kill()
    told("kills", times)
    told("files sent", sent)
    told("acknowledged before the kill", acknowledged)
    assert main(["verify", "--config", str(place.home.server_settings)]) == 0


def test_a_killed_server_has_what_it_acknowledged_and_nothing_by_half(place: House, record_property: Told) -> None:
    killed(place, SAMPLE, random.Random(20261122), record_property)


@pytest.mark.soak
def test_a_server_killed_many_times_has_what_it_acknowledged(place: House, record_property: Told) -> None:
    killed(place, WHOLE, random.Random(), record_property)
