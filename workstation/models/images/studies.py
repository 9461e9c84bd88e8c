"""One person's studies, newest first; what arrives meanwhile is told, and taken in only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, QTimer

from records.errors import Refusal
from records.image_lists import ImageStudyView
from records.messages import DestroyedStudyView, PatientImages, PatientView
from workstation.models.desk import Answered, Desk, Told
from workstation.models.images.study_list import ANNEXES, StudyList, noun_of, told_words

LOOK_AGAIN_MS, GRACE_MS = 15_000, 400
"""How often is asked whether more came; how long the server has to answer before what this PC keeps is shown: pictures
of yesterday must not hang there as if they were the newest when those of today are one answer away.
"""
_IMAGES = TypeAdapter(PatientImages)


@dataclass(frozen=True)
class News:
    """What the server has beyond what is shown."""

    slices: int = 0
    studies: int = 0
    noun: str = "lát"
    """What the series that grew call theirs; «ảnh» where they differ."""
    others: tuple[str, ...] = ()
    """Reports, documents and ECGs of the studies that are listed, as they are called."""

    @property
    def words(self) -> str:
        """«Có 12 lát mới», «Có 1 báo cáo mới», «Có 1 lần chụp mới»; empty when there is nothing."""
        told = [f"{self.slices} {self.noun} mới"] if self.slices else []
        told += [f"{self.others.count(words)} {words} mới" for words in dict.fromkeys(self.others)]
        told += [f"{self.studies} lần chụp mới"] if self.studies else []
        return f"Có {', '.join(told[:-1])}{' và ' if told[1:] else ''}{told[-1]}" if told else ""


class StudiesModel(StudyList, Answered[PatientImages]):
    """Those of the hospital. What is shown changes by `load` (the first answer) and `take_in` only."""

    def __init__(self, desk: Desk, patient: PatientView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self.patient = desk, patient
        self._next: Told[PatientImages] | None = None
        self._again = QTimer(self)
        self._again.setInterval(LOOK_AGAIN_MS)
        self._again.timeout.connect(self.look_again)
        self._held: Told[PatientImages] | None = None
        self._grace = QTimer(self)
        self._grace.setInterval(GRACE_MS)
        self._grace.setSingleShot(True)
        self._grace.timeout.connect(self._show_held)

    @property
    def studies(self) -> tuple[ImageStudyView, ...]:
        """Newest first."""
        return () if self._said is None else self._said.studies

    @property
    def unsettled(self) -> int:
        """Studies that name this person but differ from the record: IT or the technician settles whose they are."""
        return 0 if self._said is None else self._said.unsettled

    @property
    def gone(self) -> tuple[DestroyedStudyView, ...]:
        """Studies that were destroyed as the law orders, the last one first."""
        return () if self._said is None else self._said.destroyed

    @property
    def known(self) -> bool:
        """Whether anything was answered yet."""
        return self._said is not None

    @property
    def news(self) -> News:
        """What came since."""
        if self._next is None or self._said is None:
            return News()
        held = {study.uid: study for study in self.studies}
        fresh = [study for study in self._next.value.studies if study.uid not in held]
        grown = [study for study in self._next.value.studies
                 if study.uid in held and _slices(study) > _slices(held[study.uid])]
        more = sum(_slices(study) - _slices(held[study.uid]) for study in grown)
        nouns = {noun_of(one) for study in grown for one in study.series
                 if one.shown and one not in held[study.uid].series}
        others = (words for study in self._next.value.studies if study.uid in held
                  for words in _others_beyond(study, held[study.uid]))
        return News(more, len(fresh), nouns.pop() if len(nouns) == 1 else "ảnh", tuple(others))

    def load(self) -> None:
        """From the server; from this PC when it is away, refuses or takes its time."""
        self._grace.start()
        self._desk.kept(self._key, _IMAGES, self._kept)
        self._fetch()

    def watch(self, *, on: bool) -> None:
        """Look again every few seconds while somebody reads."""
        if on:
            self._again.start()
        else:
            self._again.stop()

    def look_again(self) -> None:
        """Ask whether anything came; what is shown stays."""
        if not self._desk.away:
            self._fetch()

    def take_in(self) -> None:
        """The reader wants what came: it is shown from now on."""
        if self._next is not None:
            self._told, self._next = self._next, None
            self.loaded.emit()
            self.news_changed.emit()

    @property
    def _key(self) -> str:
        return f"images:{self.patient.id}"

    def _fetch(self) -> None:
        self._desk.fetch(self._key, f"/api/patients/{self.patient.id}/images", _IMAGES, self._arrived, self._failed)

    def _kept(self, told: Told[PatientImages]) -> None:
        self._held = told
        if self._desk.away or not self._grace.isActive():
            self._show_held()

    def _show_held(self) -> None:
        if self._told is None and self._held is not None:
            self._told = self._held
            self.loaded.emit()

    def _arrived(self, told: Told[PatientImages]) -> None:
        self._grace.stop()
        if self._told is None or not self._told.value.studies:
            self._told = told
            self.loaded.emit()
            return
        self._next = told
        if told.value == self._told.value:
            self._told, self._next = told, None
        self.news_changed.emit()

    def _failed(self, why: Refusal) -> None:
        self._grace.stop()
        self._show_held()
        self._grow_old()
        self.refused.emit(why)


def _others_beyond(study: ImageStudyView, held: ImageStudyView) -> Iterator[str]:
    """What a study has more than before that is no picture, nor laid upon one: each by what it is."""
    before = {one.uid: one.instances for one in held.series}
    for one in study.series:
        if not one.shown and one.modality not in ANNEXES:
            yield from repeat(told_words(one), max(0, one.instances - before.get(one.uid, 0)))


def _slices(study: ImageStudyView) -> int:
    return sum(one.frames for one in study.series if one.shown)
