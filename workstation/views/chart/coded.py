"""A blank with words and a code: typing finds the code without diacritics, and free words stay as they are."""

from __future__ import annotations

from datetime import date
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PyQt6.QtGui import QHideEvent, QKeyEvent
from PyQt6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QWidget

from records.codes import Code, code_list, search
from records.forms import Field
from workstation.background import Background, Query
from workstation.views.chart.blanks import Blank
from workstation.views.chart.moments import today
from workstation.views.widgets.fields import FieldTone, LineField
from workstation.views.widgets.text import column, frame, label, row

SEARCH_AFTER_MS = 80
WARM_AFTER_MS = 700
MOST = 8
_CODE_ROLE = Qt.ItemDataRole.UserRole + 1


class WarmLists(QTimer):
    """Reads the long lists before anybody types so far as a diagnosis, but after the first picture.

    Reading thousands of codes would hold up that picture, from whatever thread.
    """

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(WARM_AFTER_MS)
        self.timeout.connect(lambda: background.run(Query("warm code lists", _warm, _nothing, _nothing)))


def _warm() -> None:
    len(code_list("icd10").folded)


def _nothing(_: object) -> None:
    """Nobody waits for it."""


class Suggestions(QFrame):
    """The list under the blank; the cursor stays in the blank, so that no composed syllable is cut."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over.window())
        self.setProperty("role", "card")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Gợi ý mã")
        foot = frame("foot")
        self._foot: QLabel = label("", "small_second")
        foot.setLayout(row(self._foot, None, margins=(8, 3, 8, 3)))
        self.setLayout(column(self.list, foot, gap=0, margins=(1, 1, 1, 1)))
        self._over = over
        self.hide()

    def offer(self, codes: tuple[Code, ...], source: str) -> None:
        """These codes, the best first; nothing found says so."""
        self.list.clear()
        for code in codes:
            item = QListWidgetItem(f"{code.code}   {code.label}")
            item.setData(_CODE_ROLE, code)
            item.setToolTip(code.note or code.label)
            item.setSizeHint(QSize(0, 22))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._foot.setText(f"Enter lấy mã · Esc giữ chữ đã gõ · {source}" if codes
                           else f"Không có mã nào khớp; chữ đã gõ vẫn được giữ. {source}")
        rows = max(1, min(MOST, len(codes)))
        high = rows * 22 + 4 if codes else 0
        self.list.setFixedHeight(high)
        self.list.setVisible(bool(codes))
        window = self._over.window() or self._over
        self.adjustSize()
        width = max(self._over.width(), 420)
        at = self._over.mapTo(window, QPoint(0, self._over.height() + 2))
        x = min(at.x(), max(0, window.width() - width - 8))
        height = self.sizeHint().height()
        below = at.y() + height <= window.height()
        y = at.y() if below else at.y() - self._over.height() - height - 4
        self.setGeometry(x, y, width, height)
        self.raise_()
        self.show()

    def step(self, by: int) -> None:
        """The next or the one before."""
        if self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def chosen(self) -> Code | None:
        """The one that Enter takes."""
        item = self.list.currentItem()
        code = item.data(_CODE_ROLE) if item is not None else None
        return code if isinstance(code, Code) else None


class CodedBlank(Blank):
    """Words with the code beside them."""

    def __init__(self, field: Field, on: date | None = None, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._on = on or today()
        self._code = ""
        self._coded_words = ""
        self.line = LineField(field.label, placeholder=field.help or "gõ tên hoặc mã, không cần dấu")
        self.code = label("", "bold")
        self.code.setMinimumWidth(52)
        self.setLayout(row(self.line, self.code, gap=8))
        self.setFocusProxy(self.line)
        self._suggestions: Suggestions | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_AFTER_MS)
        self._wait.timeout.connect(self._search)
        self.line.textEdited.connect(self._typed)
        self.line.installEventFilter(self)

    def _typed(self, text: str) -> None:
        # Words beside the code stay with it (a doctor adds «ngày 3»); new words from the start have none yet.
        if self._code and not text.startswith(self._coded_words[:4]):
            self._set_code("", "")
        self._tell()
        if self.field.codes:
            self._wait.start()

    def _tell(self) -> None:
        value = {name: part for name, part in (("text", self.line.text().strip()), ("code", self._code)) if part}
        self.edited.emit(value or None)

    def _search(self) -> None:
        text = self.line.text().strip()
        if len(text) < 2 or not self.line.hasFocus():
            self._close()
            return
        if self._suggestions is None:
            self._suggestions = Suggestions(self.line)
            self._suggestions.list.itemClicked.connect(lambda _item: self._take())
            self.destroyed.connect(self._suggestions.deleteLater)
        found = code_list(self.field.codes)
        self._suggestions.offer(search(self.field.codes, text, limit=40, on=self._on), found.title)

    @property
    def searching(self) -> bool:
        """The list is open."""
        return self._suggestions is not None and self._suggestions.isVisible()

    def _take(self) -> None:
        code = self._suggestions.chosen() if self._suggestions is not None else None
        if code is not None:
            self.line.setText(code.label)
            self._set_code(code.code, code.label)
            self._tell()
        self._close()

    def _set_code(self, code: str, words: str) -> None:
        self._code, self._coded_words = code, words
        self.code.setText(code)
        self.code.setToolTip(code and f"Mã {code}")

    def _close(self) -> None:
        self._wait.stop()
        if self._suggestions is not None:
            self._suggestions.hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self._close()
        if isinstance(event, QKeyEvent) and self.searching and not self.line.composing:
            return self._answer(event)
        return False

    def _answer(self, event: QKeyEvent) -> bool:
        mine = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if event.key() not in mine:
            return False
        event.accept()
        if event.type() != QEvent.Type.KeyPress:
            return event.type() == QEvent.Type.ShortcutOverride
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self._suggestions is not None:
            self._suggestions.step(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            self._take()
        return True

    def hideEvent(self, event: QHideEvent | None) -> None:
        self._close()
        super().hideEvent(event)

    def show_value(self, value: Any) -> None:
        parts = value if isinstance(value, dict) else {}
        words = str(parts.get("text", ""))
        if not self.line.composing and self.line.text().strip() != words:
            self.line.setText(words)
        self._set_code(str(parts.get("code", "")), words)

    def target(self) -> QWidget:
        return self.line

    def lock(self) -> None:
        self.line.setReadOnly(True)

    def set_tone(self, tone: FieldTone, why: str) -> None:
        self.line.set_tone(tone, why)
