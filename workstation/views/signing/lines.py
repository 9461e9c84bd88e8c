"""The documents of a stack as a list: choose with Space, each with what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.models.signing import Line
from workstation.views import style
from workstation.views.signing.words import sight_words
from workstation.views.widgets.delegates import CellText, paint_cell
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
HEIGHT = 50
Result = Callable[[Line], CellText]


class LinesModel(QAbstractListModel):
    """Lines as rows; a changed line repaints its row and keeps the cursor."""

    def __init__(self, result: Result, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._result = result

    def show_lines(self, lines: Sequence[Line]) -> None:
        """These are the lines now."""
        same = [line.task.key for line in lines] == [line.task.key for line in self._lines]
        if not same:
            self.beginResetModel()
        self._lines = tuple(lines)
        if not same:
            self.endResetModel()
        elif lines:
            self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            chosen = "đã chọn" if line.chosen else "chưa chọn"
            said = f"{sight_words(line).text}, {self._result(line).text}"
            return f"{line.task.title}, {line.task.patient.full_name}, {chosen}, {said}"
        return None


class _Rows(QStyledItemDelegate):
    """Check box, title, patient and place, result."""

    def __init__(self, result: Result, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._result = result

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line = index.data(LINE_ROLE)
        if painter is None or not isinstance(line, Line):
            return
        area = option.rect
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, style.colour("sel" if current else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_box(painter, area, line)
        result = self._result(line)
        width = self._width(result)
        text = area.adjusted(36, 6, -width - 16, -4)
        self._paint_words(painter, text, line)
        paint_cell(painter, QRect(area.right() - width - 8, area.y(), width, area.height()),
                   CellText(result.text, result.ink, result.bold, result.icon))
        if current and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, area.adjusted(1, 1, -1, -1))
        painter.restore()

    @staticmethod
    def _width(result: CellText) -> int:
        from PyQt6.QtGui import QFontMetrics

        advance = QFontMetrics(style.font(bold=result.bold)).horizontalAdvance(result.text)
        return advance + 2 + (18 if result.icon else 0)

    @staticmethod
    def _paint_box(painter: QPainter, area: QRect, line: Line) -> None:
        can = line.open or line.chosen
        box = QRectF(area.x() + 11.5, area.center().y() - 7.5, 15, 15)
        painter.setPen(style.colour("ok" if line.chosen else "border" if can else "line2"))
        painter.setBrush(style.colour("panel" if can else "alt"))
        painter.drawRoundedRect(box, style.px("radius"), style.px("radius"))
        if line.chosen:
            painter.drawPixmap(area.x() + 13, area.center().y() - 6, icon_pixmap("check", "ok", 12, 2.0))

    @staticmethod
    def _paint_words(painter: QPainter, area: QRect, line: Line) -> None:
        task = line.task
        painter.setPen(style.colour("ink"))
        painter.setFont(style.font(bold=True))
        title = painter.fontMetrics().elidedText(task.title, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(QRect(area.x(), area.y(), area.width(), 20), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setPen(style.colour("ink2"))
        painter.setFont(style.font("small"))
        second = " · ".join(part for part in (task.patient.full_name, task.place, task.slot_label) if part)
        seen, metrics = sight_words(line), painter.fontMetrics()
        room = area.width() - metrics.horizontalAdvance(f" · {seen.text}")
        second = metrics.elidedText(second, Qt.TextElideMode.ElideRight, room) + " · "
        under = QRect(area.x(), area.y() + 20, area.width(), 18)
        painter.drawText(under, Qt.AlignmentFlag.AlignVCenter, second)
        painter.setPen(style.colour(seen.ink))
        under.setLeft(under.left() + metrics.horizontalAdvance(second))
        painter.drawText(under, Qt.AlignmentFlag.AlignVCenter, seen.text)


class LinesList(QListView):
    """↑↓ moves, Space chooses, Enter goes to the PIN, PgUp and PgDn read on in the document."""

    moved = pyqtSignal(str)
    """Key of the line that is shown from now on."""
    marked = pyqtSignal(str)
    entered = pyqtSignal()
    paged = pyqtSignal(int)

    def __init__(self, result: Result, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = LinesModel(result, self)
        self.setModel(self._lines)
        self.setItemDelegate(_Rows(result, self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Văn bản trong lần ký này")
        self.clicked.connect(self._clicked)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda *_: self._tell_moved())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """These lines now; the cursor stays where it was."""
        self._lines.show_lines(lines)
        if not self.currentIndex().isValid() and lines:
            self.setCurrentIndex(self._lines.index(0))

    def current_line(self) -> Line | None:
        """The line that is shown."""
        line = self.currentIndex().data(LINE_ROLE)
        return line if isinstance(line, Line) else None

    def step(self, by: int) -> None:
        """The next line, or the one before."""
        row = min(max(self.currentIndex().row() + by, 0), self._lines.rowCount() - 1)
        self.setCurrentIndex(self._lines.index(row))

    def mark(self) -> None:
        """Choose the current line, or leave it out."""
        if (line := self.current_line()) is not None:
            self.marked.emit(line.task.key)

    def show_key(self, key: str) -> None:
        """Bring a line into sight."""
        for row in range(self._lines.rowCount()):
            line = self._lines.index(row).data(LINE_ROLE)
            if isinstance(line, Line) and line.task.key == key:
                self.setCurrentIndex(self._lines.index(row))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() == Qt.Key.Key_Space:
            self.mark()
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.paged.emit(1 if event.key() == Qt.Key.Key_PageDown else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        if self.mapFromGlobal(self.cursor().pos()).x() < 34:
            line = index.data(LINE_ROLE)
            if isinstance(line, Line):
                self.marked.emit(line.task.key)

    def _tell_moved(self) -> None:
        if (line := self.current_line()) is not None:
            self.moved.emit(line.task.key)
