"""The 26 px line at the bottom: the keys that work now, and where the work is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PyQt6.QtGui import QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QSizePolicy, QWidget

from workstation.views import style
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import KeyCap, clear, label, row

_BETWEEN = 12
"""From one key and its word to the next."""


class KeyHint(NamedTuple):
    """A key and the word beside it."""

    key: str
    word: str


class _Keys(QWidget):
    """As many hints as there is room for, each whole; the last one, which is help, always."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hints: list[QWidget] = []
        self._row = row(gap=_BETWEEN)
        self.setLayout(self._row)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_hints(self, hints: Sequence[KeyHint]) -> None:
        """These from now on."""
        clear(self._row)
        self._hints = []
        for hint in hints:
            made = QWidget(self)
            made.setLayout(row(KeyCap(hint.key), label(hint.word, "small_second"), gap=4))
            self._hints.append(made)
            self._row.addWidget(made)
        self._row.addStretch(1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._fit()  # only now the style has given the words their size

    def _fit(self) -> None:
        widths = [hint.sizeHint().width() + _BETWEEN for hint in self._hints]
        left = self.width() + _BETWEEN - sum(widths[-1:])
        for hint, width in zip(self._hints[:-1], widths[:-1], strict=True):
            left -= width
            hint.setVisible(left >= 0)
        if self._hints:
            self._hints[-1].show()


class KeyLine(QFrame):
    """Left: keys that work now; right: what is saved here, what the server has, what waits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "key_line")
        self.setFixedHeight(style.px("key_line"))
        self._keys = _Keys()
        self._saved_icon, self._saved = Icon("device-floppy", "ok"), label("", "ok")
        self._server_icon, self._server = Icon("cloud-check", "ink2"), label("", "second")
        self._note = label("", "small_second")
        self._note.hide()
        outer = row(gap=8, margins=(10, 0, 10, 0))
        outer.addWidget(self._keys, 1)
        outer.addWidget(self._note)
        outer.addLayout(row(self._saved_icon, self._saved, 8, self._server_icon, self._server, gap=4))
        self.setLayout(outer)
        self._hints: tuple[KeyHint, ...] | None = None
        self._waiting = False
        self.show_saved("")
        self.show_sent("Mọi thay đổi đã lên máy chủ")

    def show_keys(self, hints: Sequence[KeyHint]) -> None:
        """The keys that work now, the most used first; what has no room is left out whole."""
        if tuple(hints) == self._hints:
            return
        self._hints = tuple(hints)
        self._keys.show_hints(self._hints)
        self.setAccessibleName("Phím: " + "; ".join(f"{hint.key} {hint.word}" for hint in self._hints))

    def show_note(self, text: str) -> None:
        """What the open place has to say here; what waits to be sent stays in sight beside it."""
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._show_quiet()

    def show_saved(self, text: str) -> None:
        """«Nháp lưu 03:12:41», a fact of its own."""
        self._saved.setText(text)
        self._show_quiet()

    def show_sent(self, text: str, *, waiting: bool = False) -> None:
        """«Máy chủ đã nhận 03:12:43», «4 chờ gửi»: a second, separate fact."""
        self._server.setText(text)
        self._waiting = waiting
        style.set_role(self._server, "attention_bold" if waiting else "second")
        self._server_icon.show_as("cloud-up" if waiting else "cloud-check", "attention" if waiting else "ink2")
        self._show_quiet()

    def _show_quiet(self) -> None:
        """A place's note takes the room of facts that nobody waits for."""
        noted = bool(self._note.text())
        for widget in (self._saved_icon, self._saved):
            widget.setVisible(bool(self._saved.text()) and not noted)
        for part in (self._server_icon, self._server):
            part.setVisible(self._waiting or not noted)
