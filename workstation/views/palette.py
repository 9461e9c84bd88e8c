"""Ctrl+K: one field that finds commands, places and patients, with or without diacritics."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QModelIndex, QObject, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from records.messages import PatientView
from workstation.models.search import HIT_ROLE, Hit, SearchModel
from workstation.views import style
from workstation.views.actions import BY_ID, ActionSet
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.icons import Icon, icon_pixmap
from workstation.views.widgets.painting import key_width, paint_key
from workstation.views.widgets.text import KeyCap, column, frame, label, row, rule

WIDTH = 700
TOP = 56
ROW = 36
HEAD = 24
MOST_ROWS = 9
_MOVES = {
    Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: MOST_ROWS, Qt.Key.Key_PageUp: -MOST_ROWS,
}


def without_marks(text: str) -> str:
    """The text without diacritics, letter for letter, so that places in it still fit."""
    return "".join(
        "d" if letter in "đĐ" else unicodedata.normalize("NFD", letter)[0].lower() for letter in text)


def found_in(text: str, words: str) -> tuple[int, int] | None:
    """Where the words stand in the text, from and to; None when they do not stand there in one piece."""
    place = without_marks(text).find(without_marks(words.strip()))
    return (place, place + len(words.strip())) if words.strip() and place >= 0 else None


def _group(index: QModelIndex) -> str:
    hit = index.data(HIT_ROLE)
    return "Người bệnh" if isinstance(hit, Hit) and hit.patient is not None else "Việc làm được ở đây"


def _heading(index: QModelIndex) -> str:
    """The group's name over its first row."""
    group = _group(index)
    return group if index.row() == 0 or _group(index.siblingAtRow(index.row() - 1)) != group else ""


class _Rows(QStyledItemDelegate):
    """A hit: icon, title with what was typed marked in it, details, key."""

    words = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(10, ROW + (HEAD if _heading(index) else 0))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        hit = index.data(HIT_ROLE)
        if painter is None or not isinstance(hit, Hit):
            return
        area = option.rect
        if words := _heading(index):
            self._paint_heading(painter, QRect(area.x(), area.y(), area.width(), HEAD), words)
            area = area.adjusted(0, HEAD, 0, 0)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, style.colour("sel"))
        name = BY_ID[hit.act.key].icon if hit.act is not None and hit.act.key in BY_ID else "user"
        painter.drawPixmap(area.x() + 15, area.y() + 9, icon_pixmap(name, "ink", 18, 2.0))
        key = hit.act.keys if hit.act is not None else ""
        x = self._paint_title(painter, area, hit.title)
        right = area.right() - 14 - (self._paint_key(painter, area, key) if key else 0)
        painter.setPen(style.colour("ink2"))
        painter.setFont(style.font("small"))
        space = QRect(x + 8, area.y(), max(0, right - x - 12), area.height())
        detail = painter.fontMetrics().elidedText(hit.detail, Qt.TextElideMode.ElideRight, space.width())
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter, detail)

    @staticmethod
    def _paint_heading(painter: QPainter, area: QRect, words: str) -> None:
        painter.fillRect(area, style.colour("alt"))
        painter.setPen(style.colour("ink2"))
        painter.setFont(style.font("small", bold=True))
        painter.drawText(area.adjusted(15, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_title(self, painter: QPainter, area: QRect, title: str) -> int:
        painter.setFont(style.font())
        metrics = QFontMetrics(style.font())
        x = area.x() + 42
        if span := found_in(title, self.words):
            left = metrics.horizontalAdvance(title[:span[0]])
            width = metrics.horizontalAdvance(title[:span[1]]) - left
            painter.fillRect(QRect(x + left - 1, area.y() + 8, width + 2, area.height() - 16), style.colour("badge"))
            painter.setPen(style.colour("ink"))
        painter.setPen(style.colour("ink"))
        painter.drawText(QRect(x, area.y(), area.width() - 42, area.height()), Qt.AlignmentFlag.AlignVCenter, title)
        if span:
            painter.setPen(style.colour("badge_ink"))
            painter.drawText(QRect(x + left, area.y(), width + 2, area.height()), Qt.AlignmentFlag.AlignVCenter,
                             title[span[0]:span[1]])
        return x + metrics.horizontalAdvance(title)

    @staticmethod
    def _paint_key(painter: QPainter, area: QRect, key: str) -> int:
        width = key_width(key)
        paint_key(painter, QRectF(area.right() - 14 - width + 0.5, area.center().y() - 8.5, width, 18), key)
        return width + 8


class Palette(QWidget):
    """Laid over the window; Esc puts it away and the cursor goes back to where it was."""

    def __init__(self, model: SearchModel, actions: ActionSet, on_patient: Callable[[PatientView], object],
                 parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._actions, self._on_patient = model, actions, on_patient
        self._came_from: QWidget | None = None
        self.field = LineField("Tìm lệnh, nơi, người bệnh", placeholder="Tìm lệnh, người bệnh")
        self.field.setProperty("role", "bare")
        self.field.textChanged.connect(self._typed)
        self.list = QListView()
        self.list.setModel(model)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Kết quả")
        self._rows = _Rows(self.list)
        self.list.setItemDelegate(self._rows)
        self.list.clicked.connect(self._take)
        self._count = label("", "small_second")
        self._build()
        self.field.installEventFilter(self)
        parent.installEventFilter(self)
        for changed in (model.modelReset, model.rowsInserted, model.rowsRemoved, model.searched):
            changed.connect(self._fit)
        self.hide()

    def _build(self) -> None:
        self._card = QFrame(self)
        self._card.setProperty("role", "card")
        head = row(Icon("search", "ink", 20), self.field, label("không cần gõ dấu", "small_second"), gap=8,
                   margins=(14, 8, 14, 8))
        foot = frame("foot")
        foot.setFixedHeight(32)
        keys = row(gap=5, margins=(14, 0, 14, 0))
        for key, word in (("↑↓", "chọn"), ("Enter", "mở"), ("Esc", "đóng")):
            keys.addWidget(KeyCap(key))
            keys.addWidget(label(word, "small_second"))
            keys.addSpacing(8)
        keys.addStretch(1)
        keys.addWidget(self._count)
        foot.setLayout(keys)
        layout = column(gap=0, margins=(1, 1, 1, 1))
        layout.addLayout(head)
        layout.addWidget(rule())
        layout.addWidget(self.list, 1)
        layout.addWidget(foot)
        self._card.setLayout(layout)

    def open(self) -> None:
        """Show it, empty, with the cursor in it."""
        window = self.window()
        self._came_from = window.focusWidget() if window is not None else None
        self._model.set_acts(self._actions.acts())
        self.field.clear()
        self._typed("")
        self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]  # it always lies over a window
        self.show()
        self.raise_()
        self._fit()
        self.field.setFocus()

    def close_it(self) -> None:
        """Put it away."""
        self.hide()
        if self._came_from is not None and not sip.isdeleted(self._came_from):  # what is behind may have changed
            self._came_from.setFocus()
        self._came_from = None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.parentWidget() and event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]  # it is the parent
            self._fit()
        if watched is self.field and isinstance(event, QKeyEvent) and self.isVisible() and not self.field.composing:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        known = event.key() in {*_MOVES, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}
        if event.type() == QEvent.Type.ShortcutOverride:
            # The window's shortcuts rest while the palette is open.
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress or not known:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        elif event.key() in _MOVES:
            self._move(_MOVES[Qt.Key(event.key())])
        elif event.key() != Qt.Key.Key_Tab:
            self._take(self.list.currentIndex())
        return True

    def _move(self, by: int) -> None:
        count = self._model.rowCount()
        if count:
            now = self.list.currentIndex().row()
            to = (now + by) % count if abs(by) == 1 else max(0, min(count - 1, now + by))
            self.list.setCurrentIndex(self._model.index(to, 0))

    def _typed(self, words: str) -> None:
        self._rows.words = words
        self._model.set_words(words)
        self._fit()

    def _fit(self) -> None:
        count = self._model.rowCount()
        self._count.setText(f"{count} kết quả")
        if count and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self._model.index(0, 0))
        height = 46 + 1 + HEAD + min(MOST_ROWS, max(1, count)) * ROW + 34
        self._card.setGeometry((self.width() - WIDTH) // 2, TOP, WIDTH, height)

    def _take(self, index: QModelIndex) -> None:
        hit = self._model.hit(index) if index.isValid() else None
        if hit is None:
            return
        self.close_it()
        if hit.act is not None:
            self._actions.trigger(hit.act.key)
        elif hit.patient is not None:
            self._on_patient(hit.patient)

    def mousePressEvent(self, event: object) -> None:
        self.close_it()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        veil = style.colour("veil")
        veil.setAlpha(110)
        QPainter(self).fillRect(self.rect(), veil)
