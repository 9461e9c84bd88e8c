"""A keyboard for tests: keys go to the widget that a person would type into."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

KEYS: Any = QTest
"""PyQt's stubs take these functions for methods."""
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def press(widget: QWidget | None, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
    """One key, down and up; shortcuts of the window see it first, as they do in life."""
    assert widget is not None
    KEYS.keyClick(widget, key, modifier)


def write(widget: QWidget | None, text: str) -> None:
    """Letters one after another."""
    assert widget is not None
    KEYS.keyClicks(widget, text)


def to_the_front(qtbot: QtBot, window: QWidget) -> None:
    """The window that gets the keys. Asked for until it is: another's late activation may take it away again."""
    def is_it() -> bool:
        if not window.isActiveWindow():
            window.activateWindow()
        return window.isActiveWindow()

    qtbot.waitUntil(is_it, timeout=10_000)
