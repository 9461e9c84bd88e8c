"""One field of a correction: what stood there, what will stand there, and the editor when the cursor is in it."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QFrame, QWidget

from records.forms import Field
from workstation.models.editor import EditorModel
from workstation.views import style
from workstation.views.chart.differences import Piece, differences, places
from workstation.views.chart.field_line import FieldLine, field_title
from workstation.views.chart.marked_text import MarkedText
from workstation.views.chart.reading import safe_words
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import column, label, row

LEFT = 150
BAR = 4


class ReadCell(QFrame):
    """The new text while nobody writes in it; focus, Enter or a click opens the editor."""

    wanted = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = MarkedText()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayout(column(self.text, None, gap=0, margins=(8, 5, 8, 5)))
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        if event is not None and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.wanted.emit()
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self.wanted.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            paint_focus_ring(QPainter(self), self.rect())


class CorrectionRow(QFrame):
    """Name and count of changes | old text | new text."""

    def __init__(self, model: EditorModel, field: Field, old: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._model, self._old = model, old
        self.has_old = old not in (None, "", [], {})
        self._changed = False
        self._count = label("không đổi", "small_second")
        self.old = MarkedText()
        self.cell = ReadCell(f"{field.label}: bản mới")
        self.line = FieldLine(model, field, shape="bare")
        self.line.hide()
        self.cell.wanted.connect(self.write)
        name = QWidget()
        name.setFixedWidth(LEFT)
        name.setLayout(column(label(field_title(field), "bold", wrap=True), self._count, None, gap=0,
                              margins=(10, 5, 6, 5)))
        before = QWidget()
        before.setLayout(column(self.old, None, gap=0, margins=(8, 5, 8, 5)))
        self._after = QWidget()
        self._after.setLayout(column(self.cell, self.line, gap=0, margins=(2, 2, 6, 2)))
        layout = row(name, gap=0)
        layout.addWidget(before, 1)
        layout.addWidget(self._after, 1)
        self.setLayout(layout)
        self._writing = False
        self.setMinimumHeight(44)

    def write(self) -> None:
        """Open the editor here and put the cursor into it."""
        if self._model.is_fixed:
            self.cell.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self._writing:
            self._writing = True
            self.cell.hide()
            self.line.show()
            application = QApplication.instance()
            if isinstance(application, QApplication):
                application.focusChanged.connect(self._focus_moved)
        self.line.blank.target().setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        del before
        # The list of codes and the input method's window take no focus; another window of ours is no reason to close.
        if now is None or self.isAncestorOf(now) or now.window() is not self.window():
            return
        self.rest()

    def rest(self) -> None:
        """Nobody writes here any more: show the new text with its changes."""
        if not self._writing:
            return
        self._writing = False
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.disconnect(self._focus_moved)
        self.line.hide()
        self.cell.show()
        self.refresh(changed=self._changed)

    def refresh(self, *, changed: bool) -> None:
        """What changed, counted and marked."""
        self._changed = changed
        value = self._model.value(self.field.key)
        old = safe_words(self.field, self._old) if self.has_old else ""
        new = safe_words(self.field, value) if value not in (None, "", [], {}) else ""
        pieces = differences(old, new)
        word = "khác" if self._model.is_fixed else "sửa"
        self._count.setText(f"{word} {places(pieces)} chỗ" if changed else "không đổi")
        self.old.show_pieces([piece for piece in pieces if piece.fate != "new"], "ink" if changed else "ink2")
        if changed:
            self.cell.text.show_pieces([piece for piece in pieces if piece.fate != "gone"]
                                       or [Piece("gone", "để trống")])
        else:
            words = f"Như phiên bản {self._model.base.version}" if self._model.base is not None else ""
            self.cell.text.show_pieces([Piece("same", words if self.has_old else "để trống")], "ink2")
        if not self._writing:
            self.line.hide()
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(style.colour("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        half = LEFT + (self.width() - LEFT) // 2
        for x in (LEFT, half):
            painter.drawLine(x, 0, x, self.height())
        if self._changed:
            painter.fillRect(0, 0, BAR, self.height() - 1, style.colour("amended"))
