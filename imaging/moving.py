"""Copies of images under UIDs of their own: for those that a device sent under the study of another patient.

The pixels are the same bytes and the patient is named as before; what the UIDs were stands in the Original Attributes
Sequence (PS3.3 C.12.1.1.9), as IHE has corrections made (PIR, IOCM). New UIDs follow from the old by rule: images that
are moved later come into the same study, and references among those that move together go on leading to each other.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from pydicom import DataElement, Dataset, Sequence, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR

from records.errors import Refusal

_OURS = UUID("0d6f3a6c-1c55-5b0e-9d5e-6a1f5a7c2e44")
"""The name space in which the rule makes its UIDs."""
_OWN = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


@dataclass(frozen=True)
class Moving:
    """Which images move together (by SOP Instance UID), why just these (`words`: with which the rule begins), when."""

    words: str
    images: Collection[str]
    at: datetime

    def uid(self, old: str) -> str:
        """The UID in the place of that one (PS3.5 B.2)."""
        return f"2.25.{uuid5(_OURS, self.words + old).int}"


def copy(file: bytes, moving: Moving) -> bytes:
    """The copy; refuses a file that cannot be written again."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what its device broke of the standard, it goes on breaking
            data = dcmread(io.BytesIO(file))
            _name_anew(data, moving)
            written = io.BytesIO()
            data.save_as(written, enforce_file_format=True)
    except Exception as error:
        # pydicom raises whatever a damaged length or a wrong encoding leads to.
        raise Refusal.because("image_unreadable", detail=f"{type(error).__name__}: {error}"[:200]) from error
    return written.getvalue()


def _name_anew(data: Dataset, moving: Moving) -> None:
    _follow(data, moving)
    before = Dataset()
    for keyword in _OWN:
        old = str(data[keyword].value)
        setattr(before, keyword, old)
        setattr(data, keyword, moving.uid(old))
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    item = Dataset()
    item.SourceOfPreviousValues = ""
    item.AttributeModificationDateTime = moving.at.strftime("%Y%m%d%H%M%S.%f%z")
    item.ModifyingSystem = "BENHAN"
    item.ReasonForTheAttributeModification = "CORRECT"
    item.ModifiedAttributesSequence = Sequence([before])
    data.OriginalAttributesSequence = Sequence([*(data.get("OriginalAttributesSequence") or ()), item])


def _follow(data: Dataset, moving: Moving) -> bool:
    """References to images that move too lead to where those are; whether there were any.

    Around a reference stand the series and the study of what is referred to, level by level (PS3.3 10.4, C.17.2.1).
    """
    found = False
    for element in _sequences(data):
        for item in element.value or ():
            inside = _follow(item, moving)
            uid = str(item.get("ReferencedSOPInstanceUID") or "")
            if uid in moving.images:
                item.ReferencedSOPInstanceUID = moving.uid(uid)
                inside = True
            if inside:
                for keyword in _OWN[:2]:
                    if item.get(keyword):
                        setattr(item, keyword, moving.uid(str(item[keyword].value)))
            found = found or inside
    return found


def _sequences(data: Dataset) -> Iterator[DataElement]:
    """Those that can be read; all else stays the bytes that it is."""
    for tag in list(data.keys()):
        kind = data.get_item(tag).VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")
        if kind == "SQ":
            yield data[tag]
