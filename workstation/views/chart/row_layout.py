"""One row of a rows sheet laid out for a width: where each text, chip and signature line stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFontMetrics, QPainter

from records.forms import Form
from workstation.models.chart import GONE, ItemState, TimelineItem
from workstation.views import style
from workstation.views.chart.reading import column_kind, said_of
from workstation.views.chart.states import SHOWN, amended_words, chip_of, signature_words, unsigned_words
from workstation.views.widgets import times
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import CHIP_HEIGHT, ChipText, chip_width, paint_chip

PAD = 8
TIME_WIDTH = 64
LETTER = 18
LEAST = 44
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


def column_lefts(form: Form, width: int) -> tuple[int, ...]:
    """Where each column begins and, last, where the sheet ends: the time column narrow, the others by the paper's mm.

    A column without a width on paper shares what an A4 page has left.
    """
    columns = form.layout.columns
    fixed = sum(column.width_mm for column in columns)
    open_count = sum(1 for column in columns if not column.width_mm) or 1
    open_mm = max(30.0, (175.0 - fixed) / open_count)
    weights = [column.width_mm or open_mm for column in columns[1:]]
    lefts = [0, TIME_WIDTH]
    for weight in weights:
        lefts.append(lefts[-1] + round((width - TIME_WIDTH) * weight / sum(weights)))
    lefts[-1] = width
    return tuple(lefts)


@dataclass
class _Text:
    """A text with its area, ink and icon."""

    area: QRect
    words: str
    ink: str = "ink"
    bold: bool = False
    small: bool = False
    icon: str = ""


@dataclass
class RowLayout:
    """The row's pieces, relative to its top left."""

    height: int = 0
    texts: list[_Text] = field(default_factory=list)
    chips: list[tuple[QRect, ChipText]] = field(default_factory=list)
    lefts: tuple[int, ...] = ()
    marks: list[QRect] = field(default_factory=list)
    """Signature lines: a click on one asks for its explanation."""

    def paint(self, painter: QPainter, area: QRect, *, chosen: bool) -> None:
        """Draw it at an area of its height."""
        painter.fillRect(area, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line2"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for left in self.lefts[1:-1]:
            painter.drawLine(area.x() + left, area.y(), area.x() + left, area.bottom())
        device = painter.device()
        scale = device.devicePixelRatioF() if device is not None else 1.0
        for text in self.texts:
            here = text.area.translated(area.topLeft())
            if text.icon:
                painter.drawPixmap(here.x(), here.y() + 2, icon_pixmap(text.icon, text.ink, 14, scale))
                here = here.adjusted(19, 0, 0, 0)
            painter.setFont(style.font("small" if text.small else "text", bold=text.bold))
            painter.setPen(style.colour(text.ink))
            painter.drawText(here, _WRAP, text.words)
        for spot, chip in self.chips:
            paint_chip(painter, spot.translated(area.topLeft()), chip)


def lay_out(form: Form, item: TimelineItem, width: int, now: datetime) -> RowLayout:
    """Put the item's texts into the columns of the form."""
    made = RowLayout(lefts=column_lefts(form, width))
    kind = column_kind(form)
    made.texts.append(_Text(QRect(PAD, 6, TIME_WIDTH - PAD, 18), times.clock(item.occurred_at), bold=True))
    made.texts.append(_Text(QRect(PAD, 24, TIME_WIDTH - PAD, 18), times.day_month(item.occurred_at), "ink2"))
    bottom = LEAST
    faint = "ink3" if item.state in GONE else "ink"
    last = len(form.layout.columns) - 1
    for place, column in enumerate(form.layout.columns):
        if place == 0:
            continue
        left, right = made.lefts[place] + PAD, made.lefts[place + 1] - PAD
        y = 6
        for line in said_of(kind, column, item):
            indent = LETTER if line.letter else 0
            if line.letter:
                made.texts.append(_Text(QRect(left, y, LETTER, 18), line.letter, "ink2", bold=True))
            room = QRect(left + indent, y, right - left - indent, 10_000)
            need = QFontMetrics(style.font()).boundingRect(room, _WRAP, line.words)
            made.texts.append(_Text(QRect(room.x(), y, room.width(), need.height()), line.words, faint))
            y += need.height() + 1
        y = _amended(made, item, left, right, y) if place == 1 else y
        y = _marks(made, item, (left, right), y, now) if place == last else y
        bottom = max(bottom, y + 5)
    made.height = bottom
    return made


def _amended(made: RowLayout, item: TimelineItem, left: int, right: int, y: int) -> int:
    """The violet chip of a corrected entry, or the chip of one that is not simply signed."""
    words = amended_words(item)
    if words:
        chip = ChipText(words, "amended", "git-compare")
        while chip_width(chip) > right - left and len(chip.text) > 12:
            chip = ChipText(chip.text[:-2].rstrip("… ") + "…", "amended", "git-compare")
        made.chips.append((QRect(left, y + 2, right - left, CHIP_HEIGHT), chip))
        y += CHIP_HEIGHT + 4
    if item.state not in (ItemState.SIGNED, ItemState.AMENDED):
        made.chips.append((QRect(left, y + 2, right - left, CHIP_HEIGHT), chip_of(item)))
        y += CHIP_HEIGHT + 4
    return y


def _marks(made: RowLayout, item: TimelineItem, sides: tuple[int, int], y: int, now: datetime) -> int:
    left, right = sides
    signed = item.view.signatures if item.view is not None else ()
    for mark in signed:
        here = QRect(left, y + 1, right - left, 18)
        ink = "ok" if mark.settled else "attention"
        made.texts.append(_Text(here, signature_words(mark), ink, icon="shield-check"))
        made.marks.append(here)
        y += 19
    if not signed or item.state in (ItemState.PARTLY_SIGNED, ItemState.QUEUED, ItemState.REFUSED):
        ink = SHOWN[item.state].ink
        made.texts.append(_Text(QRect(left, y + 1, right - left, 18), unsigned_words(item, now), ink,
                                icon=SHOWN[item.state].icon))
        y += 19
    return y
