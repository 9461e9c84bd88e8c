"""Tabler's outline icons, coloured from the tokens and kept as pixmaps per scale."""

from __future__ import annotations

from functools import cache

from PyQt6.QtCore import QByteArray, QRectF, QSize, Qt
from PyQt6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QSizePolicy, QWidget

from records.bundled import bundled
from workstation.views import style


@cache
def _drawing(name: str) -> str:
    text = bundled("icons", f"{name}.svg").read_text("utf-8")
    return text.replace('stroke-width="2"', f'stroke-width="{style.tokens()["grid"]["icon_stroke"]}"')


@cache
def _pixmap(name: str, colour_name: str, size: int, scale: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour_name).encode()))
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def icon_pixmap(name: str, ink: str = "ink2", size: int = 16, scale: float = 1.0) -> QPixmap:
    """The icon in a token's colour; asking again costs nothing."""
    return _pixmap(name, style.colour_name(ink), size, scale)


def image_icon_pixmap(name: str, ink: str = "ink", size: int = 16, scale: float = 1.0) -> QPixmap:
    """The icon in a colour of the image viewer."""
    return _pixmap(name, style.image_colour(ink).name(), size, scale)


def icon(name: str, ink: str = "ink2", size: int = 16) -> QIcon:
    """The icon for buttons, fields and actions."""
    return QIcon(icon_pixmap(name, ink, size, 2.0))


class Icon(QWidget):
    """One icon beside a word."""

    def __init__(self, name: str, ink: str = "ink2", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._ink, self._size = name, ink, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(size, size)

    @property
    def name(self) -> str:
        """Which one is shown."""
        return self._name

    def show_as(self, name: str, ink: str) -> None:
        """Another icon or colour from now on."""
        self._name, self._ink = name, ink
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, icon_pixmap(self._name, self._ink, self._size, self.devicePixelRatioF()))
