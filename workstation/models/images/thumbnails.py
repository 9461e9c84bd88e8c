"""Small pictures of series, asked for one after the other."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from records.image_lists import ImageSeriesView
from workstation.background import Background, Query

WIDTH, HEIGHT = 112, 68
TRIES = 8
"""So many images are tried where the one in the middle cannot be drawn."""
AFTER_MS, AGAIN_MS = 150, 5_000
"""The picture that is read comes first: small ones drawn beside it would hold it up. While the server is away they are
asked for again.
"""


class Thumbnails(QObject):
    """PNG bytes by series; a series whose picture cannot be drawn says why."""

    arrived = pyqtSignal(str)
    """Series Instance UID."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._pictures: dict[str, bytes] = {}
        self._why: dict[str, Refusal] = {}
        self._asked: set[str] = set()
        self._next: list[tuple[str, ImageSeriesView]] = []
        self._after = QTimer(self)
        self._after.setSingleShot(True)
        self._after.timeout.connect(self._begin)

    @abstractmethod
    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        """In the background: the picture of one image of a series."""

    def picture(self, series: str) -> bytes | None:
        """The PNG, when it is here."""
        return self._pictures.get(series)

    def why_not(self, series: str) -> str:
        """Why there is none and will be none; empty while it may come."""
        return self._why[series].vietnamese if series in self._why else ""

    def why_not_short(self, series: str) -> str:
        """The same in the width of a small picture."""
        if series not in self._why:
            return ""
        codes = {reason.code for reason in self._why[series].reasons}
        return "tên nằm trên ảnh" if "image_names_in_pixels" in codes else "không vẽ được"

    def want(self, study: str, series: ImageSeriesView) -> None:
        """Ask for it once; a lane of its own, so that slices that are read never wait for small pictures. A report or a
        document has none.
        """
        if series.uid in self._asked or not series.middle or not series.shown:
            return
        self._asked.add(series.uid)
        self._next.append((study, series))
        self._after.start(AFTER_MS)

    def _begin(self) -> None:
        wanted, self._next = self._next, []
        for study, series in wanted:
            self._background.run(Query("draw a thumbnail", partial(self.draw, study, series),
                                       partial(self._came, series.uid), partial(self._failed, study, series)),
                                 lane="thumbnails")

    def _came(self, series: str, picture: bytes) -> None:
        self._pictures[series] = picture
        self.arrived.emit(series)

    def _failed(self, study: str, series: ImageSeriesView, why: Refusal) -> None:
        if isinstance(why, Trouble):
            self._next.append((study, series))
            self._after.start(AGAIN_MS)
            return
        self._why[series.uid] = why
        self.arrived.emit(series.uid)
