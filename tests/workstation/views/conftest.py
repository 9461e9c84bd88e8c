"""The program with its windows, joined to a small hospital over real HTTP; closed again after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.workstation.views.hospital import PASSWORD, Hospital
from tests.workstation.views.keyboard import to_the_front
from workstation.app import Program
from workstation.config import Config
from workstation.views import style
from workstation.views.actions import Place
from workstation.views.ward.board import WardView
from workstation.views.work import WorkPage


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    """The application in day colours."""
    style.apply(qapp, "day")
    return qapp


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    opened = Hospital()
    yield opened
    opened.close()


@pytest.fixture
def program(dressed: QApplication, hospital: Hospital, tmp_path: Path, qtbot: QtBot) -> Iterator[Program]:
    """The workstation at its sign-in window."""
    running = Program(dressed, Config(server_url=hospital.url, data_dir=tmp_path / "store", use_keyring=False))
    running.window.show()
    to_the_front(qtbot, running.window)
    qtbot.waitUntil(lambda: bool(running.machine.facility), timeout=10_000)
    yield running
    running.window.close()
    running.window.deleteLater()
    dressed.processEvents()


@pytest.fixture
def at_work(program: Program, qtbot: QtBot) -> WorkPage:
    """Dr Lê Thu Hà has signed in and sees the board of her ward."""
    form = program.window.sign_in.password_form
    form.name.setText("ha.lethu")
    form.password.setText(PASSWORD)
    form.enter.click()
    qtbot.waitUntil(lambda: program.window.work is not None, timeout=20_000)
    page = program.window.work
    assert page is not None
    board = page.place(Place.WARD)
    assert isinstance(board, WardView)
    qtbot.waitUntil(lambda: board.table.current_row() is not None, timeout=20_000)
    return page


@pytest.fixture
def ward(at_work: WorkPage) -> WardView:
    """The board."""
    board = at_work.place(Place.WARD)
    assert isinstance(board, WardView)
    return board
