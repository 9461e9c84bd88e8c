"""Between what the store finds and DICOM's data sets: questions read, answers written (DIMSE and DICOMweb)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from imaging.dicom_json import name_groups
from server.store.image_search import ATTRIBUTES, WITHIN, Level


def matching_of(identifier: Dataset) -> dict[str, str]:
    """What an identifier asks, by keyword; a value list is joined as DICOM writes it."""
    asked: dict[str, str] = {}
    for element in identifier:
        keyword = keyword_for_tag(element.tag)
        if element.VR == "SQ":
            asked |= _within(keyword, element.value)
            continue
        if keyword in ATTRIBUTES[Level.IMAGE] and element.value not in (None, ""):
            values = element.value if element.VM > 1 else [element.value]
            asked[keyword] = "\\".join(str(value) for value in values)
    return asked


def _within(sequence: str, items: Any) -> dict[str, str]:
    """The keys of its one item that are matched here."""
    inner = items[0] if items else Dataset()
    names = [name for name in WITHIN if name.partition(".")[0] == sequence]
    return {name: str(value) for name in names if (value := inner.get(name.partition(".")[2]))}


def level_of(identifier: Dataset) -> Level | None:
    """The level that is asked for; nothing when it is none of study root's."""
    try:
        return Level(str(identifier.get("QueryRetrieveLevel", "")).strip())
    except ValueError:
        return None


def answer(
    row: Mapping[str, Any], wanted: Iterable[str], *, change: Callable[[str], str] | None = None,
) -> Dataset:
    """One answer with the attributes that were asked for, those that are not known empty (PS3.4 C.4.1.2.2).

    `change` puts words into letters that the asker can show, which are then those of every character set.
    """
    data = Dataset()
    if change is None:
        data.SpecificCharacterSet = "ISO_IR 192"
    for keyword in wanted:
        value = row.get(keyword)
        if change is not None and isinstance(value, str):
            value = change(value)
        if dictionary_VR(keyword) == "SQ":
            value = [Dataset.from_json(item) for item in value or ()]
        setattr(data, keyword, "" if value is None else value)
    return data


def told(row: Mapping[str, Any], level: Level) -> dict[str, Any]:
    """The answer with all attributes of its level as DICOM JSON (PS3.18 F.2), just as the data set would write it.

    No data set is made for it: that took more than half the time of a search.
    """
    said: dict[str, Any] = {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}
    for tag, vr, keyword in _elements(level):
        values = _values(vr, row.get(keyword))
        said[tag] = {"vr": vr, "Value": values} if values else {"vr": vr}
    if level is not Level.SERIES:
        said["00080056"] = {"vr": "CS", "Value": ["ONLINE"]}
    return said


def with_more(said: dict[str, Any], more: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same with what the header says beside, in the order of the tags; a column that says something stands."""
    if not more:
        return said
    both = {**more, **{tag: told for tag, told in said.items() if len(told) > 1 or tag not in more}}
    return {tag: both[tag] for tag in sorted(both)}


@cache
def _elements(level: Level) -> tuple[tuple[str, str, str], ...]:
    """Tag, value representation and keyword of what is told at that level, in the order of the tags."""
    tags = sorted((tag, keyword) for keyword in ATTRIBUTES[level] if (tag := tag_for_keyword(keyword)) is not None)
    return tuple((f"{tag:08X}", dictionary_VR(tag), keyword) for tag, keyword in tags)


def _values(vr: str, value: Any) -> list[Any]:
    if value is None or value in ("", []):
        return []
    values = value.split("\\") if isinstance(value, str) else value if isinstance(value, list) else [value]
    return [name_groups(one) for one in values] if vr == "PN" else values
