"""Overlay planes (PS3.3 C.9.2): group 60xx, packed bits of their own or unused bits of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.encoded import PixelFormat

GROUPS = range(0x6000, 0x6020, 2)
_MOST_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class Overlay:
    """One plane for one frame: `bits` is true where it is drawn, its corner at (`row`, `column`), from 0."""

    group: int
    label: str
    region: bool
    row: int
    column: int
    bits: NDArray[np.bool_]


def overlays_of(dataset: Dataset, form: PixelFormat, frame: int, words: NDArray[Any] | None) -> tuple[Overlay, ...]:
    """The planes that lie over frame `frame`; `words` are the undecorated samples, for bits that live in them."""
    found = (_overlay(dataset, group, form, frame, words) for group in GROUPS)
    return tuple(plane for plane in found if plane is not None)


def _value(dataset: Dataset, group: int, element: int) -> Any:
    try:
        return dataset[group, element].value
    except Exception:  # absent, or malformed in one of many ways
        return None


def _whole(value: Any, default: int = 0) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def _overlay(dataset: Dataset, group: int, form: PixelFormat, frame: int,
             words: NDArray[Any] | None) -> Overlay | None:
    rows, columns = _whole(_value(dataset, group, 0x10)), _whole(_value(dataset, group, 0x11))
    if rows <= 0 or columns <= 0 or rows * columns > _MOST_BYTES:
        return None
    first, frames = _whole(_value(dataset, group, 0x51), 1), _whole(_value(dataset, group, 0x15), 1)
    data, bit = _value(dataset, group, 0x3000), _whole(_value(dataset, group, 0x102))
    if isinstance(data, bytes):
        if form.big_endian and dataset[group, 0x3000].VR == "OW":
            data = np.frombuffer(data[:len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
        index = frame - first if frames > 1 or form.frames > 1 else 0
        bits = _packed(data, rows * columns, index) if 0 <= index < max(1, frames) else None
    else:
        bits = _embedded(words, form, bit, rows * columns)
    if bits is None:
        return None
    origin = _value(dataset, group, 0x50)
    top, left = (_whole(origin[0], 1), _whole(origin[1], 1)) if isinstance(origin, list | tuple) or (
        origin is not None and not isinstance(origin, bytes | int | str) and len(origin) == 2) else (1, 1)
    return Overlay(group, str(_value(dataset, group, 0x1500) or ""), _value(dataset, group, 0x40) == "R",
                   top - 1, left - 1, bits.reshape(rows, columns))


def _packed(data: bytes, count: int, index: int) -> NDArray[np.bool_] | None:
    start = count * index
    held = data[start // 8:(start + count + 7) // 8]
    bits = np.unpackbits(np.frombuffer(held, np.uint8), bitorder="little")[start % 8:start % 8 + count]
    return bits.astype(bool) if len(bits) == count else None


def _embedded(words: NDArray[Any] | None, form: PixelFormat, bit: int, count: int) -> NDArray[np.bool_] | None:
    used = range(form.high_bit - form.stored + 1, form.high_bit + 1)
    if words is None or words.size != count or words.dtype.kind != "u" or not 0 <= bit < form.allocated or bit in used:
        return None
    return (words >> bit & 1).astype(bool)


def drawn(overlays: tuple[Overlay, ...], rows: int, columns: int) -> NDArray[np.bool_] | None:
    """Every plane in one mask of the image's size; None when nothing is drawn."""
    mask = np.zeros((rows, columns), bool)
    for plane in overlays:
        top, left = max(0, plane.row), max(0, plane.column)
        bits = plane.bits[max(0, -plane.row):, max(0, -plane.column):][:max(0, rows - top), :max(0, columns - left)]
        if bits.size:
            mask[top:top + bits.shape[0], left:left + bits.shape[1]] |= bits
    return mask if mask.any() else None
