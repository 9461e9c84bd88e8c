"""«Lưu cách trình bày», «Lưu ảnh then chốt»: what a viewport shows goes to the server as DICOM objects of the study."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Protocol
from uuid import uuid4

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject

from imaging.objects.key_objects import OF_INTEREST, KeyObjects, written_key_objects
from imaging.objects.presentation_file import Taken, grouped
from imaging.objects.references import ImageReference
from imaging.objects.writing import Code, Making
from records.errors import Refusal
from workstation.background import Background, Command
from workstation.emitting import emitter
from workstation.models.images.marks import Marks
from workstation.models.images.saver import Saver
from workstation.models.images.stack import Loaded
from workstation.models.images.states import Over, files_of, kept
from workstation.models.images.view_state import ViewState

_SERIES = {"state": (9001, "Cách trình bày"), "key": (9002, "Ảnh then chốt")}
"""Numbers far above a device's own, so that lists keep them last."""


class Storing(Protocol):
    """Where they go."""

    @abstractmethod
    def store_objects(self, study: str, files: Sequence[bytes]) -> None:
        """Returns when all are kept."""


class StateSaver(Saver):
    """Writes and sends in the background; what it was told to save is sent whole, though the place is closed."""

    def __init__(self, client: Storing, background: Background, person: str, now: Callable[[], datetime],
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client, self._background, self._person, self._now = client, background, person, now

    def save_look(self, here: Loaded | None, look: ViewState, size: tuple[int, int], marks: Marks,
                  lies: Over | None = None) -> None:
        """What one viewport shows, with the marks that lie on it, below the state that `lies` there."""
        if here is None or not here.spot.sop_instance_uid:
            self.refused.emit(Refusal.because("objects_nothing_to_keep"))
            return
        self.save_state([kept(here, look, size, marks.of(here.spot), lies)])

    def save_state(self, taken: Sequence[Taken], description: str = "") -> None:
        """The frames as they are looked at, with their marks; several states where one cannot hold them."""
        studies: dict[str, list[Taken]] = {}
        for one in taken:
            studies.setdefault(one.reference.study_uid, []).append(one)
        self._send("keep a presentation state", {
            study: partial(self._states, description, ones) for study, ones in studies.items()},
            f"Đã lưu cách trình bày của {len(taken)} ảnh.")

    def save_key_objects(self, images: Sequence[ImageReference], headers: Mapping[str, Dataset],
                         title: Code = OF_INTEREST, description: str = "", done: Callable[[], object] = bool) -> None:
        """These frames matter; `headers`, by study, tell whose they are. Those of several studies: a file in each.

        `done` is called when all of them are kept.
        """
        studies = {one.study_uid: [same for same in images if same.study_uid == one.study_uid] for one in images}
        self._send("keep key objects", {
            study: partial(self._key_objects, ones, headers[study], title, description)
            for study, ones in studies.items()}, f"Đã lưu {len(images)} ảnh then chốt vào lần chụp.", done)

    def _send(self, name: str, files: Mapping[str, Callable[[], tuple[bytes, ...]]], words: str,
              after: Callable[[], object] = bool) -> None:
        """By study, what makes its files."""
        if not files:
            self.refused.emit(Refusal.because("objects_nothing_to_keep"))
            return

        def work() -> tuple[bytes, ...]:
            made = {study: make() for study, make in files.items()}
            for study, ones in made.items():
                self._client.store_objects(study, ones)
            return tuple(chain.from_iterable(made.values()))

        def done(made: tuple[bytes, ...]) -> None:
            after()
            self.kept.emit(made)
            self.saved.emit(words)

        self._background.run(Command(name, work, done, emitter(self, self.refused)))

    def _states(self, description: str, taken: Sequence[Taken]) -> tuple[bytes, ...]:
        number, name = _SERIES["state"]
        series = new_uid()
        makings = [Making(new_uid(), series, self._now(), number, place, name)
                   for place in range(1, len(grouped(list(taken))) + 1)]
        return files_of(taken, makings, label="BENH AN", description=description, creator=self._person)

    def _key_objects(self, images: Sequence[ImageReference], of: Dataset, title: Code, description: str,
                     ) -> tuple[bytes, ...]:
        number, name = _SERIES["key"]
        selected = KeyObjects(title, description, tuple(images), self._person)
        return (written_key_objects(selected, of, Making(new_uid(), new_uid(), self._now(), number, 1, name)),)


def new_uid() -> str:
    """A UID that nobody has to register (PS3.5 B.2)."""
    return f"2.25.{uuid4().int}"
