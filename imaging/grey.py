"""Grey levels: stored values -> modality values -> VOI (window or table) -> 8-bit levels, by one table where it can be.

PS3.3 C.11.1 (modality), C.11.2 (VOI), C.7.6.3.1.2 (MONOCHROME1), C.7.5.1.1.2 (padding).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Levels = NDArray[np.uint8]
_BAND = 64


class Shape(StrEnum):
    """VOI LUT Function (0028,1056)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True)
class Window:
    """A window in modality units (HU for CT); `name` is the file's explanation of it."""

    center: float
    width: float
    shape: Shape = Shape.LINEAR
    name: str = ""

    def apply(self, values: Values) -> NDArray[np.float64]:
        """0 to 1 (C.11.2.1.2, C.11.2.1.3)."""
        values = values.astype(np.float64, copy=False)
        if self.shape is Shape.SIGMOID:
            exponent = np.clip(-4 * (values - self.center) / max(self.width, 1e-9), -700, 700)
            return np.asarray(1 / (1 + np.exp(exponent)), np.float64)
        center, width = (self.center, self.width) if self.shape is Shape.LINEAR_EXACT else (
            self.center - 0.5, max(self.width, 1) - 1)
        if width <= 0:
            return (values > center).astype(np.float64)
        return np.clip((values - center) / width + 0.5, 0, 1)


@dataclass(frozen=True, eq=False)
class Table:
    """A look-up table of the file: input `first` meets the first entry; what lies outside meets the nearest end."""

    first: int
    entries: NDArray[np.uint16]
    bits: int
    name: str = ""

    def look_up(self, values: Values) -> NDArray[np.uint16]:
        """Entries for values, which are rounded to whole ones."""
        places = np.clip(np.rint(values).astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[places]

    def apply(self, values: Values) -> NDArray[np.float64]:
        """0 to 1."""
        return np.clip(self.look_up(values) / float((1 << self.bits) - 1), 0, 1)


@dataclass(frozen=True)
class FullDynamic:
    """From the frame's own darkest to its brightest value, padding left out."""


Voi = Window | Table | FullDynamic


@dataclass(frozen=True, eq=False)
class Modality:
    """Stored values to what they measure; `unit` is UCUM-like («HU», «SUV», …), empty when the file does not say."""

    slope: float = 1.0
    intercept: float = 0.0
    table: Table | None = None
    unit: str = ""

    def apply(self, stored: Values) -> Values:
        """Modality values; whole numbers stay whole when nothing is to be done."""
        if self.table is not None:
            return self.table.look_up(stored)
        if self.slope == 1 and self.intercept == 0:
            return stored
        return stored.astype(np.float64) * self.slope + self.intercept


@dataclass(frozen=True)
class Padding:
    """Stored values that mean «no pixel» (0028,0120 and 0028,0121), both ends included."""

    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Grey:
    """How one frame's grey levels are to be read; `presets` are the file's own windows and tables, best first."""

    modality: Modality = Modality()
    presets: tuple[Window | Table, ...] = ()
    inverted: bool = False
    padding: Padding | None = None

    @property
    def default(self) -> Voi:
        """What is shown first: the file's first preset, else the frame's full range."""
        return self.presets[0] if self.presets else FullDynamic()

    def is_padding(self, stored: Values) -> NDArray[np.bool_] | None:
        """Where there is no pixel."""
        if self.padding is None:
            return None
        return np.asarray((stored >= self.padding.low) & (stored <= self.padding.high))


def full_window(grey: Grey, stored: Values) -> Window:
    """The window from the frame's least to its greatest modality value, as LINEAR meets both ends exactly."""
    padding = grey.is_padding(stored)
    shown = stored if padding is None else stored[~padding]
    if shown.size == 0:
        shown = stored
    if np.issubdtype(shown.dtype, np.floating):
        shown = shown[np.isfinite(shown)]
        ends = np.array([shown.min(), shown.max()] if shown.size else [0.0, 1.0])
    elif grey.modality.table is None:
        ends = np.array([shown.min(), shown.max()])
    else:
        ends = np.unique(shown)
    values = grey.modality.apply(ends)
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.floating) and high - low < 2:
        return Window((low + high) / 2, high - low, Shape.LINEAR_EXACT)
    return Window((low + high + 1) / 2, high - low + 1)


def shade(stored: Values, grey: Grey, voi: Window | Table, *, invert: bool = False) -> Levels:
    """Levels value by value: what the table is made by, and what 32-bit and real pixels go through."""
    with np.errstate(invalid="ignore", over="ignore"):
        part = np.nan_to_num(voi.apply(grey.modality.apply(stored)))
    if grey.inverted != invert:
        part = 1 - part
    levels = np.rint(part * 255).astype(np.uint8)
    padding = grey.is_padding(stored)
    if padding is not None:
        levels[padding] = 0
    return levels


def lookup(dtype: np.dtype[Any], grey: Grey, voi: Window | Table, *, invert: bool = False,
           span: tuple[int, int] | None = None) -> Levels:
    """The whole way as one table over every value of an 8- or 16-bit word, in the order of its bits.

    `span` is the least and the greatest value that will be looked up: the rest of the table need not be made.
    """
    whole = np.iinfo(dtype)
    low, high = (int(whole.min), int(whole.max)) if span is None else span
    values = np.arange(low, high + 1).astype(dtype)
    table = np.zeros(1 << 8 * dtype.itemsize, np.uint8)
    table[values.view(f"u{dtype.itemsize}")] = shade(values, grey, voi, invert=invert)
    return table


def paint(stored: Values, table: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Levels by the table of `lookup`: one gather a pixel, whatever the window. `out` may be written over."""
    words = np.ascontiguousarray(stored).view(f"u{stored.dtype.itemsize}")
    painted = np.empty(words.shape, table.dtype) if out is None else out
    for start in range(0, len(words), _BAND):  # NumPy widens the words to 8 bytes: a band of them stays in the cache
        np.take(table, words[start:start + _BAND], mode="clip", out=painted[start:start + _BAND])
    return painted


def levels(stored: Values, grey: Grey, voi: Voi, *, invert: bool = False, of: Values | None = None,
           span: tuple[int, int] | None = None) -> Levels:
    """8-bit levels of stored values. `of` is the whole frame when `stored` is only what the view shows of it.

    `span`: the ends of `stored`, by whoever paints the same values again and again.
    """
    meant = full_window(grey, stored if of is None else of) if isinstance(voi, FullDynamic) else voi
    if stored.dtype.itemsize <= 2 and stored.dtype.kind in "iu":
        return paint(stored, lookup(stored.dtype, grey, meant, invert=invert, span=span))
    return shade(stored, grey, meant, invert=invert)
