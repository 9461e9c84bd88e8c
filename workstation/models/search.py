"""Ctrl+K: patients and commands by a few letters, with or without diacritics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, pyqtSignal

from records.forms import Frozen
from records.messages import PatientView


class Act(Frozen):
    """Something that the palette can do."""

    key: str
    """The action's name in views.actions."""
    title: str
    keys: str = ""
    """Shortcut, as shown."""
    words: str = ""
    """More words to find it by."""
    group: Literal["command", "place", "entry"] = "command"


class Hit(Frozen):
    """A row of the palette."""

    title: str
    detail: str = ""
    act: Act | None = None
    patient: PatientView | None = None


HIT_ROLE = Qt.ItemDataRole.UserRole + 1
"""Hit."""


class SearchModel(QAbstractListModel):
    """Acts at once, patients from the server a moment later (or from cached boards while it is away)."""

    searched = pyqtSignal()
    refused = pyqtSignal(object)

    def __init__(self, desk: object, acts: Sequence[Act] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    def set_acts(self, acts: Sequence[Act]) -> None: ...
    def set_words(self, words: str) -> None: ...
    def hit(self, index: QModelIndex) -> Hit | None: ...
