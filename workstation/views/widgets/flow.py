"""A row that goes on below where it is too wide: small buttons above a picture of any width."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize
from PyQt6.QtWidgets import QLayout, QLayoutItem, QWidget


class Flow(QLayout):
    """Items from the left, line by line; hidden ones take no room."""

    def __init__(self, *widgets: QWidget, gap: int = 6, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(*margins)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem | None) -> None:
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._placed(QRect(0, 0, width, 0), place=False)

    def minimumSize(self) -> QSize:
        """One item a line."""
        left, top, right, bottom = self.getContentsMargins()
        sizes = [item.sizeHint() for item in self._shown()]
        return QSize((left or 0) + (right or 0) + max((size.width() for size in sizes), default=0),
                     (top or 0) + (bottom or 0) + max((size.height() for size in sizes), default=0))

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._placed(area, place=True)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _placed(self, area: QRect, *, place: bool) -> int:
        """The height that all lines take."""
        inner = area.marginsRemoved(self.contentsMargins())
        x, y, high = inner.x(), inner.y(), 0
        for item in self._shown():
            size = item.sizeHint()
            if x > inner.x() and x + size.width() > inner.x() + inner.width():
                x, y, high = inner.x(), y + high + self._gap, 0
            if place:
                item.setGeometry(QRect(x, y, size.width(), size.height()))
            x, high = x + size.width() + self._gap, max(high, size.height())
        return y + high - area.y() + self.contentsMargins().bottom()
