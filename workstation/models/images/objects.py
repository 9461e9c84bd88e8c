"""A series that is no pictures, opened: each file fetched whole, read in the background, handed out as a value."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.image import Image, open_image
from imaging.sources import MIB, InMemory, Limits
from records.errors import Reason, Refusal
from workstation.background import Background, Query
from workstation.models.images.local import LocalFile

if TYPE_CHECKING:  # what reports, documents and waveforms hold is learnt with the first of them
    from workstation.models.images.contents import Contents

MOST_FILES = 40
MOST_BYTES = 256 * MIB
LIMITS = Limits(header_bytes=MOST_BYTES)
"""A long ECG lies before the pixels, as all attributes do."""


@dataclass(frozen=True, eq=False)
class Opened:
    """One file of the series. `number` is the device's; the name is for telling several apart."""

    uid: str
    number: int | None
    contents: Contents
    class_uid: str = ""
    """Its SOP class; empty where the file could not be read."""
    header: Dataset | None = None
    """Whose it is and of which study, for what is written about it."""


class ObjectShelf(QObject):
    """Opens such series one after another; keeps none of them."""

    opened = pyqtSignal(str, object)
    """Series Instance UID, tuple of `Opened` in the device's order."""
    refused = pyqtSignal(str, object)
    """Series Instance UID, Refusal; asked again it is tried again."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._asked: set[str] = set()

    @abstractmethod
    def files(self, study: str, series: str) -> Iterator[tuple[str, bytes | Image]]:
        """In the background: instance by instance; a file's bytes, or the file already opened."""

    def open(self, study: str, series: str) -> None:
        """`opened` or `refused` follows."""
        if series not in self._asked:
            self._asked.add(series)
            self._background.run(Query("open a series without pictures", partial(self._read, study, series),
                                       partial(self._done, series), partial(self._failed, series)))

    def _read(self, study: str, series: str) -> tuple[Opened, ...]:
        found = list[Opened]()
        taken = 0
        for uid, file in self.files(study, series):
            taken += len(file) if isinstance(file, bytes) else file.header.source.size
            if len(found) >= MOST_FILES or taken > MOST_BYTES:
                found.append(Opened(uid, None, Reason("objects_too_many", facts={
                    "files": MOST_FILES, "limit": MOST_BYTES // MIB})))
                break
            found.append(_opened(uid, file))
        if not found:
            raise Refusal.because("thing_unknown", "series")
        return tuple(sorted(found, key=lambda one: (one.number is None, one.number or 0)))

    def _done(self, series: str, found: tuple[Opened, ...]) -> None:
        self._asked.discard(series)
        self.opened.emit(series, found)

    def _failed(self, series: str, why: Refusal) -> None:
        self._asked.discard(series)
        self.refused.emit(series, why)


def _opened(uid: str, file: bytes | Image) -> Opened:
    from imaging.objects.writing import carried
    from workstation.models.images.contents import contents_of

    try:
        image = open_image(InMemory(file), LIMITS) if isinstance(file, bytes) else file
    except Refusal as refused:
        return Opened(uid, None, refused.reasons[0])
    who = image.identity
    return Opened(uid, who.instance_number, contents_of(image), who.class_uid, carried(image.dataset))


class LocalObjects(ObjectShelf):
    """Of files on this machine."""

    def __init__(self, files: Sequence[LocalFile], background: Background, parent: QObject | None = None) -> None:
        super().__init__(background, parent)
        self._files = files

    def files(self, study: str, series: str) -> Iterator[tuple[str, bytes | Image]]:
        """Their headers were read; all that these hold is header."""
        for file in self._files:
            if (file.image.identity.study_uid, file.image.identity.series_uid) == (study, series):
                yield file.image.identity.instance_uid, file.image
