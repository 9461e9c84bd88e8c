"""A small button that is an icon alone; its word is in the tip and read aloud."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QWidget

from workstation.views import style
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring


class IconButton(QAbstractButton):
    """24 px: a cross at the end of a row."""

    def __init__(self, icon_name: str, text: str, *, on_click: Callable[[], object],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setFixedSize(self.sizeHint())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda _checked: on_click())

    def sizeHint(self) -> QSize:
        return QSize(style.px("field_small"), style.px("field_small"))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), style.colour("primary_tint"))
        painter.drawPixmap(4, 4, icon_pixmap(self._icon_name, "ink2", 16, self.devicePixelRatioF()))
        if self.hasFocus():
            paint_focus_ring(painter, self.rect())
