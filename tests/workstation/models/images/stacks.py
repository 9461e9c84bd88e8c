"""Stacks held in memory, whose places arrive when the test says so; and phantoms whose truth is computed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from imaging.attributes import text
from imaging.geometry import Plane, plane_of
from imaging.image import Image
from records.errors import Reason, Refusal
from tests.imaging.samples import opened, phantom
from workstation.models.images.stack import Fetch, Loaded, Spot, Stack


def slice_at(values: NDArray[Any], number: int = 1, **attributes: Any) -> Dataset:
    """A CT slice with its place in the patient, 1.25 mm apart."""
    told = {
        "PixelSpacing": [0.7, 0.7], "SliceThickness": 1.25, "ImagePositionPatient": [-100, -80, number * 1.25],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "RescaleSlope": 1, "RescaleIntercept": -1024,
        "WindowCenter": 40, "WindowWidth": 400, "SeriesNumber": 2, "SeriesDescription": "Trung thất",
        "BodyPartExamined": "CHEST", "InstanceNumber": number, "StudyDate": "20261116", "StudyTime": "152012",
        "SeriesDate": "20261116", "SeriesTime": "152012", "SOPInstanceUID": generate_uid(),
    }
    return phantom(values, **{**told, **attributes})


def disc(number: int = 1, rows: int = 96, columns: int = 128) -> NDArray[np.uint16]:
    """A body of 1064 (40 HU) with a lesion of 1324 (300 HU) that wanders from slice to slice."""
    y, x = np.mgrid[:rows, :columns] + 0.5
    values = np.full((rows, columns), 24, np.uint16)
    values[((x - columns / 2) / (columns * 0.45)) ** 2 + ((y - rows / 2) / (rows * 0.45)) ** 2 <= 1] = 1064
    values[(x - 40 - number) ** 2 + (y - 50) ** 2 <= 100] = 1324
    return values


def loaded_of(image: Image, frame: int = 1) -> Loaded:
    """What a stack gives out for one frame of an opened file; refuses as the file does."""
    identity = image.dataset
    spot = Spot(text(identity, "StudyInstanceUID"), text(identity, "SeriesInstanceUID"),
                text(identity, "SOPInstanceUID"), frame)
    return Loaded(spot, image, image.frame(frame), image.grey(frame))


def loaded(dataset: Dataset, frame: int = 1) -> Loaded:
    """The same of a data set."""
    return loaded_of(opened(dataset), frame)


class HeldStack(Stack):
    """Every place is known; those in `here` are in memory, the others come by `bring`."""

    def __init__(self, places: Sequence[Loaded | Reason], here: Iterable[int] | None = None,
                 frame_time_ms: float | None = None) -> None:
        super().__init__()
        self._places = places
        self._here = set(range(len(places)) if here is None else here)
        self._frame_time_ms = frame_time_ms
        self.looked_at: list[int] = []

    def __len__(self) -> int:
        return len(self._places)

    def spot(self, place: int) -> Spot:
        held = self._places[place]
        return held.spot if isinstance(held, Loaded) else Spot("1", "2", f"3.{place}")

    def plane(self, place: int) -> Plane | None:
        held = self._places[place]
        return plane_of(held.image.dataset, held.image.groups, held.spot.frame) if isinstance(held, Loaded) else None

    def loaded(self, place: int) -> Loaded | None:
        held = self._places[place]
        return held if isinstance(held, Loaded) and place in self._here else None

    def why_not(self, place: int) -> Reason | None:
        held = self._places[place]
        return held if isinstance(held, Reason) and place in self._here else None

    def look_at(self, place: int) -> None:
        self.looked_at.append(place)

    def fetching(self, place: int) -> Fetch:
        held = self._places[place]

        def fetch(_given_up: threading.Event) -> Loaded:
            if isinstance(held, Reason):
                raise Refusal(held)
            return held

        return fetch

    def bring(self, place: int) -> None:
        """The place's pixels are here now, or it is known that they never will be."""
        self._here.add(place)
        (self.failed if isinstance(self._places[place], Reason) else self.arrived).emit(place)

    @property
    def frame_time_ms(self) -> float | None:
        return self._frame_time_ms


def series(count: int = 12, here: Iterable[int] | None = None) -> HeldStack:
    """A CT series."""
    return HeldStack([loaded(slice_at(disc(number), number)) for number in range(1, count + 1)], here)


def frames_of(image: Image) -> list[Loaded | Reason]:
    """Every frame of a file, each shown or with the reason why not."""
    if image.why_not is not None:
        return [image.why_not]
    found: list[Loaded | Reason] = []
    for number in range(1, image.format.frames + 1):
        try:
            found.append(loaded_of(image, number))
        except Refusal as refusal:
            found.append(refusal.reasons[0])
    return found
