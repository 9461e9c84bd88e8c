"""Key images on a sheet that is read: as large as there is room for, and drawn smoothly.

A browser of rich text scales a picture by leaving out rows and columns of it: an ECG lost its lines that way, and a
measure its figures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from PyQt6.QtCore import QSize, Qt, QUrl
from PyQt6.QtGui import QImage, QResizeEvent
from PyQt6.QtWidgets import QTextBrowser

from records.errors import Refusal
from records.pictures import picture_of

SCHEME = "picture"
MOST_BESIDE = 3
_ROOM = {1: QSize(520, 400), 2: QSize(370, 340), MOST_BESIDE: QSize(240, 320)}
"""Of one picture at most, by how many stand beside each other."""
_SIDES, _AROUND = 48, 12
"""What the page has at its sides with the scroll bar that may come, and a picture's cell around it."""
_NAMED = re.compile(rf"<img {SCHEME}:(\S+) (\d)/>")


def picture_html(item: Mapping[str, Any], beside: int) -> str:
    """The picture in a text that a `PictureBrowser` shows; `beside`: how many are in its row."""
    return f"<img {SCHEME}:{_name(item)} {min(max(beside, 1), MOST_BESIDE)}/>"


def _name(item: Mapping[str, Any]) -> str:
    """By what is seen: two reports may hold one frame, each with its own marks."""
    return hashlib.sha256(str(item.get("picture", "")).encode()).hexdigest()


def _read(item: Mapping[str, Any]) -> QImage | None:
    try:
        told = picture_of(item)
    except Refusal:
        return None
    kind = QImage.Format.Format_Grayscale8 if told.channels == 1 else QImage.Format.Format_RGB888
    return QImage(told.samples, told.width, told.height, told.width * told.channels, kind).copy()


class PictureBrowser(QTextBrowser):
    """Draws the pictures that its text names, no wider than the page that is seen."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: dict[str, QImage | None] = {}
        self._html, self._wide = "", 0

    def show_html(self, html: str, items: Iterable[Mapping[str, Any]]) -> None:
        """A text, and the key images that it names."""
        self._html, self._pictures = html, {_name(item): _read(item) for item in items}
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._pictures and self.width() != self._wide:
            bar = self.verticalScrollBar()
            at = bar.value() if bar is not None else 0
            self._lay_out()
            if bar is not None:
                bar.setValue(at)

    def loadResource(self, kind: int, name: QUrl) -> Any:
        whole = self._pictures.get(name.path()) if name.scheme() == SCHEME else None
        if whole is None:
            return super().loadResource(kind, name)
        wide, _, high = name.query().partition("x")
        return whole.scaled(QSize(int(wide), int(high)) * self.devicePixelRatioF(),
                            Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)

    def _lay_out(self) -> None:
        self._wide = self.width()
        self.setHtml(_NAMED.sub(lambda found: self._sized(found[1], int(found[2])), self._html))

    def _sized(self, name: str, beside: int) -> str:
        whole, view = self._pictures.get(name), self.viewport()
        if whole is None or view is None:
            return ""
        size, room = whole.size(), _ROOM[beside]
        room = QSize(min(room.width(), max(80, (view.width() - _SIDES) // beside - _AROUND)), room.height())
        if size.width() > room.width() or size.height() > room.height():
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        wide, high = size.width(), size.height()
        return f'<img src="{SCHEME}:{name}?{wide}x{high}" width="{wide}" height="{high}"/>'
