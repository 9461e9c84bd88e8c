"""Between what the store finds and DICOM's data sets: questions read, answers written (DIMSE and DICOMweb)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydicom import Dataset
from pydicom.datadict import keyword_for_tag

from server.store.image_search import ATTRIBUTES, Level


def matching_of(identifier: Dataset) -> dict[str, str]:
    """What an identifier asks, by keyword; a value list is joined as DICOM writes it."""
    asked = {}
    for element in identifier:
        keyword = keyword_for_tag(element.tag)
        if keyword in ATTRIBUTES[Level.IMAGE] and element.value not in (None, ""):
            values = element.value if element.VM > 1 else [element.value]
            asked[keyword] = "\\".join(str(value) for value in values)
    return asked


def level_of(identifier: Dataset) -> Level | None:
    """The level that is asked for; nothing when it is none of study root's."""
    try:
        return Level(str(identifier.get("QueryRetrieveLevel", "")).strip())
    except ValueError:
        return None


def answer(row: Mapping[str, Any], wanted: Iterable[str]) -> Dataset:
    """One answer with the attributes that were asked for, those that are not known empty (PS3.4 C.4.1.2.2)."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    for keyword in wanted:
        value = row.get(keyword)
        setattr(data, keyword, "" if value is None else value)
    return data
