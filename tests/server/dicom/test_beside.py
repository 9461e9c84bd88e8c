"""The DICOM service beside the server: it comes, comes again when it dies, and goes with the server, also by a kill."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from pydicom import dcmread

from server.services import image_devices
from server.services.hospital import Hospital
from server.settings import Settings
from server.store import base, images
from tests.databases import Database
from tests.server import house
from tests.server.pictures import a_slice, as_file, uid

PROGRAM = """
import sys
from server import serving
from server.settings import Settings
if __name__ == "__main__":
    serving.build(Settings.model_validate_json(sys.argv[1])).run()
"""
WITHIN_S = 60


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    made, hospital = house.build(tmp_path, database.dsn)
    hospital.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "keys" / "dicom.toml").write_text(
        f'host = "127.0.0.1"\nport = {port}\npeers = [{{ "aet" = "CT1", "host" = "127.0.0.1", "may" = ["store"] }}]\n')
    (tmp_path / "serve.py").write_text(PROGRAM)
    return made


@contextmanager
def served(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a program; its DICOM service's port."""
    with served_from_the_first(settings) as process:
        yield process, said(process)


@contextmanager
def served_from_the_first(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The same before it serves."""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, str(settings.home / "serve.py"), settings.model_dump_json()], cwd=root,
                          stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The port in the line that the service prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("DICOM BENHAN 127.0.0.1:"), line
    return line.strip().rpartition(":")[2]


def child_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The process that listens for devices."""
    return next(one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline()))


def send(port: str, *files: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("storescu")
    assert program is not None
    return subprocess.run([program, "-v", "-aet", "CT1", "-aec", "BENHAN", "127.0.0.1", port, *map(str, files)],
                          capture_output=True, text=True, timeout=60, check=False)


def a_file(folder: Path, number: int) -> Path:
    file = folder / f"{number}.dcm"
    file.write_bytes(as_file(a_slice(number=number)))
    return file


def test_it_comes_again_when_it_dies(settings: Settings) -> None:
    with served(settings) as (process, port):
        assert send(port, a_file(settings.home, 1)).returncode == 0
        child_of(process).kill()
        assert said(process) == port
        assert send(port, a_file(settings.home, 2)).returncode == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_with_the_server(settings: Settings, how: signal.Signals) -> None:
    with served(settings) as (process, _):
        child = child_of(process)
        process.send_signal(how)
        process.wait(WITHIN_S)
        child.wait(WITHIN_S)


def test_the_interrupt_of_a_terminal_is_the_servers_to_answer_from_the_first_moment(settings: Settings) -> None:
    """It ended the service while that was still loading, with a traceback, and left devices alone for five seconds."""
    with served_from_the_first(settings) as process:
        child = awaited_child_of(process)
        child.send_signal(signal.SIGINT)
        said(process)
        assert child_of(process) == child


def awaited_child_of(process: subprocess.Popen[str]) -> psutil.Process:
    """As soon as it is there."""
    while process.poll() is None:
        with suppress(StopIteration, psutil.NoSuchProcess, psutil.ZombieProcess):
            return child_of(process)
    raise AssertionError("the server ended")


def test_what_was_acknowledged_is_there_after_a_kill(settings: Settings) -> None:
    """The service is killed in the middle of a run of images: each that the device saw acknowledged can be read."""
    files = [a_file(settings.home, number) for number in range(1, 120)]
    program = shutil.which("storescu")
    assert program is not None
    with served(settings) as (process, port):
        child = child_of(process)
        with subprocess.Popen([program, "-v", "-aet", "CT1", "-aec", "BENHAN", "127.0.0.1", port, *map(str, files)],
                              stderr=subprocess.PIPE, text=True) as sending:
            assert sending.stderr is not None
            acknowledged = 0
            for line in sending.stderr:
                acknowledged += "Received Store Response (Success)" in line
                if acknowledged == 25:
                    child.kill()
                    acknowledged += "".join(sending.stderr).count("Received Store Response (Success)")
    assert 25 <= acknowledged < len(files)
    hospital = Hospital.open(settings)
    try:
        with base.single(hospital.engine) as db:
            there = [images.instance(db, uid("study", "series", number)) for number in range(1, acknowledged + 1)]
        # All but the group 0002, which is the sending program's own.
        assert [dcmread(io.BytesIO(image_devices.read(hospital, one))) for one in there if one] \
            == [dcmread(file) for file in files[:acknowledged]]
    finally:
        hospital.close()
