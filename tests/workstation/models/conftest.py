"""Desks for the models' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, made
from workstation.background import Background
from workstation.client import Client


@pytest.fixture
def desks(tmp_path: Path, little: LittleServer, client_of: Callable[..., Client], background: Background,
          qtbot: QtBot) -> Iterator[Desks]:
    yield from made(tmp_path, little, client_of, background, qtbot)
