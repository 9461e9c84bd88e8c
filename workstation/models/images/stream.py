"""A stack whose pixels are loaded in the background: from files of this machine, or from the server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from imaging.attributes import number, numbers
from imaging.geometry import Plane, plane_of
from imaging.image import Image
from records.errors import Cancelled, Reason, Refusal
from workstation.models.images.instances import Instance
from workstation.models.images.ordering import Arranged
from workstation.models.images.stack import Fetch, Loaded, Spot, Stack

if TYPE_CHECKING:
    from workstation.models.images.loading import Loader


class Streamed(Stack):
    """The places of one series. Where its reader is (`at`, `heading`) decides what is loaded next."""

    def __init__(self, loader: Loader, arranged: Arranged, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader, self._places, self._parts = loader, arranged.places, arranged.parts
        self._spots = [place.spot for place in arranged.places]
        self._planes = [place.plane for place in arranged.places]
        self._lasting = {place: one.why_not for place, one in enumerate(arranged.places) if one.why_not is not None}
        self._passing: dict[int, Reason] = {}
        self._time: float | None = None
        self.at, self.heading = 0, 0
        self.successor: Streamed | None = None
        """The stack that took this one's place when its series had grown."""

    def __len__(self) -> int:
        return len(self._spots)

    def spot(self, place: int) -> Spot:
        """Whose pixels stand there."""
        return self._spots[place]

    def plane(self, place: int) -> Plane | None:
        """Where it lies, as the list of images or the header says it."""
        return self._planes[place]

    def loaded(self, place: int) -> Loaded | None:
        """The pixels when they are in memory."""
        return self._loader.memory.get(self._spots[place])

    def why_not(self, place: int) -> Reason | None:
        """What is wrong with this image; else why nothing comes now, which is tried again until it does."""
        lasting = self._lasting.get(place)
        if lasting is not None or self._spots[place] in self._loader.memory:
            return lasting
        return self._passing.get(place) or self._loader.away(self._places[place].instance)

    def look_at(self, place: int) -> None:
        """Load this place first, then outward from it, further in the direction in which the reader goes."""
        moved = place - self.at
        self.heading = 0 if abs(moved) > _A_JUMP else 1 if moved > 0 else -1 if moved < 0 else self.heading
        self.at = place
        self._loader.look(self)

    def fetching(self, place: int) -> Fetch:
        """From memory, else from its file."""
        spot, instance, lasting = self._spots[place], self._places[place].instance, self._lasting.get(place)
        memory, decoders = self._loader.memory, self._loader.decoders

        def fetch(given_up: threading.Event) -> Loaded:
            if lasting is not None:
                raise Refusal(lasting)
            found = memory.get(spot) or next(instance.read([spot.frame], decoders, given_up), None)
            if found is None:
                raise Cancelled
            return found

        return fetch

    @property
    def parts(self) -> tuple[range, ...]:
        """The largest stretch of parallel planes comes first."""
        return self._parts

    @property
    def frame_time_ms(self) -> float | None:
        """From the first frame that came."""
        return self._time

    @property
    def held(self) -> int:
        """How many places are in memory."""
        return self._loader.memory.missing(self._spots).count(False)

    def grown(self, arranged: Arranged, parent: QObject | None = None) -> Streamed | None:
        """The stack of the same series with more places, read where this one is read; None where it is no more."""
        new = Streamed(self._loader, arranged, parent)
        places = {spot: place for place, spot in enumerate(new._spots)}
        if len(places) <= len(self) or not places.keys() >= set(self._spots):
            return None  # nothing came; or a place went, which nobody takes away from under a reader's eyes
        new.at, new.heading, new._time, self.successor = places[self._spots[self.at]], self.heading, self._time, new
        new._lasting |= {places[self._spots[place]]: why for place, why in self._lasting.items()}
        return new

    def place_of(self, spot: Spot) -> int | None:
        """Where a frame stands."""
        return next((place for place, one in enumerate(self._spots) if one == spot), None)

    # For the loader

    def instance(self, place: int) -> Instance:
        """Whose frame stands there."""
        return self._places[place].instance

    def settled(self, place: int) -> bool:
        """Whether it is known that it cannot be shown."""
        return place in self._lasting

    def landed(self, place: int, loaded: Loaded) -> None:
        """On the UI thread: its pixels are here."""
        self._passing.pop(place, None)
        if self._planes[place] is None:
            image = loaded.image
            self._planes[place] = plane_of(image.dataset, image.groups, loaded.spot.frame)
        if self._time is None:
            self._time = frame_time_of(loaded.image)
        self.arrived.emit(place)

    def refused(self, place: int, why: Reason, *, lasting: bool) -> None:
        """On the UI thread: it cannot be shown, or not now."""
        (self._lasting if lasting else self._passing)[place] = why
        self.failed.emit(place)


_A_JUMP = 8
"""Who goes further at once does not scroll."""


def frame_time_of(image: Image) -> float | None:
    """Milliseconds from frame to frame: Frame Time, its vector's mean, else a rate (PS3.3 C.7.6.5, C.8.4.16)."""
    dataset = image.dataset
    time = number(dataset, "FrameTime")
    if not time:
        steps = [one for one in numbers(dataset, "FrameTimeVector")[1:] if one > 0]
        time = sum(steps) / len(steps) if steps else None
    if not time:
        rate = number(dataset, "CineRate") or number(dataset, "RecommendedDisplayFrameRate")
        time = 1000 / rate if rate and rate > 0 else None
    return time if time and time > 0 else None
