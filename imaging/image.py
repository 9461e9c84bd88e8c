"""A DICOM file as the rest of the program sees it: what it is, what can be shown of it and why not, frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.codecs import READABLE, Samples, decode
from imaging.colour import Palette, palette_of, rgb_of
from imaging.encoded import Encoded, PixelFormat
from imaging.frames import Frames
from imaging.grey import Grey
from imaging.grey_of import grey_of
from imaging.groups import Groups
from imaging.header import Header, read_header
from imaging.identity import Identity, identity_of
from imaging.overlays import drawn, overlays_of
from imaging.pixel_format import PALETTE, format_of
from imaging.sources import LIMITS, Limits, Source
from imaging.veils import Veil, shutter_of
from records.errors import Reason, Refusal

Decoder = Callable[[Encoded], tuple[Samples, str]]


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame, decoded. Grey frames keep their stored values (sign and bits in place); colour frames are 8-bit RGB.

    `overlay` is true where an overlay plane is drawn, None when there is none. `coloured` is a grey frame's own
    colours (supplemental palette) as RGB with a mask of where they hold. `shutter` is the file's own.
    """

    number: int
    values: NDArray[Any]
    overlay: NDArray[np.bool_] | None = None
    coloured: tuple[NDArray[np.uint8], NDArray[np.bool_]] | None = None
    shutter: Veil | None = None

    @property
    def is_grey(self) -> bool:
        """Whether windows apply."""
        return self.values.ndim == 2

    @property
    def rows(self) -> int:
        """Height in pixels."""
        return int(self.values.shape[0])

    @property
    def columns(self) -> int:
        """Width in pixels."""
        return int(self.values.shape[1])


@dataclass(frozen=True, eq=False)
class Image:
    """A file that was opened; nothing of its pixels has been read yet. Made by `open_image`."""

    header: Header
    limits: Limits
    identity: Identity

    @property
    def dataset(self) -> Dataset:
        """All attributes but the pixels."""
        return self.header.dataset

    @cached_property
    def groups(self) -> Groups:
        """Functional groups of an enhanced file."""
        return Groups.of(self.dataset)

    @cached_property
    def _judged(self) -> PixelFormat | Reason:
        found = format_of(self.header, self.limits)
        if isinstance(found, PixelFormat) and self.header.transfer_syntax not in READABLE:
            return Reason("image_syntax_unknown", facts={"syntax": self.header.transfer_syntax.name})
        return found

    @property
    def why_not(self) -> Reason | None:
        """Why this file has no picture to show; None when it has."""
        return self._judged if isinstance(self._judged, Reason) else None

    @property
    def format(self) -> PixelFormat:
        """The pixels' format; refuses with `why_not` when nothing can be shown."""
        if isinstance(self._judged, Reason):
            raise Refusal(self._judged)
        return self._judged

    @cached_property
    def frames(self) -> Frames:
        """Where each frame lies in `header.source`."""
        form = self.format
        if self.header.pixels is None:
            raise Refusal.because("image_has_no_pixels", kind="?")
        return Frames.of(self.header, self.header.pixels, form, self.limits)

    def encoded(self, number: int) -> Encoded:
        """Frame `number` (from 1) as it lies in the file: what WADO-RS serves and what a decoder takes."""
        return self.frames.encoded(self.header.source, number)

    def frame(self, number: int, decoder: Decoder = decode) -> Frame:
        """Frame `number` (from 1), decoded by `decoder`: in this process, or in another's (`imaging.apart`)."""
        samples, photometric = decoder(self.encoded(number))
        return self.made(number, samples, photometric)

    def made(self, number: int, samples: Samples, photometric: str) -> Frame:
        """A frame from samples that were decoded elsewhere."""
        form, shutter = self.format, self.shutter
        if form.samples == 3:
            return Frame(number, rgb_of(samples, photometric, form), self._overlay(number, None), shutter=shutter)
        overlay, values = self._overlay(number, samples), stored_values(samples, form)
        if form.photometric == PALETTE:
            if self.palette is None:
                raise Refusal.because("image_palette_broken")
            return Frame(number, self.palette.apply(values), overlay, shutter=shutter)
        coloured = None if self.palette is None else (self.palette.apply(values), self.palette.covers(values))
        return Frame(number, values, overlay, coloured, shutter)

    @cached_property
    def shutter(self) -> Veil | None:
        """What the file itself covers, the same in all its frames."""
        return shutter_of(self.dataset, self.format.rows, self.format.columns)

    def _overlay(self, number: int, words: Samples | None) -> NDArray[np.bool_] | None:
        form = self.format
        return drawn(overlays_of(self.dataset, form, number, words), form.rows, form.columns)

    @cached_property
    def palette(self) -> Palette | None:
        """The palette of a palette image, or the supplemental one of a grey image (C.8.15.3.2, C.7.6.19)."""
        return palette_of(self.dataset, self.format)

    def grey(self, number: int) -> Grey:
        """How frame `number`'s grey levels are read."""
        return grey_of(self.dataset, self.format, self.groups, number)


def open_image(source: Source, limits: Limits = LIMITS) -> Image:
    """Read all but the pixels. Refuses what is no DICOM file; a file without picture opens and says so (`why_not`)."""
    header = read_header(source, limits)
    return Image(header, limits, identity_of(header.dataset))


def stored_values(words: Samples, form: PixelFormat) -> Samples:
    """Words to stored values: unused bits masked off, the sign carried up from the highest bit (PS3.5 8.1.1)."""
    if form.real or form.allocated == 1:
        return words
    width = 8 * words.dtype.itemsize
    shift, top = form.high_bit + 1 - form.stored, width - form.high_bit - 1
    if form.signed:
        signed = words.view(f"i{words.dtype.itemsize}")
        return signed if form.stored == width else (signed << top) >> (top + shift)
    return words if form.stored == width else (words >> shift) & words.dtype.type((1 << form.stored) - 1)
