"""Images in files of this machine: a folder, a disc from elsewhere; read without the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from PyQt6.QtCore import QObject

from imaging.image import Image, open_image
from imaging.sources import OnDisk
from records.errors import Cancelled, Reason, Refusal, Trouble
from records.image_lists import ImageSeriesView, ImageStudyView
from workstation.background import Background
from workstation.models.images.instances import LocalInstance
from workstation.models.images.loading import Loader
from workstation.models.images.ordering import Arranged, arranged, places_of
from workstation.models.images.series import SeriesShelf

_DIRECTORY = "1.2.840.10008.1.3.10"
"""A DICOMDIR: the list of a disc's files, which are read themselves."""
NAMELESS = "0"
"""Stands for a UID that a file lacks."""


@dataclass(frozen=True, eq=False)
class LocalFile:
    """A DICOM file whose header was read."""

    path: Path
    image: Image


@dataclass(frozen=True, eq=False)
class LocalFiles:
    """What a folder holds, and what could not be read there; what is no DICOM at all is passed over."""

    files: tuple[LocalFile, ...]
    unreadable: tuple[tuple[Path, Reason], ...] = ()


WentOn = Callable[[int, int], None]
"""How many files are done, and of how many."""


def read_folder(folder: Path, went_on: WentOn = lambda _done, _of: None,
                cancelled: Callable[[], bool] = lambda: False) -> LocalFiles:
    """In the background: every DICOM file below a folder, or all that a DICOMDIR names."""
    if folder.is_file():
        return read_directory(folder, went_on, cancelled)
    try:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise Trouble.because("image_file_away", detail=str(error)) from error
    return read_files(paths, went_on, cancelled)


def read_directory(file: Path, went_on: WentOn = lambda _done, _of: None,
                   cancelled: Callable[[], bool] = lambda: False) -> LocalFiles:
    """In the background: what a DICOMDIR names; all that lies beside it when it cannot be read or names nothing."""
    try:
        image = open_image(OnDisk(file))
    except (Refusal, OSError):
        return read_folder(file.parent, went_on, cancelled)
    paths = list(dict.fromkeys(_named(file, image)))
    if not paths and image.header.dataset.get("DirectoryRecordSequence") is None:
        paths = [file]
    return read_files(paths, went_on, cancelled) if paths else read_folder(file.parent, went_on, cancelled)


def _named(file: Path, directory: Image) -> Iterator[Path]:
    """The files that a DICOMDIR names (PS3.3 F.3.2.2): capitals on the disc, whatever the system made of them."""
    for record in directory.header.dataset.get("DirectoryRecordSequence") or ():
        parts = record.get("ReferencedFileID")
        if parts:
            yield _found(file.parent, [parts] if isinstance(parts, str) else [str(part) for part in parts])


def _found(folder: Path, parts: Sequence[str]) -> Path:
    at = folder
    for part in parts:
        exact = at / Path(part).name  # a name and nothing else: no disc leads out of its own folder
        if not exact.exists() and at.is_dir():
            alike = (one for one in at.iterdir() if one.name.rstrip(".").lower() == exact.name.lower())
            exact = next(alike, exact)
        at = exact
    return at


def read_files(paths: Iterable[Path], went_on: WentOn = lambda _done, _of: None,
               cancelled: Callable[[], bool] = lambda: False) -> LocalFiles:
    """In the background: the headers of files."""
    files: list[LocalFile] = []
    unreadable: list[tuple[Path, Reason]] = []
    all_paths = list(paths)
    for done, path in enumerate(all_paths):
        if cancelled():
            raise Cancelled
        went_on(done, len(all_paths))
        try:
            image = open_image(OnDisk(path))
        except Refusal as refusal:
            if refusal.reasons[0].code != "image_not_dicom":
                unreadable.append((path, refusal.reasons[0]))
        except OSError as error:
            unreadable.append((path, Reason("image_file_away", facts={"detail": str(error)})))
        else:
            if image.identity.class_uid == _DIRECTORY or image.header.dataset.get("DirectoryRecordSequence"):
                continue
            if image.why_not is not None and not image.identity.series_uid:
                # Cut in its header: it says neither whose nor what it is.
                unreadable.append((path, Reason("image_unreadable", facts={"detail": "cut"})))
            else:
                files.append(LocalFile(path, _with_uids(image)))
    return LocalFiles(tuple(files), tuple(unreadable))


def _with_uids(image: Image) -> Image:
    """A file that says of no study or no series that it belongs to them lies in one without a name."""
    told = image.identity
    if told.study_uid and told.series_uid:
        return image
    return replace(image, identity=replace(told, study_uid=told.study_uid or NAMELESS,
                                           series_uid=told.series_uid or NAMELESS))


def studies_of(files: Iterable[LocalFile]) -> tuple[ImageStudyView, ...]:
    """The studies that files belong to, newest first, as the server would list them."""
    now = datetime.now(UTC)
    return tuple(sorted((_study(uid, list(group), now) for uid, group in _grouped(files, "study_uid")),
                        key=lambda study: (study.date, study.time), reverse=True))


def _grouped(files: Iterable[LocalFile], by: str) -> Iterator[tuple[str, Iterator[LocalFile]]]:
    def key(file: LocalFile) -> str:
        return str(getattr(file.image.identity, by))

    yield from groupby(sorted(files, key=key), key)


def _study(uid: str, files: list[LocalFile], now: datetime) -> ImageStudyView:
    told = files[0].image.identity
    series = sorted((_series(one, list(group)) for one, group in _grouped(files, "series_uid")),
                    key=lambda one: (one.number is None, one.number or 0, one.uid))
    return ImageStudyView(
        uid=uid, date=told.study_date, time=told.study_time, description=told.study_description,
        modalities=tuple(dict.fromkeys(one.modality for one in series)), accession=told.accession,
        instances=len(files), received_at=now, series=tuple(series))


def _series(uid: str, files: list[LocalFile]) -> ImageSeriesView:
    told = files[0].image.identity
    pictures = [file for file in files if file.image.why_not is None]
    return ImageSeriesView(
        uid=uid, modality=told.modality, number=told.series_number, description=told.series_description,
        body_part=told.body_part, instances=len(files), shown=bool(pictures),
        frames=sum(file.image.format.frames for file in pictures),
        middle=pictures[len(pictures) // 2].image.identity.instance_uid if pictures else "")


def arranged_files(files: Iterable[LocalFile]) -> Arranged:
    """The places of one series' files; the same file twice is there once."""
    once = {file.image.identity.instance_uid or str(file.path): file for file in files}
    return arranged([place for file in once.values()
                     for place in places_of(LocalInstance(file.path, file.image), file.image)])


class LocalImages(SeriesShelf):
    """The series of files that were read (`read_folder`)."""

    def __init__(self, files: LocalFiles, loader: Loader, background: Background,
                 parent: QObject | None = None) -> None:
        super().__init__(loader, background, parent)
        self.files = files

    def find(self, study: str, series: str) -> Arranged:
        """From their headers."""
        mine = [file for file in self.files.files if file.image.identity.series_uid == series
                and file.image.identity.study_uid == study]
        if not mine:
            raise Refusal.because("thing_unknown", "series")
        return arranged_files(mine)
