"""The workstation's parts put together for tests: a little server, a data folder, no keyring, background that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from tests.workstation.little_server import LittleServer, running
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets with the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.held.pop((service, username), None)


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """As on a machine without one; a test that wants one asks for `memory_keyring`."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring has no types
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory_keyring(_no_keyring: None) -> MemoryKeyring:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


@pytest.fixture
def little() -> Iterator[LittleServer]:
    with running() as server:
        yield server


@pytest.fixture
def client_of() -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(server: LittleServer, *, timeout_s: float = 5.0, ca_file: Path | None = None) -> Client:
        made.append(Client(server.url, ca_file, timeout_s=timeout_s, workstation="PC-3"))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def config(tmp_path: Path, little: LittleServer) -> Config:
    return Config(server_url=little.url, data_dir=tmp_path / "data", workstation="PC-3")


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    held = Background()
    yield held
    assert held.stop(), "a background thread was left behind"
