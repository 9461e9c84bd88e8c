"""A sheet of time columns on the screen: one paper page at a time, ← → choose the column, PgUp PgDn turn the page."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from records.forms import Form
from workstation.models.chart import TimelineItem
from workstation.views import style
from workstation.views.chart.columns_model import INK, ITEM_OF_COLUMN, ColumnsModel
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.text import column, frame, label, row

HEAD_WIDTH = 190
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


class CellDelegate(QStyledItemDelegate):
    """Text that wraps; the chosen column has the row colour of the whole program."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, style.colour("sel" if chosen else "panel"))
        painter.setFont(style.font("small"))
        painter.setPen(style.colour(str(index.data(INK) or "ink")))
        painter.drawText(option.rect.adjusted(5, 3, -4, -2), _WRAP, str(index.data() or ""))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        view = self.parent()
        width = view.columnWidth(index.column()) - 10 if isinstance(view, QTableView) else 90
        need = QFontMetrics(style.font("small")).boundingRect(QRect(0, 0, width, 4000), _WRAP, str(index.data() or ""))
        return QSize(width, max(22, need.height() + 6))


class ColumnsTable(QTableView):
    """The table; a cell stands for its column."""

    opened = pyqtSignal(object)
    turned = pyqtSignal(int)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.currentIndex().data(ITEM_OF_COLUMN)
            if item is not None:
                self.opened.emit(item)
            return
        turns = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        if event.key() in turns:
            self.turned.emit(turns[Qt.Key(event.key())])
            return
        if event.text().isprintable() and event.text():
            event.ignore()
            return
        super().keyPressEvent(event)


class ColumnsSheet(QWidget):
    """Table and page line."""

    explain = pyqtSignal(object)
    opened = pyqtSignal(object)
    chosen = pyqtSignal(object)

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self.model = ColumnsModel(form, self)
        self.table = ColumnsTable()
        self.table.setModel(self.model)
        self.table.setItemDelegate(CellDelegate(self.table))
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectColumns)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName(form.name)
        self.table.setWordWrap(True)
        self._set_heads()
        self.table.opened.connect(self.opened)
        self.table.turned.connect(self._turn)
        self.table.doubleClicked.connect(lambda index: self.opened.emit(index.data(ITEM_OF_COLUMN)))
        self.table.clicked.connect(self._clicked)
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda index, _before: self._moved(index))
        self._page = label("", "small_second")
        foot = frame("foot")
        self.before = KeyButton("Tờ trước", "PgUp", small=True, on_click=lambda: self._turn(-1))
        self.after = KeyButton("Tờ sau", "PgDn", small=True, on_click=lambda: self._turn(1))
        foot.setLayout(row(self._page, None, self.before, self.after, margins=(10, 4, 10, 4)))
        layout = column(gap=0)
        layout.addWidget(self.table, 1)
        layout.addWidget(foot)
        self.setLayout(layout)
        self.model.modelReset.connect(self._fit)

    def _set_heads(self) -> None:
        across, down = self.table.horizontalHeader(), self.table.verticalHeader()
        if across is not None:
            across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            across.setFixedHeight(40)
        if down is not None:
            down.setFixedWidth(HEAD_WIDTH)
            down.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag(
                int(Qt.TextFlag.TextWordWrap)))
            down.setMinimumSectionSize(24)
        self.table.setFrameShape(QFrame.Shape.NoFrame)

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """The sheet's entries, oldest first."""
        chosen = self.current()
        self.model.show_items(items)
        if chosen is not None:
            self.choose(chosen.entry)
        elif self.model.shown:
            self.choose(self.model.shown[-1].entry)

    def choose(self, entry: UUID) -> bool:
        """The cursor onto an entry's column."""
        at = self.model.reach(entry)
        if at < 0:
            return False
        line = max(0, self.table.currentIndex().row())
        self.table.setCurrentIndex(self.model.index(line, at))
        return True

    def current(self) -> TimelineItem | None:
        """The entry of the column that the cursor is on."""
        return self.model.item(self.table.currentIndex().column())

    def put_editor(self, editor: QWidget | None) -> None:
        """Columns are written at the right of the sheet."""

    def settle(self) -> None:
        """Nothing moves by itself here."""

    def show_earlier(self) -> None:
        """Alt+↑: the column before."""
        at = self.table.currentIndex().column()
        if at > 0:
            self.table.setCurrentIndex(self.model.index(max(0, self.table.currentIndex().row()), at - 1))
        else:
            self._turn(-1)

    def _turn(self, step: int) -> None:
        if self.model.turn(step) and self.model.shown:
            self.choose(self.model.shown[-1 if step < 0 else 0].entry)

    def _moved(self, index: QModelIndex) -> None:
        item = index.data(ITEM_OF_COLUMN)
        if isinstance(item, TimelineItem):
            self.chosen.emit(item)

    def _clicked(self, index: QModelIndex) -> None:
        item = index.data(ITEM_OF_COLUMN)
        if isinstance(item, TimelineItem) and index.row() == self.model.rowCount() - 1 and item.view is not None \
                and item.view.signatures:
            self.explain.emit(item)

    def _fit(self) -> None:
        """A page's columns share the width as the paper's do; rows are as high as their longest text."""
        viewport = self.table.viewport()
        count = max(self.model.per_page, 1)
        width = max(96, (viewport.width() if viewport is not None else 600) // count)
        for at in range(self.model.columnCount()):
            self.table.setColumnWidth(at, width)
        self.table.resizeRowsToContents()
        self._page.setText(f"Tờ số {self.model.page + 1}/{self.model.pages}")
        self.before.setVisible(self.model.page > 0)
        self.after.setVisible(self.model.page < self.model.pages - 1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()
