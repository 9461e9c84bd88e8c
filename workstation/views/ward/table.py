"""The board's table: one row a bed, keyboard first; diagnoses are cut first, names only where a column would go."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import QEvent, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QToolTip, QWidget

from records.messages import BoardRow
from workstation.models.worklist import CLOCK_ROLE, ROW_ROLE, SPARK_ROLE, WARNING_ROLE, BoardModel, Column
from workstation.views import style
from workstation.views.ward import cells
from workstation.views.widgets.banner import allergy_words
from workstation.views.widgets.delegates import Cell, CellDelegate

_WIDTHS = {
    Column.BED: 56, Column.AGE: 62, Column.DAY: 46, Column.ALLERGIES: 122, Column.WARNING: 118,
    Column.CLOCK: 168, Column.UNSIGNED: 84, Column.RESULTS: 60, Column.DOCTOR: 84,
}
_PATIENT_AT_LEAST = 140
_DIAGNOSIS_AT_LEAST = 90
_CLOCK_AT_LEAST = 150


class BoardTable(QTableView):
    """Enter opens, letters search, arrows move."""

    opened = pyqtSignal()
    typed = pyqtSignal(QKeyEvent)
    """A letter was typed: it belongs to the search field."""

    def __init__(self, model: BoardModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._board = model
        self.setItemDelegate(CellDelegate(self.cell, style.px("row_board"), self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Bảng khoa: mỗi hàng một giường")
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        self._set_up_heads()
        model.modelReset.connect(self.fit_columns)
        model.dataChanged.connect(self.fit_columns)
        self.fit_columns()

    def _set_up_heads(self) -> None:
        side = self.verticalHeader()
        head = self.horizontalHeader()
        if side is None or head is None:
            return
        side.hide()
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(style.px("row_board"))
        head.setFixedHeight(27)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(Column.DIAGNOSIS, QHeaderView.ResizeMode.Stretch)
        head.setMinimumSectionSize(30)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        # Results come with the laboratory's orders; a column that could only say nothing is not shown.
        self.setColumnHidden(Column.RESULTS, True)

    def cell(self, index: QModelIndex) -> Cell:
        """What the cell paints."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, BoardRow):
            return None
        column = Column(index.column())
        if row.patient is None:
            return cells.empty_cell(column, row)
        bed = cells.Bed(row, row.patient, index.data(WARNING_ROLE), tuple(index.data(SPARK_ROLE) or ()),
                        index.data(CLOCK_ROLE), datetime.now(UTC))
        return cells.cell(column, bed)

    def fit_columns(self) -> None:
        """Give deadlines the room that the longest needs, and names too, as far as each column has its place."""
        bold, plain = QFontMetrics(style.font(bold=True)), QFontMetrics(style.font())
        rows = [self._board.index(number, 0) for number in range(self._board.rowCount())]
        names = [bold.horizontalAdvance(row.patient.full_name) for index in rows
                 if isinstance(row := index.data(ROW_ROLE), BoardRow) and row.patient is not None]
        clocks = [plain.horizontalAdvance(clock.text) for index in rows
                  if (clock := index.data(CLOCK_ROLE)) is not None]
        self.setColumnWidth(Column.CLOCK, max([_CLOCK_AT_LEAST, *(width + 34 for width in clocks)]))
        view, beside = self.viewport(), _DIAGNOSIS_AT_LEAST + sum(
            self.columnWidth(column) for column in Column if column not in (Column.PATIENT, Column.DIAGNOSIS))
        room = max(_PATIENT_AT_LEAST, view.width() - beside) if view is not None else _PATIENT_AT_LEAST
        self.setColumnWidth(Column.PATIENT, min(room, max([_PATIENT_AT_LEAST, *(width + 14 for width in names)])))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def current_row(self) -> BoardRow | None:
        """The bed that is chosen."""
        index = self.currentIndex()
        return self._board.row_at(index) if index.isValid() else None

    def choose(self, number: int) -> None:
        """Choose a row and bring it into sight."""
        if 0 <= number < self._board.rowCount():
            self.setCurrentIndex(self._board.index(number, 0))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif _writes(event):
            self.typed.emit(event)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            row = index.data(ROW_ROLE) if index.isValid() else None
            tip = ""
            if isinstance(row, BoardRow) and row.patient is not None and index.column() == Column.PATIENT:
                tip = row.patient.full_name
            elif isinstance(row, BoardRow) and index.column() == Column.DIAGNOSIS:
                tip = cells.diagnosis_text(row)
            elif isinstance(row, BoardRow) and row.patient is not None and index.column() == Column.ALLERGIES:
                tip = allergy_words(row.patient.allergies)
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().viewportEvent(event)


def _writes(event: QKeyEvent) -> bool:
    held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return not held and bool(event.text().strip()) and event.text().isprintable()
