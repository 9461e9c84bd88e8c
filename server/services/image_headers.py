"""What an arriving DICOM file says of itself: the attributes by which it is filed, and none of its pixels.

Names follow DICOM PS3.6. A file that lacks the four identifiers without which nothing can be filed is refused; anything
else may be missing or wrong: an image with a bad date is still an image.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydicom import Dataset, FileMetaDataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from imaging.header import FLOAT_PIXELS, inflated_start, meta_of
from imaging.sources import MIB, InMemory, Parts
from imaging.weighing import Counted, demand_light
from records.errors import Refusal
from records.image_identity import Named
from server.services import image_metadata

_UID = re.compile(r"(?=[.]*[0-9])[0-9.]{1,64}")
"""A unique identifier (PS3.5 section 9): digits and dots; that a part begins with zero is overlooked."""
_TEXTS = frozenset({"AE", "AS", "CS", "DA", "LO", "PN", "SH", "TM", "UI"})
_SPECIAL = re.compile(rb"[\\\x1b]")
"""What separates values, and what begins another character set (PS3.5 6.1.2)."""
_OF_REQUEST = (("00400009", "ScheduledProcedureStepID"), ("00401001", "RequestedProcedureID"))
_MOST_REQUESTS = 100
_INFLATED = 256 * MIB
"""Of a deflated file so much is unpacked, for what stands before its pixels."""


@dataclass(frozen=True)
class Study:
    """Study and patient level."""

    uid: str
    named: Named
    accession: str
    study_no: str
    date: str
    time: str
    description: str
    referring: str


@dataclass(frozen=True)
class Series:
    """Series level; `number` is nothing where the device gave none."""

    uid: str
    modality: str
    number: int | None
    description: str
    body_part: str
    laterality: str
    date: str
    time: str
    station: str
    step_date: str
    step_time: str
    requests: list[dict[str, Any]]
    """Of each scheduled step that it answers its number and its procedure's, in DICOM's JSON."""


@dataclass(frozen=True)
class Instance:
    """One file: where it belongs, and its size in pixels where it has pixels."""

    uid: str
    sop_class: str
    transfer_syntax: str
    number: int | None
    height: int | None
    width: int | None
    frames: int
    bits: int | None
    study: Study
    series: Series
    metadata: bytes
    """All that the file says before its pixels, as `services.image_metadata` keeps it."""


def read_header(file: bytes) -> Instance:
    """File it by its own words; refuses what is no DICOM file, or says neither what it is nor where it belongs."""
    data = parse(file)
    with warnings.catch_warnings():
        # Once around all: it costs more than to read a value.
        warnings.simplefilter("ignore")
        return _instance(data)


def _instance(data: Dataset) -> Instance:
    meta = data.file_meta
    # First: it reads the bytes of what was not read yet, and a value that was takes it ten times as long.
    metadata = image_metadata.made(data)
    return Instance(
        uid=_uid(data, "SOPInstanceUID"), sop_class=_uid(data, "SOPClassUID"),
        transfer_syntax=_syntax(meta), number=_whole(data, "InstanceNumber"),
        height=_whole(data, "Rows"), width=_whole(data, "Columns"), frames=max(1, _whole(data, "NumberOfFrames") or 1),
        bits=_whole(data, "BitsAllocated"),
        study=_study(data), series=_series(data), metadata=metadata)


def belongs(file: bytes) -> tuple[str, str]:
    """The study of which a file says that it is, and the patient number that it bears."""
    data = parse(file)
    return _uid(data, "StudyInstanceUID"), _text(data, "PatientID")


def parse(file: bytes) -> Dataset:
    """The file's attributes up to its pixels."""
    try:
        with warnings.catch_warnings():
            # Devices break the standard in small ways; what matters is asked of each value where it is used.
            warnings.simplefilter("ignore")
            return _light(file)
    except InvalidDicomError as error:
        raise Refusal.because("image_not_dicom") from error
    except Refusal:
        raise
    except Exception as error:
        # pydicom raises whatever a damaged length or a wrong encoding leads to; all of it means the same.
        raise Refusal.because("image_unreadable", detail=f"{type(error).__name__}: {error}"[:200]) from error


def _light(file: bytes) -> Dataset:
    parts = Parts()
    try:
        data = _deflated(file, parts)
        if data is None:
            data = dcmread(Counted(file, parts), stop_before_pixels=True)
        demand_light(data, parts)
    except Exception:
        parts.demand()
        raise
    return data


def _deflated(file: bytes, parts: Parts) -> Dataset | None:
    """The attributes of a deflated file; nothing for any other. pydicom would unpack the whole, however large."""
    try:
        syntax, start = meta_of(InMemory(file))
    except Refusal:
        return None  # what is wrong with it, its parser says
    if syntax != DeflatedExplicitVRLittleEndian:
        return None
    unpacked, _ = inflated_start(file[start:], _INFLATED)
    data = read_dataset(Counted(unpacked, parts), False, True,
                        stop_when=lambda tag, _vr, _length: tag >= FLOAT_PIXELS)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    return data


def _study(data: Dataset) -> Study:
    return Study(
        uid=_uid(data, "StudyInstanceUID"),
        named=Named(_text(data, "PatientID"), _text(data, "PatientName"), _text(data, "PatientBirthDate"),
                    _text(data, "PatientSex")[:1].upper()),
        accession=_text(data, "AccessionNumber"), study_no=_text(data, "StudyID"), date=_text(data, "StudyDate"),
        time=_text(data, "StudyTime"), description=_text(data, "StudyDescription"),
        referring=_text(data, "ReferringPhysicianName"))


def _series(data: Dataset) -> Series:
    return Series(
        uid=_uid(data, "SeriesInstanceUID"), modality=_text(data, "Modality"), number=_whole(data, "SeriesNumber"),
        description=_text(data, "SeriesDescription"), body_part=_text(data, "BodyPartExamined"),
        laterality=_text(data, "Laterality"), date=_text(data, "SeriesDate"), time=_text(data, "SeriesTime"),
        station=_text(data, "StationName"), step_date=_text(data, "PerformedProcedureStepStartDate"),
        step_time=_text(data, "PerformedProcedureStepStartTime"), requests=_requests(data))


def _requests(data: Dataset) -> list[dict[str, Any]]:
    told = []
    for item in (_value(data, "RequestAttributesSequence") or ())[:_MOST_REQUESTS]:
        texts = {tag: _text(item, keyword) for tag, keyword in _OF_REQUEST}
        told.append({tag: {"vr": "SH", "Value": [text]} for tag, text in texts.items() if text})
    return [one for one in told if one]


def _uid(data: Dataset, keyword: str) -> str:
    value = _text(data, keyword)
    if not _UID.fullmatch(value):
        raise Refusal.because("image_uid_wrong", keyword)
    return value


def _syntax(meta: Dataset) -> str:
    """The transfer syntax; empty where the file gives none that could be one: it is told in headers of answers."""
    told = _text(meta, "TransferSyntaxUID")
    return told if _UID.fullmatch(told) else ""


def _text(data: Dataset, keyword: str) -> str:
    """The value as text; empty where it is missing or cannot be read."""
    value = _plain(data, keyword)
    if value is None:
        value = _value(data, keyword)
    return "" if value is None else " ".join(str(value).replace("\x00", "").split())[:400]


def _whole(data: Dataset, keyword: str) -> int | None:
    """The value as a number that a column can hold."""
    try:
        number = int(str(_value(data, keyword)))
    except ValueError:
        return None
    return number if abs(number) < 1 << 31 else None


def _plain(data: Dataset, keyword: str) -> str | None:
    """One value in plain letters, as almost all are; nothing of any other kind: that pydicom reads, much slower."""
    element = data._dict.get(_tag(keyword))
    if not isinstance(element, RawDataElement) or element.VR not in _TEXTS or not element.value:
        return None
    value = element.value
    return value.decode("ascii") if value.isascii() and not _SPECIAL.search(value) else None


@cache
def _tag(keyword: str) -> BaseTag:
    return Tag(keyword)


def _value(data: Dataset, keyword: str) -> Any:
    try:
        return data.get(keyword)
    except Exception:
        return None
