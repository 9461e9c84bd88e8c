"""Colour: YBR to RGB, palettes, the supplemental palette, and 8 bits from more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import numbers, raw
from imaging.encoded import PixelFormat
from imaging.grey_of import entries_of
from records.errors import Refusal

Rgb = NDArray[np.uint8]
_FULL = np.array([[1, 0, 1.402], [1, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587], [1, 1.772, 0]])
"""PS3.3 C.7.6.3.1.2, YBR_FULL, solved for R, G, B."""
_INDIRECT = 2
_PARTIAL = np.array([[1.1644, 0, 1.5960], [1.1644, -0.3917, -0.8130], [1.1644, 2.0173, 0]])


@dataclass(frozen=True, eq=False)
class Palette:
    """Red, green, blue by stored value from `first` on, in 8 bits."""

    first: int
    colours: Rgb

    def apply(self, stored: NDArray[Any]) -> Rgb:
        """The colours; values outside meet the nearest end."""
        coloured: Rgb = self.colours[np.clip(stored.astype(np.int64) - self.first, 0, len(self.colours) - 1)]
        return coloured

    def covers(self, stored: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values a supplemental palette colours: those from its first on (C.7.9)."""
        return np.asarray(stored >= self.first)


def palette_of(dataset: Dataset, form: PixelFormat) -> Palette | None:
    """The palette of a file, plain or segmented (C.7.9.2); None when it has none or it is malformed."""
    descriptor = numbers(dataset, "RedPaletteColorLookupTableDescriptor")
    if len(descriptor) != 3:
        return None
    count, first, bits = int(descriptor[0]) & 0xFFFF or 1 << 16, int(descriptor[1]), int(descriptor[2])
    if form.signed and first > 0x7FFF:
        first -= 1 << 16
    channels = [_channel(dataset, name, count, bits, big_endian=form.big_endian) for name in ("Red", "Green", "Blue")]
    found = [channel for channel in channels if channel is not None]
    return Palette(first, np.stack(found, axis=-1)) if len(found) == 3 else None


def _channel(dataset: Dataset, name: str, count: int, bits: int, *, big_endian: bool) -> NDArray[np.uint8] | None:
    words = entries_of(raw(dataset, f"{name}PaletteColorLookupTableData"), big_endian=big_endian)
    if words is None:
        words = entries_of(raw(dataset, f"Segmented{name}PaletteColorLookupTableData"), big_endian=big_endian)
        words = None if words is None else _unfolded(words, count, bits)
    if words is None:
        return None
    if len(words) * 2 in (count, count + 1):
        return words.astype("<u2").view(np.uint8)[:count]
    if len(words) < count:
        return None
    words = words[:count]
    # 16 bits are told but only the low byte is written: met in files of several makers.
    return (words >> 8 if words.max() > 255 else words).astype(np.uint8)


def _unfolded(words: NDArray[np.uint16], count: int, bits: int) -> NDArray[np.uint16] | None:
    """Discrete, linear and indirect segments (C.7.9.2); None when they are malformed or make too few entries."""
    data = words if bits > 8 else words.astype("<u2").view(np.uint8).astype(np.uint16)
    made, at = np.zeros(0, np.uint16), 0
    while at + 2 <= len(data) and len(made) < count:
        if data[at] == _INDIRECT:
            copied = _copied(data, at, made, count, 2 if bits > 8 else 1)
            piece, at = (None, at) if copied is None else (copied, at + (4 if bits > 8 else 6))
        else:
            piece, at = _segment(data, at, made)
        if piece is None:
            return None
        made = np.concatenate((made, piece))
    return made if len(made) >= count else None


def _copied(data: NDArray[np.uint16], at: int, made: NDArray[np.uint16], count: int,
            wide: int) -> NDArray[np.uint16] | None:
    """So many segments again from another place, told in bytes (C.7.9.2.3); none of them is indirect or empty."""
    start = len(made)
    place = sum(int(word) << (8 * wide * step) for step, word in enumerate(data[at + 2:at + 2 + 4 // wide])) // wide
    for _ in range(int(data[at + 1])):
        if len(made) >= count:
            break
        piece, place = _segment(data, place, made)
        if piece is None or not len(piece):
            return None
        made = np.concatenate((made, piece))
    return made[start:]


def _segment(data: NDArray[np.uint16], at: int, made: NDArray[np.uint16]) -> tuple[NDArray[np.uint16] | None, int]:
    """A discrete segment, or a linear one, which begins behind what was made; and where the next one stands."""
    if at + 2 > len(data):
        return None, at
    kind, length = int(data[at]), int(data[at + 1])
    if kind == 0:
        return data[at + 2:at + 2 + length], at + 2 + length
    if kind == 1 and len(made) and at + 3 <= len(data):
        line = np.linspace(float(made[-1]), float(data[at + 2]), length + 1)[1:]
        return np.rint(line).astype(np.uint16), at + 3
    return None, at


def rgb_of(samples: NDArray[Any], photometric: str, form: PixelFormat) -> Rgb:
    """8-bit RGB of three-sample pixels."""
    eight = _eight_bits(samples, form)
    if photometric == "RGB":
        return eight
    if photometric in ("YBR_FULL", "YBR_ICT", "YBR_RCT"):
        return _matrixed(eight, _FULL, np.array([0.0, 128, 128]))
    if photometric == "YBR_PARTIAL":
        return _matrixed(eight, _PARTIAL, np.array([16.0, 128, 128]))
    raise Refusal.because("image_photometric_unknown", name=photometric)


def _matrixed(samples: Rgb, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> Rgb:
    """Row by row of pixels in single precision: exact to 8 bits, and a frame never grows eightfold at once."""
    made = np.empty_like(samples)
    for start in range(0, len(samples), 64):
        block = (samples[start:start + 64].astype(np.float32) - offset.astype(np.float32)) @ matrix.T.astype(np.float32)
        made[start:start + 64] = np.clip(np.rint(block), 0, 255)
    return made


def _eight_bits(samples: NDArray[Any], form: PixelFormat) -> Rgb:
    if form.stored > 8:
        return (samples >> (form.stored - 8)).astype(np.uint8)
    return samples.astype(np.uint8, copy=False)
