"""A frame's grey levels read from its header: per frame, else shared, else the top, as enhanced files nest them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import integer, item, items, number, numbers, raw, text
from imaging.encoded import PixelFormat
from imaging.grey import Grey, Modality, Padding, Shape, Table, Window
from imaging.groups import Groups

_UNITS = {"HU": "HU", "CNTS": "CNTS", "BQML": "Bq/ml", "GML": "g/ml", "CM2ML": "cm2/ml", "MGML": "mg/ml",
          "OD": "OD", "PCT": "%", "Z_EFF": "Z", "ED": "1e23/ml", "EDW": "", "HU_MOD": "HU", "US": "", "1": ""}


def grey_of(dataset: Dataset, form: PixelFormat, groups: Groups, frame: int) -> Grey:
    """How frame `frame` (from 1) is read."""
    wide = _modality(dataset, form, groups, frame)
    return Grey(wide, tuple(_presets(dataset, form, groups, frame, wide)), _inverted(dataset, form),
                _padding(dataset, form))


def _inverted(dataset: Dataset, form: PixelFormat) -> bool:
    """A shape rules where there is one (C.11.6.1.2): MONOCHROME1 beside IDENTITY contradicts itself, and dcmtk and
    other viewers read it by its shape.
    """
    shape = text(dataset, "PresentationLUTShape").upper()
    return shape == "INVERSE" if shape in ("IDENTITY", "INVERSE") else form.photometric == "MONOCHROME1"


def _modality(dataset: Dataset, form: PixelFormat, groups: Groups, frame: int) -> Modality:
    place = groups.find(frame, "PixelValueTransformationSequence") or dataset
    lut = item(dataset, "ModalityLUTSequence")
    if lut is not None:
        table = table_of(lut, signed=form.signed, big_endian=form.big_endian)
        if table is not None:
            return Modality(table=table, unit=_unit(text(lut, "ModalityLUTType"), dataset))
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    if not slope:
        return Modality(unit=_unit(text(place, "RescaleType"), dataset) if text(dataset, "Modality") == "PT" else "")
    return Modality(slope, intercept or 0.0, unit=_unit(text(place, "RescaleType"), dataset))


def _unit(told: str, dataset: Dataset) -> str:
    """What the values are in. CT that does not say is in Hounsfield units, save for localizers; PET says it apart."""
    modality = text(dataset, "Modality")
    if modality == "PT":
        return _UNITS.get(text(dataset, "Units").upper(), "")
    if told:
        return _UNITS.get(told.upper(), told)
    return "HU" if modality == "CT" and "LOCALIZER" not in text(dataset, "ImageType").upper() else ""


def _presets(dataset: Dataset, form: PixelFormat, groups: Groups, frame: int,
             modality: Modality) -> Iterator[Window | Table]:
    place = groups.find(frame, "FrameVOILUTSequence") or dataset
    signed = form.signed if modality.slope > 0 and modality.intercept == 0 else modality.intercept < 0 or form.signed
    for lut in items(place, "VOILUTSequence"):
        table = table_of(lut, signed=signed, big_endian=form.big_endian)
        if table is not None:
            yield table
    centers, widths = numbers(place, "WindowCenter"), numbers(place, "WindowWidth")
    names = text(place, "WindowCenterWidthExplanation").split("\\")
    told = text(place, "VOILUTFunction").upper()
    shape = Shape(told) if told in list(Shape) else Shape.LINEAR
    for place_no, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width > 0:
            yield Window(center, width, shape, names[place_no].strip() if place_no < len(names) else "")


def table_of(lut: Dataset, *, signed: bool, big_endian: bool) -> Table | None:
    """A look-up table of the file (C.11.1.1.1); None when it is malformed."""
    told, entries = numbers(lut, "LUTDescriptor"), entries_of(raw(lut, "LUTData"), big_endian=big_endian)
    if len(told) != 3 or entries is None:
        return None
    count, first, bits = int(told[0]) & 0xFFFF or 1 << 16, int(told[1]), int(told[2]) & 0xFFFF
    if signed and first > 0x7FFF:
        first -= 1 << 16
    elif not signed and first < 0:
        first += 1 << 16
    if len(entries) * 2 in (count, count + 1):  # 8-bit entries packed two in a word
        entries = entries.astype("<u2").view(np.uint8).astype(np.uint16)
    if len(entries) < count or not count:
        return None
    entries = entries[:count]
    top = int(entries.max()).bit_length()
    return Table(first, entries, max(top, bits if 8 <= bits <= 16 else 16 if top > 8 else 8),
                 text(lut, "LUTExplanation"))


def entries_of(value: Any, *, big_endian: bool) -> NDArray[np.uint16] | None:
    """LUT data as 16-bit words, of whichever VR it was written in."""
    if isinstance(value, bytes):
        return np.frombuffer(value[:len(value) // 2 * 2], ">u2" if big_endian else "<u2").astype(np.uint16)
    try:
        return np.asarray([int(entry) & 0xFFFF for entry in value], np.uint16)
    except (TypeError, ValueError):
        return None


def _padding(dataset: Dataset, form: PixelFormat) -> Padding | None:
    low = integer(dataset, "PixelPaddingValue")
    if low is None:
        return None
    ends = [_signed(value, form) for value in (low, integer(dataset, "PixelPaddingRangeLimit")) if value is not None]
    return Padding(min(ends), max(ends))


def _signed(value: int, form: PixelFormat) -> int:
    """US or SS by the pixels' sign, though files mix them up."""
    bits = form.allocated
    if form.signed and value >= 1 << (bits - 1):
        return value - (1 << bits)
    return value + (1 << bits) if not form.signed and value < 0 else value
