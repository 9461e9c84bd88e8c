"""A window to sign in, over a desk with the doctor's token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from tests.p11shim.fixture import p11shim, p11shim_module
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, made
from tests.workstation.signing_room import Room, room_of
from tests.workstation.tokens import doctors_token, plugged, shimmed
from tests.workstation.views.keyboard import to_the_front
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "room_of", "shimmed"]


@pytest.fixture
def desks(tmp_path: Path, little: LittleServer, client_of: Callable[..., Client], background: Background,
          qtbot: QtBot) -> Iterator[Desks]:
    yield from made(tmp_path, little, client_of, background, qtbot)


@pytest.fixture
def room(room_of: Callable[[Config], Room], shimmed: Config) -> Room:
    """With the shim before the token."""
    return room_of(shimmed)


@pytest.fixture
def window(dressed: QApplication, qtbot: QtBot) -> QMainWindow:
    """Where dialogs open."""
    shown = QMainWindow()
    shown.resize(1366, 700)
    qtbot.addWidget(shown)
    shown.show()
    to_the_front(qtbot, shown)  # else its late activation takes the keys from a dialog over it
    return shown
