"""A field that offers a list: the arrow is an icon, the letters typed choose."""

from __future__ import annotations

from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from workstation.views.widgets.icons import icon_pixmap


class ChoiceField(QComboBox):
    """One of several; Alt+Down opens the list."""

    def __init__(self, name: str, *, icon_name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setAccessibleName(name)
        offered = self.view()
        if offered is not None:
            offered.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        if self._icon_name:
            self._draw_icon(painter, self._icon_name, 9)
            option.rect = option.rect.adjusted(22, 0, 0, 0)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        self._draw_icon(painter, "chevron-down", self.width() - 24)

    def _draw_icon(self, painter: QPainter, name: str, x: int) -> None:
        painter.drawPixmap(x, (self.height() - 16) // 2, icon_pixmap(name, "ink2", 16, self.devicePixelRatioF()))
