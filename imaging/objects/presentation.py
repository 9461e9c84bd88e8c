"""Softcopy presentation states (PS3.3 A.33.1, A.33.2): how others, or we, left pictures to be looked at; read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from pydicom.dataset import Dataset
from pydicom.uid import ColorSoftcopyPresentationStateStorage

from imaging.attributes import item, items, number, numbers, raw, text
from imaging.cielab import Rgb
from imaging.encoded import PixelFormat
from imaging.geometry import Point
from imaging.grey import Modality, Shape, Table, Window
from imaging.grey_of import table_of
from imaging.objects.graphics import Annotation, Layer, annotations_of, layers_of, references_in
from imaging.objects.kinds import PRESENTATIONS
from imaging.objects.references import ImageReference, of_series
from imaging.objects.shutters import Shutter, shutters_of
from imaging.overlays import Overlay, overlays_of
from imaging.sampling import Region
from imaging.veils import shutter_colour, shutter_level
from records.errors import Refusal

_MOST = 20_000
_SEGMENTS = PixelFormat(rows=1, columns=1, frames=1, samples=1, photometric="MONOCHROME2", allocated=8, stored=8,
                        high_bit=7, signed=False, planar=False, real=False, big_endian=False)


class Mode(StrEnum):
    """Presentation Size Mode (0070,0100)."""

    FIT = "SCALE TO FIT"
    TRUE_SIZE = "TRUE SIZE"
    MAGNIFY = "MAGNIFY"


@dataclass(frozen=True)
class Area:
    """The part of the images that is shown, in pixels before any turning. `aspect`: pixel height by width.

    `spacing` (x, y) is millimetres, where the state gives them; `magnification` is display by image pixels.
    """

    region: Region
    mode: Mode = Mode.FIT
    aspect: float = 1.0
    spacing: tuple[float, float] | None = None
    magnification: float | None = None
    images: tuple[ImageReference, ...] = ()


@dataclass(frozen=True)
class VoiFor:
    """A window or table, and the images that it is for; none named means all."""

    voi: Window | Table
    images: tuple[ImageReference, ...] = ()


@dataclass(frozen=True)
class Presentation:
    """All that a state says. Mirrored left to right first, then turned clockwise, as `imaging.rendering.View` does.

    `coloured`: a state for colour pictures, without grey levels. `inverse`: greys are inverted after VOI and `lut`.
    """

    label: str
    description: str
    creator: str
    images: tuple[ImageReference, ...]
    areas: tuple[Area, ...]
    mirrored: bool = False
    quarter_turns: int = 0
    modality: Modality = field(default_factory=Modality)
    vois: tuple[VoiFor, ...] = ()
    inverse: bool = False
    lut: Table | None = None
    coloured: bool = False
    shutters: tuple[Shutter, ...] = ()
    shutter_level: int = 0
    shutter_colour: Rgb | None = None
    shutter_lab: tuple[float, ...] = ()
    """The same as the file says it."""
    layers: tuple[Layer, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    planes: tuple[Overlay, ...] = ()

    def shows(self, instance_uid: str, frame: int) -> bool:
        """Whether the state is for this frame."""
        return any(image.covers(instance_uid, frame) for image in self.images)

    def area(self, instance_uid: str, frame: int) -> Area | None:
        """The displayed area of one frame."""
        return next((area for area in self.areas if meant(area.images, instance_uid, frame)), None)

    def voi(self, instance_uid: str, frame: int) -> Window | Table | None:
        """Its window or table; none means the identity."""
        return next((entry.voi for entry in self.vois if meant(entry.images, instance_uid, frame)), None)


def meant(images: tuple[ImageReference, ...], instance_uid: str, frame: int) -> bool:
    """Whether an item for these images is for this frame; for none is for all."""
    return not images or any(image.covers(instance_uid, frame) for image in images)


def read_presentation(dataset: Dataset) -> Presentation:
    """Refuses other kinds of states, and what shows nothing."""
    if text(dataset, "SOPClassUID") not in PRESENTATIONS:
        raise Refusal.because("presentation_kind_unknown")
    study = text(dataset, "StudyInstanceUID")
    images = tuple(of_series(items(dataset, "ReferencedSeriesSequence"), study))
    areas = tuple(filter(None, map(_area, islice(items(dataset, "DisplayedAreaSelectionSequence"), _MOST))))
    if not images:
        raise Refusal.because("presentation_names_none")
    flipped = text(dataset, "ImageHorizontalFlip").upper() == "Y"
    turns = round((number(dataset, "ImageRotation") or 0) / 90) % 4
    modality = _modality(dataset)
    shape = text(dataset, "PresentationLUTShape").upper()
    return Presentation(
        label=text(dataset, "ContentLabel"), description=text(dataset, "ContentDescription"),
        creator=text(dataset, "ContentCreatorName"), images=images, areas=areas, mirrored=flipped,
        # DICOM turns first and flips then (C.10.6): turned about, that is flipped first and turned the other way.
        quarter_turns=-turns % 4 if flipped else turns, modality=modality, vois=_vois(dataset, modality),
        inverse=shape == "INVERSE", lut=_presentation_lut(dataset),
        coloured=text(dataset, "SOPClassUID") == ColorSoftcopyPresentationStateStorage,
        shutters=shutters_of(dataset), shutter_level=shutter_level(dataset), shutter_colour=shutter_colour(dataset),
        shutter_lab=tuple(numbers(dataset, "ShutterPresentationColorCIELabValue")),
        layers=layers_of(dataset), annotations=annotations_of(dataset), planes=overlays_of(dataset, _SEGMENTS, 1, None))


def _area(entry: Dataset) -> Area | None:
    corners = numbers(entry, "DisplayedAreaTopLeftHandCorner"), numbers(entry, "DisplayedAreaBottomRightHandCorner")
    if len(corners[0]) != 2 or len(corners[1]) != 2 or max(map(abs, (*corners[0], *corners[1]))) > 1e7:
        return None
    (left, right), (top, bottom) = (sorted((corners[0][axis], corners[1][axis])) for axis in (0, 1))
    told = text(entry, "PresentationSizeMode").upper()
    spacing, ratio = _sizes(entry, "PresentationPixelSpacing"), _sizes(entry, "PresentationPixelAspectRatio")
    aspect = spacing[0] / spacing[1] if spacing else ratio[0] / ratio[1] if ratio else 1.0
    return Area(Region(left - 1, top - 1, right - left + 1, bottom - top + 1),
                Mode(told) if told in list(Mode) else Mode.FIT, aspect if 0.01 <= aspect <= 100 else 1.0,
                (spacing[1], spacing[0]) if spacing else None,
                number(entry, "PresentationPixelMagnificationRatio"), references_in(entry))


def _sizes(entry: Dataset, keyword: str) -> tuple[float, float] | None:
    found = numbers(entry, keyword)
    return (found[0], found[1]) if len(found) == 2 and min(found) > 1e-6 else None


def _modality(dataset: Dataset) -> Modality:
    """The state's own, whatever the images say (PS3.4 N.2.1.1)."""
    lut = item(dataset, "ModalityLUTSequence")
    table = None if lut is None else table_of(lut, signed=_signed(lut), big_endian=False)
    if table is not None:
        return Modality(table=table)
    unit = text(dataset, "RescaleType").upper()
    return Modality(number(dataset, "RescaleSlope") or 1.0, number(dataset, "RescaleIntercept") or 0.0,
                    unit="" if unit == "US" else unit)


def _vois(dataset: Dataset, modality: Modality) -> tuple[VoiFor, ...]:
    found = []
    for entry in islice(items(dataset, "SoftcopyVOILUTSequence"), _MOST):
        voi = _voi(entry, signed=modality.intercept < 0)
        if voi is not None:
            found.append(VoiFor(voi, references_in(entry)))
    return tuple(found)


def _voi(entry: Dataset, *, signed: bool) -> Window | Table | None:
    lut = item(entry, "VOILUTSequence")
    if lut is not None:
        return table_of(lut, signed=signed or _signed(lut), big_endian=False)
    center, width = number(entry, "WindowCenter"), number(entry, "WindowWidth")
    if center is None or width is None or width <= 0:
        return None
    told = text(entry, "VOILUTFunction").upper()
    return Window(center, width, Shape(told) if told in list(Shape) else Shape.LINEAR,
                  text(entry, "WindowCenterWidthExplanation").split("\\", maxsplit=1)[0])


def _presentation_lut(dataset: Dataset) -> Table | None:
    lut = item(dataset, "PresentationLUTSequence")
    return None if lut is None else table_of(lut, signed=False, big_endian=False)


def _signed(lut: Dataset) -> bool:
    return raw(lut, "LUTDescriptor") is not None and lut["LUTDescriptor"].VR == "SS"


def corners(area: Region, *, mirrored: bool, quarter_turns: int) -> tuple[Point, Point]:
    """The image points that stand top left and bottom right on the display."""
    right, bottom = area.left + area.width, area.top + area.height
    around = [(area.left, area.top), (right, area.top), (right, bottom), (area.left, bottom)]
    if mirrored:
        around = [around[1], around[0], around[3], around[2]]
    return around[-quarter_turns % 4], around[(2 - quarter_turns) % 4]
