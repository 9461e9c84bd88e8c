"""The words and signs at a viewport's rim: corners, orientation letters, the scroll mark, what is waited for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter

from workstation.models.images.corners import SERIES, Corners
from workstation.models.images.labels import Box
from workstation.models.images.orientation import Edges
from workstation.views import style
from workstation.views.images.mark_painting import write

MARGIN = 8
LINE = 17
_COARSE = 48
BAR = 12
"""Width of the stretch at the right in which the scroll mark is taken."""


def bar_of(room: QRect) -> QRect:
    """Where the scroll mark moves."""
    inset = max(60, room.height() // 5)
    return QRect(room.right() - BAR + 1, room.top() + inset, BAR, max(20, room.height() - 2 * inset))


def place_on_bar(bar: QRect, y: float, count: int) -> int:
    """The place for a height on the bar."""
    part = (y - bar.top()) / max(1, bar.height())
    return min(max(0, int(part * count)), max(0, count - 1))


def paint_bar(painter: QPainter, bar: QRect, place: int, count: int) -> None:
    """A thin line with a brighter piece where the shown place stands."""
    track = QRectF(bar.right() - 5, bar.top(), 3, bar.height())
    painter.fillRect(track, style.image_colour("line"))
    high = max(10.0, bar.height() / count)
    top = bar.top() + (bar.height() - high) * place / max(1, count - 1)
    painter.fillRect(QRectF(track.left(), top, track.width(), high), style.image_colour("reference"))


def paint_corners(painter: QPainter, room: QRect, corners: Corners, edges: Edges) -> None:
    """All four corners and the letters."""
    ink = style.image_colour("ink")
    for words, left, line in _lines(room, corners):
        write(painter, QPointF(left, line), words, ink, size="small")
    for words, left, line in _warning(room, corners):
        write(painter, QPointF(left, line), words, style.image_colour("length"), size="small")
    wide = QFontMetrics(style.font("small")).horizontalAdvance
    for letters, place in letter_places(room, edges, corners):
        write(painter, QPointF(place.x() + (place.width() - wide(letters)) / 2, place.bottom() - 5), letters, ink,
              size="small")


def boxes(room: QRect, corners: Corners, edges: Edges) -> tuple[Box, ...]:
    """Where these words and letters stand, for those of marks to keep away from."""
    return (*_word_boxes(room, corners), *(Box(place.x(), place.y(), place.width(), place.height())
                                           for _, place in letter_places(room, edges, corners)))


def _word_boxes(room: QRect, corners: Corners) -> list[Box]:
    """In coarse steps, because a window that is dragged writes other figures sixty times a second, and nothing may jump
    for that.
    """
    wide = QFontMetrics(style.font("small")).horizontalAdvance
    found = []
    for words, left, line in (*_lines(room, corners), *_warning(room, corners)):
        width = math.ceil(wide(words) / _COARSE) * _COARSE
        start = left if left == MARGIN else left + wide(words) - width
        found.append(Box(start - 2, line - LINE + 4, width + 4, LINE))
    return found


def _lines(room: QRect, corners: Corners) -> Iterator[tuple[str, float, float]]:
    """Each line of the corners with the start of its base line."""
    metrics = QFontMetrics(style.font("small"))
    edge, below = room.right() - MARGIN - BAR // 2, room.bottom() - MARGIN
    top_right = max((metrics.horizontalAdvance(line) for line in corners.top_right), default=0)
    for number, line in enumerate(corners.top_left):
        free = edge - MARGIN - (top_right + 12 if number < len(corners.top_right) else 0)
        yield _cut(line, free, metrics), MARGIN, MARGIN + 10 + LINE * number
    for number, line in enumerate(corners.top_right):
        yield line, edge - metrics.horizontalAdvance(line), MARGIN + 10 + LINE * number
    for number, line in enumerate(reversed(corners.bottom_left)):
        yield line, MARGIN, below - LINE * number
    for number, line in enumerate(reversed(corners.bottom_right)):
        yield line, edge - metrics.horizontalAdvance(line), below - LINE * number


def _cut(line: str, free: int, metrics: QFontMetrics) -> str:
    """As much as there is room for. Of a study and its series the study is cut first: beside each other hang series of
    one study, and each must be known by its own name.
    """
    study, between, series = line.partition(SERIES)
    if not between or metrics.horizontalAdvance(line) <= free:
        return metrics.elidedText(line, Qt.TextElideMode.ElideRight, free)
    rest = metrics.elidedText(between + series, Qt.TextElideMode.ElideRight, free * 2 // 3)
    return metrics.elidedText(study, Qt.TextElideMode.ElideRight, free - metrics.horizontalAdvance(rest)) + rest


def _warning(room: QRect, corners: Corners) -> Iterator[tuple[str, float, float]]:
    if corners.warning:
        metrics, edge = QFontMetrics(style.font("small")), room.right() - MARGIN - BAR // 2
        words = metrics.elidedText(corners.warning, Qt.TextElideMode.ElideRight, edge - MARGIN)
        yield words, edge - metrics.horizontalAdvance(words), room.bottom() - MARGIN - LINE * len(corners.bottom_right)


def letter_places(room: QRect, edges: Edges, corners: Corners) -> tuple[tuple[str, QRect], ...]:
    """Each letter that is told, with the place where it stands (and where its legend is asked for): the upper one below
    the lines of the corner, the lower one above those that reach it in a narrow viewport.
    """
    wide, high, middle = 30, 20, room.center()
    below = QRect(middle.x() - wide // 2, room.bottom() - high, wide, high)
    words = [box for box in _word_boxes(room, corners) if box.top > middle.y()]
    while any(_meets(below, box) for box in words):
        below.translate(0, -LINE)
    found = ((edges.left, QRect(2, middle.y() - high // 2, wide, high)),
             (edges.right, QRect(room.right() - wide - BAR, middle.y() - high // 2, wide, high)),
             (edges.top, QRect(middle.x() - wide // 2, MARGIN + max(2, len(corners.top_left)) * LINE, wide, high)),
             (edges.bottom, below))
    return tuple((letters, place) for letters, place in found if letters)


def _meets(place: QRect, box: Box) -> bool:
    return place.intersects(QRect(round(box.left), round(box.top), round(box.width), round(box.height)))


def paint_waiting(painter: QPainter, room: QRect, words: str) -> None:
    """A quiet line at the foot: the wanted slice is not here yet, and what is seen is still the former one."""
    painter.setFont(style.font("small"))
    wide = QFontMetrics(painter.font()).horizontalAdvance(words)
    write(painter, QPointF(room.center().x() - wide / 2, room.bottom() - MARGIN - 2 * LINE), words,
          style.image_colour("reference"), size="small")


def paint_reason(painter: QPainter, room: QRect, words: str) -> None:
    """Why there is no picture, in the middle."""
    painter.setFont(style.font())
    painter.setPen(style.image_colour("ink"))
    middle = room.adjusted(24, 60, -24, -60)
    painter.drawText(QRectF(middle), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def paint_rim(painter: QPainter, room: QRect, *, active: bool) -> None:
    """The edge: two blue pixels where the keys go, one grey elsewhere."""
    width, ink = (2, "reference") if active else (1, "line")
    colour = style.image_colour(ink)
    for edge in (QRect(room.left(), room.top(), room.width(), width),
                 QRect(room.left(), room.bottom() + 1 - width, room.width(), width),
                 QRect(room.left(), room.top(), width, room.height()),
                 QRect(room.right() + 1 - width, room.top(), width, room.height())):
        painter.fillRect(edge, colour)
