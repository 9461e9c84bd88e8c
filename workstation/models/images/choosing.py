"""Choosing key images while reading: the server names the file that the frame is of, then the picture is kept."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from records.messages import ImageFileView
from workstation.background import Query
from workstation.emitting import emitter
from workstation.models.desk import Desk
from workstation.models.images.key_images import KeyImage, key_image, spot_of
from workstation.models.images.stack import Spot

_FILE = TypeAdapter(ImageFileView)


class Choosing(QObject):
    """The key images of one patient, as the reader of their images chooses them."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal."""

    def __init__(self, desk: Desk, patient: UUID, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._patient = desk, patient
        desk.key_images.changed.connect(self._changed)

    @property
    def chosen(self) -> tuple[KeyImage, ...]:
        """In the order in which they go into the report."""
        return self._desk.key_images.of(self._patient)

    def has(self, spot: Spot) -> bool:
        """Whether that frame is chosen."""
        return self._desk.key_images.has(self._patient, spot)

    def choose(self, spot: Spot, words: str, picture: NDArray[np.uint8]) -> None:
        """Take the frame in as it looks now, in the place of how it looked before; `changed` or `refused` follows."""
        if not spot.sop_instance_uid:
            self.refused.emit(Refusal.because("key_image_of_plane"))
            return
        path = f"/api/image-files/{spot.study_uid}/{spot.series_uid}/{spot.sop_instance_uid}"
        self._desk.background.run(Query(
            f"file of {spot.sop_instance_uid}", lambda: _FILE.validate_json(self._desk.client.ask(path).body),
            partial(self._named, spot, words, picture), emitter(self, self.refused)))

    def drop(self, item: KeyImage) -> None:
        """No longer chosen."""
        self._desk.key_images.drop(self._patient, (spot_of(item),))

    def _named(self, spot: Spot, words: str, picture: NDArray[np.uint8], file: ImageFileView) -> None:
        try:
            self._desk.key_images.choose(self._patient, key_image(spot, file.sha256, words, picture))
        except Refusal as refused:
            self.refused.emit(refused)

    def _changed(self, patient: UUID) -> None:
        if patient == self._patient:
            self.changed.emit()
