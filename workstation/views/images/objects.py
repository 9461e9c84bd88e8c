"""A series without pictures in a viewport's place: its files one at a time, each in the pane that shows its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QApplication, QStackedWidget, QWidget

from workstation.models.images.objects import Opened
from workstation.views.images.contents import pane_for
from workstation.views.images.document import DocumentPane
from workstation.views.images.report import ReportPane
from workstation.views.images.waveform import WaveformPane
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.text import column, frame, label, row

_NOUNS = ((WaveformPane, "điện tim"), (ReportPane, "báo cáo"), (DocumentPane, "tài liệu"))


class ObjectsPane(QWidget):
    """Keeps one pane at a time; call `stop` before it goes."""

    wanted = pyqtSignal(object)
    """An `ImageReference` that a report's reader asks for."""

    def __init__(self, opened: Sequence[Opened], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened, self._at = tuple(opened), 0
        self._place = label("", "small_second")
        self.back = KeyButton("◀ Tệp trước", small=True, on_click=lambda: self.step(-1))
        self.on = KeyButton("Tệp sau ▶", small=True, on_click=lambda: self.step(1))
        self._keys: Callable[[str], str] = lambda _uid: ""
        self._key = label("", "small_bold", wrap=True)
        self._words = label("", "small_second", wrap=True)
        head = self._head = frame("head")
        inside = row(self._place, gap=6, margins=(8, 4, 8, 4))
        inside.addWidget(self._words, 2)
        inside.addWidget(self._key, 1)
        inside.addWidget(self.back)
        inside.addWidget(self.on)
        head.setLayout(inside)
        self._stack = QStackedWidget()
        self.setLayout(column(head, self._stack, gap=0))
        for part in (self._place, self.back, self.on):
            part.setVisible(len(self._opened) > 1)
        self.step(0)

    @property
    def pane(self) -> QWidget | None:
        """What is shown now."""
        return self._stack.currentWidget()

    @property
    def uid(self) -> str:
        """SOP Instance UID of what is shown now."""
        return self._opened[self._at].uid

    @property
    def shown(self) -> Opened:
        """The file that is shown now."""
        return self._opened[self._at]

    def tell_words(self, words: str) -> None:
        """Which study this is, and of when: a picture says so in its corners."""
        self._words.setText(words)
        self.retell()

    def tell_keys(self, words: Callable[[str], str]) -> None:
        """Who says of a file, by its UID, that it matters: it stands in the head."""
        self._keys = words
        self.retell()

    def retell(self) -> None:
        """What is said of the file has changed."""
        words = self._keys(self.uid)
        self._key.setText(words)
        self._key.setVisible(bool(words))
        self._head.setVisible(bool(words or self._words.text()) or len(self._opened) > 1)

    @property
    def waveform(self) -> WaveformPane | None:
        """The waveform that is shown, if it is one."""
        pane = self.pane
        return pane if isinstance(pane, WaveformPane) else None

    @property
    def noun(self) -> str:
        """What it is, in a word."""
        return next((words for kind, words in _NOUNS if isinstance(self.pane, kind)), "tệp không mở được")

    def show_file(self, uid: str) -> None:
        """The file that a signed picture was drawn from, if it is one of these."""
        self.step(next((at for at, one in enumerate(self._opened) if one.uid == uid), self._at) - self._at)

    def step(self, by: int) -> None:
        """The file before or after; stays at either end. The keys stay here, if they are: Qt gives them to whatever
        comes next in the window when a pane goes.
        """
        focused = QApplication.focusWidget()
        keys = focused is not None and self.isAncestorOf(focused)
        self._at = min(max(0, self._at + by), len(self._opened) - 1)
        self.stop()
        pane = pane_for(self._opened[self._at].contents)
        if isinstance(pane, ReportPane):
            pane.wanted.connect(self.wanted)
        self._stack.addWidget(pane)
        self._stack.setCurrentWidget(pane)
        self.setFocusProxy(pane)
        if keys:
            pane.setFocus()
        self._place.setText(f"Tệp {self._at + 1}/{len(self._opened)}")
        self.retell()
        self.back.refuse("" if self._at > 0 else "Đây là tệp đầu.")
        self.on.refuse("" if self._at < len(self._opened) - 1 else "Đây là tệp cuối.")

    def stop(self) -> None:
        """Let go of what is shown."""
        pane = self._stack.currentWidget()
        if pane is None:
            return
        if isinstance(pane, DocumentPane):
            pane.stop()
        self._stack.removeWidget(pane)
        pane.hide()
        pane.deleteLater()
