"""Softcopy presentation states written: how a reader looks at frames, and what is drawn on them, as a DICOM file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ColorSoftcopyPresentationStateStorage, GrayscaleSoftcopyPresentationStateStorage

from imaging.attributes import item, text
from imaging.geometry import Calibration, aspect_of, spacing_of
from imaging.grey import FullDynamic, Modality, Shape, Table, Voi, full_window
from imaging.image import Frame, Image
from imaging.objects.graphics import Annotation, Figure, Graphic, Words
from imaging.objects.icc import SRGB
from imaging.objects.presentation import corners
from imaging.objects.references import ImageReference, by_series, written_reference
from imaging.objects.shutters_file import Shut, shut_of, written_shutters
from imaging.objects.writing import Making, as_file, begun, date_of, time_of
from imaging.rendering import View
from imaging.sampling import Region
from records.errors import Refusal

_LAYER = "MEASURES"
_YELLOW = (57538, 34156, 49144)
"""The recommended colour of what we draw, CIELab as DICOM packs it: the viewer's own for lengths."""


@dataclass(frozen=True, eq=False)
class Taken:
    """One frame as it is looked at, with its decoded pixels (a full-dynamic window needs them) and its drawings."""

    image: Image
    frame: Frame
    view: View
    drawings: tuple[Graphic, ...] = ()
    texts: tuple[Words, ...] = ()
    laid: Shut | None = None
    """What covers it in the place of its own shutter."""

    @property
    def shutters(self) -> Dataset:
        """As a state says what covers it."""
        shut = shut_of(self.image.dataset) if self.laid is None else self.laid
        return written_shutters(shut, grey=self.frame.is_grey)

    @property
    def reference(self) -> ImageReference:
        """The frame's own place."""
        who = self.image.identity
        many = self.image.format.frames > 1
        return ImageReference(who.class_uid, who.instance_uid, (self.frame.number,) if many else (), who.series_uid,
                              who.study_uid)

    @property
    def alike(self) -> tuple[object, ...]:
        """What one state says once for all its images: takes that differ in it need states of their own."""
        grey = self.image.grey(self.frame.number)
        table = None if grey.modality.table is None else grey.modality.table.entries.tobytes()
        return (self.image.identity.study_uid, self.frame.is_grey, self.view.mirrored, self.view.quarter_turns % 4,
                grey.inverted != self.view.invert, grey.modality.slope, grey.modality.intercept, table,
                self.shutters.to_json())


def grouped(taken: list[Taken]) -> list[list[Taken]]:
    """As few groups as there must be states."""
    groups: dict[tuple[object, ...], list[Taken]] = {}
    for one in taken:
        groups.setdefault(one.alike, []).append(one)
    return list(groups.values())


def written_presentation(taken: list[Taken], making: Making, *, label: str, description: str = "", creator: str = "",
                         ) -> bytes:
    """One state for frames that are `alike`, as a file in their study."""
    if not taken or len(grouped(taken)) > 1:
        raise Refusal.because("presentation_views_differ")
    first = taken[0]
    grey = first.frame.is_grey
    made = begun(first.image.dataset, making, GrayscaleSoftcopyPresentationStateStorage if grey else
                 ColorSoftcopyPresentationStateStorage, "PR")
    made.Laterality = text(first.image.dataset, "Laterality") or None
    made.ContentLabel, made.ContentDescription = label.upper()[:16], description[:64] or None
    made.ContentCreatorName = creator or None
    made.PresentationCreationDate, made.PresentationCreationTime = date_of(making.at), time_of(making.at)
    made.ReferencedSeriesSequence = by_series([one.reference for one in taken], "ReferencedImageSequence")
    made.DisplayedAreaSelectionSequence = [_area(one) for one in taken]
    if first.view.mirrored or first.view.quarter_turns % 4:
        turns = -first.view.quarter_turns if first.view.mirrored else first.view.quarter_turns
        made.ImageRotation, made.ImageHorizontalFlip = turns % 4 * 90, "Y" if first.view.mirrored else "N"
    made.update(first.shutters)
    if grey:
        _put_grey(made, taken)
    else:
        made.ICCProfile, made.ColorSpace = SRGB, "SRGB"
    if any(one.drawings or one.texts for one in taken):
        _put_drawings(made, taken)
    return as_file(made)


def _put_grey(made: Dataset, taken: list[Taken]) -> None:
    first = taken[0]
    grey = first.image.grey(first.frame.number)
    _put_modality(made, grey.modality, first.image.dataset)
    made.SoftcopyVOILUTSequence = [_voi(one) for one in taken]
    made.PresentationLUTShape = "INVERSE" if grey.inverted != first.view.invert else "IDENTITY"


def _put_modality(made: Dataset, modality: Modality, of: Dataset) -> None:
    if modality.table is not None:
        entry = _table(modality.table)
        entry.ModalityLUTType = text(item(of, "ModalityLUTSequence"), "ModalityLUTType") or "US"
        made.ModalityLUTSequence = [entry]
    elif (modality.slope, modality.intercept) != (1.0, 0.0) or modality.unit:
        made.RescaleSlope, made.RescaleIntercept = decimal(modality.slope), decimal(modality.intercept)
        made.RescaleType = "HU" if modality.unit == "HU" else "US"


def _area(one: Taken) -> Dataset:
    entry = Dataset()
    entry.ReferencedImageSequence = [written_reference(one.reference)]
    whole = Region(0, 0, one.frame.columns, one.frame.rows)
    first, last = corners(_on_pixels(one.view.region or whole), mirrored=one.view.mirrored,
                          quarter_turns=one.view.quarter_turns)
    entry.DisplayedAreaTopLeftHandCorner = [_pixel(a, b) for a, b in zip(first, last, strict=True)]
    entry.DisplayedAreaBottomRightHandCorner = [_pixel(b, a) for a, b in zip(first, last, strict=True)]
    entry.PresentationSizeMode = "SCALE TO FIT"
    spacing = spacing_of(one.image.dataset, one.image.groups, one.frame.number)
    if spacing.calibration is Calibration.CALIBRATED:
        entry.PresentationPixelSpacing = [decimal(spacing.y_mm), decimal(spacing.x_mm)]
    else:
        ratio = Fraction(aspect_of(one.image.dataset, one.image.groups, one.frame.number)).limit_denominator(10_000)
        entry.PresentationPixelAspectRatio = [ratio.numerator or 1, ratio.denominator]
    return entry


def _on_pixels(region: Region) -> Region:
    """The state names whole pixels: borders at the nearest ones, one pixel at least."""
    left, top = round(region.left), round(region.top)
    return Region(left, top, max(1, round(region.left + region.width) - left),
                  max(1, round(region.top + region.height) - top))


def _pixel(corner: float, opposite: float) -> int:
    """The number (from 1) of the pixel that lies within, at a border."""
    return round(corner) + 1 if corner < opposite else round(corner)


def _voi(one: Taken) -> Dataset:
    grey = one.image.grey(one.frame.number)
    voi: Voi = one.view.voi or grey.default
    if isinstance(voi, FullDynamic):
        voi = full_window(grey, one.frame.values)
    entry = Dataset()
    entry.ReferencedImageSequence = [written_reference(one.reference)]
    if isinstance(voi, Table):
        entry.VOILUTSequence = [_table(voi)]
        return entry
    entry.WindowCenter, entry.WindowWidth = decimal(voi.center), decimal(voi.width)
    if voi.shape is not Shape.LINEAR:
        entry.VOILUTFunction = voi.shape.value
    if voi.name:
        entry.WindowCenterWidthExplanation = voi.name[:64]
    return entry


def _table(table: Table) -> Dataset:
    entry = Dataset()
    signed = table.first < 0
    entry.add_new(0x00283002, "SS" if signed else "US", [
        _word(len(table.entries) % 65536, signed=signed), table.first, table.bits])
    if table.name:
        entry.LUTExplanation = table.name[:64]
    entry.add_new(0x00283006, "OW", table.entries.astype("<u2").tobytes())
    return entry


def _word(value: int, *, signed: bool) -> int:
    return value - 65536 if signed and value > 0x7FFF else value


def _put_drawings(made: Dataset, taken: list[Taken]) -> None:
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder = _LAYER, 1
    layer.GraphicLayerRecommendedDisplayGrayscaleValue = 65535
    layer.GraphicLayerRecommendedDisplayCIELabValue = list(_YELLOW)
    made.GraphicLayerSequence = [layer]
    made.GraphicAnnotationSequence = [_annotation(one) for one in taken if one.drawings or one.texts]


def annotation_of(one: Taken) -> Annotation:
    """What reading the written state gives back for a take."""
    return Annotation(_LAYER, one.drawings, one.texts, (ImageReference(
        one.reference.class_uid, one.reference.instance_uid, one.reference.frames),))


def _annotation(one: Taken) -> Dataset:
    entry = Dataset()
    entry.ReferencedImageSequence = [written_reference(one.reference)]
    entry.GraphicLayer = _LAYER
    if one.drawings:
        entry.GraphicObjectSequence = [_graphic(graphic) for graphic in one.drawings]
    if one.texts:
        entry.TextObjectSequence = [_words(words) for words in one.texts]
    return entry


def _graphic(graphic: Graphic) -> Dataset:
    entry = Dataset()
    entry.GraphicAnnotationUnits = "DISPLAY" if graphic.on_display else "PIXEL"
    entry.GraphicDimensions = 2
    entry.NumberOfGraphicPoints = len(graphic.points)
    entry.GraphicData = [float(np.float32(value)) for point in graphic.points for value in point]
    entry.GraphicType = graphic.figure.value
    closed = graphic.points[0] == graphic.points[-1]
    if graphic.figure in (Figure.CIRCLE, Figure.ELLIPSE) or (graphic.figure is not Figure.POINT and closed):
        entry.GraphicFilled = "Y" if graphic.filled else "N"
    return entry


def _words(words: Words) -> Dataset:
    entry = Dataset()
    entry.UnformattedTextValue = words.text.replace("\n", "\r\n")[:1024]
    if words.box is not None:
        entry.BoundingBoxAnnotationUnits = "DISPLAY" if words.box_on_display else "PIXEL"
        entry.BoundingBoxTopLeftHandCorner, entry.BoundingBoxBottomRightHandCorner = map(list, words.box)
        entry.BoundingBoxTextHorizontalJustification = words.justified
    if words.anchor is not None:
        entry.AnchorPointAnnotationUnits = "DISPLAY" if words.anchor_on_display else "PIXEL"
        entry.AnchorPoint = list(words.anchor)
        entry.AnchorPointVisibility = "Y" if words.anchor_visible else "N"
    return entry


def decimal(value: float) -> str:
    """DS: the shortest text of at most 16 characters for a number."""
    for digits in range(17, 5, -1):
        told = f"{value:.{digits}g}"
        if len(told) <= 16 and (digits < 16 or float(told) == value):
            return told
    return f"{value:.6g}"
