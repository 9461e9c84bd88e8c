"""Where pixels lie and how large they are: spacing and how far it can be trusted, planes in the patient, US regions.

Points of an image are (x, y) in pixels from the top left corner of its first pixel, whose centre is (0.5, 0.5): the way
of SCOORD (PS3.3 C.18.6.1.1). Points of the patient are millimetres in DICOM's axes: left, posterior, head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import integer, items, number, numbers, text
from imaging.groups import Groups

Point = tuple[float, float]
Vector = NDArray[np.float64]
_PROJECTION = frozenset(("CR", "DX", "DR", "MG", "IO", "PX", "RF", "XA", "RG"))
_TOMOGRAPHIC = frozenset(("CT", "MR", "PT", "NM", "OPT", "BDUS", "US", "IVUS", "RTDOSE"))


class Calibration(StrEnum):
    """How far a size in millimetres can be trusted (PS3.3 10.7.1)."""

    CALIBRATED = "calibrated"
    """In the patient: a slice, or a projection that was calibrated on the patient."""
    ESTIMATED = "estimated"
    """At the detector, made smaller by the magnification that the file estimates."""
    AT_DETECTOR = "at detector"
    """On the detector or the film: what is measured is larger than the body part by an unknown factor."""
    NONE = "none"
    """The file does not say: nothing is measured in millimetres."""


@dataclass(frozen=True)
class Spacing:
    """Millimetres from a pixel to its neighbour to the right (`x_mm`) and below (`y_mm`)."""

    x_mm: float
    y_mm: float
    calibration: Calibration
    note: str = ""

    @property
    def aspect(self) -> float:
        """A pixel's height by its width."""
        return self.y_mm / self.x_mm


UNKNOWN = Spacing(1.0, 1.0, Calibration.NONE)


@dataclass(frozen=True, eq=False)
class Plane:
    """A frame's place in the patient (C.7.6.2): centre of the first pixel, directions of rows and columns, spacing."""

    position: Vector
    across: Vector
    down: Vector
    x_mm: float
    y_mm: float
    frame_of_reference: str = ""

    @property
    def normal(self) -> Vector:
        """Towards the viewer's back: across × down."""
        return np.cross(self.across, self.down)

    def patient(self, point: Point) -> Vector:
        """An image point in the patient."""
        x, y = point
        return (self.position + self.across * (self.x_mm * (x - 0.5))
                + self.down * (self.y_mm * (y - 0.5)))

    def pixel(self, place: Vector) -> tuple[Point, float]:
        """The image point below a place of the patient, and how far the place is from the plane, along the normal."""
        away = place - self.position
        return ((float(away @ self.across) / self.x_mm + 0.5, float(away @ self.down) / self.y_mm + 0.5),
                float(away @ self.normal))


@dataclass(frozen=True)
class UltrasoundRegion:
    """A calibrated rectangle of an ultrasound picture (C.8.5.5); units are «cm», «s», «cm/s» …, deltas a pixel's."""

    left: int
    top: int
    right: int
    bottom: int
    x_unit: str
    y_unit: str
    x_delta: float
    y_delta: float
    reference: Point | None
    above: bool = False
    """Whether it lies over the others where they overlap (bit 0 of its flags clear, C.8.5.5.1.3)."""

    def holds(self, point: Point) -> bool:
        """Whether an image point lies in it."""
        return self.left <= point[0] <= self.right + 1 and self.top <= point[1] <= self.bottom + 1

    @property
    def spacing(self) -> Spacing:
        """Millimetres, where both directions are lengths."""
        if self.x_unit == self.y_unit == "cm" and self.x_delta and self.y_delta:
            return Spacing(abs(self.x_delta) * 10, abs(self.y_delta) * 10, Calibration.CALIBRATED, "ultrasound region")
        return UNKNOWN


_UNITS = {0: "", 1: "%", 2: "dB", 3: "cm", 4: "s", 5: "Hz", 6: "dB/s", 7: "cm/s", 8: "cm2", 9: "cm2/s", 12: "°"}


def spacing_of(dataset: Dataset, groups: Groups, frame: int) -> Spacing:
    """The spacing of frame `frame` (from 1), and what it means for this kind of picture."""
    told = _pair(numbers(groups.find(frame, "PixelMeasuresSequence"), "PixelSpacing"))
    if told:
        return Spacing(told[1], told[0], Calibration.CALIBRATED)
    pixel, imager = _pair(numbers(dataset, "PixelSpacing")), _pair(numbers(dataset, "ImagerPixelSpacing"))
    calibration = text(dataset, "PixelSpacingCalibrationType")
    modality = text(dataset, "Modality")
    if pixel and (calibration or (imager and pixel != imager)):
        return Spacing(pixel[1], pixel[0], Calibration.CALIBRATED, calibration)
    if pixel and (modality in _TOMOGRAPHIC or (modality not in _PROJECTION and text(dataset, "ImagePositionPatient"))):
        return Spacing(pixel[1], pixel[0], Calibration.CALIBRATED)
    at_detector = imager or pixel or _pair(numbers(dataset, "NominalScannedPixelSpacing"))
    if not at_detector:
        return UNKNOWN
    factor = number(dataset, "EstimatedRadiographicMagnificationFactor")
    if factor and factor > 0:
        return Spacing(at_detector[1] / factor, at_detector[0] / factor, Calibration.ESTIMATED, f"×{factor:g}")
    return Spacing(at_detector[1], at_detector[0], Calibration.AT_DETECTOR)


def aspect_of(dataset: Dataset, groups: Groups, frame: int) -> float:
    """Pixel height by width: the spacing's, else Pixel Aspect Ratio (0028,0034), which is vertical then horizontal."""
    spacing = spacing_of(dataset, groups, frame)
    if spacing.calibration is not Calibration.NONE:
        return spacing.aspect
    ratio = _pair(numbers(dataset, "PixelAspectRatio"))
    return ratio[0] / ratio[1] if ratio else 1.0


def plane_of(dataset: Dataset, groups: Groups, frame: int) -> Plane | None:
    """The plane of frame `frame` (from 1); None when the file gives it no place in the patient."""
    position = numbers(groups.find(frame, "PlanePositionSequence") or dataset, "ImagePositionPatient")
    directions = numbers(groups.find(frame, "PlaneOrientationSequence") or dataset, "ImageOrientationPatient")
    if len(position) != 3 or len(directions) != 6:
        return None
    return plane_at(position, directions, spacing_of(dataset, groups, frame), text(dataset, "FrameOfReferenceUID"))


def plane_at(position: Sequence[float], directions: Sequence[float], spacing: Spacing,
             frame_of_reference: str) -> Plane | None:
    """A plane from what a header says of it; None when that is no plane, or has no size."""
    if len(position) != 3 or len(directions) != 6 or spacing.calibration is Calibration.NONE:
        return None
    across, down = np.array(directions[:3]), np.array(directions[3:])
    lengths = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    if min(lengths) < 0.5 or abs(float(across @ down)) > 0.02:
        return None
    return Plane(np.array(position), across / lengths[0], down / lengths[1], spacing.x_mm, spacing.y_mm,
                 frame_of_reference)


def ultrasound_regions(dataset: Dataset) -> tuple[UltrasoundRegion, ...]:
    """The regions of an ultrasound picture, in the file's order."""
    found = (_region(entry) for entry in items(dataset, "SequenceOfUltrasoundRegions"))
    return tuple(region for region in found if region is not None)


def spacing_at(dataset: Dataset, groups: Groups, frame: int, *points: Point) -> Spacing:
    """The spacing that holds for all of `points`: an ultrasound region's where there are regions, else the frame's."""
    regions = sorted(ultrasound_regions(dataset), key=lambda region: not region.above)
    if not regions:
        return spacing_of(dataset, groups, frame)
    for region in regions:
        if all(map(region.holds, points)):
            return region.spacing
    return UNKNOWN


def _region(entry: Dataset) -> UltrasoundRegion | None:
    corners = [integer(entry, f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    left, top, right, bottom = corners
    if left is None or top is None or right is None or bottom is None or right < left or bottom < top:
        return None
    reference = integer(entry, "ReferencePixelX0"), integer(entry, "ReferencePixelY0")
    x_unit, y_unit = (_UNITS.get(integer(entry, f"PhysicalUnits{axis}Direction") or 0, "?") for axis in "XY")
    return UltrasoundRegion(
        left, top, right, bottom, x_unit, y_unit,
        number(entry, "PhysicalDeltaX") or 0.0, number(entry, "PhysicalDeltaY") or 0.0,
        None if reference[0] is None or reference[1] is None else (float(reference[0]), float(reference[1])),
        (integer(entry, "RegionFlags") or 0) % 2 == 0)


def _pair(values: tuple[float, ...]) -> tuple[float, float] | None:
    """Two numbers that can be sizes."""
    return (values[0], values[1]) if len(values) == 2 and min(values) > 1e-6 and max(values) < 1e6 else None
