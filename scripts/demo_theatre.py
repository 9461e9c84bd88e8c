"""The window of the demo's day on stage: keys, texts, pictures, and waiting with patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from workstation.app import Program
from workstation.views.chart.place import ChartPlace
from workstation.views.prompts import Dialog

PATIENCE_S = 40
KEYS: Any = QTest
"""PyQt's stubs take these functions for methods."""


class StepFailed(Exception):
    """What was waited for did not come."""


@dataclass
class Theatre:
    """The window on stage, and what was photographed."""

    application: QApplication
    program: Program
    out: Path
    home: Path
    """The demo hospital's folder."""
    pictures: int = 0

    @property
    def window(self) -> QWidget:
        """The workstation's window."""
        return self.program.window

    def wait(self, what: str, condition: Callable[[], object]) -> None:
        """Let the program work until the condition holds."""
        ends = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > ends:
                raise StepFailed(f"waited {PATIENCE_S} s for: {what}")
            KEYS.qWait(40)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key, where the cursor is; a virtual screen has nobody who gives a closed dialog's focus back."""
        if self.application.activeWindow() is None:
            self.window.activateWindow()
            KEYS.qWait(100)
        KEYS.keyClick(self.application.focusWidget() or self.window.focusWidget() or self.window, key, modifier)
        KEYS.qWait(150)

    def write(self, text: str) -> None:
        """Text, where the cursor is, as an input method commits it: Vietnamese letters are not single keys."""
        target = self.application.focusWidget()
        match target:
            case QLineEdit():
                target.insert(text)
            case QPlainTextEdit() | QTextEdit():
                target.insertPlainText(text)
            case _:
                raise StepFailed(f"the cursor is not in a text field, so «{text}» cannot be written")
        KEYS.qWait(120)

    def photograph(self, name: str) -> None:
        """The window as it is, and a dialog over it."""
        KEYS.qWait(400)
        self.pictures += 1
        picture = self.window.grab()
        dialog = self.dialog()
        if dialog is not None:
            from PyQt6.QtGui import QPainter

            painter = QPainter(picture)
            painter.drawPixmap(self.window.mapFromGlobal(dialog.pos()), dialog.grab())
            painter.end()
        picture.save(str(self.out / f"{self.pictures:02d}-{name}.png"))
        print(f"   {self.pictures:02d}-{name}.png", flush=True)

    def dialog(self) -> Dialog | None:
        """The dialog that is open, if any."""
        return next((one for one in self.window.findChildren(Dialog) if one.isVisible()), None)

    def chart(self) -> ChartPlace:
        """The chart that is open."""
        found = [place for place in self.window.findChildren(ChartPlace) if place.isVisible()]
        if not found:
            raise StepFailed("no chart is open")
        return found[0]
