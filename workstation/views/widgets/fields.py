"""Text fields that never cut short what an input method composes (Telex, VNI): see `Composing`."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent
from PyQt6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from workstation.views.widgets.icons import icon

FieldTone = Literal["", "attention", "critical"]

# Keys that mean the field's own thing even when an action of the window has the same key.
_OWN_KEYS = (Qt.Key.Key_Slash, Qt.Key.Key_Semicolon, Qt.Key.Key_Insert)


def _is_plain(event: QKeyEvent) -> bool:
    return not event.modifiers() & (
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    )


def keeps(event: QEvent | None, *, composing: bool) -> bool:
    """Whether a key belongs to the field and not to a shortcut: every key while a syllable is being composed, and
    every key that writes a character at any time.
    """
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    writes = _is_plain(event) and (bool(event.text() and event.text().isprintable()) or event.key() in _OWN_KEYS)
    return composing or writes


class LineField(QLineEdit):
    """One line of text."""

    composing_changed = pyqtSignal(bool)

    def __init__(self, name: str, text: str = "", *, icon_name: str = "", placeholder: str = "",
                 parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.composing = False
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        if icon_name:
            self.addAction(icon(icon_name, "ink2"), QLineEdit.ActionPosition.LeadingPosition)

    def set_tone(self, tone: FieldTone, why: str = "") -> None:
        """Amber: unusual, allowed; red: refused. The reason is read to those who cannot see the colour."""
        _set_tone(self, tone, why)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and keeps(event, composing=self.composing):
            event.accept()
            return True
        return super().event(event)

    def inputMethodEvent(self, event: QInputMethodEvent | None) -> None:
        super().inputMethodEvent(event)
        self._note(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self._composing_is(now=False)

    def _note(self, event: QInputMethodEvent | None) -> None:
        self._composing_is(now=event is not None and bool(event.preeditString()))

    def _composing_is(self, *, now: bool) -> None:
        if now != self.composing:
            self.composing = now
            self.composing_changed.emit(now)


class TextField(QPlainTextEdit):
    """Several lines of text. Tab goes to the next field; it grows with its text between two heights."""

    composing_changed = pyqtSignal(bool)

    def __init__(self, name: str, text: str = "", *, placeholder: str = "", lines: int = 2,
                 most_lines: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.composing = False
        self._lines, self._most_lines = lines, most_lines
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setPlainText(text)
        self.document().setDocumentMargin(3)  # type: ignore[union-attr]  # a text edit always has a document
        self.textChanged.connect(self._grow)
        self._grow()

    def set_tone(self, tone: FieldTone, why: str = "") -> None:
        """Amber: unusual, allowed; red: refused."""
        _set_tone(self, tone, why)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and keeps(event, composing=self.composing):
            event.accept()
            return True
        return super().event(event)

    def inputMethodEvent(self, event: QInputMethodEvent | None) -> None:
        super().inputMethodEvent(event)
        now = event is not None and bool(event.preeditString())
        if now != self.composing:
            self.composing = now
            self.composing_changed.emit(now)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        if self.composing:
            self.composing = False
            self.composing_changed.emit(False)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt gives a QResizeEvent
        self._grow()

    def _grow(self) -> None:
        lines = max(self._lines, min(self._most_lines, self._wrapped_lines()))
        height = lines * self.fontMetrics().lineSpacing() + 12
        if height != self.height():
            self.setFixedHeight(height)

    def _wrapped_lines(self) -> int:
        count = 0
        block = self.document().firstBlock()  # type: ignore[union-attr]  # a text edit always has a document
        while block.isValid():
            layout = block.layout()
            count += max(1, layout.lineCount() if layout is not None else 1)
            block = block.next()
        return count


def _set_tone(field: QWidget, tone: FieldTone, why: str) -> None:
    field.setAccessibleDescription(why)
    if field.property("tone") == tone:
        return
    field.setProperty("tone", tone)
    style = field.style()
    if style is not None:
        style.unpolish(field)
        style.polish(field)
