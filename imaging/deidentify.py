"""A file without its patient: the Basic Application Level Confidentiality Profile (PS3.15 E.2), no option taken.

Which attribute gets which action is the standard's table E.1-1, as the package dicom-anonymizer keeps it. What stands
in the pixels themselves is not looked for: `names_may_be_seen` says where a person has to look first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRBigEndian

from imaging.attributes import integer, text
from records.errors import Refusal

_DRAWN_ON = frozenset(("US", "IVUS", "ES", "XC", "GM", "SM", "OT", "SC", "DOC", "ECG", "RF", "OP", "OPT", "SD"))
"""Modalities whose devices write names into the picture as a rule."""
_WORDS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"))
_NUMBERS = frozenset(("FD", "FL", "SS", "US", "SL", "UL", "SV", "UV"))
_DUMMY = {"AS": "000Y", "UR": "http://removed.invalid", "DS": "0", "IS": "0", "DA": "19000101",
          "DT": "19000101000000", "TM": "000000"}


_BEYOND_THE_TABLE = {
    0x00100033: "X", 0x00100034: "X", 0x00100035: "X",  # birth and death by another calendar, and by which
    0x00401006: "X", 0x00401007: "X", 0x00402006: "X", 0x00402007: "X",  # the order's numbers, retired, still sent
    0x0040A160: "D",  # Text Value: what somebody wrote, in whatever sequence it stands
    0x00081190: "X", 0x0040E010: "X",  # where the file can be fetched
}
"""What table E.1-1 does not name and yet leads to a person."""
_KEPT_UIDS = re.compile(r"(SOPClass|TransferSyntax|Coding|Context|Mapping)")
"""What such a UID names is a class, a coding or a list of codes, by words of the attribute's keyword."""
_STANDARD_UID = "1.2.840.10008."

_BIT_POSITION, _OVERLAY_DATA = 0x0102, 0x3000
_NOT_EMPTY = frozenset((0x00081110,))
"""Referenced Study Sequence: of those that the table may empty, the one that is there with items or not at all."""


class Action(StrEnum):
    """PS3.15 table E.1-1a; where the standard leaves a choice, the one that always keeps a file valid."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    NEW_UID = "U"
    INSIDE = "K"
    """A sequence that stays, what stands in it treated by the same table."""


def deidentified(dataset: Dataset, secret: bytes) -> Dataset:
    """A copy without patient, people, places, dates and private attributes.

    UIDs become others, the same ones for the same `secret`: one secret for all that leaves together, thrown away then.
    Refuses what is no picture (a report's text may name anybody) and a picture that says that names stand in it.
    """
    pictured = any(keyword in dataset for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData", "Rows"))
    if not pictured or not text(dataset, "SOPClassUID"):
        raise Refusal.because("image_not_deidentifiable", text(dataset, "SOPInstanceUID"))
    if text(dataset, "BurnedInAnnotation").upper() == "YES":
        raise Refusal.because("image_names_in_pixels", text(dataset, "SOPInstanceUID"))
    cleaned = _treated(dataset, secret)
    cleaned.PatientName, cleaned.PatientID = "", _short(secret, text(dataset, "PatientID"))
    cleaned.PatientIdentityRemoved = "YES"
    cleaned.DeidentificationMethod = "DICOM PS3.15 E.2 Basic Application Level Confidentiality Profile"
    cleaned.LongitudinalTemporalInformationModified = "REMOVED"
    method = Dataset()
    method.CodeValue, method.CodingSchemeDesignator = "113100", "DCM"
    method.CodeMeaning = "Basic Application Confidentiality Profile"
    cleaned.DeidentificationMethodCodeSequence = Sequence([method])
    cleaned.file_meta = _meta(dataset, cleaned)
    if any((group, _BIT_POSITION) in dataset and (group, _OVERLAY_DATA) not in dataset
           for group in range(0x6000, 0x6020, 2)):
        _clear_unused_bits(cleaned)
    return cleaned


def _clear_unused_bits(cleaned: Dataset) -> None:
    """Old devices draw overlays, with names, into the bits of a pixel that hold no value (PS3.5 8.1.2)."""
    allocated, stored, high = (integer(cleaned, word) or 0 for word in ("BitsAllocated", "BitsStored", "HighBit"))
    if "PixelData" not in cleaned or allocated == stored:
        return
    if cleaned.file_meta.TransferSyntaxUID.is_compressed or allocated not in (8, 16):
        raise Refusal.because("image_names_in_pixels", text(cleaned, "SOPInstanceUID"))
    order = ">" if cleaned.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    words = np.frombuffer(cleaned.PixelData, f"{order}u{allocated // 8}")
    mask = ((1 << stored) - 1) << (high - stored + 1)
    cleaned.PixelData = (words & words.dtype.type(mask)).astype(words.dtype).tobytes()


def names_may_be_seen(dataset: Dataset) -> bool:
    """Whether a person has to look at the picture itself before it leaves without a name."""
    told = text(dataset, "BurnedInAnnotation").upper()
    return told == "YES" or (told != "NO" and text(dataset, "Modality").upper() in _DRAWN_ON)


def action_for(group: int, element: int) -> Action | None:
    """What the table says of an attribute; None: it stays. Private ones and those nobody knows go."""
    # Of curves and overlays the table removes the data (50xx,xxxx), (60xx,3000), (60xx,4000): what describes them goes
    # too, since a description without its data is no valid file.
    if group % 2 or group & 0xFF00 in (0x5000, 0x6000):
        return Action.REMOVE
    told = _actions().get((group, element))
    beyond = _BEYOND_THE_TABLE.get(group << 16 | element)
    if told is None and beyond is not None:
        return Action(beyond)
    if told is None and not dictionary_has_tag(group << 16 | element):
        return Action.REMOVE
    return told


def _stricter(element: DataElement) -> Action | None:
    """What the table leaves by its kind alone: a date, a person's name, a UID that names an object."""
    if element.VR in ("DA", "DT", "PN"):
        return Action.DUMMY
    if element.VR == "UI" and not _KEPT_UIDS.search(element.keyword) and not all(
            str(uid).startswith(_STANDARD_UID) for uid in _many(element)):
        return Action.NEW_UID
    return None


def _treated(dataset: Dataset, secret: bytes) -> Dataset:
    cleaned = Dataset()
    for element in dataset:
        action = action_for(element.tag.group, element.tag.element) or _stricter(element)
        if action is Action.REMOVE or (action is None and element.VR == "UN"):
            continue
        if element.VR == "SQ":
            if action not in (Action.EMPTY, Action.DUMMY):
                items = [_treated(item, secret) for item in element.value]
                cleaned.add(DataElement(element.tag, "SQ", Sequence(items)))
            elif action is Action.EMPTY and element.tag not in _NOT_EMPTY:
                cleaned.add(DataElement(element.tag, "SQ", Sequence()))
            continue
        cleaned.add(element if action is None else _ACTIONS[action](element, secret))
    return cleaned


def _empty(element: DataElement, _secret: bytes) -> DataElement:
    return DataElement(element.tag, element.VR, None)


def _dummy(element: DataElement, secret: bytes) -> DataElement:
    if element.VR == "UI":
        return _new_uid(element, secret)
    value = "REMOVED" if element.VR in _WORDS else 0 if element.VR in _NUMBERS else _DUMMY.get(element.VR, b"\0\0")
    return DataElement(element.tag, element.VR, value)


def _new_uid(element: DataElement, secret: bytes) -> DataElement:
    return DataElement(element.tag, "UI", [other_uid(str(uid), secret) for uid in _many(element) if uid])


def _many(element: DataElement) -> list[Any]:
    """Its values, however many."""
    return list(element.value) if isinstance(element.value, list | tuple) or element.VM > 1 else [element.value]


def other_uid(uid: str, secret: bytes) -> UID:
    """The UID that stands for another (PS3.5 B.2: 2.25 and a number of 128 bits)."""
    digest = hashlib.blake2b(uid.encode(), key=secret[:64], digest_size=16).digest()
    return UID(f"2.25.{int.from_bytes(digest)}")


_ACTIONS: dict[Action, Callable[[DataElement, bytes], DataElement]] = {
    Action.EMPTY: _empty, Action.DUMMY: _dummy, Action.NEW_UID: _new_uid, Action.INSIDE: _empty}


def _short(secret: bytes, patient_id: str) -> str:
    """An ID that joins a patient's files within one export and leads nowhere."""
    return hashlib.blake2b(b"patient:" + patient_id.encode(), key=secret[:64], digest_size=4).hexdigest().upper()


def _meta(before: Dataset, after: Dataset) -> FileMetaDataset:
    """File meta anew: nothing of the sender stays."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = after.SOPClassUID
    meta.MediaStorageSOPInstanceUID = after.SOPInstanceUID
    meta.TransferSyntaxUID = before.file_meta.TransferSyntaxUID
    return meta


@cache
def _actions() -> dict[tuple[int, int], Action]:
    """Single attributes."""
    told = ((table.X_TAGS, Action.REMOVE), (table.Z_TAGS, Action.EMPTY), (table.D_TAGS, Action.DUMMY),
            (table.U_TAGS, Action.NEW_UID), (table.Z_D_TAGS, Action.DUMMY), (table.X_Z_TAGS, Action.EMPTY),
            (table.X_D_TAGS, Action.DUMMY), (table.X_Z_D_TAGS, Action.DUMMY), (table.X_Z_U_STAR_TAGS, Action.INSIDE))
    return {tag: action for tags, action in told for tag in tags if len(tag) == 2}
