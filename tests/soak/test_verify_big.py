"""`benhan-server verify` walks a store of thousands of really signed versions, and finds the one byte changed in it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.house import House, serving
from bench.rows import SLOT
from server.cli import main
from server.demo.home import DemoHome
from tests.soak.killing import DOCTOR, signed_rows

SAMPLE, WHOLE = 12, 3000
STACK = 40
"""Files signed at once; each is handed in before its two minutes are over."""
Told = Callable[[str, object], None]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[House]:
    """A hospital of its own."""
    home = DemoHome(tmp_path / "house")
    try:
        with serving(home) as served:
            yield served
    finally:
        home.cluster.destroy()


def verified(place: House, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, object]]]:
    capsys.readouterr()
    code = main(["verify", "--config", str(place.home.server_settings), "--json"])
    return code, {each["kind"]: each for each in json.loads(capsys.readouterr().out)}


def walked(place: House, count: int, capsys: pytest.CaptureFixture[str], told: Told) -> None:
    client, _ = place.client(DOCTOR)
    with closing(client):
        for begun in range(0, count, STACK):
            encounter = place.encounter()
            for ready in signed_rows(place, encounter, min(STACK, count - begun)):
                client.sign(ready.entry, 1, ready.pdf, encounter=encounter, slot=SLOT, key=ready.key)
    start = time.monotonic()
    code, walks = verified(place, capsys)
    told("versions", count)
    told("seconds for verify", round(time.monotonic() - start, 1))
    assert code == 0, walks
    assert {walks[kind]["looked_at"] for kind in ("versions", "signatures", "states")} == {count}
    blob = random.Random(count).choice(sorted((place.home.folder / "blobs").glob("??/??/*")))
    whole = blob.read_bytes()
    bent = bytearray(whole)
    bent[len(whole) // 2] ^= 1
    blob.write_bytes(bytes(bent))
    code, walks = verified(place, capsys)
    assert code == 1
    assert not walks["files"]["good"]
    assert blob.name.partition(".")[0] in json.dumps(walks["files"]["broken"])


def test_verify_finds_one_changed_byte_among_many_files(
    place: House, capsys: pytest.CaptureFixture[str], record_property: Told,
) -> None:
    walked(place, SAMPLE, capsys, record_property)


@pytest.mark.soak
def test_verify_finds_one_changed_byte_among_thousands_of_files(
    place: House, capsys: pytest.CaptureFixture[str], record_property: Told,
) -> None:
    walked(place, WHOLE, capsys, record_property)
