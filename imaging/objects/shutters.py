"""Display shutters (PS3.3 C.7.6.11, C.7.6.15): what of a picture is covered, and by what grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import integer, numbers, text
from imaging.geometry import Point
from imaging.measures import polygon_mask

_MOST_VERTICES = 20_000


@dataclass(frozen=True)
class OpenRectangle:
    """Pixels from `left` to `right` and `top` to `bottom` are seen; counted from 1, both ends are covered lines."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True)
class OpenCircle:
    """What lies within is seen; row and column count from 1."""

    row: int
    column: int
    radius: int


@dataclass(frozen=True)
class OpenPolygon:
    """What lies within is seen: vertices as image points."""

    points: tuple[Point, ...]


@dataclass(frozen=True)
class Bitmap:
    """What an overlay plane of the state draws is covered."""

    group: int


Shutter = OpenRectangle | OpenCircle | OpenPolygon | Bitmap


def shutters_of(dataset: Dataset) -> tuple[Shutter, ...]:
    """All that the file says and that can be read: what lies outside any of them is covered."""
    found = (_BY_SHAPE[shape](dataset) for shape in text(dataset, "ShutterShape").upper().split("\\")[:8]
             if shape in _BY_SHAPE)
    return tuple(shutter for shutter in found if shutter is not None)


def _rectangle(dataset: Dataset) -> Shutter | None:
    left, right, top, bottom = (integer(dataset, f"Shutter{edge}Edge") for edge in (
        "LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal"))
    if left is None or right is None or top is None or bottom is None:
        return None
    return OpenRectangle(left, right, top, bottom)


def _circle(dataset: Dataset) -> Shutter | None:
    centre, radius = numbers(dataset, "CenterOfCircularShutter"), integer(dataset, "RadiusOfCircularShutter")
    if len(centre) != 2 or radius is None or not 0 < radius < 100_000:
        return None
    return OpenCircle(int(centre[0]), int(centre[1]), radius)


def _polygon(dataset: Dataset) -> Shutter | None:
    flat = numbers(dataset, "VerticesOfThePolygonalShutter")[:2 * _MOST_VERTICES]
    if len(flat) < 6 or len(flat) % 2:
        return None
    return OpenPolygon(tuple((column - 0.5, row - 0.5) for row, column in zip(flat[::2], flat[1::2], strict=True)))


def _bitmap(dataset: Dataset) -> Shutter | None:
    group = integer(dataset, "ShutterOverlayGroup")
    return None if group is None else Bitmap(group)


_BY_SHAPE = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon, "BITMAP": _bitmap}


def covered(shutters: tuple[Shutter, ...], rows: int, columns: int) -> NDArray[np.bool_] | None:
    """Where pixels of an image are covered; None when nothing is. Bitmaps are the caller's, who has the plane."""
    seen = np.ones((rows, columns), bool)
    y, x = np.arange(1, rows + 1)[:, None], np.arange(1, columns + 1)[None, :]
    for shutter in shutters:
        match shutter:
            case OpenRectangle():
                seen &= (x > shutter.left) & (x < shutter.right) & (y > shutter.top) & (y < shutter.bottom)
            case OpenCircle():
                room = shutter.radius ** 2 - (y - shutter.row) ** 2  # of each row: half of what is seen, squared
                half = np.where(room >= 0, np.floor(np.sqrt(np.maximum(room, 0))), -1)
                seen &= np.abs(x - shutter.column) <= half
            case OpenPolygon():
                seen &= polygon_mask(shutter.points, rows, columns)
            case Bitmap():
                pass
    return None if seen.all() else ~seen
