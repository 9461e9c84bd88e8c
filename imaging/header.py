"""A DICOM file without its pixels: file meta, transfer syntax, the data set, and where the pixels begin."""

from __future__ import annotations

import logging
import warnings
import zlib
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydicom import charset
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from imaging.sources import FIRST_PAGE, LIMITS, MIB, InMemory, Limits, Parts, Source, Stream
from imaging.weighing import demand_light
from records.errors import Refusal

# Malformed values are met every day and are answered by value, not by a warning on somebody's console or log.
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
logging.getLogger("pydicom").setLevel(logging.ERROR)

# pydicom 3 takes «iso_ir_58» for a codec that knows the escape before it. It is GB 2312 alone, and names kept «$)A».
charset.python_encoding["ISO 2022 IR 58"] = charset.CODES_TO_ENCODINGS[b"\x1b$)A"] = "gb2312"
charset.ENCODINGS_TO_CODES["gb2312"] = b"\x1b$)A"

PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS = 0x7FE00010, 0x7FE00008, 0x7FE00009
_PIXEL_TAGS = frozenset((PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS))
UNDEFINED = 0xFFFFFFFF
_LONG_FORM = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_VRS = _LONG_FORM | frozenset((b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT",
                               b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"))
_META_LIMIT, _META_USUAL = MIB, FIRST_PAGE


@dataclass(frozen=True, eq=False)
class PixelElement:
    """Where the value of the pixel data stands in the source; `length` is None when it is in fragments."""

    tag: int
    vr: str
    start: int
    length: int | None


@dataclass(frozen=True, eq=False)
class Header:
    """All of a file before its pixels. `source` is where the pixels are read: of a deflated file, what was unpacked."""

    dataset: Dataset
    transfer_syntax: UID
    source: Source
    pixels: PixelElement | None


def read_header(source: Source, limits: Limits = LIMITS) -> Header:
    """Parse up to the pixels; a file that is no DICOM, or costs too much, is refused."""
    syntax, start, head = _opened(source)
    if syntax == DeflatedExplicitVRLittleEndian:
        source, start = InMemory(_inflated(source.read(start, limits.inflated_bytes), limits)), 0
        head = source.read(0, FIRST_PAGE)
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    parts = Parts(limits.parts)
    stream = Stream(source, start, limits.header_bytes, parts, head)
    try:
        dataset = read_dataset(cast("Any", stream), implicit, little, stop_when=_at_the_pixels)
        demand_light(dataset, parts, limits)
    except (Refusal, MemoryError):
        raise
    except Exception as error:  # the parser's errors on malformed files are of many kinds
        parts.demand()
        raise Refusal.because("image_unreadable", detail=type(error).__name__) from error
    tags = list(dataset.keys())
    if not tags or (head[128:132] != b"DICM" and max(tags) >> 16 < 8):
        raise Refusal.because("image_not_dicom")
    return Header(dataset, syntax, source, _pixel_element(stream, little))


def _at_the_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in _PIXEL_TAGS


def meta_of(source: Source) -> tuple[UID, int]:
    """Transfer syntax and where the data set begins (PS3.10 7.1); a file without preamble is guessed by its start."""
    return _opened(source)[:2]


def _opened(source: Source) -> tuple[UID, int, bytes]:
    """The same, with the file's beginning, which is not read twice: a folder of files is opened as often as it must."""
    for limit in (_META_USUAL, _META_LIMIT):
        head = source.read(0, limit)
        syntax, at = _walked(head)
        if at + 8 <= len(head) or len(head) < limit:
            break
    return UID(syntax or _guessed(head[at:at + 8])), at, head


def _walked(head: bytes) -> tuple[str, int]:
    """Through group 2."""
    at = 132 if head[128:132] == b"DICM" else 0
    syntax = ""
    while at + 8 <= len(head) and head[at:at + 2] == b"\x02\x00":
        vr = head[at + 4:at + 6]
        wide = vr in _LONG_FORM
        if vr not in _VRS:  # group 2 written without VRs, against the standard
            length, value = int.from_bytes(head[at + 4:at + 8], "little"), at + 8
        else:
            length = int.from_bytes(head[at + 8:at + 12] if wide else head[at + 6:at + 8], "little")
            value = at + (12 if wide else 8)
        if head[at + 2:at + 4] == b"\x10\x00":
            syntax = head[value:value + length].decode("ascii", "replace").strip(" \0")
        at = value + length
    return syntax, at


def _guessed(start: bytes) -> str:
    """The syntax of a data set without file meta, by its first element: group 8 as a rule."""
    group_little, group_big = int.from_bytes(start[:2], "little"), int.from_bytes(start[:2], "big")
    if min(group_little, group_big) > 0x0028 or len(start) < 8:
        raise Refusal.because("image_not_dicom")
    if start[4:6] not in _VRS:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if group_little <= group_big else ExplicitVRBigEndian


def _inflated(data: bytes, limits: Limits) -> bytes:
    """Unpack, and refuse what grows past the limit (a small file can hold gigabytes of zeros)."""
    unpacked, more = inflated_start(data, limits.inflated_bytes)
    if more:
        raise Refusal.because("image_inflates_too_far", limit=limits.inflated_bytes // MIB)
    return unpacked


def inflated_start(data: bytes, most: int) -> tuple[bytes, bool]:
    """The first bytes of what was deflated, and whether there are more."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return unpacker.decompress(data, most), bool(unpacker.unconsumed_tail)
    except zlib.error as error:
        raise Refusal.because("image_unreadable", detail=str(error)) from error


def _pixel_element(stream: Stream, little: bool) -> PixelElement | None:
    order: Literal["little", "big"] = "little" if little else "big"
    at, head = stream.tell(), stream.look(12)
    if len(head) < 8:
        return None
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    if tag not in _PIXEL_TAGS:
        return None
    if head[4:6] in _LONG_FORM:
        vr, length, start = head[4:6].decode(), int.from_bytes(head[8:12], order), at + 12
    else:
        vr, length, start = "OW", int.from_bytes(head[4:8], order), at + 8
    return PixelElement(tag, vr, start, None if length == UNDEFINED else length)
