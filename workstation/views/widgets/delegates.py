"""Table cells that paint more than text: chips, pies, spark lines, two-tone text. Each takes what to paint from a role.

A cell's value is found by a function from the index, so that one delegate serves any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.views import style
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import ChipText, paint_chip, paint_pie, paint_spark


@dataclass(frozen=True)
class CellText:
    """Text of a cell: colour, weight, an icon before it."""

    text: str
    ink: str = "ink"
    bold: bool = False
    icon: str = ""
    right: bool = False
    may_be_cut: bool = False
    cut_inside: bool = False
    """Where it is cut its end stays, too: of a name the given one, by which a person is called."""


@dataclass(frozen=True)
class PieText:
    """A deadline: how much of its time has gone, and its words."""

    text: str
    ink: str
    gone: float


@dataclass(frozen=True)
class ChipAndSpark:
    """A score's chip with the line of the last scores beside it."""

    chip: ChipText
    points: Sequence[float] = ()
    spark_ink: str = "ink2"
    chip_width: int = 66


Cell = CellText | PieText | ChipText | ChipAndSpark | None


class CellDelegate(QStyledItemDelegate):
    """Paints whatever `cell(index)` says, on the row's ground, with the line below it."""

    def __init__(self, cell: Callable[[QModelIndex], Cell], row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell, self._row_height = cell, row_height

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), self._row_height)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        paint_cell(painter, option.rect.adjusted(6, 0, -4, -1), self._cell(index))


def paint_cell(painter: QPainter, area: QRect, cell: Cell) -> None:
    """Draw one cell's contents."""
    match cell:
        case CellText():
            _paint_text(painter, area, cell)
        case PieText():
            paint_pie(painter, area, cell.gone, style.colour(cell.ink))
            _paint_text(painter, area.adjusted(18, 0, 0, 0), CellText(cell.text, cell.ink))
        case ChipText():
            paint_chip(painter, area, cell)
        case ChipAndSpark():
            paint_chip(painter, QRect(area.x(), area.y(), cell.chip_width, area.height()), cell.chip, centred=True)
            rest = area.adjusted(cell.chip_width + 4, 3, -2, -3)
            paint_spark(painter, QRect(rest.x(), rest.y(), min(rest.width(), 34), rest.height()), cell.points,
                        style.colour(cell.spark_ink))
        case None:
            pass


def _paint_text(painter: QPainter, area: QRect, cell: CellText) -> None:
    painter.setFont(style.font(bold=cell.bold))
    if cell.icon:
        device = painter.device()
        scale = device.devicePixelRatioF() if device is not None else 1.0
        # Before the words, wherever they begin: at the far end of the cell it would belong to the column beside it.
        words = painter.fontMetrics().horizontalAdvance(cell.text)
        left = max(area.x(), area.right() - words - 17) if cell.right else area.x()
        painter.drawPixmap(left, area.center().y() - 7, icon_pixmap(cell.icon, cell.ink, 14, scale))
        area = area.adjusted(18, 0, 0, 0)
    painter.setPen(style.colour(cell.ink))
    side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
    text = cell.text
    if cell.may_be_cut:
        where = Qt.TextElideMode.ElideMiddle if cell.cut_inside else Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(text, where, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | side, text)
