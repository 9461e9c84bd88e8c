"""The sheet of a waveform, painted to scale with its grid; a ruler is dragged over it, or laid with keys."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QScreen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from imaging.objects.tracing import Reach, Sheet, Trace, reach
from workstation.views import style

_SMALL, _LARGE = 1.0, 5.0
_INK, _FINE, _BOLD = 1.2, 0.6, 1.0
_CROSS = 9.0


class Laying(Enum):
    """Which end of the ruler the arrows move."""

    NONE = "none"
    START = "start"
    END = "end"


def pixels_per_mm(screen: QScreen | None) -> tuple[float, bool]:
    """Of this screen, and whether the screen says its real size; one that says nonsense is taken for 96 dpi."""
    told = screen.physicalDotsPerInch() if screen is not None else 0.0
    real = 50 <= told <= 400
    return (told if real else 96.0) / 25.4, real


class Paper(QWidget):
    """One sheet. The ruler belongs to the strip where it was put down."""

    measured = pyqtSignal(object)
    """A `Reach`, or None when the ruler is gone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None
        self.scale = 1.0
        self._strokes: list[QPolygonF] = []
        self._trace: Trace | None = None
        self._from = self._to = QPointF()
        self.laying = Laying.NONE
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Sóng ghi trên giấy")

    def show_sheet(self, sheet: Sheet, scale: float) -> None:
        """This sheet, so many pixels a millimetre."""
        self.sheet, self.scale, self._trace, self.laying = sheet, scale, None, Laying.NONE
        self._strokes = [polygon for trace in sheet.traces for polygon in _polygons(trace.stroke, scale)]
        self._strokes += [polygon for pulse in sheet.pulses for polygon in _polygons(pulse, scale)]
        self.setFixedSize(self.sizeHint())
        self.measured.emit(None)
        self.update()

    def sizeHint(self) -> QSize:
        if self.sheet is None:
            return QSize(1, 1)
        return QSize(math.ceil(self.sheet.width * self.scale), math.ceil(self.sheet.height * self.scale))

    @property
    def reach(self) -> Reach | None:
        """What the ruler measures now."""
        if self._trace is None or self.sheet is None:
            return None
        start, end = self._mm(self._from), self._mm(self._to)
        return reach(self.sheet, self._trace, start, end)

    @property
    def end(self) -> QPointF:
        """The end of the ruler that was moved last."""
        return self._to

    def put(self, middle: QPointF) -> None:
        """Enter: a ruler in the middle of what is seen, then its start stays, then its end."""
        if self.sheet is None:
            return
        if self.laying is Laying.NONE:
            self._trace, self._from, self._to = self.sheet.trace_at(*self._mm(middle)), middle, middle
            self.laying = Laying.START if self._trace is not None else Laying.NONE
        else:
            self.laying = Laying.END if self.laying is Laying.START else Laying.NONE
        self._say()

    def move_by(self, right_mm: float, down_mm: float) -> None:
        """An arrow: the whole ruler while its start is laid, then its end."""
        step = QPointF(right_mm, down_mm) * self.scale
        to = QPointF(min(max(0.0, self._to.x() + step.x()), self.width() - 1.0),
                     min(max(0.0, self._to.y() + step.y()), self.height() - 1.0))
        if self.laying is Laying.START and self.sheet is not None:
            self._from, self._trace = to, self.sheet.trace_at(*self._mm(to))
        self._to = to
        self._say()

    def take_away(self) -> bool:
        """Esc: no ruler any more; whether there was one."""
        there, self._trace, self.laying = self._trace is not None, None, Laying.NONE
        if there:
            self._say()
        return there

    def _say(self) -> None:
        self.measured.emit(self.reach)
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or self.sheet is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self.laying = Laying.NONE
        self._trace = self.sheet.trace_at(*self._mm(event.position()))
        self._from = self._to = event.position()
        self._say()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self._trace is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._to = event.position()
            self._say()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if self._trace is not None and QLineF(self._from, self._to).length() < 3:  # a click takes the ruler away
            self.take_away()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        self.draw(QPainter(self), QRectF(event.rect() if event is not None else self.rect()))

    def draw(self, painter: QPainter, dirty: QRectF) -> None:
        """The sheet with its ruler, on the screen or on a picture."""
        painter.fillRect(dirty, style.image_colour("paper"))
        if self.sheet is None:
            return
        self._grid(painter, dirty)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(style.image_colour("paper_ink"), _INK))
        for stroke in self._strokes:
            if stroke.boundingRect().adjusted(-1, -1, 1, 1).intersects(dirty):
                painter.drawPolyline(stroke)
        painter.setFont(style.font(bold=True))
        for trace in self.sheet.traces:
            if trace.start_s > self.sheet.start_s:
                self._line(painter, trace)
            top = trace.middle - self.sheet.row / 2 + 1
            painter.drawText(QPointF((trace.left + 1) * self.scale, top * self.scale + 12), trace.label)
        self._ruler(painter)

    def _line(self, painter: QPainter, trace: Trace) -> None:
        """Where one lead ends and the next begins."""
        x, half = trace.left * self.scale, 3 * self.scale
        painter.drawLine(QLineF(x, trace.middle * self.scale - half, x, trace.middle * self.scale + half))

    def _grid(self, painter: QPainter, dirty: QRectF) -> None:
        for step, colour, width in ((_SMALL, "paper_fine", _FINE), (_LARGE, "paper_bold", _BOLD)):
            if step * self.scale < 3:  # finer than can be seen
                continue
            painter.setPen(QPen(style.image_colour(colour), width))
            for x in _steps(dirty.left(), dirty.right(), step * self.scale):
                painter.drawLine(QLineF(x, dirty.top(), x, dirty.bottom()))
            for y in _steps(dirty.top(), dirty.bottom(), step * self.scale):
                painter.drawLine(QLineF(dirty.left(), y, dirty.right(), y))

    def _ruler(self, painter: QPainter) -> None:
        if self._trace is None:
            return
        ink = QColor(style.image_colour("paper_ruler"))
        painter.setPen(QPen(ink, 1.5))
        box = QRectF(self._from, self._to).normalized()
        ground = QColor(ink)
        ground.setAlpha(36)
        painter.fillRect(box, ground)
        painter.drawLine(QLineF(box.left(), 0, box.left(), self.height()))
        painter.drawLine(QLineF(box.right(), 0, box.right(), self.height()))
        painter.drawLine(QLineF(box.topLeft(), box.topRight()))
        painter.drawLine(QLineF(box.bottomLeft(), box.bottomRight()))
        if self.laying is not Laying.NONE:  # where the arrows are
            x, y = self._to.x(), self._to.y()
            painter.drawLine(QLineF(x - _CROSS, y, x + _CROSS, y))

    def _mm(self, place: QPointF) -> tuple[float, float]:
        return place.x() / self.scale, place.y() / self.scale


def _polygons(stroke: NDArray[np.float32], scale: float) -> Iterator[QPolygonF]:
    """The stretches between missing samples."""
    whole = np.isfinite(stroke).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], whole, [False])).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield QPolygonF([QPointF(x, y) for x, y in (stroke[start:stop].astype(np.float64) * scale).tolist()])


def _steps(low: float, high: float, step: float) -> Iterator[float]:
    return (number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1))
