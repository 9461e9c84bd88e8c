"""Marks, reference lines and graphics drawn over a picture: one device-independent pixel thin, readable on any grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from imaging.geometry import Point
from workstation.models.images.drawing import Drawing, handles, outline, tie
from workstation.models.images.graphics import Dots, Graphic, Polyline, ReferenceLine, Text
from workstation.models.images.labels import Label, Standing
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.readings import words_of
from workstation.views import style

_AROUND = tuple((x, y) for x in range(-2, 3) for y in range(-2, 3) if 0 < x * x + y * y < 8)
"""Two pixels of dark around each letter: with one, grey words over a bright lung or bone cannot be read."""


class Canvas:
    """A painter with the lens: image points go in, device-independent pixels are drawn."""

    def __init__(self, painter: QPainter, lens: Lens, scale: float) -> None:
        self._painter, self._lens, self._scale = painter, lens, scale
        self._room = QRectF(0, 0, lens.width / scale, lens.height / scale)

    def at(self, point: Point) -> QPointF:
        """Where an image point lies."""
        x, y = self._lens.to_widget(point)
        return QPointF(x / self._scale, y / self._scale)

    def mark(self, mark: Mark, *, chosen: bool) -> None:
        """A finished mark; handles when it is chosen."""
        self._lines(mark.kind, mark.points)
        if chosen:
            self._painter.setBrush(style.image_colour("ground"))
            for handle in handles(mark):
                self._painter.drawRect(QRectF(self.at(handle) - QPointF(3, 3), self.at(handle) + QPointF(3, 3)))

    def label(self, mark: Mark) -> Label:
        """How much room the words of a mark take, and where its lines are seen."""
        words = _words(mark)
        wide = max((metrics(bold=number == 0).horizontalAdvance(line) for number, line in enumerate(words)), default=0)
        lines = tuple(tuple((place.x(), place.y()) for place in map(self.at, line))
                      for line in outline(mark.kind, mark.points))
        return Label(lines, wide, metrics(bold=True).height() * len(words))

    def words(self, mark: Mark, where: Standing) -> None:
        """What a mark says, in its place; a thin line leads to the mark where that is not beside it."""
        ink, high = ink_of(mark.kind), metrics(bold=True).height()
        if where.tie is not None:
            for pen in (QPen(_shade(), 3), QPen(ink, 1, Qt.PenStyle.DotLine)):
                self._painter.setPen(pen)
                self._painter.drawLine(*(QPointF(*end) for end in where.tie))
        top = where.box.top + metrics(bold=True).ascent()
        for number, line in enumerate(_words(mark)):
            write(self._painter, QPointF(where.box.left, top + number * high), line, ink, bold=number == 0)

    def drawing(self, drawing: Drawing) -> None:
        """A mark that is being made."""
        self._lines(drawing.kind, drawing.shown())

    def crosshair(self, point: Point) -> None:
        """Where the keys are: four strokes around a gap, so that what is measured stays in sight."""
        at = self.at(point)
        for pen in (QPen(_shade(), 4), QPen(style.image_colour("strong"), 1.5)):
            self._painter.setPen(pen)
            for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                way = QPointF(right, down)
                self._painter.drawLine(at + way * 5, at + way * 22)

    def reference(self, line: ReferenceLine) -> None:
        """A dashed blue line."""
        ink = style.image_colour("reference")
        self._painter.setPen(QPen(ink, 1, Qt.PenStyle.DashLine))
        self._painter.drawLine(self.at(line.start), self.at(line.end))
        if line.words:
            write(self._painter, self.at(line.end) + QPointF(4, -4), line.words, ink)

    def graphic(self, graphic: Graphic) -> None:
        """One graphic of a presentation state."""
        ink = style.image_colour("ink")
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        match graphic:
            case Polyline(filled=True):
                self._painter.setPen(QPen(ink, 1))
                self._painter.setBrush(ink)
                self._painter.drawPolygon(QPolygonF(self._places(graphic)))
            case Polyline() | Dots():
                places = self._places(graphic)
                # As below a mark: another's arrow must be seen on a bright bone and on a grey shutter.
                for pen in (QPen(_shade(), 3), QPen(ink, 1)):
                    self._painter.setPen(pen)
                    if isinstance(graphic, Polyline):
                        self._painter.drawPolyline(QPolygonF(places))
                    else:
                        for place in places:
                            self._cross(place)
            case Text():
                below = QFontMetricsF(self._painter.font()).ascent()
                for number, words in enumerate(graphic.words.splitlines()):
                    write(self._painter, self._place(graphic.at, of_view=graphic.of_view)
                          + QPointF(0, below + 16 * number), words, ink)

    def _places(self, graphic: Polyline | Dots) -> list[QPointF]:
        return [self._place(point, of_view=graphic.of_view) for point in graphic.points]

    def _place(self, point: Point, *, of_view: bool) -> QPointF:
        if not of_view:
            return self.at(point)
        return QPointF(point[0] * self._room.width(), point[1] * self._room.height())

    def _lines(self, kind: Kind, points: Sequence[Point]) -> None:
        lines = [QPolygonF([self.at(point) for point in line]) for line in outline(kind, points)]
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        # A dark line below keeps the mark in sight where the picture is as bright as its ink.
        for pen in (QPen(_shade(), 3), QPen(ink_of(kind), 1.5)):
            self._painter.setPen(pen)
            for line in lines:
                self._painter.drawPolyline(line)
            for point in points if kind is not Kind.FREEHAND and not kind.is_region else ():
                self._cross(self.at(point))
            if (joined := tie(kind, points)) is not None:
                pen.setStyle(Qt.PenStyle.DotLine)
                self._painter.setPen(pen)
                self._painter.drawLine(*map(self.at, joined))

    def _cross(self, at: QPointF) -> None:
        self._painter.drawLine(at - QPointF(4, 0), at + QPointF(4, 0))
        self._painter.drawLine(at - QPointF(0, 4), at + QPointF(0, 4))


def _words(mark: Mark) -> tuple[str, ...]:
    return () if mark.reading is None else words_of(mark.reading)


def metrics(*, bold: bool) -> QFontMetricsF:
    """Of the words beside marks."""
    return QFontMetricsF(style.font(bold=bold))


def ink_of(kind: Kind) -> QColor:
    """Yellow for lengths and angles, green for regions."""
    return style.image_colour("region" if kind.is_region else "length")


def write(painter: QPainter, at: QPointF, words: str, ink: QColor, *, size: str = "text", bold: bool = False) -> None:
    """Words with a dark edge, readable on any grey; `at` is the start of their base line.

    They are drawn once and kept: while a window is dragged all but one line stay as they are.
    """
    device = painter.device()
    scale = 1.0 if device is None else device.devicePixelRatioF()
    picture, left, top = _written(words, size, bold, ink.rgba(), scale)
    # On whole device pixels: between two of them the letters would blur.
    painter.drawImage(QPointF(round((at.x() - left) * scale) / scale, round((at.y() - top) * scale) / scale), picture)


@lru_cache(maxsize=256)
def _written(words: str, size: str, bold: bool, ink: int, scale: float) -> tuple[QImage, float, float]:
    """The words as a picture, and where their base line starts in it."""
    font = style.font(size, bold=bold)
    metrics = QFontMetricsF(font)
    box = metrics.boundingRect(words)
    left, top = 3 - min(0.0, box.left()), 3 + metrics.ascent()
    wide = math.ceil((left + max(metrics.horizontalAdvance(words), box.right()) + 3) * scale)
    picture = QImage(wide, math.ceil((top + metrics.descent() + 3) * scale), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setFont(font)
    painter.setPen(_shade())
    for right, down in _AROUND:
        painter.drawText(QPointF(left + right, top + down), words)
    painter.setPen(QColor.fromRgba(ink))
    painter.drawText(QPointF(left, top), words)
    painter.end()
    return picture, left, top


def _shade() -> QColor:
    shade = style.image_colour("ground")
    shade.setAlpha(200)
    return shade
