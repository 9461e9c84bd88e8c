"""A line that lies over the pictures for a while: nothing that is read is moved or made smaller by it."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QFrame, QLayout, QWidget

HIGH, MARGIN = 28, 4


class Floating(QFrame):
    """As wide as its words, in the middle of its ground's upper or lower edge; hidden until it is asked for."""

    def __init__(self, ground: QWidget, inside: QLayout, edge: Qt.Edge) -> None:
        super().__init__(ground)
        self._edge = edge
        self.setProperty("role", "viewer_news")
        self.setFixedHeight(HIGH)
        self.setLayout(inside)
        self.hide()
        ground.installEventFilter(self)

    def say(self, *, shown: bool) -> None:
        """Its words have changed: lie above everything, or be gone."""
        if shown:
            self._lie()
            self.raise_()
        self.setVisible(shown)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self._lie()
        return super().eventFilter(watched, event)

    def _lie(self) -> None:
        ground = self.parentWidget()
        if ground is None:
            return
        width = min(self.sizeHint().width(), ground.width() - 2 * MARGIN)
        top = MARGIN if self._edge is Qt.Edge.TopEdge else ground.height() - HIGH - MARGIN
        self.setGeometry((ground.width() - width) // 2, top, width, HIGH)
