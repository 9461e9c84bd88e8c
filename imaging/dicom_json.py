"""A data set in DICOM's JSON (PS3.18 annex F), made from the bytes as they were read: ten times quicker than by values.

Nothing that a device wrote wrong stops it: a value that its representation does not allow is given as its bytes, a
number that is none as empty.
"""

from __future__ import annotations

import base64
import math
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydicom import DataElement, Dataset, Sequence
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement

INLINE = 1024
"""Longer binary values are not in the answer but named by an address, and fetched apart."""
_CODED = frozenset({"LO", "SH", "UC", "PN"})
"""Text in the data set's character set; other text is plain (PS3.5 6.1.2.3)."""
_WHOLE = frozenset({"LT", "ST", "UT", "UR"})
"""One value, backslashes and leading spaces included."""
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_WORDS = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}
_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "SV": "q", "UV": "Q"}
_COUNTED = frozenset({*_NUMBERS, "AT", "DS", "IS"})
_EITHER = {"OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}
_PIXELS = 0x7FE00000
_VALUES, _BYTES, _SHORT, _OF_MAKERS = 500_000, 16 << 20, 64, 64 * 1024
"""Values in one answer, and their bytes; bytes of an element that is not counted; of one that a maker's own dictionary
may read.
"""
Told = dict[str, Any]


class _Room:
    """How many values there may still be in one answer; what is left is given as bytes, or by its address."""

    def __init__(self) -> None:
        self._left, self._bytes = _VALUES, _BYTES

    def has(self, representation: str, value: bytes) -> bool:
        """Whether this element's are among them."""
        if len(value) <= _SHORT:
            return True
        if representation in _NUMBERS or representation == "AT":
            self._left -= len(value) // struct.calcsize(_NUMBERS.get(representation, "I"))
        else:
            # A text is taken apart at each change of its character set as well (PS3.5 6.1.2.5).
            self._left -= value.count(b"\x1b") + (1 if representation in _WHOLE else value.count(b"\\") + 1)
        return self._left >= 0 and self.holds(value)

    def holds(self, value: bytes) -> bool:
        """Whether these bytes are within it."""
        self._bytes -= len(value)
        return self._bytes >= 0


@dataclass(frozen=True)
class _Way:
    """How values are told at one level: where long ones are found (nowhere within a sequence), what room is left."""

    bulk: Callable[[str], str] | None
    room: _Room

    def long(self, name: str, representation: str, value: bytes) -> Told:
        """A value of many bytes by its address, where it has one."""
        if self.bulk is not None and len(value) > INLINE:
            return {"vr": representation, "BulkDataURI": self.bulk(name)}
        return self.inline(representation, value)

    def inline(self, representation: str, value: bytes) -> Told:
        """The bytes themselves, while there is room; else that the attribute is there."""
        return _inline(representation, value) if self.room.holds(value) else {"vr": representation}


def told_of(data: Dataset, bulk: Callable[[str], str]) -> Told:
    """Every attribute before the pixels; `bulk(tag)` is the address of a long value of the outermost level."""
    with warnings.catch_warnings():
        # Devices break the standard in small ways; here each is told as it is.
        warnings.simplefilter("ignore")
        return _told(data, _encodings(data, ["iso8859"]), _Way(bulk, _Room()))


def _told(data: Dataset, encodings: list[str], way: _Way) -> Told:
    told: Told = {}
    # As numbers: pydicom's tags are compared in Python, which alone took half of the time.
    for tag in sorted(map(int, data.keys())):
        if (tag < _PIXELS or way.bulk is None) and tag & 0xFFFF:
            name = f"{tag:08X}"
            told[name] = _element(data, tag, encodings, name, way)
    return told


def _element(data: Dataset, tag: int, encodings: list[str], name: str, way: _Way) -> Told:
    try:
        element: Any = data.get_item(tag)
        if isinstance(element, RawDataElement):
            return _raw(data, element, encodings, name, way)
        return _made(element, encodings, name, way)
    except Exception:
        # A representation that there is none of, where pydicom gives not even the bytes: the attribute is there.
        return {"vr": "UN"}


def _raw(data: Dataset, element: RawDataElement, encodings: list[str], name: str, way: _Way) -> Told:
    if element.VR is None and element.tag.is_private and len(element.value or b"") <= _OF_MAKERS:
        # The file says no representation: pydicom's dictionary of makers' attributes may know it.
        return _made(data[element.tag], encodings, name, way)
    representation = _representation(data, element)
    value = element.value or b""
    if representation in _BINARY:
        short = way.bulk is None or len(value) <= INLINE
        return way.long(name, representation, little(
            representation, value, little_endian=element.is_little_endian) if short else value)
    try:
        if representation == "SQ":
            return _sequence(data[element.tag].value, encodings, way)
        if not way.room.has(representation, value):
            return way.long(name, representation if way.bulk else "UN", value)
        values = _values(representation, value, encodings, little=element.is_little_endian)
    except Exception:
        # pydicom raises whatever a broken value leads to; the other attributes are still asked for.
        # Readers (pydicom, so dicomweb-client) look up what an UN of a known attribute is, and give up the whole answer
        # where its bytes are no number: told as empty (F.2.5). The file still says what it says.
        is_number = representation in _COUNTED and not element.tag.is_private
        return {"vr": representation} if is_number else way.inline("UN", value)
    return {"vr": representation, "Value": values} if values else {"vr": representation}


def _made(element: DataElement, encodings: list[str], name: str, way: _Way) -> Told:
    """An element that pydicom turned into values while it read: sequences, and the character set."""
    if element.VR == "SQ":
        return _sequence(element.value, encodings, way)
    if element.VR in _BINARY and isinstance(element.value, bytes):
        return way.long(name, element.VR, element.value)
    try:
        told: Told = element.to_json_dict(None, INLINE)
    except Exception:
        return _inline("UN", str(element.value).encode())
    return told


def _sequence(items: Sequence, encodings: list[str], way: _Way) -> Told:
    told = [_told(item, _encodings(item, encodings), _Way(None, way.room)) for item in items]
    return {"vr": "SQ", "Value": told} if told else {"vr": "SQ"}


def _representation(data: Dataset, element: RawDataElement) -> str:
    """The value representation: as written, or as the dictionary says where the file writes none."""
    found = element.VR
    if found is None or found == "UN":
        if element.tag.is_private:
            return "LO" if 0x10 <= element.tag.element <= 0xFF else "UN"
        try:
            found = dictionary_VR(element.tag)
        except KeyError:
            return "UN"
    if found == "US or SS":
        return "SS" if data.get("PixelRepresentation") == 1 else "US"
    return _EITHER.get(found, found)


def _values(representation: str, value: bytes, encodings: list[str], *, little: bool) -> list[Any]:
    order = "<" if little else ">"
    if representation in _NUMBERS:
        form = _NUMBERS[representation]
        count = len(value) // struct.calcsize(form)
        return [_finite(number) for number in struct.unpack(f"{order}{count}{form}", value)]
    if representation == "AT":
        halves = struct.unpack(f"{order}{len(value) // 2}H", value)
        return [f"{group:04X}{item:04X}" for group, item in zip(halves[::2], halves[1::2], strict=True)]
    if representation in _WHOLE:
        whole = _text(value, encodings, representation).rstrip(" \0")
        return [whole] if whole else []
    coded = representation in _CODED
    text = _text(value, encodings, representation) if coded else value.decode("latin-1")
    return _filled([part.strip(" \0") for part in text.split("\\")], _MADE[representation])


def _filled(parts: list[str], made: Callable[[str], Any]) -> list[Any]:
    """Values, an empty one as null (F.2.5); nothing at all where all are empty."""
    values = [made(part) if part else None for part in parts]
    return values if any(value is not None for value in values) else []


def _decimal(text: str) -> int | float:
    if "_" in text or not text.isascii():
        raise ValueError(text)  # Python's numbers, not DICOM's
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not math.isfinite(number):
            raise
        return number


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _finite(number: float) -> float | str:
    """JSON has no word for what is no number."""
    return number if math.isfinite(number) else str(number)


def name_groups(text: str) -> dict[str, str]:
    """A person's name as DICOM JSON has it: the groups that are there (PS3.18 F.2.2)."""
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), text.split("="), strict=False)
    return {group: part for group, part in groups if part}


def _text(value: bytes, encodings: list[str], representation: str) -> str:
    if b"\x1b" not in value and value.isascii():
        return value.decode("ascii")
    delimiters = {0x0A, 0x0C, 0x0D, *((0x5E, 0x3D) if representation == "PN" else (0x09,))}
    return decode_bytes(value, encodings, delimiters)


def _encodings(data: Dataset, otherwise: list[str]) -> list[str]:
    try:
        named = data.get("SpecificCharacterSet")
        return convert_encodings(named) if named else otherwise
    except Exception:
        return otherwise


def little(representation: str, value: bytes, *, little_endian: bool) -> bytes:
    """A binary value in little endian words, whatever the file's order."""
    size = _WORDS.get(representation, 1)
    if little_endian or size == 1 or len(value) % size:
        return value
    words = bytearray(len(value))
    for at in range(size):
        words[at::size] = value[size - 1 - at::size]
    return bytes(words)


def _inline(representation: str, value: bytes) -> Told:
    if not value:
        return {"vr": representation}
    return {"vr": representation, "InlineBinary": base64.b64encode(value).decode()}


_MADE: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "TM", "UI", "LO", "SH", "UC"), str),
    "DS": _decimal, "IS": _integer, "PN": name_groups,
}
