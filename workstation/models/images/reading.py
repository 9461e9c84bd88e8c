"""One person's images as they are read: which stack belongs in which viewport, opened, cut into planes, counted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.image import Image
from imaging.sources import MIB
from records.errors import Refusal
from records.image_lists import ImageStudyView
from workstation.background import Background
from workstation.models.images.annexes import Annexes
from workstation.models.images.hanging import Hanging, Hung, hang
from workstation.models.images.key_frames import KeyFrames
from workstation.models.images.marks import Mark, Marks
from workstation.models.images.objects import ObjectShelf
from workstation.models.images.planes import Gathering
from workstation.models.images.saver import Saver
from workstation.models.images.series import SeriesShelf
from workstation.models.images.stack import Spot, Stack
from workstation.models.images.study_list import MODALITY_WORDS, StudyList, noun_of, written_day
from workstation.models.images.thumbnails import Thumbnails


@dataclass(frozen=True)
class Gathered:
    """How far a volume is; a viewport says it until its planes are there."""

    done: int
    of: int


class Keeping(Protocol):
    """Who keeps what is measured; or nobody does."""

    @abstractmethod
    def open_study(self, uid: str, encounter: UUID | None) -> None:
        """Bring back what was measured on a study."""

    @abstractmethod
    def flush(self) -> None:
        """Keep now what rests for a moment."""


class Reading(QObject):
    """Opens what hangs; keeps what was measured.

    A stack that was handed out is exchanged for one of more places only, when its reader takes in what came.
    """

    ready = pyqtSignal(object, object)
    """Hung, Stack."""
    refused = pyqtSignal(object, object)
    """Hung, Refusal: it cannot be shown, and why."""
    gathered = pyqtSignal(object, object)
    """Hung, Gathered."""
    filled = pyqtSignal()
    exchanged = pyqtSignal(object, object)
    """Hung, Stack: its series has grown; the same places with more between or behind them."""
    not_grown = pyqtSignal(object)
    """Refusal: what came to a series that is open could not be taken in."""
    line_back = pyqtSignal()
    """What could not be fetched may come now."""
    studies: StudyList
    keeper: Keeping
    thumbnails: Thumbnails
    objects: ObjectShelf
    saver: Saver

    def __init__(self, source: SeriesShelf, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source, self._background = source, background
        self.marks = Marks(self)
        self.annexes = Annexes(self._files, background, self)
        self.key_frames = KeyFrames(self.annexes, self)
        self._stacks: dict[Hung, Stack] = {}
        self._wanted: set[Hung] = set()
        self._volumes: dict[Hung, Gathering] = {}
        self._images: dict[str, int] = {}
        """How many images a series had when it was opened."""
        source.opened.connect(self._opened)
        source.refused.connect(self._not_opened)
        source.filled.connect(self.filled)
        source.grown.connect(self._grown)
        source.not_grown.connect(self._not_grown)  # the shelf outlives whoever reads from it

    def _files(self, study: str, series: str) -> Iterator[tuple[str, bytes | Image]]:
        """Whatever shelf a subclass has."""
        return self.objects.files(study, series)

    def hanging_of(self, study: ImageStudyView) -> Hanging:
        """How a study opens, beside the person's other ones."""
        return hang(study, [one for one in self.studies.studies if one.uid != study.uid])

    def want(self, hung: Hung) -> Stack | None:
        """The stack for a viewport when it is open; else it follows by `ready`, and the marks of its study come too."""
        study = self.studies.study(hung.study_uid)
        self.keeper.open_study(hung.study_uid, study.encounter if study is not None else None)
        if study is not None:
            self.annexes.open(study)
        key = _bare(hung)
        if (held := self._stacks.get(key)) is not None:
            return held
        self._wanted.add(key)
        self._source.open(hung.study_uid, hung.series_uid)
        return self._stacks.get(key)

    def forget_plane(self, hung: Hung) -> None:
        """A plane is not wanted any more before it is there: nothing goes on being gathered for it."""
        key = _bare(hung)
        if (gathering := self._volumes.pop(key, None)) is not None:
            gathering.cancel()
            gathering.deleteLater()
        self._wanted.discard(key)

    def place_of(self, spot: Spot) -> tuple[Hung, int] | None:
        """Where a frame is among the stacks that are open."""
        for hung, stack in self._stacks.items():
            if not hung.plane and hung.series_uid == spot.series_uid:
                for place in range(len(stack)):
                    if stack.spot(place) == spot:
                        return hung, place
        return None

    def where(self, mark: Mark, read: str = "") -> str:
        """Where a mark lies, in words: «chuỗi 1 lát 168»; with its day when it is of another study than the one that is
        read, which has a «chuỗi 1» too.
        """
        found = self.studies.series(mark.spot.series_uid)
        if found is None:
            return "mặt dựng" if not mark.spot.sop_instance_uid else "chuỗi khác"
        study, series = found
        place = self.place_of(mark.spot)
        where = f"chuỗi {series.number}" if series.number is not None else MODALITY_WORDS.get(series.modality, "")
        if read and study.uid != read:
            where = f"{written_day(study)} {where}"
        if not mark.spot.sop_instance_uid:
            return f"mặt dựng {where}"
        return f"{where} {noun_of(series)} {place[1] + 1}" if place is not None and series.frames > 1 else where

    def memory_words(self, series: str) -> str:
        """«Đã tải 268/268 lát · Bộ nhớ ảnh 212/400 MB»."""
        done, of = self._source.held(series) if series else (0, 0)
        found = self.studies.series(series)
        noun = "ảnh" if found is None else noun_of(found[1])
        used, bound = self._source.used_bytes // MIB, self._source.bound_bytes // MIB
        return " · ".join(filter(None, (f"Đã tải {done}/{of} {noun}" if of else "", f"Bộ nhớ ảnh {used}/{bound} MB")))

    def stop(self) -> None:
        """Closing: what was drawn is kept, nothing goes on."""
        self.keeper.flush()
        self.studies.watch(on=False)
        for hung in list(self._volumes):
            self.forget_plane(hung)

    def _opened(self, series: str, stack: Stack) -> None:
        for hung in [one for one in self._wanted if one.series_uid == series]:
            if hung.plane:
                self._gather(hung, stack)
            else:
                self._hand_out(hung, stack)

    def _hand_out(self, hung: Hung, stack: Stack) -> None:
        self._wanted.discard(hung)
        self._volumes.pop(hung, None)
        self._stacks[hung] = stack
        self._images[hung.series_uid] = self._listed(hung)
        self.ready.emit(hung, stack)

    def _listed(self, hung: Hung) -> int:
        found = self.studies.series(hung.series_uid)
        return found[1].instances if found is not None else 0

    def take_in(self) -> None:
        """The list of studies has grown: so do the series that are open."""
        for hung in [one for one in self._stacks if not one.plane]:
            if self._listed(hung) != self._images.get(hung.series_uid):
                self._source.renew(hung.study_uid, hung.series_uid)

    def _grown(self, series: str, stack: Stack) -> None:
        for hung in [one for one in self._stacks if one.series_uid == series]:
            if hung.plane:
                del self._stacks[hung]  # who looks at it goes on; who asks for it again gets one of all slices
            else:
                self._stacks[hung] = stack
                self._images[series] = self._listed(hung)
                self.exchanged.emit(hung, stack)

    def _not_grown(self, _series: str, why: Refusal) -> None:
        self.not_grown.emit(why)

    def _gather(self, hung: Hung, stack: Stack) -> None:
        if hung in self._volumes:
            return
        gathering = self._volumes[hung] = Gathering(stack, hung.plane, self._background, self._source.bound_bytes,
                                                    self)
        gathering.progressed.connect(lambda done, of: self.gathered.emit(hung, Gathered(done, of)))
        gathering.ready.connect(partial(self._hand_out, hung))
        gathering.refused.connect(partial(self._not_cut, hung))
        gathering.begin()

    def _not_cut(self, hung: Hung, why: Refusal) -> None:
        self._wanted.discard(hung)
        self._volumes.pop(hung, None)
        self.refused.emit(hung, why)

    def _not_opened(self, series: str, why: Refusal) -> None:
        for hung in [one for one in self._wanted if one.series_uid == series]:
            self._wanted.discard(hung)
            self.refused.emit(hung, why)


def _bare(hung: Hung) -> Hung:
    """What decides which stack it is: not the window, nor whether it hangs there as a prior."""
    return Hung(hung.study_uid, hung.series_uid, plane=hung.plane)
