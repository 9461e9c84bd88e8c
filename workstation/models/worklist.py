"""The ward board: beds as rows, five counters that filter, order by bed or by urgency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer, pyqtSignal

from records.errors import Refusal
from records.folding import fold
from records.messages import Board, BoardRow, WardView
from workstation.config import ZONE
from workstation.emitting import emitter
from workstation.models.account import Account, utc_now
from workstation.models.board import (
    BoardFilter,
    BoardLine,
    BoardOrder,
    ClockLine,
    Counter,
    clock_line,
    counters,
    lines_of,
    ordered,
    passes,
    unsigned_text,
)
from workstation.models.delegations import given_wards
from workstation.models.desk import Answered, Desk, Told

__all__ = ["BoardFilter", "BoardModel", "BoardOrder", "ClockLine", "Column", "Counter"]


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


TITLES = ("Giường", "Người bệnh", "Tuổi", "Ngày", "Chẩn đoán", "Dị ứng", "Cảnh báo sớm", "Hạn hồ sơ", "Chưa ký",
          "Kết quả", "Bác sĩ")
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""BoardRow."""
WARNING_ROLE = Qt.ItemDataRole.UserRole + 2
"""records.early_warning.EarlyWarning or None: `.text` «5 Vừa», `.level`."""
SPARK_ROLE = Qt.ItemDataRole.UserRole + 3
"""tuple[float, ...]: the last early warning scores, oldest first."""
CLOCK_ROLE = Qt.ItemDataRole.UserRole + 4
"""ClockLine or None: text, state, share of the time that is gone."""
ALLERGIC_ROLE = Qt.ItemDataRole.UserRole + 5
"""True when the patient has an allergy."""
_SEXES = {"1": "Nam", "2": "Nữ", "3": ""}
_NUMBERS = {Column.DAY, Column.UNSIGNED, Column.RESULTS}
_BOARD = TypeAdapter(Board)
_WARDS = TypeAdapter(tuple[WardView, ...])
RELOAD_AFTER_MS = 500
MINUTE_MS = 60_000


class BoardModel(QAbstractTableModel, Answered[Board]):
    """One ward's beds; shows the cached board at once and the server's when it comes."""

    loaded = pyqtSignal()
    counters_changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: the server's board could not be had; what is shown stays."""
    wards_changed = pyqtSignal()
    ward_changed = pyqtSignal()

    def __init__(self, desk: Desk, parent: QObject | None = None, *,
                 now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(parent)
        self._desk, self._now = desk, now
        self._wards: tuple[WardView, ...] = desk.account.person.wards
        self._ward: UUID | None = None
        self._lines: tuple[BoardLine, ...] = ()
        self._shown: list[BoardLine] = []
        self._filter: BoardFilter | None = None
        self._order = BoardOrder.BED
        self._words = ""
        self._reload = QTimer(self)
        self._reload.setSingleShot(True)
        self._reload.timeout.connect(self.refresh)
        self._minute = QTimer(self)
        self._minute.timeout.connect(self._tick)
        self._minute.start(MINUTE_MS)
        desk.sync.board_stale.connect(self._stale)

    # What is shown

    @property
    def wards(self) -> tuple[WardView, ...]:
        """Wards that can be opened: mine first, then those where I sign for another."""
        return self._wards

    def is_given(self, ward: WardView) -> bool:
        """Whether this person sees it only in another's place (R29)."""
        return given_wards(self._desk.account, self._now().astimezone(ZONE).date())(ward)

    @property
    def ward(self) -> WardView | None:
        """The ward that is shown."""
        return next((ward for ward in self._wards if ward.id == self._ward), None)

    @property
    def board(self) -> Board | None:
        """The board as the server said it."""
        return self._said

    @property
    def counters(self) -> tuple[Counter, ...]:
        """The five counters, over all beds."""
        return counters(self._lines)

    @property
    def filter(self) -> BoardFilter | None:
        """Which counter filters."""
        return self._filter

    @property
    def order(self) -> BoardOrder:
        """How the rows are ordered."""
        return self._order

    # Acts

    def load_wards(self) -> None:
        """Ask for all wards."""
        self._desk.kept("wards", _WARDS, self._take_wards)
        self._desk.fetch("wards", "/api/wards", _WARDS, self._take_wards, emitter(self, self.refused))

    def account_changed(self, _account: Account) -> None:
        """Somebody gave me wards to sign for, or took them back."""
        self.load_wards()

    def open_ward(self, ward: UUID) -> None:
        """Show that ward: what this PC has at once, the server's when it comes."""
        if ward != self._ward:
            self._ward, self._told = ward, None
            self._take_lines(())
            self.ward_changed.emit()
            self._desk.kept(self._key, _BOARD, self._take_kept)
        self.refresh()

    def refresh(self) -> None:
        """Ask the server again."""
        if self._ward is not None:
            self._desk.fetch(self._key, f"/api/wards/{self._ward}/board", _BOARD, self._take, self._not_loaded)

    def set_filter(self, which: BoardFilter | None) -> None:
        """Only rows of that counter; the same again shows all beds."""
        self._filter = None if which == self._filter else which
        self._lay_out()
        self.counters_changed.emit()

    def set_words(self, words: str) -> None:
        """Only patients and beds that match what was typed, diacritics or not."""
        if words != self._words:
            self._words = words
            self._lay_out()

    def set_order(self, order: BoardOrder) -> None:
        """Order the rows."""
        self._order = order
        self._lay_out()
        self.counters_changed.emit()

    def next_order(self) -> None:
        """Ctrl+S."""
        orders = list(BoardOrder)
        self.set_order(orders[(orders.index(self._order) + 1) % len(orders)])

    def row_at(self, index: QModelIndex) -> BoardRow | None:
        """The row under an index."""
        return self._shown[index.row()].row if index.isValid() and index.row() < len(self._shown) else None

    def row_of(self, encounter: UUID) -> int:
        """Where an encounter is shown, or -1."""
        return next((number for number, line in enumerate(self._shown) if line.row.encounter == encounter), -1)

    # Qt

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """All columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section)) if orientation is Qt.Orientation.Horizontal else None
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's words, and the values that delegates draw."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        line = self._shown[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(line, Column(index.column()))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == Column.DIAGNOSIS:
            return _diagnosis(line.row)
        return self._value(line, role)

    # Inside

    @property
    def _key(self) -> str:
        return f"board:{self._ward}"

    def _value(self, line: BoardLine, role: int) -> Any:
        values: Mapping[int, Callable[[], Any]] = {
            ROW_ROLE: lambda: line.row,
            WARNING_ROLE: lambda: line.warning,
            SPARK_ROLE: lambda: line.scores,
            CLOCK_ROLE: lambda: clock_line(line.clock, self._now()) if line.clock is not None else None,
            ALLERGIC_ROLE: lambda: bool(line.row.patient and line.row.patient.allergies),
        }
        return values[role]() if role in values else None

    def _text(self, line: BoardLine, column: Column) -> str:
        row = line.row
        if column is Column.BED:
            return f"{row.room}-{row.bed}" if row.room else row.bed
        if row.encounter is None or row.patient is None:
            return "Giường trống" if column is Column.PATIENT else ""
        texts: Mapping[Column, Callable[[], str]] = {
            Column.PATIENT: lambda: row.patient.full_name if row.patient else "",
            Column.AGE: lambda: f"{'' if line.age is None else line.age} {_SEXES[row.patient.sex]}".strip()
            if row.patient else "",
            Column.DAY: lambda: str(row.day),
            Column.DIAGNOSIS: lambda: _diagnosis(row),
            Column.ALLERGIES: lambda: _allergies(row),
            Column.WARNING: lambda: line.warning.text if line.warning else "–",
            Column.CLOCK: lambda: clock_line(line.clock, self._now()).text if line.clock else "Đủ",
            Column.UNSIGNED: lambda: unsigned_text(row),
            Column.RESULTS: lambda: "–",
            Column.DOCTOR: lambda: row.attending,
        }
        return texts[column]()

    def _take_kept(self, told: Told[Board]) -> None:
        if self._told is None:
            self._take(told)

    def _take(self, told: Told[Board]) -> None:
        if told.value.ward.id != self._ward:
            return  # another ward was opened meanwhile
        self._told = told
        self._take_lines(lines_of(told.value.rows, self._now()))
        self.loaded.emit()

    def _take_lines(self, lines: tuple[BoardLine, ...]) -> None:
        self._lines = lines
        self._lay_out()
        self.counters_changed.emit()

    def _take_wards(self, told: Told[tuple[WardView, ...]]) -> None:
        mine, given = {ward.id for ward in self._desk.account.person.wards}, self.is_given
        self._wards = tuple(sorted(told.value, key=lambda ward: (ward.id not in mine, not given(ward), ward.name)))
        self.wards_changed.emit()

    def _not_loaded(self, refusal: Refusal) -> None:
        if self._grow_old():
            self.loaded.emit()
        self.refused.emit(refusal)

    def _stale(self, ward: UUID | None) -> None:
        if self._ward is not None and ward in (None, self._ward) and not self._reload.isActive():
            self._reload.start(RELOAD_AFTER_MS)

    def _tick(self) -> None:
        """The clocks go on by themselves."""
        if self._shown:
            self.dataChanged.emit(self.index(0, Column.CLOCK), self.index(len(self._shown) - 1, Column.CLOCK))

    def _lay_out(self) -> None:
        words = fold(self._words).split()
        kept = [line for line in self._lines if passes(line, self._filter)
                and all(word in line.words for word in words)]
        self.beginResetModel()
        self._shown = ordered(kept, self._order)
        self.endResetModel()


def _diagnosis(row: BoardRow) -> str:
    return f"{row.diagnosis} ({row.diagnosis_code})" if row.diagnosis_code else row.diagnosis


def _allergies(row: BoardRow) -> str:
    if row.patient is None:
        return ""
    if row.patient.allergies:
        return ", ".join(allergy.substance for allergy in row.patient.allergies)
    return "Không" if row.patient.allergies_asked_at is not None else "Chưa hỏi"


def _alignment(column: Column) -> Qt.AlignmentFlag:
    across = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter
