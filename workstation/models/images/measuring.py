"""A mark measured on the frame it belongs to, through `imaging.measures`: nothing is computed here in another way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imaging.attributes import text
from imaging.geometry import UNKNOWN, Calibration, Point, Spacing, aspect_of, spacing_at, spacing_of, ultrasound_regions
from imaging.measures import (
    Ellipse,
    Figure,
    Measure,
    Polygon,
    Rectangle,
    angle,
    cobb,
    colour_means,
    distance,
    region,
)
from imaging.suv import Suv, suv_of
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.readings import Reading
from workstation.models.images.stack import Loaded


def measured(mark: Mark, here: Loaded) -> Mark:
    """The mark with what it says on its own frame."""
    return replace(mark, reading=reading_of(mark, here))


def reading_of(mark: Mark, here: Loaded) -> Reading:
    """What a mark says. Without a calibration it is in pixels and says why, never in millimetres."""
    points = corners(mark) if mark.kind in (Kind.ELLIPSE, Kind.RECTANGLE) else mark.points
    spacing = spacing_at(here.image.dataset, here.image.groups, here.spot.frame, *points)
    if mark.kind.is_region:
        return _region(mark, here, spacing)
    if mark.kind is Kind.LENGTH:
        return _length(mark, here, spacing)
    # Angles need the shape of the pixels only, which a file may tell without telling their size; within the regions of
    # an ultrasound picture every region has its own, and across two of them there is none.
    spacing = spacing if spacing.calibration is not Calibration.NONE or _in_regions(here) else spacing_of(
        here.image.dataset, here.image.groups, here.spot.frame)
    aspect = aspect_of(here.image.dataset, here.image.groups, here.spot.frame)
    one, two, three, *four = mark.points
    found = angle(one, two, three, spacing, aspect) if mark.kind is Kind.ANGLE else cobb(
        (one, two), (three, four[0]), spacing, aspect)
    return Reading(found.value, "°", found.calibration, "" if found.reason is None else found.reason.code)


def calibration_here(here: Loaded) -> Spacing | None:
    """The spacing of the whole picture, for the warning in its corner; None where each region has its own."""
    return None if _in_regions(here) else spacing_of(here.image.dataset, here.image.groups, here.spot.frame)


def figure_of(mark: Mark) -> Figure:
    """The region of a mark as `imaging.measures` takes it."""
    if mark.kind is Kind.FREEHAND:
        return Polygon(mark.points)
    (left, top), _, (right, bottom), _ = corners(mark)
    return (Ellipse if mark.kind is Kind.ELLIPSE else Rectangle)(left, top, right, bottom)


def corners(mark: Mark) -> tuple[Point, Point, Point, Point]:
    """The four corners of an ellipse's or rectangle's frame, from the top left clockwise, however it was drawn."""
    (x0, y0), (x1, y1) = mark.points
    left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _in_regions(here: Loaded) -> bool:
    return bool(ultrasound_regions(here.image.dataset))


def _length(mark: Mark, here: Loaded, spacing: Spacing) -> Reading:
    found = distance(mark.points[0], mark.points[1], spacing)
    if found.value is not None:
        return Reading(found.value, "mm", found.calibration)
    (x0, y0), (x1, y1) = mark.points
    return Reading(math.hypot(x1 - x0, y1 - y0), "px", Calibration.NONE, _why(mark.points, here, found))


def _region(mark: Mark, here: Loaded, spacing: Spacing) -> Reading:
    figure, frame = figure_of(mark), here.frame
    suv = suv_of(here.image.dataset) if text(here.image.dataset, "Modality") == "PT" else None
    # A colour picture has no grey values to be told of, only its colours; its area is still one.
    stored = frame.values if frame.is_grey else np.empty((0, 0), np.uint8)
    found = region(figure, stored, here.grey, spacing, factor=suv.factor if isinstance(suv, Suv) else 1.0,
                   unit=suv.name if isinstance(suv, Suv) else None)
    size, unit = found.area.value, "mm²"
    if size is None:
        size, unit = region(figure, np.empty((0, 0), np.uint8), here.grey, _SQUARE).area.value, "px²"
    colours = None if frame.is_grey else colour_means(figure, frame.values)
    why = _why(mark.points if mark.kind is Kind.FREEHAND else corners(mark), here, found.area)
    return Reading(size, unit, found.area.calibration, why, found.pixels, found.mean, found.deviation, found.least,
                   found.greatest, found.unit, colours)


_SQUARE = replace(UNKNOWN, calibration=Calibration.CALIBRATED)
"""One by one: what is measured with it is pixels."""


def _why(points: Sequence[Point], here: Loaded, found: Measure) -> str:
    """The reason's code; in an ultrasound picture also whether the mark left its region or goes through several."""
    regions = ultrasound_regions(here.image.dataset)
    if found.reason is None or not regions or any(all(map(region.holds, points)) for region in regions):
        return "" if found.reason is None else found.reason.code
    inside = all(any(region.holds(point) for region in regions) for point in points)
    return "measure_across_regions" if inside else "measure_outside_regions"
