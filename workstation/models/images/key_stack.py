"""A series with only its key images: the same pixels, fewer places."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QObject

from imaging.geometry import Plane
from records.errors import Reason
from workstation.models.images.stack import Fetch, Loaded, Spot, Stack


class KeyStack(Stack):
    """Places of another stack, in its order; what is loaded stays the other's."""

    def __init__(self, whole: Stack, places: Sequence[int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.whole, self._places = whole, tuple(places)
        whole.arrived.connect(self._came)
        whole.failed.connect(self._failed)

    def __len__(self) -> int:
        return len(self._places)

    def nearest(self, place: int) -> int:
        """The place here that lies nearest to one of the whole series."""
        return min(range(len(self)), key=lambda own: abs(self._places[own] - place))

    def in_whole(self, place: int) -> int:
        """Where a place here lies in the whole series."""
        return self._places[place]

    def over(self, grown: Stack, parent: QObject | None = None) -> KeyStack:
        """The same frames of the series when that has grown."""
        at = {grown.spot(place): place for place in range(len(grown))}
        return KeyStack(grown, [at[self.spot(place)] for place in range(len(self))], parent)

    def spot(self, place: int) -> Spot:
        return self.whole.spot(self._places[place])

    def plane(self, place: int) -> Plane | None:
        return self.whole.plane(self._places[place])

    def loaded(self, place: int) -> Loaded | None:
        return self.whole.loaded(self._places[place])

    def why_not(self, place: int) -> Reason | None:
        return self.whole.why_not(self._places[place])

    def look_at(self, place: int) -> None:
        self.whole.look_at(self._places[place])

    def fetching(self, place: int) -> Fetch:
        return self.whole.fetching(self._places[place])

    @property
    def frame_time_ms(self) -> float | None:
        return self.whole.frame_time_ms

    def _came(self, place: int) -> None:
        if place in self._places:
            self.arrived.emit(self._places.index(place))

    def _failed(self, place: int) -> None:
        if place in self._places:
            self.failed.emit(self._places.index(place))
