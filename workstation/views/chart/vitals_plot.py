"""The paper's grid of vital signs: pulse red ●, temperature blue ×, bold line at 37 °C, the form's lines below it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from records.forms import Column, Form
from records.render.chart import PULSE, STEPS, TEMPERATURE, Curve
from workstation.models.chart import GONE, ItemState, TimelineItem
from workstation.views import style
from workstation.views.chart.earlier import values_of
from workstation.views.chart.reading import column_kind, line_title, said_of
from workstation.views.chart.states import SHOWN
from workstation.views.widgets import times

LABEL = 128
HEAD = 42
LINE = 26
_CENTRE = Qt.AlignmentFlag.AlignCenter
_WORDY = ("text", "line")


class VitalsPlot(QWidget):
    """One paper page; ← → choose the measurement."""

    stepped = pyqtSignal(int)
    chosen_at = pyqtSignal(int)
    signed_at = pyqtSignal(int)
    """A signature cell was clicked."""
    opened_at = pyqtSignal(int)

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._kind = column_kind(form)
        wordy = {field.key for field in self._kind.fields if field.type in _WORDY}
        self.lines = tuple(line for line in form.layout.columns if not set(line.fields) & wordy)
        self.per_page = form.layout.per_page or 20
        self._items: tuple[TimelineItem, ...] = ()
        self._chosen = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(HEAD + 170 + LINE * (len(self.lines) + 1))
        self.setAccessibleName(f"{form.name}: biểu đồ; phím T đọc thành bảng số")

    def show_items(self, items: Sequence[TimelineItem], chosen: int) -> None:
        """The measurements of this page, oldest first."""
        self._items, self._chosen = tuple(items), chosen
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(840, 520)

    # Geometry

    @property
    def _each(self) -> float:
        return (self.width() - LABEL - 1) / self.per_page

    @property
    def _grid(self) -> QRectF:
        high = self.height() - HEAD - LINE * (len(self.lines) + 1) - 1
        return QRectF(LABEL, HEAD, self._each * self.per_page, high)

    def _x(self, at: int) -> float:
        return LABEL + (at + 0.5) * self._each

    def _y(self, curve: Curve, value: float) -> float:
        grid = self._grid
        inside = min(max(value, curve.low), curve.high)
        return grid.bottom() - grid.height() * (inside - curve.low) / (curve.high - curve.low)

    def column_at(self, x: float) -> int:
        """The measurement under a point, or -1."""
        at = int((x - LABEL) // self._each) if x >= LABEL else -1
        return at if 0 <= at < len(self._items) else -1

    # Events

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        at = self.column_at(event.position().x()) if event is not None else -1
        if at < 0 or event is None:
            return
        self.chosen_at.emit(at)
        if event.position().y() > self.height() - LINE:
            self.signed_at.emit(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        at = self.column_at(event.position().x()) if event is not None else -1
        if at >= 0:
            self.opened_at.emit(at)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -self.per_page,
                 Qt.Key.Key_PageDown: self.per_page}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened_at.emit(self._chosen)
        else:
            super().keyPressEvent(event)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.colour("paper"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if 0 <= self._chosen < len(self._items):
            ground = day_colour("sel")
            ground.setAlpha(110)
            painter.fillRect(QRectF(self._x(self._chosen) - self._each / 2, 0, self._each, self.height()), ground)
        self._paint_grid(painter)
        self._paint_times(painter)
        self._paint_curve(painter, PULSE)
        self._paint_curve(painter, TEMPERATURE)
        for at, line in enumerate(self.lines):
            self._paint_line(painter, at, line)
        self._paint_signatures(painter)
        if self.hasFocus():
            painter.setPen(QPen(day_colour("primary"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_grid(self, painter: QPainter) -> None:
        grid = self._grid
        pale, strong = day_colour("line"), day_colour("line2")
        step = grid.height() / STEPS
        painter.setPen(QPen(pale, 1))
        for fine in range(1, STEPS * 5):
            y = grid.top() + fine * step / 5
            painter.drawLine(QPointF(grid.left(), y), QPointF(grid.right(), y))
        for at in range(self.per_page + 1):
            x = LABEL + at * self._each
            painter.drawLine(QPointF(x, HEAD - 20), QPointF(x, self.height()))
        for big in range(STEPS + 1):
            y = grid.bottom() - big * step
            bold = TEMPERATURE.low + big == 37
            painter.setPen(QPen(day_colour("ink"), 2.4) if bold else QPen(strong, 1))
            painter.drawLine(QPointF(grid.left(), y), QPointF(grid.right(), y))
            beside = max(grid.top() + 1, min(y - 9, grid.bottom() - 19))
            painter.setFont(style.font("text", bold=True))
            painter.setPen(style.colour("pulse"))
            painter.drawText(QRectF(8, beside, 52, 18), Qt.AlignmentFlag.AlignRight, f"{PULSE.low + big * 20:.0f}")
            painter.setPen(style.colour("temp"))
            painter.drawText(QRectF(64, beside, 52, 18), Qt.AlignmentFlag.AlignRight, f"{TEMPERATURE.low + big:.0f}")
        painter.setFont(style.font("small", bold=True))
        painter.setPen(style.colour("pulse"))
        painter.drawText(QRectF(4, 4, 56, 36), Qt.AlignmentFlag.AlignRight, "Mạch\nl/phút")
        painter.setPen(style.colour("temp"))
        painter.drawText(QRectF(60, 4, 56, 36), Qt.AlignmentFlag.AlignRight, "Nhiệt\n°C")

    def _paint_times(self, painter: QPainter) -> None:
        strong = QPen(day_colour("line2"), 1)
        painter.setPen(strong)
        painter.drawLine(0, HEAD, self.width(), HEAD)
        painter.drawLine(LABEL, HEAD - 20, self.width(), HEAD - 20)
        begun = 0
        for day, group in groupby(self._items, key=lambda item: times.day_month(item.occurred_at)):
            count = len(list(group))
            area = QRectF(LABEL + begun * self._each, 0, count * self._each, HEAD - 20)
            painter.setPen(QPen(day_colour("border"), 1))
            painter.drawLine(QPointF(area.left(), 0), QPointF(area.left(), self.height()))
            painter.setPen(day_colour("ink"))
            painter.setFont(style.font("small", bold=True))
            painter.drawText(area, _CENTRE, day)
            begun += count
        painter.setPen(day_colour("ink2"))
        for place, item in enumerate(self._items):
            area = QRectF(LABEL + place * self._each, HEAD - 20, self._each, 20)
            self._fitting(painter, area, times.clock(item.occurred_at))

    def _paint_curve(self, painter: QPainter, curve: Curve) -> None:
        points: list[QPointF] = []
        beyond: list[tuple[QPointF, str]] = []
        for place, item in enumerate(self._items):
            value = _number(values_of(item).get(curve.field))
            if value is None or item.state in GONE:
                continue
            point = QPointF(self._x(place), self._y(curve, value))
            points.append(point)
            if not curve.low <= value <= curve.high:
                beyond.append((point, f"{value:g}".replace(".", ",")))
        colour = style.colour("pulse" if curve is PULSE else "temp")
        painter.setPen(QPen(colour, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        for point in points:
            if curve is PULSE:
                painter.setBrush(colour)
                painter.drawEllipse(point, 3.2, 3.2)
            else:
                for lean in (4, -4):
                    painter.drawLine(QPointF(point.x() - 4, point.y() - lean), QPointF(point.x() + 4, point.y() + lean))
        painter.setFont(style.font("small", bold=True))
        for point, words in beyond:
            painter.drawText(QRectF(point.x() + 6, point.y() - 9, 44, 18), Qt.AlignmentFlag.AlignLeft, words)

    def _paint_line(self, painter: QPainter, at: int, line: Column) -> None:
        top = self._grid.bottom() + at * LINE
        painter.setPen(QPen(day_colour("line2"), 1))
        painter.drawLine(QPointF(0, top), QPointF(self.width(), top))
        painter.setPen(day_colour("ink"))
        self._fitting(painter, QRectF(8, top, LABEL - 12, LINE), line_title(line), Qt.AlignmentFlag.AlignLeft)
        field = next(field for field in self._kind.fields if field.key == line.fields[0])
        for place, item in enumerate(self._items):
            if field.type == "choice":
                words = str(values_of(item).get(field.key, ""))
            else:
                words = " ".join(one.words for one in said_of(self._kind, line, item))
            self._fitting(painter, QRectF(LABEL + place * self._each, top, self._each, LINE), words)

    def _paint_signatures(self, painter: QPainter) -> None:
        top = self.height() - LINE - 1
        painter.setPen(QPen(day_colour("line2"), 1))
        painter.drawLine(0, top, self.width(), top)
        painter.setPen(day_colour("ink"))
        self._fitting(painter, QRectF(8, top, LABEL - 12, LINE), f"{self._kind.slots[0].label} ký",
                      Qt.AlignmentFlag.AlignLeft)
        for place, item in enumerate(self._items):
            area = QRect(round(LABEL + place * self._each), top, round(self._each), LINE)
            shown = SHOWN[item.state]
            if item.view is not None and item.view.signatures:
                name = item.view.signatures[0].full_name.split()[-1]
                painter.setPen(QPen(day_colour("amended" if item.view.correction else "ok"), 1.6))
                tick = ((3, 13), (6, 16), (11, 9))
                painter.drawPolyline(QPolygonF([QPointF(area.x() + x, top + y) for x, y in tick]))
                self._fitting(painter, QRectF(area.adjusted(14, 0, 0, 0)), name)
            else:
                painter.setPen(day_colour(shown.ink))
                self._fitting(painter, QRectF(area), "nháp" if item.state is ItemState.DRAFT else shown.word or "–")

    @staticmethod
    def _fitting(painter: QPainter, area: QRectF, words: str,
                 side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter) -> None:
        """Words in a narrow cell: a little smaller rather than cut."""
        font: QFont = style.font("small")
        painter.setFont(font)
        wide = painter.fontMetrics().horizontalAdvance(words)
        if wide > area.width() - 2 and wide:
            font.setPixelSize(max(9, int(12 * (area.width() - 2) / wide)))
            painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | side, words)


def day_colour(token: str) -> QColor:
    """Paper is white at night too: what is drawn on it keeps the colours of the day."""
    return QColor(style.tokens()["day"][token])


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(str(value).replace(",", "."))
    except ValueError:
        return None
