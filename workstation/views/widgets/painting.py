"""What widgets and table cells paint alike: chips, deadline pies, spark lines, focus rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from workstation.views import style
from workstation.views.widgets.icons import icon_pixmap

Tone = Literal["neutral", "new", "ok", "attention", "critical", "amended"]


@dataclass(frozen=True)
class ToneColours:
    """The three tokens of a tone: text, ground and edge."""

    ink: str
    ground: str
    edge: str


TONES: dict[Tone, ToneColours] = {
    "neutral": ToneColours("ink2", "alt", "line"),
    "new": ToneColours("primary", "primary_tint", "primary_edge"),
    "ok": ToneColours("ok", "ok_tint", "ok_edge"),
    "attention": ToneColours("attention", "attention_tint", "attention_edge"),
    "critical": ToneColours("critical", "critical_tint", "critical_edge"),
    "amended": ToneColours("amended", "amended_tint", "amended_edge"),
}


@dataclass(frozen=True)
class ChipText:
    """What stands in a chip: an icon, a strong word (a number), the rest."""

    text: str
    tone: Tone = "neutral"
    icon: str = ""
    strong: str = ""

    @property
    def spoken(self) -> str:
        """The chip read aloud."""
        return f"{self.strong} {self.text}".strip()


CHIP_HEIGHT = 20
_PAD = 6
_ICON = 14
_BETWEEN = 4


def chip_width(chip: ChipText) -> int:
    """How wide the chip must be so that nothing in it is cut."""
    width = 2 * _PAD
    if chip.icon:
        width += _ICON + (_BETWEEN if chip.text or chip.strong else 0)
    if chip.strong:
        width += QFontMetrics(style.font("small", bold=True)).horizontalAdvance(chip.strong)
        width += _BETWEEN if chip.text else 0
    return width + QFontMetrics(style.font("small")).horizontalAdvance(chip.text) + 1


def paint_chip(painter: QPainter, area: QRect, chip: ChipText, *, centred: bool = False) -> None:
    """Draw the chip at the left of the area (or its contents in the middle of it), in the area's middle height."""
    tone = TONES[chip.tone]
    width = area.width() if centred else min(chip_width(chip), area.width())
    box = QRectF(area.x() + 0.5, area.center().y() - CHIP_HEIGHT / 2 + 0.5, width - 1, CHIP_HEIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(style.colour(tone.edge))
    painter.setBrush(style.colour(tone.ground))
    painter.drawRoundedRect(box, style.px("radius"), style.px("radius"))
    x = int(box.x()) + _PAD
    if centred:
        x = int(box.x() + (box.width() - chip_width(chip)) / 2) + _PAD
    if chip.icon:
        scale = painter.device().devicePixelRatioF() if painter.device() else 1.0  # type: ignore[union-attr]  # asked just before
        painter.drawPixmap(x, int(box.center().y()) - _ICON // 2, icon_pixmap(chip.icon, tone.ink, _ICON, scale))
        x += _ICON + _BETWEEN
    painter.setPen(style.colour(tone.ink))
    for words, bold in ((chip.strong, True), (chip.text, False)):
        if words:
            painter.setFont(style.font("small", bold=bold))
            space = QRect(x, int(box.y()), int(box.right()) - x, CHIP_HEIGHT)
            painter.drawText(space, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            x += painter.fontMetrics().horizontalAdvance(words) + _BETWEEN
    painter.restore()


def paint_pie(painter: QPainter, area: QRect, elapsed: float, colour: QColor, size: int = 13) -> None:
    """A deadline's pie: the filled part is the time that has gone; full when it is past."""
    box = QRectF(area.x() + 0.5, area.center().y() - size / 2 + 1, size, size)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPie(box, 90 * 16, -round(360 * 16 * min(1.0, max(0.0, elapsed))))
    painter.restore()


def paint_spark(painter: QPainter, area: QRect, points: Sequence[float], colour: QColor) -> None:
    """The last values as a line with a dot at the newest; one value is a dot alone."""
    if not points:
        return
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    inner = QRectF(area).adjusted(3, 4, -5, -4)
    step = inner.width() / max(1, len(points) - 1)

    def place(index: int, value: float) -> QPointF:
        share = (value - low) / span if high > low else 0.5
        x = inner.right() if len(points) == 1 else inner.left() + index * step
        return QPointF(x, inner.bottom() - share * inner.height())

    line = [place(index, value) for index, value in enumerate(points)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.5))
    painter.drawPolyline(QPolygonF(line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(line[-1], 2.5, 2.5)
    painter.restore()


_ARROWS = {"↑": "arrow-up", "↓": "arrow-down"}
_ARROW = 12
KEY_HEIGHT = 18


def key_width(key: str) -> int:
    """How wide a key is drawn; arrows are icons, because a PC's fonts may lack them."""
    metrics = QFontMetrics(style.font("small"))
    return sum(_ARROW if part in _ARROWS else metrics.horizontalAdvance(part) for part in _key_parts(key)) + 10


def paint_key(painter: QPainter, box: QRectF, key: str, *, ink: str = "ink2", ground: str = "alt",
              edge: str = "line2") -> None:
    """A key as it is drawn on buttons, in the key line and in the palette."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(style.colour(edge))
    painter.setBrush(style.colour(ground))
    painter.drawRoundedRect(box, style.px("radius"), style.px("radius"))
    painter.setPen(style.colour(ink))
    painter.setFont(style.font("small"))
    x = box.x() + (box.width() - key_width(key) + 10) / 2
    device = painter.device()
    for part in _key_parts(key):
        if part in _ARROWS:
            scale = device.devicePixelRatioF() if device is not None else 1.0
            pixmap = icon_pixmap(_ARROWS[part], ink, _ARROW, scale)
            painter.drawPixmap(QPointF(x, box.y() + (box.height() - _ARROW) / 2), pixmap)
            x += _ARROW
        else:
            width = painter.fontMetrics().horizontalAdvance(part)
            painter.drawText(QRectF(x, box.y(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, part)
            x += width
    painter.restore()


def _key_parts(key: str) -> list[str]:
    """The key cut at its arrows: Alt+, ↑."""
    parts = [""]
    for letter in key:
        if letter in _ARROWS:
            parts += [letter, ""]
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def paint_focus_ring(painter: QPainter, area: QRect) -> None:
    """The 2 px ring in the main colour that shows where the keyboard is."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(style.colour("primary"), style.px("focus")))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), style.px("radius"), style.px("radius"))
    painter.restore()
