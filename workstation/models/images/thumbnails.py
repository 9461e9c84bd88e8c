"""Small pictures of series, drawn by the server through the one pipeline for pixels, asked for one after the other."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from records.messages import ImageSeriesView
from workstation.background import Query
from workstation.models.desk import Desk

WIDTH, HEIGHT = 112, 68


class Thumbnails(QObject):
    """PNG bytes by series; a series whose picture cannot be drawn says why."""

    arrived = pyqtSignal(str)
    """Series Instance UID."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._pictures: dict[str, bytes] = {}
        self._why: dict[str, str] = {}
        self._asked: set[str] = set()

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
        path = (f"/dicomweb/studies/{study}/series/{series.uid}/instances/{series.middle}/rendered"
                f"?viewport={WIDTH},{HEIGHT}")
        client = self._desk.client
        self._desk.background.run(
            Query("draw a thumbnail", lambda: client.door.ask("GET", path).body,
                  partial(self._came, series.uid), partial(self._failed, series.uid)), lane="thumbnails")

    def _came(self, series: str, picture: bytes) -> None:
        self._pictures[series] = picture
        self.arrived.emit(series)

    def _failed(self, series: str, why: Refusal) -> None:
        self._why[series] = why.vietnamese
        self.arrived.emit(series)
