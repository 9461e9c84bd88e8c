"""A frame's values brought to the view's size, before any window: area means when it shrinks, bilinear when it grows.

Grey values are sampled as stored, so that a changed window repaints the sample and nothing is sampled twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sampling_colours import mixed_colours

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
        return values[down.low[0]:down.low[0] + height, across.low[0]:across.low[0] + width]
    mixed = _mixed(values, down, across)
    if nearest is not None and nearest.any():
        touched = _mixed(nearest.astype(np.float32), down, across) > 0
        mixed = np.where(touched, values[np.ix_(down.centre, across.centre)], mixed)
    return mixed


@dataclass(frozen=True, eq=False)
class _Axis:
    """For each place of the view: two neighbours in the shrunken image, the weight of the second, and the middle."""

    step: int
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    weight: NDArray[np.float32]
    centre: NDArray[np.int64]

    @property
    def whole(self) -> bool:
        """Whether it is a plain stretch of pixels, one to one."""
        return self.step == 1 and not self.weight.any() and bool((np.diff(self.low) == 1).all())


def _axis(start: float, length: float, count: int, size: int) -> _Axis:
    scale = length / count
    step = max(1, int(scale + 1e-9))
    centres = start + (np.arange(count) + 0.5) * scale
    blocks = max(1, -(-size // step))
    places = np.clip(centres / step - 0.5, 0, blocks - 1)
    low = np.floor(places).astype(np.int64)
    weight = (places - low).astype(np.float32)
    weight[np.abs(weight) < 1e-5] = 0
    middle = np.clip(np.floor(centres).astype(np.int64), 0, size - 1)
    return _Axis(step, low, np.minimum(low + 1, blocks - 1), weight, middle)


def _mixed(values: Values, down: _Axis, across: _Axis) -> Values:
    if values.dtype == np.uint8 and values.shape[2:] == (3,) and down.step == across.step == 1:
        return mixed_colours(values, (down.low, down.high, down.weight), (across.low, across.high, across.weight))
    shrunk = _shrunk(values, down.step, across.step)
    if not down.weight.any() and not across.weight.any():
        return _typed(shrunk[np.ix_(down.low, across.low)], values.dtype)
    # Across on the image laid on its side: whole lines are copied many times faster than single pixels gathered.
    sideways = _between(np.ascontiguousarray(shrunk.swapaxes(0, 1), np.float32), across, np.dtype(np.float32))
    return _between(np.ascontiguousarray(sideways.swapaxes(0, 1)), down, values.dtype)


def _between(lines: Values, axis: _Axis, dtype: np.dtype[Any]) -> Values:
    """Lines mixed of two neighbours each, a band at a time, which stays in the cache while it is worked on."""
    mixed = np.empty((len(axis.low), *lines.shape[1:]), dtype)
    weight = axis.weight.reshape(-1, *(1,) * (lines.ndim - 1))
    for start in range(0, len(mixed), _BAND):
        band = slice(start, start + _BAND)
        low, step = lines[axis.low[band]], lines[axis.high[band]]
        step -= low
        step *= weight[band]
        step += low
        mixed[band] = _typed(step, dtype)
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
