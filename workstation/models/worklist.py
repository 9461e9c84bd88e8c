"""The ward board: beds as rows, five counters that filter, order by bed or by urgency."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from uuid import UUID

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal

from records.entries import Instant
from records.forms import Frozen
from records.messages import BoardRow, WardView


class Column(IntEnum):
    """The board's columns."""

    BED = 0
    PATIENT = 1
    AGE = 2
    DAY = 3
    DIAGNOSIS = 4
    ALLERGIES = 5
    WARNING = 6
    CLOCK = 7
    UNSIGNED = 8
    RESULTS = 9
    DOCTOR = 10


class BoardFilter(StrEnum):
    """Keys 1 to 5."""

    OCCUPIED = "occupied"
    ATTENTION = "attention"
    DEADLINE = "deadline"
    UNSIGNED = "unsigned"
    RESULTS = "results"


class BoardOrder(StrEnum):
    """Ctrl+S changes it."""

    BED = "bed"
    URGENCY = "urgency"
    DEADLINE = "deadline"


class Counter(Frozen):
    """One of the five counters of the board's head."""

    filter: BoardFilter
    key: str
    count: int
    of: int | None = None
    """«28/30»."""
    label: str


ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""BoardRow."""
WARNING_ROLE = Qt.ItemDataRole.UserRole + 2
"""workstation.models.early_warning.Warning or None: score, word, level."""
SPARK_ROLE = Qt.ItemDataRole.UserRole + 3
"""tuple[float, ...]: the last early warning scores, oldest first."""
CLOCK_ROLE = Qt.ItemDataRole.UserRole + 4
"""ClockLine or None: text, state, share of the time that is gone."""


class ClockLine(Frozen):
    """The clock that matters most in a row."""

    text: str
    state: str
    """ok, near, past, done."""
    gone: float
    """0 to 1, for the pie."""
    due: Instant


class BoardModel(QAbstractTableModel):
    """One ward's beds; shows the cached board at once and the server's when it comes."""

    loaded = pyqtSignal()
    counters_changed = pyqtSignal()
    refused = pyqtSignal(object)
    wards_changed = pyqtSignal()

    def __init__(self, desk: object, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    @property
    def wards(self) -> tuple[WardView, ...]: ...
    @property
    def ward(self) -> WardView | None: ...
    @property
    def as_of(self) -> Instant | None:
        """When the server said it: «Cập nhật 03:12»."""
    @property
    def cached(self) -> bool:
        """True while the server is away: «Bản lúc 02:46»."""
    @property
    def counters(self) -> tuple[Counter, ...]: ...
    @property
    def filter(self) -> BoardFilter | None: ...
    @property
    def order(self) -> BoardOrder: ...
    def open_ward(self, ward: UUID) -> None: ...
    def refresh(self) -> None: ...
    def set_filter(self, which: BoardFilter | None) -> None: ...
    def set_words(self, words: str) -> None:
        """Only patients and beds that match what was typed, diacritics or not."""
    def set_order(self, order: BoardOrder) -> None: ...
    def next_order(self) -> None: ...
    def row_at(self, index: QModelIndex) -> BoardRow | None: ...
    def row_of(self, encounter: UUID) -> int: ...
