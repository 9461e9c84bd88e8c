"""Small pictures of series, asked for one after the other."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from records.image_lists import ImageSeriesView
from workstation.background import Background, Query

WIDTH, HEIGHT = 112, 68


class Thumbnails(QObject):
    """PNG bytes by series; a series whose picture cannot be drawn says why."""

    arrived = pyqtSignal(str)
    """Series Instance UID."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._pictures: dict[str, bytes] = {}
        self._why: dict[str, str] = {}
        self._asked: set[str] = set()

    @abstractmethod
    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        """In the background: the PNG of one image of a series."""

    def picture(self, series: str) -> bytes | None:
        """The PNG, when it is here."""
        return self._pictures.get(series)

    def why_not(self, series: str) -> str:
        """Why there is none and will be none; empty while it may come."""
        return self._why.get(series, "")

    def want(self, study: str, series: ImageSeriesView) -> None:
        """Ask for it once; a lane of its own, so that slices that are read never wait for small pictures."""
        if series.uid in self._asked or not series.middle:
            return
        self._asked.add(series.uid)
        self._background.run(Query("draw a thumbnail", partial(self.draw, study, series),
                                   partial(self._came, series.uid), partial(self._failed, series.uid)),
                             lane="thumbnails")

    def _came(self, series: str, picture: bytes) -> None:
        self._pictures[series] = picture
        self.arrived.emit(series)

    def _failed(self, series: str, why: Refusal) -> None:
        self._why[series] = why.vietnamese
        self.arrived.emit(series)
