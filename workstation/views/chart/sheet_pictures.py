"""Key images on a sheet that is read: as large as there is room for, and drawn smoothly.

A browser of rich text scales a picture by leaving out rows and columns of it: an ECG lost its lines that way, and a
measure its figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QSize, Qt, QUrl
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QTextBrowser

from records.errors import Refusal
from records.pictures import picture_of

SCHEME = "picture"
MOST_BESIDE = 3
_ROOM = {1: QSize(520, 400), 2: QSize(370, 340), MOST_BESIDE: QSize(240, 320)}
"""Of one picture, by how many stand beside each other."""


def picture_html(address: str, item: Mapping[str, Any], beside: int) -> str:
    """The picture in a text that a `PictureBrowser` shows; `beside`: how many are in its row."""
    whole = _read(item)
    if whole is None:
        return ""
    size, room = whole.size(), _ROOM[min(max(beside, 1), MOST_BESIDE)]
    if size.width() > room.width() or size.height() > room.height():
        size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
    wide, high = size.width(), size.height()
    return f'<img src="{SCHEME}:{address}?{wide}x{high}" width="{wide}" height="{high}"/>'


def _read(item: Mapping[str, Any]) -> QImage | None:
    try:
        told = picture_of(item)
    except Refusal:
        return None
    kind = QImage.Format.Format_Grayscale8 if told.channels == 1 else QImage.Format.Format_RGB888
    return QImage(told.samples, told.width, told.height, told.width * told.channels, kind).copy()


class PictureBrowser(QTextBrowser):
    """Draws the pictures that its text names, in the size that it names."""

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, Mapping[str, Any]] = {}

    def hold(self, items: Mapping[str, Mapping[str, Any]]) -> None:
        """The key images of the text that comes, by address."""
        self._items = dict(items)

    def loadResource(self, kind: int, name: QUrl) -> Any:
        item = self._items.get(name.path()) if name.scheme() == SCHEME else None
        if item is None:
            return super().loadResource(kind, name)
        wide, _, high = name.query().partition("x")
        whole, pixels = _read(item), QSize(int(wide), int(high)) * self.devicePixelRatioF()
        return None if whole is None else whole.scaled(
            pixels, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
