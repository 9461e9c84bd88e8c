"""Colour pixels mixed of their neighbours, three samples in one 64-bit word: a moving ultrasound is painted in time.

Each sample has 21 bits of the word, so that sums and products of all three are one operation each and none reaches its
neighbour: 8 bits times a weight of 12 across, kept as 12 bits, then times a weight of 9 down. The result is the nearest
whole number to what real numbers give, save where that lies within a quarter between two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Axis = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""For each place two neighbours and the weight of the second."""
_Words = NDArray[np.uint64]
_BAND = 32
"""Lines worked on at once: all that is between stays in the cache."""


def _all(sample: int) -> np.uint64:
    """The same in each of a word's samples."""
    return np.uint64(sample | sample << 21 | sample << 42)


def mixed_colours(values: Rgb, down: Axis, across: Axis) -> Rgb:
    """(rows, columns, 3) at the places of two axes."""
    low, high, weight = down
    parts = np.rint(weight * 512).astype(np.uint64)[:, None]
    made = np.empty((len(low), len(across[0]), 3), np.uint8)
    for start in range(0, len(low), _BAND):
        band = slice(start, start + _BAND)
        first, last = int(low[band].min()), int(high[band].max())
        lines = _across(_words(values[first:last + 1]), across)
        word, step = lines[low[band] - first], lines[high[band] - first]
        step -= word  # what is borrowed from a neighbour here is given back by the sum below
        step *= parts[band]
        word <<= np.uint64(9)
        word += step
        word += _all(1 << 12)
        for sample, shift in enumerate((13, 21, 21)):
            word >>= np.uint64(shift)
            made[band, :, sample] = word  # the lowest eight bits
    return made


def _words(values: Rgb) -> _Words:
    words = values[:, :, 2].astype(np.uint64)
    for sample in (1, 0):
        words <<= np.uint64(21)
        words |= values[:, :, sample]
    return words


def _across(words: _Words, axis: Axis) -> _Words:
    """Samples of 12 bits: the eight of the picture and four behind the point."""
    low, high, weight = axis
    word, step = words.take(low, axis=1), words.take(high, axis=1)
    step -= word
    step *= np.rint(weight * 4096).astype(np.uint64)
    word <<= np.uint64(12)
    word += step
    word += _all(1 << 7)
    word >>= np.uint64(8)
    word &= _all(0xFFF)
    return word
