"""A spark line as a widget of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from workstation.views import style
from workstation.views.widgets.painting import paint_pie, paint_spark


class Sparkline(QWidget):
    """The last values of one thing; read aloud as numbers."""

    def __init__(self, name: str, points: Sequence[float] = (), ink: str = "primary",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._ink = name, ink
        self._points: tuple[float, ...] = ()
        self.setFixedHeight(20)
        self.setMinimumWidth(60)
        self.show_points(points)

    def show_points(self, points: Sequence[float], ink: str | None = None) -> None:
        """Other values from now on, oldest first."""
        self._points, self._ink = tuple(points), ink or self._ink
        spoken = ", ".join(f"{point:g}".replace(".", ",") for point in self._points)
        self.setAccessibleName(f"{self._name}: {spoken or 'chưa có'}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        paint_spark(QPainter(self), self.rect(), self._points, style.colour(self._ink))


class Pie(QWidget):
    """A deadline's pie beside its words."""

    def __init__(self, elapsed: float, ink: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._elapsed, self._ink = elapsed, ink
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        paint_pie(QPainter(self), self.rect(), self._elapsed, style.colour(self._ink))
