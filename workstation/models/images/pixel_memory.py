"""Decoded frames of all stacks within one bound of bytes: the least recently used go, what is shown stays."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import replace
from weakref import WeakValueDictionary

import numpy as np

from imaging.pages import WORTH, lies_on_pages
from imaging.system import anonymous_memory
from workstation.models.images.stack import Loaded, Spot

_ENCODED = 4
"""A part of the bound in so many is for frames as they lie in their files."""


class EncodedMemory:
    """Frames of series that do not fit decoded, as they came: several times smaller, and quicker than the network."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.used = 0
        self._lock = threading.Lock()
        self._held: OrderedDict[Spot, bytes] = OrderedDict()

    def get(self, spot: Spot) -> bytes | None:
        """The bytes when they are here; they are then the most recently used."""
        with self._lock:
            if spot in self._held:
                self._held.move_to_end(spot)
            return self._held.get(spot)

    def put(self, spot: Spot, data: bytes, decoded: int) -> None:
        """Keep them, when that is much cheaper than the frame itself; the least recently used go for it."""
        if len(data) * 2 > decoded or len(data) > self.bound:
            return
        with self._lock:
            self._take_out(spot)
            self._held[spot] = data
            self.used += len(data)
            while self.used > self.bound:
                self._take_out(next(iter(self._held)))

    def drop(self, spots: Iterable[Spot]) -> None:
        """Their series was closed."""
        with self._lock:
            for spot in spots:
                self._take_out(spot)

    def _take_out(self, spot: Spot) -> None:
        self.used -= len(self._held.pop(spot, b""))


class PixelMemory:
    """Many threads put in, the UI thread takes out; each call is short.

    Out go first those that nobody wants (`want`), by their last use; then those that are wanted; those that are shown
    (`show`) never. What went out while somebody still holds it is found again and counts as long as it is held.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.encoded = EncodedMemory(bound // _ENCODED)
        self._lock = threading.Lock()
        self._held: OrderedDict[Spot, Loaded] = OrderedDict()
        self._bytes = 0
        self._lingering: WeakValueDictionary[Spot, Loaded] = WeakValueDictionary()
        self._shown: frozenset[Spot] = frozenset()
        self._wanted: Collection[Spot] = frozenset()

    def rebound(self, bound: int) -> None:
        """Another bound from now on; what has no room in it goes with the next frame that comes."""
        self.bound, self.encoded.bound = bound, bound // _ENCODED

    @property
    def used(self) -> int:
        """Bytes of all frames that are here."""
        with self._lock:
            return self._used()

    def get(self, spot: Spot) -> Loaded | None:
        """The frame when it is here; it is then the most recently used."""
        with self._lock:
            found = self._held.get(spot)
            if found is None:
                return self._lingering.get(spot)
            self._held.move_to_end(spot)
            return found

    def __contains__(self, spot: Spot) -> bool:
        with self._lock:
            return spot in self._held or spot in self._lingering

    def missing(self, spots: Iterable[Spot]) -> list[bool]:
        """For each, whether it is not here; nothing counts as used."""
        with self._lock:
            return [spot not in self._held and spot not in self._lingering for spot in spots]

    def put(self, spot: Spot, loaded: Loaded) -> None:
        """Keep a frame; others go for it when there is no room."""
        with self._lock:
            self._take_out(spot)
            self._lingering.pop(spot, None)
            self._held[spot] = loaded
            self._bytes += size_of(loaded)
            self._make_room(spot)

    def drop(self, spots: Iterable[Spot]) -> None:
        """Let go of frames: their series was closed."""
        spots = list(spots)
        self.encoded.drop(spots)
        with self._lock:
            for spot in spots:
                self._take_out(spot)

    def show(self, spots: Iterable[Spot]) -> None:
        """What is on the screen now."""
        with self._lock:
            self._shown = frozenset(spots)

    def want(self, spots: Collection[Spot]) -> None:
        """What is being read or will be next."""
        with self._lock:
            self._wanted = spots

    def _make_room(self, newest: Spot) -> None:
        while self._used() > self.bound and (victim := self._victim(newest)) is not None:
            self._lingering[victim] = self._held[victim]
            self._take_out(victim)

    def _victim(self, newest: Spot) -> Spot | None:
        first: Spot | None = None
        for spot in self._held:
            if spot in self._shown or spot == newest:
                continue
            if spot not in self._wanted:
                return spot
            first = first or spot
        return first

    def _take_out(self, spot: Spot) -> None:
        held = self._held.pop(spot, None)
        if held is not None:
            self._bytes -= size_of(held)

    def _used(self) -> int:
        return self._bytes + self.encoded.used + sum(size_of(one) for one in list(self._lingering.values()))


def on_own_pages(loaded: Loaded) -> Loaded:
    """The same with its pixels on pages that go back to the system as soon as the frame goes; a decoder's lie there."""
    values = loaded.frame.values
    if values.nbytes < WORTH or lies_on_pages(values):
        return loaded
    kept = np.frombuffer(anonymous_memory(values.nbytes), values.dtype, values.size).reshape(values.shape)
    kept[...] = values
    return replace(loaded, frame=replace(loaded.frame, values=kept))


def size_of(loaded: Loaded) -> int:
    """Bytes of a frame's pixels."""
    frame = loaded.frame
    size = int(frame.values.nbytes) + (int(frame.overlay.nbytes) if frame.overlay is not None else 0)
    return size + sum(int(part.nbytes) for part in frame.coloured or ())
