"""A disc, USB stick or folder from elsewhere: read with progress, listed by whose names stand on it, nothing kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.geometry import aspect_of
from imaging.image import Decoder, Image
from imaging.png import png
from imaging.rendering import View, render
from imaging.sources import OnDisk
from imaging.stacks import from_the_middle
from records.errors import Reason, Refusal
from records.image_identity import Named, name_key
from records.image_lists import ImageSeriesView, ImageStudyView
from workstation.background import Background, Query
from workstation.emitting import emitter
from workstation.models.images.loading import Loader
from workstation.models.images.local import LocalFile, LocalFiles, LocalImages, read_folder, studies_of
from workstation.models.images.objects import LocalObjects
from workstation.models.images.reading import Reading
from workstation.models.images.saver import SavesNothing
from workstation.models.images.study_list import StudyList
from workstation.models.images.thumbnails import HEIGHT, TRIES, WIDTH, Thumbnails

_EVERY = 8
"""Files between two words of how far it is: a window that repaints for each one is slower than the disc."""


@dataclass(frozen=True, eq=False)
class DiscPerson:
    """One person whose name stands on images of the disc."""

    named: Named
    files: LocalFiles
    studies: tuple[ImageStudyView, ...]

    @property
    def name(self) -> str:
        """«TRẦN VĂN HÒA», or that there is none."""
        return " ".join(self.named.full_name.split("=")[0].replace("^", " ").split()).upper() or "KHÔNG CÓ TÊN"


class DiscStage(Enum):
    """Where the reading of a disc stands."""

    WAITING = "waiting"
    READING = "reading"
    READ = "read"


class DiscModel(QObject):
    """What lies in one folder; read once, off the window's thread, until somebody says stop."""

    changed = pyqtSignal()
    went_on = pyqtSignal(int, int)
    """Files done, and of how many."""
    refused = pyqtSignal(object)
    """Refusal: it could not be read at all."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.stage, self.place = DiscStage.WAITING, Path()
        self.persons: tuple[DiscPerson, ...] = ()
        self.unreadable: tuple[tuple[Path, Reason], ...] = ()
        self._stop = threading.Event()

    def read(self, place: Path) -> None:
        """A folder, a disc, or a DICOMDIR; `changed` follows, or `refused`."""
        self.cancel()
        stop = self._stop = threading.Event()
        self.stage, self.place, self.persons, self.unreadable = DiscStage.READING, place, (), ()
        self.destroyed.connect(stop.set)
        self._background.run(Query("read a disc", partial(_read, place, stop, emitter(self, self.went_on)),
                                   lambda files: self._came(files, stop), lambda why: self._failed(why, stop)),
                             lane="disc")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop after the file that is being read; what was read so far goes."""
        self._stop.set()
        if self.stage is DiscStage.READING:
            self.stage = DiscStage.WAITING
            self.changed.emit()

    def _came(self, found: tuple[LocalFiles, tuple[DiscPerson, ...]], stop: threading.Event) -> None:
        if not stop.is_set():
            self.stage, self.unreadable, self.persons = DiscStage.READ, found[0].unreadable, found[1]
            self.changed.emit()

    def _failed(self, why: Refusal, stop: threading.Event) -> None:
        if not stop.is_set():
            self.stage = DiscStage.WAITING
            self.changed.emit()
            self.refused.emit(why)


def _read(place: Path, stop: threading.Event,
          tell: Callable[[int, int], object]) -> tuple[LocalFiles, tuple[DiscPerson, ...]]:
    """In the background."""
    def went_on(done: int, of: int) -> None:
        if done % _EVERY == 0 and not stop.is_set():
            tell(done, of)

    files = read_folder(place, went_on, stop.is_set)
    return files, persons_of(files.files)


def persons_of(files: Sequence[LocalFile]) -> tuple[DiscPerson, ...]:
    """Whose images they are, as these say it; who was there last comes first."""
    found: dict[tuple[str, str, str], list[LocalFile]] = {}
    for file in files:
        told = file.image.identity
        found.setdefault((told.patient_id, name_key(told.patient_name), told.birth_date), []).append(file)
    persons = [DiscPerson(_named(mine[0]), LocalFiles(tuple(mine)), studies_of(mine)) for mine in found.values()]
    return tuple(sorted(persons, key=lambda one: one.studies[0].date, reverse=True))


def _named(file: LocalFile) -> Named:
    told = file.image.identity
    return Named(told.patient_id, told.patient_name.split("=")[0], told.birth_date, told.sex)


class DiscStudies(StudyList):
    """What a disc holds of one person; nothing comes to it."""

    def __init__(self, studies: Sequence[ImageStudyView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studies = tuple(studies)

    @property
    def studies(self) -> tuple[ImageStudyView, ...]:
        """Newest first."""
        return self._studies


class DiscThumbnails(Thumbnails):
    """Drawn here, from the files."""

    def __init__(self, files: Sequence[LocalFile], decoder: Decoder, background: Background,
                 parent: QObject | None = None) -> None:
        super().__init__(background, parent)
        self._images: dict[str, list[Image]] = {}
        for file in files:
            if file.image.why_not is None:
                self._images.setdefault(file.image.identity.series_uid, []).append(file.image)
        self._decoder = decoder

    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        """Of the image in the middle; of the nearest one that can be drawn where that one is broken."""
        images = self._images[series.uid]
        middle = next(at for at, one in enumerate(images) if one.identity.instance_uid == series.middle)
        why: Refusal | None = None
        for at in from_the_middle(len(images), middle)[:TRIES]:
            try:
                return self._drawn(images[at])
            except Refusal as refused:
                why = why or refused
        raise why or Refusal.because("image_has_no_pixels", kind="?")

    def _drawn(self, image: Image) -> bytes:
        number = (image.format.frames + 1) // 2
        aspect = aspect_of(image.dataset, image.groups, number)
        return png(render(image.frame(number, self._decoder), image.grey(number), View(size=(WIDTH, HEIGHT)), aspect))


class KeepsNothing:
    """What is measured on a disc's images goes with them: the server keeps marks of its own images only."""

    def open_study(self, uid: str, encounter: UUID | None) -> None:
        """There is nothing to bring back."""

    def flush(self) -> None:
        """There is nothing to keep."""


class DiscReading(Reading):
    """One person's images of a disc, with all that can be done to images but keeping."""

    def __init__(self, person: DiscPerson, loader: Loader, background: Background,
                 parent: QObject | None = None) -> None:
        self.person, self._shelf = person, LocalImages(person.files, loader, background)
        super().__init__(self._shelf, background, parent)
        self._shelf.setParent(self)
        files = person.files.files
        self.studies = DiscStudies(person.studies, self)
        self.keeper = KeepsNothing()
        self.thumbnails = DiscThumbnails(files, loader.decoders, background, self)
        self.objects = LocalObjects(files, background, self)
        self.saver = SavesNothing(self)

    def stop(self) -> None:
        """Closing: the pixels go at once, for the next one's sake."""
        super().stop()
        self._shelf.clear()


def file_bytes(file: LocalFile) -> bytes:
    """In the background: a whole file as it lies there."""
    source = OnDisk(file.path)
    return source.read(0, source.size)
