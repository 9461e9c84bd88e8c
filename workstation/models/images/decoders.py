"""Decoding beside the window: compressed frames in a child for each core, the others where they are."""

from __future__ import annotations

import os
import queue
from contextlib import suppress

from imaging.apart import Apart
from imaging.codecs import Samples, decode
from imaging.encoded import Encoded, PixelFormat
from records.errors import Cancelled, Refusal

_MOST = 4
_DIED = "image_decoder_died"
_NOTHING = Encoded(b"", "1.2.840.10008.1.2.4.50", PixelFormat(
    rows=1, columns=1, frames=1, samples=1, photometric="MONOCHROME2", allocated=8, stored=8, high_bit=7, signed=False,
    planar=False), compressed=True)
"""No picture at all: refused as soon as the decoders' library is loaded."""


class Decoders:
    """A decoder for `Image.frame`, for as many threads as like. Children begin with the first frame that needs one.

    Plain frames need no child: nothing native touches their bytes, and NumPy only looks at them where they lie.
    """

    def __init__(self, children: int = 0) -> None:
        count = children or max(1, min(_MOST, os.cpu_count() or 1))
        self._all = [Apart() for _ in range(count)]
        # The last one used is the next one used: children that are not needed are never started.
        self._free: queue.LifoQueue[Apart] = queue.LifoQueue()
        self._over = False
        for one in self._all:
            self._free.put(one)

    def __call__(self, encoded: Encoded) -> tuple[Samples, str]:
        """As `imaging.codecs.decode`. A child that dies is tried once more, as it may not have been this frame's."""
        if not encoded.compressed:
            return decode(encoded)
        child = self._free.get()
        try:
            try:
                return self._asked(child, encoded)
            except Refusal as refusal:
                if refusal.reasons[0].code != _DIED:
                    raise
                return self._asked(child, encoded)
        finally:
            self._free.put(child)

    def _asked(self, child: Apart, encoded: Encoded) -> tuple[Samples, str]:
        if self._over:
            raise Cancelled
        return child(encoded)

    def warm(self) -> None:
        """Start a child before it is needed: it takes half a second to load its libraries."""
        with suppress(Refusal, Cancelled):
            self(_NOTHING)

    def close(self) -> None:
        """End the children for good; what they are at is `Cancelled`."""
        self._over = True
        for one in self._all:
            one.close()
