"""Frames that matter, marked with one key and saved as a DICOM key object selection; and those that others marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.objects.references import ImageReference
from workstation.models.images.annexes import Annexes
from workstation.models.images.stack import Loaded, Spot, Stack

Remember = Callable[[list[dict[str, Any]]], None]


class KeyFrames(QObject):
    """Marked here: kept on this PC until they are saved; what is saved stands in the study for everybody."""

    changed = pyqtSignal()

    def __init__(self, annexes: Annexes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._annexes = annexes
        self._waiting: dict[Spot, ImageReference] = {}
        self._headers: dict[str, Dataset] = {}
        self._remember: Remember = lambda _items: None
        annexes.changed.connect(self.changed)

    def keep_by(self, remember: Remember, held: Iterable[Mapping[str, Any]] = ()) -> None:
        """Who remembers those that wait while the program is closed, and what was remembered."""
        self._remember = remember
        for item in held:
            reference = ImageReference(item["class"], item["instance"], tuple(item["frames"]), item["series"],
                                       item["study"])
            self._waiting[Spot(item["study"], item["series"], item["instance"], item["frame"])] = reference
        self.changed.emit()

    def toggle(self, here: Loaded) -> bool:
        """Mark a frame, or take the mark back; answers whether it is marked now. What was saved stays saved."""
        who, many = here.image.identity, here.image.format.frames > 1
        return self.turn(here.spot, ImageReference(
            who.class_uid, who.instance_uid, (here.spot.frame,) if many else (), who.series_uid, who.study_uid),
            here.image.dataset)

    def turn(self, spot: Spot, reference: ImageReference, header: Dataset) -> bool:
        """The same of anything that a key object may name: a strip, a report, a document. `header`: whose it is."""
        if spot in self._waiting:
            del self._waiting[spot]
        else:
            self._waiting[spot] = reference
            self._headers[reference.study_uid] = header
        self._told()
        return spot in self._waiting

    @property
    def waiting(self) -> tuple[ImageReference, ...]:
        """Those that are to be saved, in the order of marking."""
        return tuple(self._waiting.values())

    def header(self, study: str) -> Dataset | None:
        """Of a picture of that study that was marked since the program began: it says whose the file will be."""
        return self._headers.get(study)

    def saved(self, images: Iterable[ImageReference]) -> None:
        """These are in the study now; what was marked meanwhile waits on."""
        done = set(images)
        self._waiting = {spot: one for spot, one in self._waiting.items() if one not in done}
        self._told()

    def is_key(self, spot: Spot) -> bool:
        """Whether it is marked, here or by others."""
        return spot in self._waiting or bool(self._annexes.keys(spot))

    def words(self, spot: Spot) -> str:
        """«Ảnh then chốt · Cho hội chẩn: Trần Hữu Nghĩa, 16/11/2026 16:05»; empty where it is none."""
        told = ["chưa lưu"] if spot in self._waiting else []
        told += [f"{title}: {words}" for title, words in self._annexes.titles(spot)]
        return f"Ảnh then chốt · {'; '.join(told)}" if told else ""

    def count(self, series: str) -> int:
        """How many images of a series are marked; frames of one file count each when they were named."""
        waiting = [image for image in self._waiting.values() if image.series_uid == series]
        return len({(image.instance_uid, frame) for image in (*self._annexes.marked(series), *waiting)
                    for frame in image.frames or (0,)})

    def places(self, stack: Stack) -> list[int]:
        """The places of a stack that are marked."""
        return [place for place in range(len(stack)) if self.is_key(stack.spot(place))]

    def _told(self) -> None:
        self._remember([{"class": one.class_uid, "instance": one.instance_uid, "frames": list(one.frames),
                         "series": one.series_uid, "study": one.study_uid, "frame": spot.frame}
                        for spot, one in self._waiting.items()])
        self.changed.emit()
