"""The viewer's list of key images: what was chosen for the report, as small pictures; Enter opens, Delete takes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from workstation.models.images.key_images import LONGEST_SIDE, KeyImage
from workstation.views import style
from workstation.views.chart.images_blank import pixmap_of
from workstation.views.images.dark import image_pen

CELL = QSize(108, 74)
"""Two and a scroll bar fit into the panel."""
_MOST_ROWS = 3
_ITEM = Qt.ItemDataRole.UserRole + 1


class KeyImageList(QListWidget):
    """Two beside each other, in the order in which they go into the report."""

    opened = pyqtSignal(object)
    """A key image whose frame is wanted."""
    dropped = pyqtSignal(object)
    """A key image that is to be taken out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "viewer")
        self.setAccessibleName("Ảnh chính đã chọn")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setGridSize(CELL)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Painter(self))
        self._most = _MOST_ROWS
        self.itemActivated.connect(lambda item: self.opened.emit(item.data(_ITEM)))
        self.itemClicked.connect(lambda item: self.opened.emit(item.data(_ITEM)))
        self.show_images(())

    def show_images(self, items: Sequence[KeyImage]) -> None:
        """These now."""
        at = self.currentRow()
        self.clear()
        for number, item in enumerate(items, start=1):
            cell = QListWidgetItem(self)
            cell.setData(_ITEM, item)
            cell.setToolTip(f"Ảnh {number}. {item['words']}")
            cell.setData(Qt.ItemDataRole.AccessibleTextRole, f"Ảnh {number}. {item['words']}")
            cell.setSizeHint(CELL)
        self.setCurrentRow(min(at, self.count() - 1))
        self._fit()
        self.setVisible(bool(items))

    def show_at_most(self, rows: int) -> None:
        """How many rows are seen at once; the others are scrolled to."""
        self._most = rows
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(CELL.height() * min(self._most, -(-self.count() // 2)) + 6)
        if (last := self.item(self.count() - 1)) is not None:
            self.scrollToItem(last)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Delete:
            self._drop_current()
            return
        if event is not None and event.text() and event.text().isprintable():
            event.ignore()  # letters belong to the tools
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """The right button: what Delete does, for who holds the mouse."""
        item = self.itemAt(event.pos()) if event is not None else None
        if event is None or item is None:
            return
        self.setCurrentItem(item)
        menu = QMenu(self)
        act = menu.addAction(f"Bỏ ảnh {self.row(item) + 1} khỏi ảnh chính\tDel")
        if act is not None:
            act.triggered.connect(self._drop_current)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def _drop_current(self) -> None:
        if (item := self.currentItem()) is not None:
            self.dropped.emit(item.data(_ITEM))


class _Painter(QStyledItemDelegate):
    """A small picture with its number; the chosen one is framed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return CELL

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        area = option.rect.adjusted(1, 1, -3, -3)
        picture = pixmap_of(index.data(_ITEM), area.size())
        at = QRect(area.x() + (area.width() - picture.width()) // 2,
                   area.y() + (area.height() - picture.height()) // 2, picture.width(), picture.height())
        painter.drawPixmap(at, picture)
        owner = self.parent()
        here = isinstance(owner, QListWidget) and owner.hasFocus() and index.row() == owner.currentRow()
        painter.setPen(image_pen("reference" if here else "edge", 2 if here else 1))
        painter.drawRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setFont(style.font("small", bold=True))
        told = str(index.row() + 1)
        box = QRect(area.x() + 1, area.y() + 1, painter.fontMetrics().horizontalAdvance(told) + 8, 16)
        painter.fillRect(box, style.image_colour("ground"))  # an ECG's paper is as light as the figure
        painter.setPen(style.image_colour("strong"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, told)


def picture_size(wide: int, high: int) -> QSize:
    """The size in which a viewport of that shape goes into a report."""
    scale = LONGEST_SIDE / max(wide, high, 1)
    return QSize(max(1, round(wide * scale)), max(1, round(high * scale)))


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """A picture's pixels: one channel when all of them are grey, else RGB."""
    made = image.convertToFormat(QImage.Format.Format_RGB888)
    bits: Any = made.constBits()  # PyQt gives an address whose size has to be told
    bits.setsize(made.sizeInBytes())
    rows = np.frombuffer(bytes(bits), np.uint8).reshape(made.height(), made.bytesPerLine())
    colours = rows[:, :made.width() * 3].reshape(made.height(), made.width(), 3)
    grey = colours[:, :, 0]
    if np.array_equal(grey, colours[:, :, 1]) and np.array_equal(grey, colours[:, :, 2]):
        return np.ascontiguousarray(grey)
    return np.ascontiguousarray(colours)
