"""The blanks of a form as widgets: what all share, and lines, texts and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QTextCursor
from PyQt6.QtWidgets import QWidget

from records.errors import Reason
from records.forms import Field
from workstation.views import style
from workstation.views.widgets.fields import FieldTone, LineField, TextField
from workstation.views.widgets.text import row

NUMBER_WIDTH = 84
_WHOLE = re.compile(r"[+-]?\d{1,12}")


class Blank(QWidget):
    """One blank: shows a value and tells what the person makes of it; None is empty."""

    edited = pyqtSignal(object)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field

    @property
    def idle(self) -> bool:
        """There is nothing here to read or to do: its line is not shown."""
        return False

    @property
    def passed_over(self) -> bool:
        """Writing does not begin here, though it is empty."""
        return self.field.given or bool(self.field.computed)

    def show_value(self, value: Any) -> None:
        """Show this value; what the person is composing is never overwritten."""
        raise NotImplementedError

    def target(self) -> QWidget:
        """Where the cursor goes when somebody jumps here."""
        raise NotImplementedError

    def lock(self) -> None:
        """Only to be read."""
        self.setEnabled(False)

    def note(self, problems: Sequence[Reason], warnings: Sequence[Reason]) -> None:
        """What is wrong here, and what is only unusual."""
        tone: FieldTone = "critical" if problems else "attention" if warnings else ""
        self.set_tone(tone, " ".join(reason.vietnamese for reason in (*problems, *warnings)))

    def set_tone(self, tone: FieldTone, why: str) -> None:
        """Colour and spoken reason; the words stand below the blank."""


class LineBlank(Blank):
    """One line of text."""

    def __init__(self, field: Field, parent: QWidget | None = None, *, line: LineField | None = None) -> None:
        super().__init__(field, parent)
        self.line = line or LineField(field.label, placeholder=field.help)
        self.line.setToolTip(field.help)
        self.line.textEdited.connect(lambda _text: self.edited.emit(self.read()))
        self._line = row(self.line, gap=0)
        self.setLayout(self._line)
        self.setFocusProxy(self.line)

    def keep_width(self, width: int) -> None:
        """As wide as its values need, at the left of its room."""
        self.line.setFixedWidth(width)
        self._line.setAlignment(self.line, Qt.AlignmentFlag.AlignLeft)

    def read(self) -> Any:
        """What stands in it now."""
        return self.line.text() or None

    def shown(self, value: Any) -> str:
        """A value as it stands in the line."""
        return "" if value is None else str(value)

    def show_value(self, value: Any) -> None:
        if not self.line.composing and self.read() != value:
            self.line.setText(self.shown(value))

    def target(self) -> QWidget:
        return self.line

    def lock(self) -> None:
        self.line.setReadOnly(True)
        self.line.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def set_tone(self, tone: FieldTone, why: str) -> None:
        self.line.set_tone(tone, why)


class NumberLine(LineField):
    """A number at the right; small at the left, what it was the last time."""

    last = ""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.last:
            painter = QPainter(self)
            painter.setFont(style.font("small"))
            painter.setPen(style.colour("ink3"))
            painter.drawText(self.rect().adjusted(7, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.last)


class NumberBlank(LineBlank):
    """A whole or decimal number, right-aligned, with the decimal comma; its unit stands beside it."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, line=NumberLine(field.label))
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.keep_width(NUMBER_WIDTH)
        self.line.setPlaceholderText("")
        self.line.setAccessibleName(f"{field.label}, {field.unit}" if field.unit else field.label)
        self.line.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)

    def read(self) -> Any:
        text = self.line.text().strip()
        if self.field.type == "int":
            return int(text) if _WHOLE.fullmatch(text) else text or None
        return text.replace(",", ".") or None

    def shown(self, value: Any) -> str:
        return "" if value is None else str(value).replace(".", ",")

    def show_last(self, value: Any, words: str) -> None:
        """What it was the last time: small in the field, whole in the tip and read aloud."""
        if isinstance(self.line, NumberLine):
            self.line.last = self.shown(value)
            self.line.setToolTip(words)
            self.line.setAccessibleName(f"{self.line.accessibleName()}. {words}")


class TextBlank(Blank):
    """Several lines of text that grow with what is written."""

    def __init__(self, field: Field, lines: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text = TextField(field.label, placeholder=field.help, lines=lines or min(field.lines, 4))
        self.text.textChanged.connect(self._changed)
        self._showing = False
        self.setLayout(row(self.text, gap=0))
        self.setFocusProxy(self.text)

    def _changed(self) -> None:
        if not self._showing:
            self.edited.emit(self.text.toPlainText() or None)

    def show_value(self, value: Any) -> None:
        words = "" if value is None else str(value)
        if self.text.composing or self.text.toPlainText() == words:
            return
        self._showing = True
        self.text.setPlainText(words)
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self._showing = False

    def target(self) -> QWidget:
        return self.text

    def lock(self) -> None:
        self.text.setReadOnly(True)

    def set_tone(self, tone: FieldTone, why: str) -> None:
        self.text.set_tone(tone, why)
