"""The base of what fills the window below the top bar: the ward, a chart, the signature board."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget


class PlaceView(QWidget):
    """One place. The window shows its title, its banner above the offline line, and calls `enter` when it is opened."""

    title_changed = pyqtSignal(str)
    banner_changed = pyqtSignal()
    """`banner()` answers another widget from now on."""
    note_changed = pyqtSignal(str)
    """`note()` says something else from now on."""

    def title(self) -> str:
        """What the window's title bar says: the patient first, so that two windows are told apart."""
        return ""

    def banner(self) -> QWidget | None:
        """The patient's banner, if this place is about one patient."""
        return None

    def note(self) -> str:
        """What the key line says at its right while this place is open, in place of what was saved; usually nothing."""
        return ""

    def enter(self) -> None:
        """The place was opened: put the cursor where the work is."""
        self.setFocus()

    def back(self) -> bool:
        """Esc: close what is open over the place and keep the draft; False when nothing is, and the place is left."""
        return False

    def leave(self) -> None:
        """Another place is opened; nothing is lost, the view stays."""

    def stop(self) -> None:
        """The view goes for good: let go of models and bindings."""
