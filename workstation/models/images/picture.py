"""One picture out of the house: the frame that is shown, as PNG or JPEG; the server is told first, for whom and why."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.attributes import text
from imaging.deidentify import names_may_be_seen
from imaging.geometry import aspect_of
from imaging.jpeg import jpeg
from imaging.png import png
from imaging.rendering import View, render
from records.errors import Refusal
from records.messages import ImageExportGiven
from workstation.background import Query
from workstation.client.asking import body_of
from workstation.ids import new_id
from workstation.models.desk import Desk
from workstation.models.images.stack import Loaded
from workstation.models.images.view_state import ViewState


class Names(Enum):
    """What is known of names within the pixels themselves."""

    NONE = "none"
    PERHAPS = "perhaps"
    SAID = "said"
    """The file says so (0028,0301): it may not leave as a picture without a name."""


def names_in(here: Loaded) -> Names:
    """By what the file says of itself, and by the kind of device."""
    dataset = here.image.dataset
    if text(dataset, "BurnedInAnnotation").upper() == "YES":
        return Names.SAID
    return Names.PERHAPS if names_may_be_seen(dataset) else Names.NONE


def whole_frame(here: Loaded, look: ViewState) -> NDArray[np.uint8]:
    """All of the frame in its own size, as it is looked at: what the server and the command line draw of it."""
    view = View(look.voi, look.invert, mirrored=look.mirrored, quarter_turns=look.quarter_turns)
    return render(here.frame, here.grey, view, aspect_of(here.image.dataset, here.image.groups, here.spot.frame))


class PictureModel(QObject):
    """One picture of one study."""

    saved = pyqtSignal(object)
    """Path."""
    refused = pyqtSignal(object)
    """Refusal: nothing was written."""

    def __init__(self, desk: Desk, study: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._study = desk, study

    def save(self, picture: Callable[[], NDArray[np.uint8]], file: Path, reason: str, *, named: bool) -> None:
        """`saved` or `refused` follows."""
        told = ImageExportGiven(studies=(self._study,), named=named, reason=reason)
        self._desk.background.run(Query("export a picture", lambda: self._write(picture, file, told),
                                        self.saved.emit, self.refused.emit), lane="export")

    def _write(self, picture: Callable[[], NDArray[np.uint8]], file: Path, told: ImageExportGiven) -> Path:
        pixels = picture()
        made = jpeg(pixels) if file.suffix.lower() in (".jpg", ".jpeg") else png(pixels)
        self._desk.client.door.ask("POST", "/api/image-exports", body=body_of(told), key=new_id())
        part = file.with_name(file.name + ".part")
        try:
            part.write_bytes(made)
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise Refusal.because("media_not_written", detail=error.strerror or type(error).__name__) from error
        return file
