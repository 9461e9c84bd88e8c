"""A folder of DICOM files with its DICOMDIR (PS3.10 8, PS3.12): each file byte for byte as it was handed over."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.fileset import FileSet, RecordNode

from imaging.attributes import raw, text
from imaging.system import put_in_place
from records.errors import Refusal

_PARTS = "PARTS.TMP"
_UID = re.compile(r"[0-9][0-9.]{0,63}")
_NAMES = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
"""What a directory knows a file by; a file from elsewhere may say anything there."""
_FALLBACKS = {"StudyDate": "19000101", "StudyTime": "000000", "StudyID": "1", "SeriesNumber": 0, "InstanceNumber": 0,
              "Modality": "OT", "PatientID": "-", "ContentDate": "19000101", "ContentTime": "000000"}
"""What a directory record must say and a file does not (type 1 in PS3.3 F.5); the file itself is not touched."""
_INSTEAD = {"StudyDate": ("SeriesDate", "ContentDate", "AcquisitionDate"),
            "StudyTime": ("SeriesTime", "ContentTime", "AcquisitionTime")}
"""What says it as well, before a day is put there that none was; as dcmgpdir does."""
_LEVELS = (("PATIENT", ("PatientID", "PatientName")),
           ("STUDY", ("StudyDate", "StudyTime", "StudyID", "StudyInstanceUID", "StudyDescription", "AccessionNumber")),
           ("SERIES", ("Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription")),
           ("IMAGE", ("InstanceNumber",)))
"""The records of a file that lacks what its own kind of record must say."""


@dataclass(frozen=True)
class Written:
    """One file on the medium: its place in the folder, and all its attributes but the pixels."""

    path: Path
    header: Dataset


def write_folder(folder: Path, files: Iterable[bytes]) -> tuple[Written, ...]:
    """Write the files and their DICOMDIR into an empty or new folder; refuses one that already holds something.

    `files` is walked once: what it fetches is on disk before the next is asked for.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Refusal.because("media_not_empty", folder=folder.name)
    parts = folder / _PARTS
    parts.mkdir(parents=True)
    headers: dict[str, Dataset] = {}
    for data in files:
        header = _header(data)
        uid = text(header, "SOPInstanceUID")
        headers[uid] = header
        (parts / uid).write_bytes(data)
    if not headers:
        raise Refusal.because("media_nothing")
    written = _directory(folder, headers)
    for one in written:
        put_in_place(parts / text(one.header, "SOPInstanceUID"), one.path)
    parts.rmdir()
    return written


def check_fit(data: bytes) -> None:
    """Refuses a file that no directory can name, or that is not as PS3.10 has it."""
    header = _header(data)
    if not all(_UID.fullmatch(text(header, keyword)) for keyword in _NAMES):
        raise Refusal.because("media_file_unfit")


def _header(data: bytes) -> Dataset:
    try:
        return dcmread(io.BytesIO(data), stop_before_pixels=True)
    except Exception as error:  # the parser's errors on malformed files are of many kinds
        raise Refusal.because("image_not_dicom") from error


def _directory(folder: Path, headers: dict[str, Dataset]) -> tuple[Written, ...]:
    """DICOMDIR and a small file in each one's place, which the real one then takes."""
    files = FileSet()
    for header in headers.values():
        told = _told(header)
        try:
            files.add(told)
        except ValueError:
            files.add_custom(told, _plain(told))
    files.write(folder)
    files._stage["t"].cleanup()  # its copies of these headers, which it else keeps in the system's folder for a while
    return tuple(Written(Path(one.path), headers[str(one.SOPInstanceUID)]) for one in files)


def _told(header: Dataset) -> Dataset:
    """What the directory can take from a file: its attributes, with what a record may not lack."""
    told = Dataset()
    told.update({element.tag: element for element in header if element.VR != "UN" and not element.tag.is_private})
    told.file_meta = deepcopy(header.file_meta)
    for keyword, fallback in _FALLBACKS.items():
        value = raw(header, keyword)
        if value is None or str(value).strip() == "":
            told.pop(keyword, None)  # not set in place: its elements are the header's own
            setattr(told, keyword, next(filter(None, (_words(header, other) for other in _INSTEAD.get(keyword, ()))),
                                        fallback))
    _tell_document(told)
    return told


def _words(header: Dataset, keyword: str) -> str:
    value = raw(header, keyword)
    return "" if value is None else str(value).strip()


def _tell_document(told: Dataset) -> None:
    """Of a report or key objects when it was verified last, and what its title is narrowed to (F.5.13, F.5.35): pydicom
    looks for the first where no report has it, and would take the whole text into the directory.
    """
    when = [str(one.VerificationDateTime) for one in told.get("VerifyingObserverSequence") or ()
            if one.get("VerificationDateTime")]
    if when and told.get("VerificationFlag") == "VERIFIED":
        told.VerificationDateTime = max(when)
    narrowed = [one for one in told.get("ContentSequence") or () if one.get("RelationshipType") == "HAS CONCEPT MOD"]
    told.pop("ContentSequence", None)
    if narrowed:
        told.ContentSequence = narrowed


def _plain(told: Dataset) -> RecordNode:
    """A file among its patient's pictures, whatever it is."""
    records = [_record(told, kind, keywords) for kind, keywords in _LEVELS]
    records[-1].ReferencedSOPInstanceUIDInFile = told.SOPInstanceUID  # what a node is known by, before it has its file
    nodes = [RecordNode(record) for record in records]
    for above, node in pairwise(nodes):
        node.parent = above
    return nodes[-1]


def _record(told: Dataset, kind: str, keywords: tuple[str, ...]) -> Dataset:
    record = Dataset()
    record.DirectoryRecordType = kind
    for keyword in keywords:
        setattr(record, keyword, told.get(keyword))
    return record
