"""Series of the server that are no pictures: their files, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import QObject

from imaging.image import Image
from workstation.background import Background
from workstation.client.dicomweb import ImageRoutes
from workstation.models.images.objects import ObjectShelf


class RemoteObjects(ObjectShelf):
    """Fetched whole: reports, documents and waveforms are small beside pictures."""

    def __init__(self, client: ImageRoutes, background: Background, parent: QObject | None = None) -> None:
        super().__init__(background, parent)
        self._client = client

    def files(self, study: str, series: str) -> Iterator[tuple[str, bytes | Image]]:
        """From the server."""
        for one in self._client.image_list(study, series):
            uid = one.text("SOPInstanceUID")
            yield uid, self._client.image_file(study, series, uid)
