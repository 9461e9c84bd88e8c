"""The hospital that the benches measure: PostgreSQL with fsync, SoftHSM, and the server over TLS in its own process."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Engine, text

from records.bundled import bundled
from records.errors import BenhAnError
from records.messages import PatientDraft, WardView
from server.cluster import ADMIN
from server.demo.home import DemoHome
from server.demo.phone import PhoneService
from server.ids import new_id
from server.settings import Settings, read_settings
from server.store import base, patients, people, stays
from server.store.key_files import HospitalKey
from server.store.keys import Keys
from workstation.client import Client
from workstation.config import Config, read_config
from workstation.models.account import Account

ROOT = Path(__file__).parents[1]
CACHE = Path(__file__).parent / ".cache"
DOCTOR = "ha.lethu"
"""Who writes in the benches."""
WARD = "NTH"


class NotServing(BenhAnError):
    """The server of a bench ended before it served."""


@dataclass(frozen=True)
class House:
    """A demo hospital without history, served on this machine."""

    home: DemoHome
    url: str
    process: subprocess.Popen[str]

    @cached_property
    def settings(self) -> Settings:
        """The server's settings."""
        return read_settings(self.home.server_settings)

    @cached_property
    def workstation(self) -> Config:
        """Settings of a workstation of this hospital."""
        return read_config(self.home.workstation_settings)

    @cached_property
    def engine(self) -> Engine:
        """The database as the server sees it, for data that a bench puts there beforehand."""
        return base.open_engine(self.settings.dsn, pool_size=2)

    @cached_property
    def keys(self) -> Keys:
        """The keys of the encounters."""
        return Keys(HospitalKey.read(self.settings.path(self.settings.hospital_key)))

    @property
    def admin_dsn(self) -> str:
        """For bulk loading."""
        return self.home.cluster.dsn(ADMIN)

    def login(self, username: str) -> dict[str, Any]:
        """Password, PIN and names of a demo person."""
        accounts: list[dict[str, Any]] = json.loads(self.home.accounts.read_text("utf-8"))
        return next(account for account in accounts if account["username"] == username)

    def client(self, username: str = DOCTOR) -> tuple[Client, Account]:
        """Someone signed in, as the workstation does it."""
        client = Client(self.url, self.home.ca, workstation="bench")
        account = Account.of(client.sign_in(username, self.login(username)["password"]), datetime.now(UTC))
        client.health()
        return client, account

    def ward(self, code: str = WARD) -> WardView:
        """A ward of the hospital."""
        with base.transaction(self.engine) as db:
            return next(ward for ward in people.all_wards(db) if ward.code == code)

    def encounter(self, name: str = "Nguyễn Thị Đo", days: int = 40, ward: UUID | None = None) -> UUID:
        """A new patient in a corridor of the ward (or of another one), for so many days already."""
        now, patient, encounter = datetime.now(UTC), new_id(), new_id()
        with base.transaction(self.engine) as db:
            draft = PatientDraft(full_name=name, birth_date="1958-03-02", sex="2", address="Xã Vị Thủy")
            doctor = people.by_username(db, DOCTOR)
            patients.register(db, patient, draft, doctor, now)
            stays.add(db, {
                "id": encounter, "patient": patient, "record_no": f"B{secrets.token_hex(5).upper()}",
                "admitted_at": now - timedelta(days=days), "diagnosis": "Viêm phổi", "diagnosis_code": "J18.9",
                "attending": doctor,
            }, {"id": new_id(), "ward": ward or self.ward().id, "room": "Hành lang", "bed": "",
                "starts": now - timedelta(days=days)})
            self.keys.make(db, encounter)
        return encounter

    def vacuum(self) -> None:
        """Let the planner know what was loaded."""
        admin = base.open_engine(self.admin_dsn, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as db:
            db.execute(text("VACUUM (ANALYZE)"))
        admin.dispose()


@contextmanager
def house(name: str = "house", phone: PhoneService | None = None) -> Iterator[House]:
    """The hospital, served; its data stay in `bench/.cache` for the next run. `phone`: a remote signing service."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    home = DemoHome(CACHE / f"{name}-{_edition()}")
    for other in CACHE.glob(f"{name}-*/"):
        if other != home.folder:
            DemoHome(other).cluster.destroy()
            shutil.rmtree(other)
    with serving(home, phone) as served:
        yield served


@contextmanager
def serving(home: DemoHome, phone: PhoneService | None = None) -> Iterator[House]:
    """`benhan-server demo` on that folder, until the end of the block."""
    port = free_port()
    process = start_server(home, port, phone)
    place = House(home, f"https://127.0.0.1:{port}", process)
    try:
        yield place
    finally:
        if "engine" in place.__dict__:
            place.engine.dispose()
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def start_server(home: DemoHome, port: int, phone: PhoneService | None = None) -> subprocess.Popen[str]:
    """Start the server and wait until it serves."""
    home.folder.parent.mkdir(parents=True, exist_ok=True)
    with home.folder.with_suffix(".log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "demo", "--home", home.folder, "--port", str(port),
             "--history", home.folder / "none", *(("--phone", phone.url, phone.ca) if phone else ())],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    if not first_line(process, "READY"):
        process.kill()
        process.wait()
        raise NotServing(f"the server never said READY; see {home.folder.with_suffix('.log')}")
    return process


def first_line(process: subprocess.Popen[str], begins: str = "") -> str:
    """The first line of its standard output that begins so; empty when it ends before. What follows is let go."""
    out = process.stdout
    if out is None:
        return ""
    line = next((line for line in out if line.startswith(begins)), "")
    # Read on: a child of the program that finds nobody there would die of what it says next.
    threading.Thread(target=_let_go, args=(out,), daemon=True).start()
    return line


def _let_go(out: IO[str]) -> None:
    with out:
        deque(out, maxlen=0)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _edition() -> str:
    """Another schema or another demo hospital is another house."""
    told = hashlib.sha256(bundled("demo", "hospital.toml").read_bytes())
    for file in sorted((ROOT / "migrations" / "server" / "versions").glob("*.py")):
        told.update(file.read_bytes())
    return told.hexdigest()[:8]
