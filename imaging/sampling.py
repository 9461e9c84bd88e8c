"""A frame's values brought to the view's size, before any window: area means when it shrinks, bilinear when it grows.

Grey values are sampled as stored, so that a changed window repaints the sample and nothing is sampled twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sampling_colours import Taps, mixed_colours

Values = NDArray[Any]
_BAND = 32


@dataclass(frozen=True)
class Region:
    """A rectangle of the image in pixels, corners at pixel borders: the whole image is (0, 0, columns, rows)."""

    left: float
    top: float
    width: float
    height: float


def sample(values: Values, region: Region, width: int, height: int, nearest: Values | None = None) -> Values:
    """`region` of `values` as `height` × `width` values of the same type; beyond the image its border is repeated.

    `nearest` is a mask of values that mean something of their own (padding): where one takes part, nothing is mixed.
    """
    across = _axis(region.left, region.width, width, values.shape[1])
    down = _axis(region.top, region.height, height, values.shape[0])
    if across.whole and down.whole and nearest is None:
        top, left = down.taps.first[0], across.taps.first[0]
        return values[top:top + height, left:left + width]
    mixed = _mixed(values, down, across)
    if nearest is not None and nearest.any():
        touched = _mixed(nearest.astype(np.float32), down, across) > 0
        mixed = np.where(touched, values[np.ix_(down.centre, across.centre)], mixed)
    return mixed


@dataclass(frozen=True, eq=False)
class _Axis:
    """For each place of the view: its neighbours in the shrunken image, and the middle."""

    step: int
    taps: Taps
    centre: NDArray[np.int64]

    @property
    def single(self) -> bool:
        """Whether each place has one neighbour only."""
        return not any(weight.any() for _, weight in self.taps.more)

    @property
    def whole(self) -> bool:
        """Whether it is a plain stretch of pixels, one to one."""
        return self.step == 1 and self.single and bool((np.diff(self.taps.first) == 1).all())


def _axis(start: float, length: float, count: int, size: int) -> _Axis:
    scale = length / count
    step = max(1, int(scale + 1e-9))
    centres = start + (np.arange(count) + 0.5) * scale
    blocks = max(1, -(-size // step))
    taps = _within if scale / step > 1 + 1e-6 else _beside
    middle = np.clip(np.floor(centres).astype(np.int64), 0, size - 1)
    return _Axis(step, taps(centres / step, scale / step, blocks), middle)


def _beside(centres: NDArray[np.float64], _wide: float, blocks: int) -> Taps:
    """A place lies between two: it grows, or stays as large as it is."""
    places = np.clip(centres - 0.5, 0, blocks - 1)
    low = np.floor(places).astype(np.int64)
    weight = (places - low).astype(np.float32)
    weight[np.abs(weight) < 1e-5] = 0
    return Taps(low, ((np.minimum(low + 1, blocks - 1), weight),))


def _within(centres: NDArray[np.float64], wide: float, blocks: int) -> Taps:
    """A place takes in what lies within its width of one to two, in up to three: else fine patterns turn into others
    that are not there.
    """
    left = centres - wide / 2
    first = np.floor(left + 1e-9).astype(np.int64)
    parts = [np.clip(left + wide - (first + more), 0, 1) / wide for more in (1, 2)]
    low, *others = (np.clip(first + more, 0, blocks - 1) for more in range(3))
    return Taps(low, tuple((at, part.astype(np.float32)) for at, part in zip(others, parts, strict=True)))


def _mixed(values: Values, down: _Axis, across: _Axis) -> Values:
    if values.dtype == np.uint8 and values.shape[2:] == (3,) and down.step == across.step == 1:
        return mixed_colours(values, down.taps, across.taps)
    shrunk = _shrunk(values, down.step, across.step)
    if down.single and across.single:
        return _typed(shrunk[np.ix_(down.taps.first, across.taps.first)], values.dtype)
    # Across on the image laid on its side: whole lines are copied many times faster than single pixels gathered.
    sideways = _between(np.ascontiguousarray(shrunk.swapaxes(0, 1), np.float32), across.taps, np.dtype(np.float32))
    return _between(np.ascontiguousarray(sideways.swapaxes(0, 1)), down.taps, values.dtype)


def _between(lines: Values, taps: Taps, dtype: np.dtype[Any]) -> Values:
    """Lines mixed of their neighbours, a band at a time, which stays in the cache while it is worked on."""
    mixed = np.empty((len(taps.first), *lines.shape[1:]), dtype)
    for start in range(0, len(mixed), _BAND):
        band = slice(start, start + _BAND)
        first = lines[taps.first[band]]
        total = first if len(taps.more) == 1 else first.copy()
        for at, weight in taps.more:
            step = lines[at[band]]
            step -= first
            step *= weight[band].reshape(-1, *(1,) * (lines.ndim - 1))
            total += step
        mixed[band] = _typed(total, dtype)
    return mixed


def _typed(values: Values, dtype: np.dtype[Any]) -> Values:
    if values.dtype == dtype:
        return values
    return np.rint(values).astype(dtype) if dtype.kind in "iu" else values.astype(dtype)


def _shrunk(values: Values, down: int, across: int) -> Values:
    """Means of blocks of `down` × `across` pixels; the last ones are filled up with the border."""
    if down == across == 1:
        return values
    spare = (-values.shape[0] % down, -values.shape[1] % across)
    if any(spare):
        around = ((0, spare[0]), (0, spare[1])) + ((0, 0),) * (values.ndim - 2)
        values = np.pad(values, around, mode="edge")
    total: Values = np.zeros((values.shape[0] // down, values.shape[1] // across, *values.shape[2:]), np.float32)
    for row in range(down):
        for column in range(across):
            total += values[row::down, column::across]
    total /= down * across
    return total
