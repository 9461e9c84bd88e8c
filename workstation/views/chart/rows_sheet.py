"""A sheet whose entries are rows (36/BV2): the newest drawn, earlier ones a key away, the open one written in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QListView,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from records.forms import Form
from workstation.models.chart import TimelineItem
from workstation.views import style
from workstation.views.chart.reading import spoken_row
from workstation.views.chart.row_layout import PAD, RowLayout, column_lefts, lay_out
from workstation.views.chart.states import amended_words
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import column, row

WINDOW = 30
"""Rows that are drawn at first, and that «earlier» adds: a stay of 1,000 entries opens as fast as one of ten."""
HEAD_HEIGHT = 25
ABOVE_EDITOR = 40
ROW_ROLE = Qt.ItemDataRole.UserRole + 1


class RowsModel(QAbstractListModel):
    """The newest rows, oldest first, as the paper has them."""

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._all: tuple[TimelineItem, ...] = ()
        self.shown: tuple[TimelineItem, ...] = ()
        """The rows that are drawn."""
        self.hidden = 0
        """How many earlier rows are not drawn."""

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """Other items, oldest first; who was at the newest stays there."""
        every = tuple(items)
        if all(one is other for one, other in zip(every, self._all, strict=False)) and len(every) == len(self._all):
            return
        start = max(0, len(every) - WINDOW) if not self.later else min(self.hidden, max(0, len(every) - WINDOW))
        count = len(every) - start if not self.later else len(self.shown)
        self._all = every
        self._draw(start, count)

    def more(self) -> None:
        """As many earlier ones again."""
        start = max(0, self.hidden - WINDOW)
        self._draw(start, self.hidden - start + len(self.shown))

    def newest(self) -> None:
        """Back to the end of the sheet."""
        if self.later:
            start = max(0, len(self._all) - WINDOW)
            self._draw(start, len(self._all) - start)

    def reach(self, entry: UUID) -> int:
        """The row of an entry, drawing its neighbourhood when it is far; -1 when it is not on the sheet."""
        at = next((place for place, item in enumerate(self._all) if item.entry == entry), -1)
        if at >= 0 and not self.hidden <= at < self.hidden + len(self.shown):
            self._draw(max(0, at - WINDOW // 2), WINDOW)
        return at - self.hidden if at >= 0 else -1

    @property
    def later(self) -> int:
        """How many later rows are not drawn."""
        return max(0, len(self._all) - self.hidden - len(self.shown))

    def _draw(self, start: int, count: int) -> None:
        self.beginResetModel()
        self.hidden, self.shown = start, self._all[start:start + count]
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.shown):
            return None
        item = self.shown[index.row()]
        if role == ROW_ROLE:
            return item
        if role == Qt.ItemDataRole.ToolTipRole:
            return amended_words(item) or None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken_row(self._form, item)
        return None


class RowDelegate(QStyledItemDelegate):
    """Paints rows from layouts that are kept while item and width stay."""

    def __init__(self, form: Form, view: QListView) -> None:
        super().__init__(view)
        self._form, self._view = form, view
        self._layouts: dict[tuple[int, int], tuple[TimelineItem, RowLayout]] = {}
        style.announcer().changed.connect(self._drawn_anew)

    def _drawn_anew(self) -> None:
        self._layouts.clear()

    def layout_of(self, index: QModelIndex) -> RowLayout | None:
        """Where everything stands in that row."""
        item = index.data(ROW_ROLE)
        viewport = self._view.viewport()
        if not isinstance(item, TimelineItem) or viewport is None:
            return None
        key = (id(item), viewport.width())
        held = self._layouts.get(key)
        if held is None or held[0] is not item:
            if len(self._layouts) > 20 * WINDOW:
                self._layouts.clear()
            held = self._layouts[key] = (item, lay_out(self._form, item, viewport.width(), datetime.now(UTC)))
        return held[1]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        layout = self.layout_of(index)
        return QSize(100, layout.height if layout is not None else 44)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        layout = self.layout_of(index)
        if painter is None or layout is None:
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        layout.paint(painter, option.rect, chosen=chosen)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, option.rect)


class RowsView(QListView):
    """The rows at their full height, in the page that scrolls around them."""

    explain = pyqtSignal(object)
    """TimelineItem: a signature line was clicked."""
    opened = pyqtSignal(object)
    """TimelineItem: Enter or a double click."""
    chosen = pyqtSignal(object)
    """TimelineItem: the cursor moved."""

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RowsModel(form, self)
        self.setModel(self.rows)
        self._delegate = RowDelegate(form, self)
        self.setItemDelegate(self._delegate)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setAccessibleName(form.name)
        self.rows.modelReset.connect(self.fit)
        self.activated.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda index, _before: self._moved(index))

    def _moved(self, index: QModelIndex) -> None:
        item = index.data(ROW_ROLE)
        if isinstance(item, TimelineItem):
            self.chosen.emit(item)

    def current(self) -> TimelineItem | None:
        """The row that the cursor is on."""
        item = self.currentIndex().data(ROW_ROLE)
        return item if isinstance(item, TimelineItem) else None

    def fit(self) -> None:
        """As high as its rows; the page around it scrolls."""
        high = sum(self.sizeHintForRow(number) for number in range(self.rows.rowCount()))
        self.setFixedHeight(max(high, 1) + 1)
        self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and event.size().width() != event.oldSize().width():
            self.fit()

    def _mark_at(self, event: QMouseEvent) -> TimelineItem | None:
        index = self.indexAt(event.position().toPoint())
        layout = self._delegate.layout_of(index) if index.isValid() else None
        if layout is None:
            return None
        inside = event.position().toPoint() - self.visualRect(index).topLeft()
        hit = any(area.contains(inside) for area in layout.marks)
        item = index.data(ROW_ROLE)
        return item if hit and isinstance(item, TimelineItem) else None

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        viewport = self.viewport()
        if event is not None and viewport is not None:
            over = self._mark_at(event) is not None
            viewport.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        super().mouseReleaseEvent(event)
        item = self._mark_at(event) if event is not None else None
        if item is not None:
            self.explain.emit(item)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # Letters search in lists; here they are nobody's, so that a mistyped word does not make the cursor jump.
        if event is not None and event.text().isprintable() and event.text() and event.key() != Qt.Key.Key_Space:
            event.ignore()
            return
        super().keyPressEvent(event)


class ColumnHeads(QFrame):
    """The printed heads of the columns, standing while the rows scroll."""

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "head")
        self.setFixedHeight(HEAD_HEIGHT)
        self._form = form
        self.scroll_bar = 0

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        lefts = column_lefts(self._form, self.width() - self.scroll_bar)
        painter.setFont(style.font("small", bold=True))
        for place, printed in enumerate(self._form.layout.columns):
            painter.setPen(style.colour("line2"))
            if place:
                painter.drawLine(lefts[place], 0, lefts[place], self.height())
            painter.setPen(style.colour("ink2"))
            words = printed.title if place else "Giờ"
            room = self.rect().adjusted(lefts[place] + PAD, 0, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.setPen(style.colour("line2"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


class RowsSheet(QWidget):
    """Heads, rows, and below them the row that is being written."""

    explain = pyqtSignal(object)
    opened = pyqtSignal(object)
    chosen = pyqtSignal(object)

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self.view = RowsView(form)
        self.heads = ColumnHeads(form)
        self.earlier = KeyButton("", "Alt+↑", small=True, kind="quiet", on_click=self.show_earlier)
        self.newest = KeyButton("", small=True, kind="quiet", on_click=self.show_newest)
        self._later_line = QWidget()
        self._later_line.setLayout(row(None, self.newest, None, margins=(0, 5, 0, 5)))
        self._earlier_line = QWidget()
        self._earlier_line.setLayout(row(None, self.earlier, None, margins=(0, 5, 0, 5)))
        self._inside = QWidget()
        self._inside.setProperty("role", "panel")
        self._lines = column(self._earlier_line, self.view, self._later_line, gap=0)
        self._lines.addStretch(1)
        self._inside.setLayout(self._lines)
        self.page = QScrollArea()
        self.page.setWidgetResizable(True)
        self.page.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.page.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setWidget(self._inside)
        bar = self.page.verticalScrollBar()
        self.heads.scroll_bar = bar.sizeHint().width() if bar is not None else 0
        self.setLayout(column(self.heads, self.page, gap=0))
        self.editor: QWidget | None = None
        self.view.explain.connect(self.explain)
        self.view.opened.connect(self.opened)
        self.view.chosen.connect(self._chosen)
        self._to_end = True
        self._brought_to = -1
        if bar is not None:
            bar.rangeChanged.connect(self._range_changed)

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """The sheet's entries, oldest first, without the one that is being written."""
        current = self.view.current()
        self.view.rows.show_items(items)
        self._say_earlier()
        if current is not None and self.view.current() is None:
            self._put_cursor_back(current.entry)

    def _put_cursor_back(self, entry: UUID) -> None:
        """News of the sheet drew it anew: the cursor stays on its row, and nobody is told of a move."""
        at = next((place for place, item in enumerate(self.view.rows.shown) if item.entry == entry), -1)
        if at >= 0:
            told = self.view.blockSignals(True)
            self.view.setCurrentIndex(self.view.rows.index(at))
            self.view.blockSignals(told)

    def _say_earlier(self) -> None:
        hidden, later = self.view.rows.hidden, self.view.rows.later
        self._earlier_line.setVisible(hidden > 0)
        self.earlier.say(f"Xem thêm {min(hidden, WINDOW)} lần ghi trước (còn {hidden})")
        self._later_line.setVisible(later > 0)
        self.newest.say(f"Về lần ghi mới nhất (còn {later} lần ghi sau)")

    def show_newest(self) -> None:
        """Back to the end of the sheet."""
        self._to_end = True
        self.view.rows.newest()
        self._say_earlier()

    def show_earlier(self) -> None:
        """Alt+↑: the cursor to the row before; at the top, more rows."""
        current = self.view.currentIndex().row()
        if current > 0:
            self.view.setCurrentIndex(self.view.rows.index(current - 1))
        elif current < 0 and self.view.rows.rowCount():
            self.view.setCurrentIndex(self.view.rows.index(self.view.rows.rowCount() - 1))
        elif self.view.rows.hidden:
            item = self.view.current()
            self.view.rows.more()
            self._say_earlier()
            if item is not None:
                self.choose(item.entry)
        self.view.setFocus()

    def choose(self, entry: UUID) -> bool:
        """The cursor onto an entry's row."""
        at = self.view.rows.reach(entry)
        self._say_earlier()
        if at < 0:
            return False
        self._to_end = False
        self.view.setCurrentIndex(self.view.rows.index(at))
        return True

    def current(self) -> TimelineItem | None:
        """The row that the cursor is on."""
        return self.view.current()

    def put_editor(self, editor: QWidget | None) -> None:
        """The row that is written, below the others; None takes it away."""
        if self.editor is not None:
            self._lines.removeWidget(self.editor)
            self.editor.hide()
            self.editor.deleteLater()
        self.editor = editor
        if editor is not None:
            self.show_newest()
            self.view.clearSelection()
            self.view.setCurrentIndex(QModelIndex())
            self._lines.insertWidget(3, editor)
            moved = getattr(editor, "moved", None)
            if moved is not None:
                moved.connect(lambda widget: self.page.ensureWidgetVisible(widget, 0, 60))
        self._to_end = True

    def _chosen(self, item: TimelineItem) -> None:
        self._bring()
        self.chosen.emit(item)

    def _bring(self) -> None:
        """The chosen row onto the screen, whole where it has room; its beginning where it has not."""
        index, viewport, bar = self.view.currentIndex(), self.page.viewport(), self.page.verticalScrollBar()
        if not index.isValid() or viewport is None or bar is None:
            return
        area = self.view.visualRect(index)
        top = self.view.mapTo(self._inside, area.topLeft()).y()
        self.page.ensureVisible(0, top + area.height(), 0, 4)
        self.page.ensureVisible(0, top, 0, 4)
        self._brought_to = bar.value()

    def _range_changed(self, low: int, high: int) -> None:
        del low
        bar = self.page.verticalScrollBar()
        if self._to_end and bar is not None:
            # The row that is written begins on the screen, with a little of the one before it above.
            bar.setValue(high if self.editor is None else min(high, max(0, self.editor.y() - ABOVE_EDITOR)))
        elif bar is not None and self.editor is None and bar.value() == self._brought_to:
            # A row that grows (a correction's mark) stays whole on the screen, unless the person has scrolled since.
            self._bring()

    def settle(self) -> None:
        """Writing has begun: what is shown does not move by itself any more."""
        self._to_end = False
