"""What every test of the DICOM service has: a hospital of its own, and a port on which a device could listen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.house import free_port
from server.services.hospital import Hospital
from tests.databases import Database
from tests.server import house


@pytest.fixture
def hospital(database: Database, tmp_path: Path) -> Iterator[Hospital]:
    _, made = house.build(tmp_path, database.dsn)
    yield made
    made.close()


@pytest.fixture
def device_port() -> int:
    return free_port()
