"""What was really on the screen: a document counts as looked at when every line of it stood there, for a moment."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QScrollArea

MOMENT_MS = 350
"""Who runs through a list with the arrow held down has looked at nothing."""


_ANEW = (QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.Paint, QEvent.Type.WindowActivate)


class Shown(QObject):
    """Watches a scroll area that shows one document at a time."""

    whole = pyqtSignal()
    """All of it was on the screen; once for each document."""
    part = pyqtSignal()
    """It is longer than the screen: some of it was not there yet."""

    def __init__(self, area: QScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._down_to = 0
        self._is_whole = True
        self._moment = QTimer(self)
        self._moment.setSingleShot(True)
        self._moment.setInterval(MOMENT_MS)
        self._moment.timeout.connect(self._look)
        bar = area.verticalScrollBar()
        if bar is not None:
            bar.valueChanged.connect(self._moved)
            bar.rangeChanged.connect(lambda _least, _most: self._moved())
        port = area.viewport()
        if port is not None:
            port.installEventFilter(self)
        area.installEventFilter(self)

    @property
    def is_whole(self) -> bool:
        """Nothing of the document is still to be shown."""
        return self._is_whole

    def begin(self) -> None:
        """Another document stands there, from its first line."""
        self._down_to, self._is_whole = 0, False
        self._moment.start()

    def rest(self) -> None:
        """No document stands there."""
        self._is_whole = True
        self._moment.stop()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() in _ANEW:
            self._again()
        return super().eventFilter(watched, event)

    def _again(self) -> None:
        if not self._is_whole and not self._moment.isActive():
            self._moment.start()

    def _moved(self) -> None:
        if not self._is_whole and self._on_screen():
            self._cover()
            self._moment.start()

    def _look(self) -> None:
        if self._is_whole:
            return
        if not self._on_screen():
            if self._area.isVisible():
                self._moment.start()  # a dialog lies over it, and not every screen paints again when that goes
            return
        self._cover()
        inside = self._area.widget()
        if inside is not None and self._down_to >= inside.height() - 1:
            self._is_whole = True
            self.whole.emit()
        else:
            self.part.emit()

    def _cover(self) -> None:
        """From where the reader came without a gap; a jump to the end leaves the middle unread."""
        bar, port = self._area.verticalScrollBar(), self._area.viewport()
        if bar is not None and port is not None and bar.value() <= self._down_to:
            self._down_to = max(self._down_to, bar.value() + port.height())

    def _on_screen(self) -> bool:
        area, window = self._area, self._area.window()
        over = QApplication.activeModalWidget()
        covered = over is not None and over is not window
        return not covered and area.isVisible() and not (window is not None and window.isMinimized()) and (
            not area.visibleRegion().isEmpty())
