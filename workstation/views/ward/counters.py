"""The five counters over the board: what they count, their key, and whether they filter now."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workstation.models.worklist import BoardFilter, Counter
from workstation.views import style
from workstation.views.widgets.painting import paint_focus_ring

_INKS = {BoardFilter.ATTENTION: "critical", BoardFilter.DEADLINE: "attention", BoardFilter.RESULTS: "primary"}
_CAP = 17


class CounterButton(QAbstractButton):
    """A key, a number, a word; pressed while it filters."""

    def __init__(self, counter: Counter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFixedHeight(34)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._counter, self._brief = counter, False
        self.show_counter(counter, chosen=False)

    @property
    def counter(self) -> Counter:
        """What it counts."""
        return self._counter

    def show_counter(self, counter: Counter, *, chosen: bool) -> None:
        """Another count."""
        self._counter = counter
        self.setChecked(chosen)
        self.setAccessibleName(f"{self._number()} {self._words()} (phím {counter.key})")
        self.setToolTip(counter.detail)
        self.updateGeometry()
        self.update()

    def _words(self) -> str:
        counter = self._counter
        return f"{counter.label} · {counter.detail}" if counter.detail and not self._brief else counter.label

    def be_brief(self, brief: bool) -> None:
        """On a narrow screen the number and its word, and the rest in the tip."""
        if brief != self._brief:
            self._brief = brief
            self.show_counter(self._counter, chosen=self.isChecked())

    def _number(self) -> str:
        return str(self._counter.count) if self._counter.of is None else f"{self._counter.count}/{self._counter.of}"

    @staticmethod
    def _number_font() -> QFont:
        return style.font("verdict", bold=True)

    def sizeHint(self) -> QSize:
        number = QFontMetrics(self._number_font()).horizontalAdvance(self._number())
        words = QFontMetrics(style.font("small")).horizontalAdvance(self._words())
        return QSize(10 + _CAP + 8 + number + 8 + words + 12, 34)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        painter.setPen(style.colour("primary" if chosen else "line"))
        painter.setBrush(style.colour("primary_tint" if chosen else "alt"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        cap = QRectF(10.5, (self.height() - 18) / 2 + 0.5, _CAP, 17)
        painter.setPen(style.colour("line2"))
        painter.setBrush(style.colour("panel"))
        painter.drawRoundedRect(cap, 3, 3)
        painter.setPen(style.colour("ink2"))
        painter.setFont(style.font("small"))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self._counter.key)
        x = 10 + _CAP + 8
        ink = _INKS.get(self._counter.filter, "ink") if self._counter.count else "ink"
        painter.setPen(style.colour(ink))
        painter.setFont(self._number_font())
        painter.drawText(self.rect().adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._number())
        x += painter.fontMetrics().horizontalAdvance(self._number()) + 8
        painter.setPen(style.colour("ink"))
        painter.setFont(style.font("small"))
        painter.drawText(self.rect().adjusted(x, 1, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._words())
        if self.hasFocus():
            paint_focus_ring(painter, self.rect())
