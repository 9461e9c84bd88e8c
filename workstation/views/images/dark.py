"""Parts of the viewer that are dark by day and by night: its buttons, and the pictures of series."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workstation.views import style
from workstation.views.widgets.icons import image_icon_pixmap
from workstation.views.widgets.painting import key_width

HEIGHT = 28
FOLDS = 2
"""How often a button can be folded."""
_PAD, _ICON, _GAP = 7, 16, 5


class ViewerButton(QAbstractButton):
    """A word, its icon and its key; a tool that is in the hand stays lit."""

    def __init__(self, text: str, key: str = "", *, icon: str = "", checkable: bool = False,
                 on_click: Callable[[], object] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key, self._icon_name, self._folded = key, icon, 0
        self.setCheckable(checkable)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.say(text)
        if on_click is not None:
            self.clicked.connect(lambda _checked: on_click())

    def say(self, text: str) -> None:
        """Another word from now on."""
        self.setText(text)
        self.setAccessibleName(f"{text} ({self._key})" if self._key else text)
        self.updateGeometry()
        self.update()

    def fold(self, how: int) -> None:
        """Where there is little room: 1 without its icon, 2 without its key too; the tip tells both. Never its word."""
        if how != self._folded:
            self._folded = how
            self.updateGeometry()
            self.update()

    def light(self, *, on: bool) -> None:
        """Whether it is lit; nobody is told."""
        self.setCheckable(True)
        self.setChecked(on)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(2 * _PAD + sum(width for _, width in self._parts()), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _parts(self) -> list[tuple[str, int]]:
        parts = [("icon", _ICON + _GAP)] if self._icon_name and not self._folded else []
        parts.append(("text", QFontMetrics(style.font(bold=self.isChecked())).horizontalAdvance(self.text()) + 1))
        if self._key and self._folded < FOLDS:
            parts.append(("key", _GAP + key_width(self._key)))
        return parts

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit, over = self.isChecked(), self.underMouse() or self.isDown()
        if lit or over or self.hasFocus():
            painter.setPen(image_pen("reference" if lit or self.hasFocus() else "edge", 2 if self.hasFocus() else 1))
            painter.setBrush(style.image_colour("chosen" if lit else "edge" if over else "panel"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        ink = "strong" if lit or over else "ink"
        x = (self.width() - sum(width for _, width in self._parts())) // 2
        for part, width in self._parts():
            self._paint_part(painter, part, QRect(x, 0, width, self.height()), ink)
            x += width

    def _paint_part(self, painter: QPainter, part: str, area: QRect, ink: str) -> None:
        if part == "icon":
            pixmap = image_icon_pixmap(self._icon_name, ink, _ICON, self.devicePixelRatioF())
            painter.drawPixmap(area.x(), (self.height() - _ICON) // 2, pixmap)
        elif part == "text":
            painter.setPen(style.image_colour(ink))
            painter.setFont(style.font(bold=self.isChecked()))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.text())
        else:
            paint_viewer_key(painter, area.adjusted(_GAP, 0, 0, 0), self._key)


def paint_viewer_key(painter: QPainter, area: QRect, key: str) -> None:
    """A key as it is drawn on the dark ground."""
    box = QRectF(area.x() + 0.5, area.center().y() - 8.5, area.width() - 1, 18)
    painter.setPen(style.image_colour("line"))
    painter.setBrush(style.image_colour("key"))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(style.image_colour("ink"))
    painter.setFont(style.font("small", bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)


def image_pen(token: str, width: float = 1.0) -> QPen:
    """A pen in a colour of the viewer."""
    colour: QColor = style.image_colour(token)
    return QPen(colour, width)
