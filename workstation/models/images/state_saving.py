"""«Lưu cách trình bày», «Lưu ảnh đánh dấu»: what a viewport shows goes to the server as DICOM objects of the study."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Protocol
from uuid import uuid4

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.objects.key_objects import OF_INTEREST, KeyObjects, written_key_objects
from imaging.objects.presentation_file import Taken, grouped
from imaging.objects.writing import Making
from records.errors import Refusal
from workstation.background import Background, Command
from workstation.models.images.marks import Marks
from workstation.models.images.stack import Loaded
from workstation.models.images.states import files_of, kept
from workstation.models.images.view_state import ViewState

_SERIES = {"state": (9001, "Cách trình bày"), "key": (9002, "Ảnh đánh dấu")}
"""Numbers far above a device's own, so that lists keep them last."""


class Storing(Protocol):
    """Where they go."""

    @abstractmethod
    def store_objects(self, study: str, files: Sequence[bytes]) -> None:
        """Returns when all are kept."""


class StateSaver(QObject):
    """Writes and sends in the background; what it was told to save is sent whole, though the place is closed."""

    saved = pyqtSignal(str)
    """In words, what is kept now."""
    kept = pyqtSignal(object)
    """The files that are kept now."""
    refused = pyqtSignal(object)
    """Refusal."""

    def __init__(self, client: Storing, background: Background, person: str, now: Callable[[], datetime],
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client, self._background, self._person, self._now = client, background, person, now

    def save_look(self, here: Loaded | None, look: ViewState, size: tuple[int, int], marks: Marks) -> None:
        """What one viewport shows, with the marks that lie on it."""
        if here is None or not here.spot.sop_instance_uid:
            self.refused.emit(Refusal.because("objects_nothing_to_keep"))
            return
        self.save_state([kept(here, look, size, marks.of(here.spot))])

    def save_state(self, taken: Sequence[Taken], description: str = "") -> None:
        """The frames as they are looked at, with their marks; several states where one cannot hold them."""
        self._send("keep a presentation state", taken, partial(self._states, description),
                   f"Đã lưu cách trình bày của {len(taken)} ảnh.")

    def save_key_objects(self, taken: Sequence[Taken], description: str = "") -> None:
        """These frames are of interest; those of several studies are named in each by a file of its own."""
        self._send("keep key objects", taken, partial(self._key_objects, description),
                   f"Đã lưu {len(taken)} ảnh đánh dấu.")

    def _send(self, name: str, taken: Sequence[Taken], files: Callable[[Sequence[Taken]], tuple[bytes, ...]],
              words: str) -> None:
        studies: dict[str, list[Taken]] = {}
        for one in taken:
            studies.setdefault(one.reference.study_uid, []).append(one)
        if not studies:
            self.refused.emit(Refusal.because("objects_nothing_to_keep"))
            return

        def work() -> tuple[bytes, ...]:
            made = {study: files(ones) for study, ones in studies.items()}
            for study, ones in made.items():
                self._client.store_objects(study, ones)
            return tuple(chain.from_iterable(made.values()))

        def done(made: tuple[bytes, ...]) -> None:
            self.kept.emit(made)
            self.saved.emit(words)

        self._background.run(Command(name, work, done, self.refused.emit))

    def _states(self, description: str, taken: Sequence[Taken]) -> tuple[bytes, ...]:
        number, name = _SERIES["state"]
        series = new_uid()
        makings = [Making(new_uid(), series, self._now(), number, place, name)
                   for place in range(1, len(grouped(list(taken))) + 1)]
        return files_of(taken, makings, label="BENH AN", description=description, creator=self._person)

    def _key_objects(self, description: str, taken: Sequence[Taken]) -> tuple[bytes, ...]:
        number, name = _SERIES["key"]
        selected = KeyObjects(OF_INTEREST, description, tuple(one.reference for one in taken), self._person)
        making = Making(new_uid(), new_uid(), self._now(), number, 1, name)
        return (written_key_objects(selected, taken[0].image.dataset, making),)


def new_uid() -> str:
    """A UID that nobody has to register (PS3.5 B.2)."""
    return f"2.25.{uuid4().int}"
