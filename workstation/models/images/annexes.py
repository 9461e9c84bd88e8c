"""What others left beside a study's pictures: presentation states and key objects, read once, found by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.image import Image
from records.errors import Refusal
from records.image_lists import ImageStudyView
from workstation.background import Background, Query
from workstation.models.images.stack import Spot
from workstation.models.images.study_list import ANNEXES

if TYPE_CHECKING:  # loaded with the first of them: most studies have none
    from imaging.objects.key_objects import KeyObjects
    from imaging.objects.presentation import Presentation
    from imaging.objects.references import ImageReference

MOST = 200
"""Of one study: a device that saves one state for each slice must not stop the reader."""


@dataclass(frozen=True, eq=False)
class Annex:
    """One such file: whose it is and since when, as the reader is told."""

    uid: str
    holds: Presentation | KeyObjects
    whose: str
    made: str
    order: str = ""

    @property
    def words(self) -> str:
        """«Trần Hữu Nghĩa, 16/11/2026 16:05»."""
        return ", ".join(filter(None, (self.whose or "không rõ của ai", self.made)))

    def speaks_of(self, spot: Spot) -> bool:
        """Whether that frame is among its images."""
        return any(image.covers(spot.sop_instance_uid, spot.frame) for image in self.holds.images)


class Annexes(QObject):
    """Those of every study that was opened; the newest first."""

    changed = pyqtSignal()

    def __init__(self, files: Callable[[str, str], Iterator[tuple[str, bytes | Image]]], background: Background,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files, self._background = files, background
        self._asked: set[str] = set()
        self._found: dict[str, Annex] = {}
        self._of: dict[str, list[Annex]] = {}
        """By SOP instance: a viewport asks at each painting."""

    def open(self, study: ImageStudyView) -> None:
        """Read what belongs to a study; `changed` follows when there is something. Series are read once."""
        series = [one.uid for one in study.series if one.modality in ANNEXES and one.uid not in self._asked]
        self._asked.update(series)
        if series:
            self._background.run(
                Query("read states and key objects", partial(self._read, study.uid, series), self._came, self._gone),
                lane="annexes")

    def take(self, files: Sequence[bytes]) -> None:
        """What was saved here a moment ago."""
        from workstation.models.images.annex_files import opened, read

        self._came(tuple(read(map(opened, files))))

    def states(self, spot: Spot) -> tuple[Annex, ...]:
        """Presentation states that speak of a frame."""
        if not self._found:
            return ()
        from imaging.objects.presentation import Presentation

        return self._about(spot, Presentation)

    def saved_with(self, one: Annex) -> tuple[Annex, ...]:
        """A state, then those of the same maker, moment and label: what differs in its turns needs several states."""
        from imaging.objects.presentation import Presentation

        def key(annex: Annex) -> tuple[str, ...]:
            label = annex.holds.label if isinstance(annex.holds, Presentation) else ""
            return annex.whose, annex.order, label, type(annex.holds).__name__

        return (one, *(other for other in self._found.values()
                       if other.uid != one.uid and one.order and key(other) == key(one)))

    def keys(self, spot: Spot) -> tuple[Annex, ...]:
        """Key objects that name a frame."""
        if not self._found:
            return ()
        from imaging.objects.key_objects import KeyObjects

        return self._about(spot, KeyObjects)

    def titles(self, spot: Spot) -> list[tuple[str, str]]:
        """Why a frame matters, and who said so when."""
        if not self._found:
            return []
        from imaging.objects.key_objects import KeyObjects

        return [(one.holds.title_words, one.words) for one in self._about(spot, KeyObjects)
                if isinstance(one.holds, KeyObjects)]

    def marked(self, series: str) -> list[ImageReference]:
        """What key objects name of a series."""
        if not self._found:
            return []
        from imaging.objects.key_objects import KeyObjects

        return [image for one in self._found.values() if isinstance(one.holds, KeyObjects)
                for image in one.holds.images if image.series_uid == series]

    def _about(self, spot: Spot, kind: type) -> tuple[Annex, ...]:
        return tuple(one for one in self._of.get(spot.sop_instance_uid, ())
                     if isinstance(one.holds, kind) and one.speaks_of(spot))

    def _read(self, study: str, series: Iterable[str]) -> tuple[Annex, ...]:
        from workstation.models.images.annex_files import opened, read

        files = (file for uid in series for _, file in islice(self._files(study, uid), MOST))
        return tuple(read(opened(file) if isinstance(file, bytes) else file for file in files))

    def _came(self, found: tuple[Annex, ...]) -> None:
        self._found.update((one.uid, one) for one in found)
        if not found:
            return
        self._of = {}
        for one in sorted(self._found.values(), key=lambda one: (one.order, one.uid), reverse=True):
            for uid in {image.instance_uid for image in one.holds.images}:
                self._of.setdefault(uid, []).append(one)
        self.changed.emit()

    def _gone(self, _: Refusal) -> None:
        """Pictures are read without them; their own series in the strip says why it does not open."""
