"""STOW-RS when the server is killed or the disk is full: what was acknowledged can be read, the rest be sent again."""

from __future__ import annotations

import io
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread
from sqlalchemy import text

from server.store import base
from server.store.blobs import Folder
from tests.databases import Database
from tests.patience import PATIENCE_MS
from tests.server.api.test_dicomweb import MINE, post
from tests.server.house import House, build, reasons
from tests.server.pictures import a_slice, as_file, uid
from workstation.signing.base import Signer

SAMPLE, WHOLE = 2, 60
MESSAGES, SLICES = 6, 5
ROOM_MB = 8
PROGRAM = """
import sys
from server import serving
from server.settings import Settings
serving.build(Settings.model_validate_json(sys.argv[1]), lambda: print("READY", flush=True)).run()
"""
SMALL = ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), "--mount", "sh", "-c",
         f'mount -t tmpfs -o size={ROOM_MB}m none "$0" && exec "$@"')
"""A program that sees a small disk in the place of a folder; nobody else sees it, and it goes with the program."""
Told = Callable[[str, object], None]


@dataclass
class Victim:
    """The hospital's server as a program of its own."""

    house: House
    small: bool = False
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.images.mkdir(exist_ok=True)
        self.start()

    @property
    def images(self) -> Path:
        """Where it keeps images."""
        return self.house.settings.home / self.house.settings.images

    @property
    def disk(self) -> Path:
        """The same folder as the program sees it."""
        return Path("/proc", str(self.process.pid), "root", *self.images.parts[1:])

    def start(self) -> None:
        root = Path(__file__).parents[3]
        within = [*SMALL, str(self.images)] if self.small else []
        self.process = subprocess.Popen(
            [*within, sys.executable, "-c", PROGRAM, self.house.settings.model_dump_json()], cwd=root, text=True,
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)})
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "READY\n"

    def kill(self) -> None:
        """SIGKILL: nothing of it can tidy up."""
        self.process.kill()
        self.process.wait(PATIENCE_MS / 1000)


@contextmanager
def served(house: House, *, small: bool = False) -> Iterator[Victim]:
    victim = Victim(house, small)
    try:
        yield victim
    finally:
        if victim.process.poll() is None:
            victim.process.send_signal(signal.SIGTERM)
        victim.process.wait(PATIENCE_MS / 1000)
        assert victim.process.stdout is not None
        victim.process.stdout.close()


@pytest.fixture
def house(house_database: Database, tmp_path: Path, signers: dict[str, Signer]) -> Iterator[House]:
    """A hospital that nobody serves yet."""
    settings, hospital = build(tmp_path, house_database.dsn)
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    yield House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, signers)
    hospital.close()


def files_of(study: str, numbers: Sequence[int], side: int = 64) -> dict[str, bytes]:
    """Images by their UID; of 512 by 512 points each takes half a megabyte."""
    return {uid(study, "series", number): as_file(a_slice(
        study, number=number, **MINE, Rows=side, Columns=side,
        PixelData=random.Random(number).randbytes(2 * side * side))) for number in numbers}


def there(client: httpx.Client, study: str, files: dict[str, bytes]) -> set[str]:
    """Which of them are found; each that is found is read whole, and is what was sent."""
    found = {one["00080018"]["Value"][0] for one in client.get(f"/dicomweb/studies/{uid(study)}/instances").json()}
    for one in found & set(files):
        path = f"/dicomweb/studies/{uid(study)}/series/{uid(study, 'series')}/instances/{one}"
        assert client.get(path, headers={"Accept": "application/dicom"}).content == files[one]
    return found & set(files)


def nothing_half(house: House) -> None:
    """No study or series without an image, no image whose file is not there."""
    with base.single(house.hospital.engine) as db:
        empty = db.execute(text("SELECT uid FROM image_studies WHERE instances = 0 UNION ALL "
                                "SELECT uid FROM image_series WHERE instances = 0")).scalars().all()
    assert empty == []


def left_over(folder: Path) -> list[str]:
    """Files that are under no name of an image: half of one, which nobody would ever look for."""
    return [file.name for file in folder.rglob("*") if file.is_file() and file.relative_to(folder).as_posix() not in
            set(Folder(folder).names())]


def killed(house: House, times: int, chance: random.Random, told: Told) -> None:
    acknowledged = sent = 0
    with served(house) as victim:
        for number in range(times):
            study = f"study {number}"
            messages = [files_of(study, range(first, first + SLICES)) for first in range(1, MESSAGES * SLICES, SLICES)]
            good = killed_while_storing(victim, messages, chance)
            acknowledged, sent = acknowledged + len(good), sent + len(messages)
            nothing_half(house)
            assert left_over(victim.images) == []
            with house.sign_in("ha") as client:
                for message in good:
                    assert there(client, study, message) == set(message)
                for message in messages:
                    there(client, study, message)
                    assert post(client, "/dicomweb/studies", *message.values()).status_code == 200
                    assert there(client, study, message) == set(message)
            nothing_half(house)
    told("kills", times)
    told("messages sent", sent)
    told("acknowledged before the kill", acknowledged)


def killed_while_storing(
    victim: Victim, messages: Sequence[dict[str, bytes]], chance: random.Random,
) -> list[dict[str, bytes]]:
    """Send until the kill comes; then start anew. Which messages were acknowledged."""
    good: list[dict[str, bytes]] = []
    busy = threading.Event()

    def send() -> None:
        with victim.house.sign_in("ha") as client:
            for message in messages:
                busy.set()
                try:
                    answer = post(client, "/dicomweb/studies", *message.values())
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                good.append(message)

    sending = threading.Thread(target=send)
    sending.start()
    assert busy.wait(PATIENCE_MS / 1000)
    threading.Event().wait(chance.uniform(0, 0.25))  # nothing is waited for: this is the chance that was drawn
    victim.kill()
    sending.join(PATIENCE_MS / 1000)
    assert victim.process.stdout is not None
    victim.process.stdout.close()
    victim.start()
    return good


def test_a_killed_server_has_each_image_that_it_acknowledged_and_none_by_half(
    house: House, record_property: Told,
) -> None:
    killed(house, SAMPLE, random.Random(20261126), record_property)


@pytest.mark.soak
def test_a_server_killed_many_times_has_each_image_that_it_acknowledged(house: House, record_property: Told) -> None:
    killed(house, WHOLE, random.Random(), record_property)


def may_mount(folder: Path) -> bool:
    """Whether this machine lets a program have a small disk of its own."""
    return subprocess.run([*SMALL, str(folder), "true"], check=False, capture_output=True).returncode == 0


def test_a_full_disk_is_told_as_such_and_as_full_as_it_was(house: House, tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("no disk of its own can be given to a program here")
    known, new = files_of("known", range(1, 3), 512), files_of("new", range(1, 2 * ROOM_MB + 4), 512)
    more = files_of("known", range(3, 60), 512)
    with served(house, small=True) as victim, house.sign_in("ha") as client:
        assert post(client, "/dicomweb/studies", *known.values()).status_code == 200
        before = sorted(Folder(victim.disk).names())
        answer = post(client, "/dicomweb/studies", *new.values())
        assert (answer.status_code, reasons(answer)) == (503, ["blobs_out_of_reach"])
        assert there(client, "new", new) == set()
        assert sorted(Folder(victim.disk).names()) == before
        nothing_half(house)
        answer = post(client, "/dicomweb/studies", *more.values())
        assert (answer.status_code, reasons(answer)) == (503, ["blobs_out_of_reach"])
        assert there(client, "known", known | more) == set(known)
        assert left_over(victim.disk) == []
        few = dict(list(new.items())[:3])
        for one in Folder(victim.disk).names():
            if one not in before:
                (victim.disk / one).unlink()
        assert post(client, "/dicomweb/studies", *few.values()).status_code == 200
        assert there(client, "new", new) == set(few)
        assert dcmread(io.BytesIO(next(iter(few.values())))).Rows == 512
