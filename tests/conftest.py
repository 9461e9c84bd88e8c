"""What every test lives in: offscreen Qt, seeded chance, no socket to the outside, the long runs only when asked."""

from __future__ import annotations

import gc
import os
import socket
from typing import Any

import pytest
from hypothesis import settings
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.patience import PatientBot

pytest_plugins = ("tests.databases",)

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("LC_ALL", "C.UTF-8")

settings.register_profile("seeded", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("soak", deadline=None, max_examples=3000)
settings.load_profile("seeded")


YOUNG_OBJECTS = 50_000


def _collect_between_tests() -> None:
    """Widgets that are left over in cycles must not be taken apart on another thread (workstation/collecting.py).

    That is done between two tests, and within one only where it makes half a million objects.
    """
    gc.set_threshold(10 * YOUNG_OBJECTS, 20, 20)


_collect_between_tests()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long runs whole")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        settings.load_profile("soak")
        return
    skip = pytest.mark.skip(reason="a long run; make soak runs it")
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: each look through everything passes over it, and over five thousand tests.

    Programs and servers that begin within a test freeze nothing more: it would be what the tests before them left,
    windows and whole hospitals in cycles, kept until the worker ends.
    """
    gc.freeze()
    setattr(gc, "freeze", _nothing)  # noqa: B010 -- mypy forbids the plain assignment to a function


def _nothing() -> None:
    """Instead of freezing."""


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    gc.enable()  # a program with a window had it off, and a server its own thresholds
    _collect_between_tests()
    young, middle, _ = gc.get_count()
    if young > YOUNG_OBJECTS:
        gc.collect(2 if middle > 20 else 0)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """As pytest-qt's, with more patience."""
    del qapp  # it is there: a bot needs no more
    return PatientBot(request)


@pytest.fixture(autouse=True)
def _no_socket_to_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the outside: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
