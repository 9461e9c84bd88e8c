"""The command line `benhan-server`, as a person runs it: the demo in a folder; what goes wrong, in one sentence."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from bench.house import free_port
from records.deadlines import ZONE
from server.cluster import Cluster
from tests.forgeries import people
from tests.forgeries.signing import flipped, good

ROOT = Path(__file__).parents[2]
START_S = 120
one_home = pytest.mark.xdist_group("demo of the console")
"""The demo's folder takes long to make: the tests that use it run in one worker, one after the other."""


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "server.cli", *map(str, arguments)]


def run(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=ROOT, input=typed, text=True, capture_output=True, check=False,
                          timeout=START_S)


class Demo:
    """`benhan-server demo`, started as a program of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.url = home, f"https://127.0.0.1:{port}"
        self.process = subprocess.Popen(command("demo", "--home", home, "--port", str(port), "--history", "none"),
                                        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said: list[str] = []
        self._ready, self._dicom = threading.Event(), threading.Event()
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._drain)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith("READY"):
                self._ready.set()
            if line.startswith("DICOM"):
                self._dicom.set()
        self._ready.set()
        self._dicom.set()

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.log = self.process.stderr.read()

    def wait(self) -> None:
        """Until it serves, and so does the DICOM service, a process of its own that may be ready before or after."""
        assert self._ready.wait(START_S)
        assert self._dicom.wait(START_S)

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(60)
        for reader in self._readers:
            reader.join(10)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30,
                            verify=ssl.create_default_context(cafile=self.home / "tls" / "ca.pem"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    Cluster.at(folder / "cluster").destroy()


@one_home
def test_the_demo_says_ready_serves_and_stops_cleanly_twice_on_one_folder(home: Path) -> None:
    patients = []
    for how in (signal.SIGTERM, signal.SIGINT):
        demo = Demo(home, free_port())
        demo.wait()
        assert f"READY {demo.url}" in demo.said
        account = json.loads((home / "accounts.json").read_text("utf-8"))[0]
        with demo.client() as client:
            assert client.get("/api/health").json()["training"]
            token = client.post("/api/sessions", json={
                "username": account["username"], "password": account["password"], "workstation": "pc"}).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            patients.append(client.get("/api/patients", params={"q": "pham thi lua"}).json())
            with client.stream("GET", "/api/events") as events:
                assert events.status_code == 200
                code = demo.stop(how)
        dicom, worklist = sorted(line for line in demo.said if line != f"READY {demo.url}")
        assert re.fullmatch(r"DICOM BENHAN 127\.0\.0\.1:\d+", dicom)
        assert worklist.startswith("WORKLIST findscu -W")
        assert code == 0, demo.log
        assert not Cluster.at(home / "cluster").running()
    assert patients[0] == patients[1] != []


@one_home
def test_a_second_demo_on_a_folder_in_use_says_so(home: Path) -> None:
    demo = Demo(home, free_port())
    try:
        demo.wait()
        second = run("demo", "--home", home, "--port", str(free_port()))
        assert second.returncode == 1
        assert second.stderr.strip().splitlines()[-1] == f"Another demo server uses the folder {home}."
        verified = run("verify", "--home", home, "--json")
        assert verified.returncode == 0, verified.stderr
        assert {each["kind"] for each in json.loads(verified.stdout)} == {
            "versions", "files", "signatures", "receipts", "states", "shown", "images", "patients of images", "audit"}
    finally:
        demo.stop()


def hours(config: Path, client: httpx.Client) -> None:
    """Hours of a role shut the person out, hours of their own let them in, and all of it is listed."""
    def set_(*arguments: str) -> str:
        done = run("hours", *arguments, "--config", config)
        assert done.returncode == 0, done.stderr
        return done.stdout

    now = datetime.now(ZONE)
    over = f"{now - timedelta(hours=2):%H:%M}-{now - timedelta(hours=1):%H:%M}"
    assert set_("role", "doctor", over) == f"doctor: {over}.\n"
    assert client.get("/api/me").json()["reasons"][0]["code"] == "access_hours_over"
    assert set_("user", "moi.nguoi", "always") == "moi.nguoi: at any time.\n"
    assert client.get("/api/me").status_code == 200
    assert {f"role doctor: {over}", "role nurse: at any time", "user moi.nguoi: at any time"} <= set(
        set_("show").splitlines())
    assert set_("user", "moi.nguoi") == "moi.nguoi: as the roles may.\n"
    assert client.get("/api/me").status_code == 401
    set_("role", "doctor", "always")
    assert client.get("/api/me").status_code == 200
    set_deadlines = run("deadlines", "set", "review_days=3", "unsigned_row_minutes=45", "--from", "2026-01-01",
                        "--config", config)
    assert set_deadlines.returncode == 0, set_deadlines.stderr
    assert "from 2026-01-01: emergency_record_hours=24 planned_record_hours=36 review_days=3" in set_deadlines.stdout
    for wrong in ("review_days=0", "review_days=x", "wish=3", "valid_from=3"):
        assert run("deadlines", "set", wrong, "--config", config).returncode == 2
    assert run("hours", "role", "doctor", "6-19h", "--config", config).returncode == 2
    assert run("hours", "role", "wizard", over, "--config", config).returncode == 1
    assert run("hours", "user", "nobody", over, "--config", config).returncode == 1


@one_home
def test_wards_and_people_are_added_and_get_new_passwords_at_the_console(home: Path) -> None:
    demo = Demo(home, free_port())
    try:
        demo.wait()
        config = home / "server.toml"
        for rooms in (["1:01,02"], ["1:01,02,03", "2:04"]):
            ward = run("ward", "add", "--config", config, "MOI", "--name", "Khoa Mới",
                       *(part for room in rooms for part in ("--room", room)))
            assert ward.returncode == 0, ward.stderr
        assert run("ward", "add", "--config", config, "MOI", "--name", "Khoa Mới", "--room", "1").returncode == 2
        added = run("user", "add", "--config", config, "moi.nguoi", "--full-name", "Người Mới", "--title", "BS.",
                    "--role", "doctor", "--ward", "MOI", typed="một mật khẩu dài\n")
        assert added.returncode == 0, added.stderr
        short = run("user", "password", "--config", config, "moi.nguoi", typed="ngắn\n")
        assert (short.returncode, "10 characters" in short.stderr) == (1, True)
        assert run("user", "password", "--config", config, "moi.nguoi", typed="mật khẩu khác\n").returncode == 0
        with demo.client() as client:
            answers = [client.post("/api/sessions", json={
                "username": "moi.nguoi", "password": password, "workstation": "pc"})
                for password in ("một mật khẩu dài", "mật khẩu khác")]
            client.headers["Authorization"] = f"Bearer {answers[-1].json()['token']}"
            (ward,) = client.get("/api/me").json()["wards"]
            board = client.get(f"/api/wards/{ward['id']}/board").json()
            hours(config, client)
        assert [answer.status_code for answer in answers] == [401, 201]
        assert [f"{row['room']}:{row['bed']}" for row in board["rows"]] == ["1:01", "1:02", "1:03", "2:04"]
    finally:
        demo.stop()


@pytest.mark.parametrize("arguments", [
    ("serve", "--config", "nowhere.toml"), ("check", "nowhere.pdf"), ("verify", "--home", "nowhere"),
    ("migrate", "--config", "nowhere.toml"), ("keys", "init", "--config", "nowhere.toml"),
])
def test_an_error_is_one_english_sentence_and_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(command(*arguments), cwd=tmp_path, text=True, capture_output=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.endswith(".")


def test_check_names_the_bad_file_among_good_ones_by_its_exit_code_too(tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    trust.mkdir()
    for number, der in enumerate((*people.trust().roots, *people.trust().intermediates)):
        (trust / f"{number}.pem").write_bytes(
            x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))
    whole, broken = tmp_path / "whole.pdf", tmp_path / "broken.pdf"
    whole.write_bytes(good())
    broken.write_bytes(flipped(good(), len(good()) // 2))
    assert run("check", "--trust", trust, whole).returncode == 0
    both = run("check", "--trust", trust, whole, broken, "--json")
    assert both.returncode == 1
    assert [each["good"] for each in json.loads(both.stdout)] == [True, False]
    told = run("check", "--trust", trust, broken)
    assert (told.returncode, str(broken) in told.stdout) == (1, True)


def test_a_small_command_does_not_wait_for_what_it_does_not_use() -> None:
    told = subprocess.run([sys.executable, "-c", "import sys, server.cli, server.administration; print(*sys.modules)"],
                          cwd=ROOT, text=True, capture_output=True, check=True, timeout=START_S)
    assert not {"pyhanko", "reportlab", "fastapi", "pydicom", "alembic"} & set(told.stdout.split())


def test_a_wrong_command_says_how_it_is_used() -> None:
    done = run("sing")
    assert done.returncode == 2
    assert "usage: benhan-server" in done.stderr
