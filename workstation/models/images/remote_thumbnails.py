"""Small pictures of the hospital's series, as the server draws them."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from records.errors import Refusal, Trouble
from records.image_lists import ImageSeriesView
from workstation.background import Background
from workstation.client import Client
from workstation.models.images.thumbnails import HEIGHT, WIDTH, Thumbnails


class RemoteThumbnails(Thumbnails):
    """Drawn by the server, through the one pipeline for pixels."""

    def __init__(self, client: Client, background: Background, parent: QObject | None = None) -> None:
        super().__init__(background, parent)
        self._client = client

    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        """Of the image in the middle; where that one is broken, of one near it that the server takes for all."""
        of, size = f"/dicomweb/studies/{study}/series/{series.uid}", f"?viewport={WIDTH},{HEIGHT}"
        try:
            return self._client.door.ask("GET", f"{of}/instances/{series.middle}/rendered{size}").body
        except Trouble:
            raise
        except Refusal:
            return self._client.door.ask("GET", f"{of}/thumbnail{size}").body
