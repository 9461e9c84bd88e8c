"""Where the pixels of one SOP instance come from: a file on this machine, or the server."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from imaging.image import Decoder, Image, open_image
from imaging.sources import InMemory, OnDisk
from workstation.models.images.stack import Loaded, Spot

GONE = InMemory(b"")
"""What a header is left with whose pixels are kept apart."""
_WORKED_OUT = ("_judged", "groups", "palette")
"""What an image has read out of its header already."""


class Instance(ABC):
    """One SOP instance. `read` is called on background threads, several at once; the rest anywhere."""

    line: object | None = None
    """What its bytes come over; what share a line are away together."""
    together = 1
    """How many frames are worth reading at once."""

    def __init__(self, spot: Spot, expected_bytes: int = 0) -> None:
        self.first = spot
        self.expected_bytes = expected_bytes
        """Of one frame, decoded; as long as it is not known, what it is thought to be."""

    def spot(self, number: int) -> Spot:
        """Frame `number` (from 1)."""
        return replace(self.first, frame=number)

    def at_hand(self, number: int) -> bool:
        """Whether a frame can be made without the line."""
        return False

    @abstractmethod
    def read(self, numbers: Sequence[int], decoder: Decoder, given_up: threading.Event) -> Iterator[Loaded]:
        """These frames, as they come; refuses what cannot be shown, stops early when it was given up."""


class LocalInstance(Instance):
    """A file of this machine; its header is kept, its pixels are read again when they are wanted again."""

    def __init__(self, path: Path, image: Image) -> None:
        named = image.identity
        spot = Spot(named.study_uid, named.series_uid, named.instance_uid or str(path))
        super().__init__(spot, image.format.decoded_bytes if image.why_not is None else 0)
        self._path, self.image = path, without_bytes(image)

    def read(self, numbers: Sequence[int], decoder: Decoder, given_up: threading.Event) -> Iterator[Loaded]:
        """From the disk."""
        image = self.image if isinstance(self.image.header.source, OnDisk) else open_image(OnDisk(self._path))
        for number in numbers:
            if given_up.is_set():
                return
            yield loaded_from(image, self.spot(number), decoder)


def loaded_from(image: Image, spot: Spot, decoder: Decoder) -> Loaded:
    """One frame with all that painting needs, and none of the file's bytes beside it."""
    frame = image.frame(spot.frame, decoder)
    return Loaded(spot, without_bytes(image), frame, image.grey(spot.frame))


def without_bytes(image: Image) -> Image:
    """The same header without the file in memory: pixels count once, and go when their frame goes."""
    if not isinstance(image.header.source, InMemory) or image.header.source is GONE:
        return image
    bare = replace(image, header=replace(image.header, source=GONE))
    vars(bare).update({name: value for name, value in vars(image).items() if name in _WORKED_OUT})
    return bare
