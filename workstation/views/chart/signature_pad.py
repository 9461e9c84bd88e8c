"""A field on which somebody signs with pen, finger or mouse: strokes with times and pressure, and a small picture."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot

from PyQt6.QtCore import QBuffer, QElapsedTimer, QIODevice, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QInputDevice, QMouseEvent, QPainter, QPaintEvent, QPen, QTabletEvent
from PyQt6.QtWidgets import QWidget

from workstation.views import style

WIDE, HIGH = 760, 300
LEAST_POINTS, LEAST_LENGTH = 8, 60.0
"""A tap or a slip of the hand is no signature."""
_DEVICES = {QInputDevice.DeviceType.TouchScreen: "Màn hình cảm ứng", QInputDevice.DeviceType.Stylus: "Bút ký"}


@dataclass
class Drawing:
    """What was drawn: strokes of (x, y, milliseconds since the first point, pressure from 0 to 1)."""

    strokes: list[list[tuple[float, float, int, float]]] = field(default_factory=list)
    device: str = "Chuột"

    @property
    def enough(self) -> bool:
        """Whether it can be a signature."""
        points = sum(len(stroke) for stroke in self.strokes)
        length = sum(hypot(b[0] - a[0], b[1] - a[1]) for stroke in self.strokes
                     for a, b in pairwise(stroke))
        return points >= LEAST_POINTS and length >= LEAST_LENGTH


class SignaturePad(QWidget):
    """The field; `drawn` tells that something was added or wiped."""

    drawn = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.drawing = Drawing()
        self._clock = QElapsedTimer()
        self._down = False
        self.setFixedSize(WIDE, HIGH)
        self.setAccessibleName("Ô ký: người bệnh ký bằng bút, ngón tay hoặc chuột")

    def sizeHint(self) -> QSize:
        return QSize(WIDE, HIGH)

    def wipe(self) -> None:
        """Begin anew."""
        self.drawing, self._down = Drawing(), False
        self.update()
        self.drawn.emit()

    def evidence(self) -> bytes:
        """The strokes and a small picture, as JSON: what is kept, encrypted, and named by its SHA-256."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.grab().save(buffer, "PNG")
        told = {"width": WIDE, "height": HIGH, "unit": "px", "time": "ms", "strokes": self.drawing.strokes,
                "png": base64.b64encode(buffer.data().data()).decode()}
        return json.dumps(told, separators=(",", ":")).encode()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            device = event.pointingDevice()
            if device is not None:
                self.drawing.device = _DEVICES.get(device.type(), "Chuột")
            self._begin(event.position(), 0.5)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self._down:
            self._add(event.position(), 0.5)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self._down = False

    def tabletEvent(self, event: QTabletEvent | None) -> None:
        if event is None:
            return
        if event.type() is QTabletEvent.Type.TabletPress:
            self.drawing.device = "Bút ký"
            self._begin(event.position(), event.pressure())
        elif event.type() is QTabletEvent.Type.TabletMove and self._down:
            self._add(event.position(), event.pressure())
        elif event.type() is QTabletEvent.Type.TabletRelease:
            self._down = False
        event.accept()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), style.colour("panel"))
        painter.setPen(QPen(style.colour("line2"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.drawLine(24, HIGH - 40, WIDE - 24, HIGH - 40)
        for stroke in self.drawing.strokes:
            for start, end in pairwise(stroke):
                painter.setPen(QPen(style.colour("ink"), 1.2 + 2.4 * end[3], Qt.PenStyle.SolidLine,
                                    Qt.PenCapStyle.RoundCap))
                painter.drawLine(QPointF(*start[:2]), QPointF(*end[:2]))
        painter.end()

    def _begin(self, at: QPointF, pressure: float) -> None:
        if not self.drawing.strokes:
            self._clock.start()
        self._down = True
        self.drawing.strokes.append([])
        self._add(at, pressure)

    def _add(self, at: QPointF, pressure: float) -> None:
        x, y = min(max(at.x(), 0.0), float(WIDE)), min(max(at.y(), 0.0), float(HIGH))
        self.drawing.strokes[-1].append((round(x, 1), round(y, 1), self._clock.elapsed(), round(pressure, 3)))
        self.update()
        self.drawn.emit()
