"""A whole demo hospital in a process of its own, as `make demo` starts it: journeys patch nothing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.house import free_port
from server.cluster import ADMIN, Cluster
from server.demo.home import DemoHome
from server.demo.phone import PhoneService
from tests.sandbox.phone import played
from tests.sandbox.trust import answering
from tests.trust_services import TrustServices
from workstation.client import Client
from workstation.config import Config, read_config

BIN = Path(sys.executable).parent


@dataclass
class Town:
    """A running demo hospital: its folder, its server's process, and the ways in."""

    home: DemoHome
    port: int
    process: subprocess.Popen[str]
    phone: PhoneService
    """The remote signing service of one of its doctors."""
    clients: list[Client] = field(default_factory=list)
    proofs: TrustServices = field(default_factory=TrustServices)
    """Time stamps and revocation for the demo's certificates, in this process: down or wrong on command."""

    @property
    def config(self) -> Config:
        """The workstation's settings."""
        return read_config(self.home.workstation_settings)

    @property
    def cluster(self) -> Cluster:
        """The private PostgreSQL cluster."""
        return self.home.cluster

    @property
    def admin_dsn(self) -> str:
        """The way in of a database administrator, whom no trigger holds for long."""
        return self.cluster.dsn(ADMIN)

    def account(self, username: str) -> dict[str, Any]:
        """Password, token and PIN of one of the demo people."""
        accounts = json.loads(self.home.accounts.read_text("utf-8"))
        return next(account for account in accounts if account["username"] == username)

    def client(self, username: str) -> Client:
        """A workstation's client, signed in as that person."""
        client = Client(self.config.server_url, self.config.ca_file, workstation="journey")
        client.sign_in(username, self.account(username)["password"])
        client.health()
        self.clients.append(client)
        return client

    def benhan_server(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the server's command line, as the IT room would."""
        return subprocess.run([str(BIN / "benhan-server"), *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=120)

    def stop(self) -> int:
        """Stop the server the polite way; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with self.process:
            return self.process.wait(60)

    def start(self) -> None:
        """Start the server again on the same folder and port."""
        self.process = _serve(self.home.folder, self.port, self.phone)


def _serve(folder: Path, port: int, phone: PhoneService) -> subprocess.Popen[str]:
    """`benhan-server demo` without the signed history, returned once it and its DICOM service say that they serve."""
    with (folder.parent / f"{folder.name}.log").open("a") as log:
        process = subprocess.Popen(
            [str(BIN / "benhan-server"), "demo", "--home", str(folder), "--port", str(port), "--history", "none",
             "--trust-services", f"http://127.0.0.1:{free_port()}", "--phone", phone.url, str(phone.ca)],
            stdout=subprocess.PIPE, stderr=log, text=True)
    waited = {f"READY https://127.0.0.1:{port}", "DICOM"}
    for line in process.stdout or ():
        waited -= {line.strip(), line.partition(" ")[0]}
        if not waited:
            return process
    raise AssertionError(f"the demo server ended with {process.wait()} and never said {waited}")


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """One demo hospital for the journeys of this worker."""
    with opened() as running:
        yield running


@contextmanager
def opened() -> Iterator[Town]:
    """A demo hospital that serves, with the services that prove its signatures; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="benhan-journey-"))
    folder.chmod(0o755)
    home = DemoHome(folder / "home")
    port = free_port()
    with played(folder / "phone", thinks_s=2) as service:
        running = Town(home, port, _serve(home.folder, port, service.service), service.service)
        with answering(home.folder) as running.proofs:
            yield running
        for client in running.clients:
            client.close()
        assert running.stop() == 0
    running.benhan_server("demo", "--home", home.folder, "--forget")
    shutil.rmtree(folder, ignore_errors=True)
