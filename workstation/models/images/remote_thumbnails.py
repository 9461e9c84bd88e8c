"""Small pictures of the hospital's series, as the server draws them."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from records.image_lists import ImageSeriesView
from workstation.models.desk import Desk
from workstation.models.images.thumbnails import HEIGHT, WIDTH, Thumbnails


class RemoteThumbnails(Thumbnails):
    """Drawn by the server, through the one pipeline for pixels."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(desk.background, parent)
        self._client = desk.client

    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        """Of the image in the middle."""
        return self._client.door.ask("GET", (
            f"/dicomweb/studies/{study}/series/{series.uid}/instances/{series.middle}/rendered"
            f"?viewport={WIDTH},{HEIGHT}")).body
