"""Distances, angles and regions in real units; a measure that cannot be had says why instead of pretending one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Calibration, Point, Spacing
from imaging.grey import Grey
from records.errors import Reason


@dataclass(frozen=True)
class Measure:
    """A value in a unit, and how far it can be trusted; `value` None with the reason when there is none to give."""

    value: float | None
    unit: str
    calibration: Calibration
    reason: Reason | None = None


@dataclass(frozen=True)
class RegionMeasure:
    """A region's area, how many pixels lie in it, and what they measure (`unit` empty: stored values, no unit told).

    `deviation` is of the sample (n - 1). All are None when no pixel lies in the region.
    """

    area: Measure
    pixels: int
    mean: float | None
    deviation: float | None
    least: float | None
    greatest: float | None
    unit: str


@dataclass(frozen=True)
class Ellipse:
    """Axis-parallel, by the rectangle around it."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Rectangle:
    """Axis-parallel."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Polygon:
    """Any closed line; the last point joins the first."""

    points: tuple[Point, ...]


Figure = Ellipse | Rectangle | Polygon


def distance(start: Point, end: Point, spacing: Spacing) -> Measure:
    """Millimetres between two image points; `spacing` is the one that holds for both (`geometry.spacing_at`)."""
    if spacing.calibration is Calibration.NONE:
        return _uncalibrated("mm")
    return Measure(math.hypot((end[0] - start[0]) * spacing.x_mm, (end[1] - start[1]) * spacing.y_mm), "mm",
                   spacing.calibration)


def angle(start: Point, corner: Point, end: Point, spacing: Spacing, aspect: float | None = None) -> Measure:
    """Degrees at `corner`, 0 to 180. Angles need the pixels' shape only: `aspect`, when there is no spacing."""
    return _between(_direction(corner, start, spacing, aspect), _direction(corner, end, spacing, aspect), spacing)


def cobb(one: tuple[Point, Point], other: tuple[Point, Point], spacing: Spacing, aspect: float | None = None,
         ) -> Measure:
    """Degrees between two lines (end plates), 0 to 90: a line has no front and no back."""
    found = _between(_direction(*one, spacing, aspect), _direction(*other, spacing, aspect), spacing)
    if found.value is None:
        return found
    return Measure(min(found.value, 180 - found.value), "°", found.calibration)


def region(figure: Figure, stored: NDArray[Any], grey: Grey, spacing: Spacing, *, factor: float = 1.0,
           unit: str | None = None) -> RegionMeasure:
    """What lies in a figure: pixels whose middle is inside, padding left out. `factor` and `unit` for SUV."""
    left, top, mask = _inside(figure, stored.shape[0], stored.shape[1])
    seen = stored[top:top + mask.shape[0], left:left + mask.shape[1]]
    padding = grey.is_padding(seen)
    values = grey.modality.apply(seen[mask if padding is None else mask & ~padding]).astype(np.float64) * factor
    values = values[np.isfinite(values)]
    told = grey.modality.unit if unit is None else unit
    area = _uncalibrated("mm²") if spacing.calibration is Calibration.NONE else Measure(
        _area(figure) * spacing.x_mm * spacing.y_mm, "mm²", spacing.calibration)
    if not values.size:
        return RegionMeasure(area, 0, None, None, None, None, told)
    return RegionMeasure(area, int(values.size), float(values.mean()),
                         float(values.std(ddof=1)) if values.size > 1 else 0.0,
                         float(values.min()), float(values.max()), told)


def colour_means(figure: Figure, rgb: NDArray[np.uint8]) -> tuple[float, float, float] | None:
    """The means of red, green and blue (0 to 255) of the pixels whose middle is inside; None where there is none.

    Colours of a picture for the eye: they measure nothing in the body.
    """
    left, top, mask = _inside(figure, rgb.shape[0], rgb.shape[1])
    seen = rgb[top:top + mask.shape[0], left:left + mask.shape[1]][mask]
    if not len(seen):
        return None
    red, green, blue = (float(mean) for mean in seen.mean(axis=0, dtype=np.float64))
    return red, green, blue


def _uncalibrated(unit: str) -> Measure:
    return Measure(None, unit, Calibration.NONE, Reason("measure_not_calibrated"))


def _direction(start: Point, end: Point, spacing: Spacing, aspect: float | None) -> tuple[float, float]:
    shape = spacing.aspect if spacing.calibration is not Calibration.NONE or aspect is None else aspect
    return end[0] - start[0], (end[1] - start[1]) * shape


def _between(one: tuple[float, float], other: tuple[float, float], spacing: Spacing) -> Measure:
    if not any(one) or not any(other):
        return Measure(None, "°", spacing.calibration, Reason("measure_points_meet"))
    turned = math.atan2(one[0] * other[1] - one[1] * other[0], one[0] * other[0] + one[1] * other[1])
    return Measure(abs(math.degrees(turned)), "°", spacing.calibration)


def _area(figure: Figure) -> float:
    """In pixels, of the figure itself: not of the pixels that it happens to hold."""
    match figure:
        case Ellipse():
            return math.pi / 4 * abs(figure.right - figure.left) * abs(figure.bottom - figure.top)
        case Rectangle():
            return abs(figure.right - figure.left) * abs(figure.bottom - figure.top)
        case Polygon():
            ends = zip(figure.points, (*figure.points[1:], *figure.points[:1]), strict=True)
            return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in ends)) / 2


def _inside(figure: Figure, rows: int, columns: int) -> tuple[int, int, NDArray[np.bool_]]:
    """The rectangle of the image around a figure, and which of its pixels have their middle inside."""
    points: Sequence[Point] = figure.points if isinstance(figure, Polygon) else (
        (figure.left, figure.top), (figure.right, figure.bottom))
    xs, ys = [point[0] for point in points] or [0.0], [point[1] for point in points] or [0.0]
    left, right = (min(max(0, math.floor(edge)), columns) for edge in (min(xs), max(xs) + 1))
    top, bottom = (min(max(0, math.floor(edge)), rows) for edge in (min(ys), max(ys) + 1))
    x, y = np.arange(left, right)[None, :] + 0.5, np.arange(top, bottom)[:, None] + 0.5
    if isinstance(figure, Polygon):
        return left, top, _crossings(figure.points, x, y)
    if isinstance(figure, Rectangle):
        return left, top, (x >= min(xs)) & (x <= max(xs)) & (y >= min(ys)) & (y <= max(ys))
    half = max(max(xs) - min(xs), 1e-9) / 2, max(max(ys) - min(ys), 1e-9) / 2
    return left, top, (((x - min(xs)) / half[0] - 1) ** 2 + ((y - min(ys)) / half[1] - 1) ** 2) <= 1


def polygon_mask(points: tuple[Point, ...], rows: int, columns: int) -> NDArray[np.bool_]:
    """Which pixels have their middle inside a closed line: as `_crossings`, row by row instead of pixel by pixel.

    A file may bring twenty thousand corners: each costs the rows that it spans, not the whole picture.
    """
    turns = np.zeros((rows, columns + 1), bool)
    for (x0, y0), (x1, y1) in zip(points, (*points[1:], *points[:1]), strict=True):
        first, last = (min(max(0, math.ceil(end - 0.5)), rows) for end in sorted((y0, y1)))
        if first < last:
            row = np.arange(first, last)
            across = (x1 - x0) * (row + 0.5 - y0) / (y1 - y0) + x0
            turns[row, np.clip(np.ceil(across - 0.5), 0, columns).astype(np.int64)] ^= True
    inside: NDArray[np.bool_] = np.logical_xor.accumulate(turns[:, :0:-1], axis=1)[:, ::-1]
    return inside


def _crossings(points: tuple[Point, ...], x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Even-odd: a ray to the right crosses the line an odd number of times."""
    inside = np.zeros((y.shape[0], x.shape[1]), bool)
    for (x0, y0), (x1, y1) in zip(points, (*points[1:], *points[:1]), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside
