"""A sheet whose entries are time columns (38/BV2) as a table model: the form's lines down, a page of times across."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from records.forms import Form
from workstation.models.chart import GONE, ItemState, TimelineItem
from workstation.views.chart.reading import column_kind, line_title, said_of
from workstation.views.chart.states import SHOWN, amended_words, unsigned_words
from workstation.views.widgets import times

ITEM_OF_COLUMN = Qt.ItemDataRole.UserRole + 1
INK = Qt.ItemDataRole.UserRole + 2
"""Token of the cell's text."""
DEFAULT_PER_PAGE = 6


class ColumnsModel(QAbstractTableModel):
    """One page of the sheet; the last line tells who signed."""

    def __init__(self, form: Form, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._kind = column_kind(form)
        self._items: tuple[TimelineItem, ...] = ()
        self.page = 0
        self.per_page = form.layout.per_page or DEFAULT_PER_PAGE

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """Other entries, oldest first; the last page stays the last."""
        newest = self.page >= self.pages - 1
        self.beginResetModel()
        self._items = tuple(items)
        self.page = self.pages - 1 if newest else min(self.page, self.pages - 1)
        self.endResetModel()

    @property
    def pages(self) -> int:
        """How many sheets of paper there are."""
        return max(1, -(-len(self._items) // self.per_page))

    @property
    def shown(self) -> tuple[TimelineItem, ...]:
        """The entries of the page."""
        return self._items[self.page * self.per_page:(self.page + 1) * self.per_page]

    def turn(self, step: int) -> bool:
        """Another page; False at the ends."""
        to = self.page + step
        if not 0 <= to < self.pages:
            return False
        self.beginResetModel()
        self.page = to
        self.endResetModel()
        return True

    def reach(self, entry: UUID) -> int:
        """The column of an entry on its page, which is turned to; -1 when it is not on the sheet."""
        at = next((place for place, item in enumerate(self._items) if item.entry == entry), -1)
        if at >= 0 and at // self.per_page != self.page:
            self.turn(at // self.per_page - self.page)
        return at % self.per_page if at >= 0 else -1

    def item(self, column: int) -> TimelineItem | None:
        """The entry of a column."""
        return self.shown[column] if 0 <= column < len(self.shown) else None

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._form.layout.columns) + 1

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.item(index.column()) if index.isValid() else None
        if item is None:
            return None
        signing = index.row() == len(self._form.layout.columns)
        if role == ITEM_OF_COLUMN:
            return item
        if role == INK:
            return _ink(item) if signing else "ink3" if item.state in GONE else "ink"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return signed_cell(item) if signing else self.words(index.row(), item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = signed_cell(item) if signing else self.words(index.row(), item)
            return f"{self.title(index.row())}, {times.clock(item.occurred_at)}: {words or 'trống'}"
        return None

    def words(self, line: int, item: TimelineItem) -> str:
        """A cell's text."""
        return "\n".join(f"{one.letter} {one.words}".strip()
                         for one in said_of(self._kind, self._form.layout.columns[line], item))

    def title(self, line: int) -> str:
        """A line's printed head."""
        columns = self._form.layout.columns
        return line_title(columns[line]) if line < len(columns) else f"{self._kind.slots[0].label} ký"

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self.title(section)
        item = self.item(section)
        return f"{times.clock(item.occurred_at)}\n{times.full_date(item.occurred_at)}" if item is not None else ""


def signed_cell(item: TimelineItem) -> str:
    """Who signed and when; corrected, or not signed yet."""
    marks = [f"{mark.full_name}\n{times.clock(mark.signed_at)} {times.day_month(mark.signed_at)}"
             for mark in (item.view.signatures if item.view is not None else ())]
    if not marks or item.state in {ItemState.DRAFT, ItemState.PARTLY_SIGNED, *GONE}:
        shown = SHOWN[item.state].word
        marks.append(shown if item.state in (ItemState.DRAFT, ItemState.OTHERS_DRAFT) else
                     unsigned_words(item, datetime.now(UTC)))
    if words := amended_words(item):
        marks.append(words)
    return "\n".join(marks)


def _ink(item: TimelineItem) -> str:
    return SHOWN[item.state].ink
