"""Colour pixels mixed of their neighbours, three samples in one 64-bit word: a moving ultrasound is painted in time.

Each sample has 21 bits of the word, so that sums and products of all three are one operation each and none reaches its
neighbour: 8 bits times a weight of 12 across, kept as 12 bits, then times a weight of 9 down. The result is the nearest
whole number to what real numbers give, save where that lies within a quarter between two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Taps:
    """For each place of a line: a first neighbour, and further ones with their weights; the first has what is left."""

    first: NDArray[np.int64]
    more: tuple[tuple[NDArray[np.int64], NDArray[np.float32]], ...]

    def part(self, band: slice) -> Taps:
        """Some of the places."""
        return Taps(self.first[band], tuple((at[band], weight[band]) for at, weight in self.more))


_Words = NDArray[np.uint64]
_BAND = 32
"""Lines worked on at once: all that is between stays in the cache."""


def _all(sample: int) -> np.uint64:
    """The same in each of a word's samples."""
    return np.uint64(sample | sample << 21 | sample << 42)


def mixed_colours(values: Rgb, down: Taps, across: Taps) -> Rgb:
    """(rows, columns, 3) at the places of two axes."""
    made = np.empty((len(down.first), len(across.first), 3), np.uint8)
    for start in range(0, len(made), _BAND):
        band = slice(start, start + _BAND)
        some = down.part(band)
        top = int(some.first.min())
        last = max(int(at.max()) for at in (some.first, *(at for at, _ in some.more)))
        lines = _mixed(_words(values[top:last + 1]), across, 12, axis=1)
        lines += _all(1 << 7)
        lines >>= np.uint64(8)
        lines &= _all(0xFFF)
        word = _mixed(lines, Taps(some.first - top, tuple((at - top, weight) for at, weight in some.more)), 9, axis=0)
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


def _mixed(words: _Words, taps: Taps, bits: int, axis: int) -> _Words:
    """Samples times so many bits. What one borrows of its neighbour in a difference is given back in the sum."""
    first = words.take(taps.first, axis=axis)
    total = first << np.uint64(bits)
    for at, weight in taps.more:
        step = words.take(at, axis=axis)
        step -= first
        parts = np.rint(weight * (1 << bits)).astype(np.uint64)
        step *= parts if axis else parts[:, None]
        total += step
    return total
