"""DICOM's JSON as pydicom makes it, over pydicom's own test files and character sets."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pydicom.data
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from imaging.dicom_json import told_of

FOLDER = Path(pydicom.data.__file__).parent
FILES = sorted(file for folder in ("test_files", "charset_files") for file in (FOLDER / folder).glob("*.dcm"))


def told(data: Dataset) -> dict[str, Any]:
    return told_of(data, "bulkdata/{}".format)


def same(one: Any, other: Any) -> bool:
    """Equal up to three free choices: an empty value among several, an empty sequence, blanks at an end."""
    if isinstance(one, dict) and isinstance(other, dict):
        if not other.get("Value", True):
            other = {"vr": other["vr"]}
        return "BulkDataURI" in one or (one.keys() == other.keys() and all(same(one[key], other[key]) for key in one))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(other, str):
        return (one or "").strip() == other.strip()
    return bool(one == other)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_attribute_is_told_as_pydicom_tells_it() -> None:
    compared = 0
    for file in FILES:
        ours = told(dcmread(file, stop_before_pixels=True, force=True))
        json.dumps(ours, allow_nan=False)
        for element in dcmread(file, stop_before_pixels=True, force=True):
            if element.tag >= 0x7FE00000 or not element.tag.element:
                continue
            name = f"{element.tag:08X}"
            try:
                theirs = element.to_json_dict(None, 1 << 30)
            except ValueError:
                # A broken number stops pydicom; here it is empty.
                assert ours[name] == {"vr": element.VR}, (file.name, name)
                continue
            if ours[name]["vr"] == "UN" and element.tag.is_private:
                continue
            assert same(ours[name], theirs), (file.name, name, ours[name], theirs)
            compared += 1
    assert compared > 4000


def test_a_representation_that_there_is_none_of_stops_nothing() -> None:
    """A byte of a header was hit: the file is still filed, by what else it says."""
    file = (FOLDER / "test_files" / "MR_small.dcm").read_bytes()
    broken = file.replace(b"\x18\x00\x00\x51CS\x04\x00", b"\x18\x00\x00\x51C\x01\x00\x00")
    assert broken != file
    ours = told(dcmread(io.BytesIO(broken), stop_before_pixels=True))
    assert ours["00185100"] == {"vr": "UN"}
    assert ours["00100020"]["Value"] == ["4MR1"]


@pytest.mark.parametrize(("tag", "kind", "value", "number"), [
    (0x00200013, "IS", b"1A", None), (0x00200013, "IS", b"1.5 ", None), (0x00200013, "IS", b"1_0 ", None),
    (0x00200013, "IS", b"3.0 ", 3), (0x00200013, "IS", b" 12 ", 12), (0x00181151, "DS", b"abc ", None),
    (0x00181151, "DS", b"-1e3", -1000), (0x00280010, "US", b"abc", None), (0x00280009, "AT", b"abc", None),
])
def test_a_number_that_is_none_leaves_the_other_attributes_readable(
        tag: int, kind: str, value: bytes, number: int | None) -> None:
    """pydicom, and dicomweb-client by it, gave up a whole series for one instance number «1A»."""
    data = Dataset()
    data[tag] = RawDataElement(Tag(tag), kind, len(value), value, 0, False, True)
    data.PatientID = "0026"
    ours = told(data)
    read = Dataset.from_json(ours)
    assert read.PatientID == "0026"
    assert ours[f"{tag:08X}"] == ({"vr": kind} if number is None else {"vr": kind, "Value": [number]})
    assert (read[tag].value or None) == number


def test_long_binary_values_are_named_by_their_address() -> None:
    data = Dataset()
    data.add_new(0x00420011, "OB", bytes(2000))
    data.add_new(0x00420010, "ST", "Tên giấy \\ không tách")
    assert told(data)["00420011"] == {"vr": "OB", "BulkDataURI": "bulkdata/00420011"}
    assert told(data)["00420010"]["Value"] == ["Tên giấy \\ không tách"]
