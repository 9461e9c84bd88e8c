"""Headers made to cost time and memory: a few megabytes that unfold into millions of objects, or are read again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from pydicom.uid import DeflatedExplicitVRLittleEndian

from imaging.header import meta_of
from imaging.sources import MIB, InMemory
from tests.server.pictures import a_slice, as_file

ITEM, END_OF_ITEM, END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
OPEN = 0xFFFFFFFF
_REFERENCES = b"\x08\x00\x15\x11"
_LAST = b"\xfc\xff\xfc\xff"


def _long(tag: bytes, representation: bytes, value: bytes, length: int | None = None) -> bytes:
    return tag + representation + b"\0\0" + struct.pack("<I", len(value) if length is None else length) + value


def many_elements(size: int) -> bytes:
    """Empty elements of makers, as small as they can be."""
    return b"".join(struct.pack("<HH2sH", 0x0011 + 2 * (one >> 16), one & 0xFFFF, b"LO", 0) for one in range(size // 8))


def many_items(size: int) -> bytes:
    """One sequence of empty items, its length told."""
    return _long(_REFERENCES, b"SQ", (ITEM + bytes(4)) * (size // 8))


def many_items_to_the_end(size: int) -> bytes:
    """The same with its end marked."""
    return _long(_REFERENCES, b"SQ", (ITEM + bytes(4)) * (size // 8), OPEN) + END


def many_items_of_no_kind(size: int) -> bytes:
    """The same as a representation that is not known, which the parser's dictionary knows."""
    return _long(_REFERENCES, b"UN", (ITEM + bytes(4)) * (size // 8))


def deep(size: int) -> bytes:
    """Sequences in sequences around one long value: each level is the whole again."""
    inner = _long(b"\x11\x00\x10\x10", b"OB", bytes(size))
    for _ in range(90):
        inner = _long(_REFERENCES, b"SQ", ITEM + struct.pack("<I", len(inner)) + inner)
    return inner


def deep_to_the_end(size: int) -> bytes:
    """Sequences that only begin."""
    return (_long(_REFERENCES, b"SQ", b"", OPEN) + ITEM + struct.pack("<I", OPEN)) * (size // 20)


def many_windows(size: int) -> bytes:
    """A window for each millisecond."""
    return _long(b"\x28\x00\x50\x10", b"UC", b"1\\" * (size // 2))


def many_numbers(size: int) -> bytes:
    """Numbers in a sequence, as contours have them."""
    value = (_long(b"\x06\x30\x50\x00", b"UC", b"1\\" * (size // 4))
             + _long(b"\x11\x00\x10\x10", b"UV", bytes(size // 2)))
    return _long(_REFERENCES, b"SQ", ITEM + struct.pack("<I", len(value)) + value)


def many_alphabets(size: int) -> bytes:
    """More character sets than there are."""
    return _long(b"\x08\x00\x05\x00", b"UC", b"ISO 2022 IR 13\\" * (size // 15))


def many_escapes(size: int) -> bytes:
    """A text that changes its alphabet with each letter."""
    return _long(b"\x11\x00\x10\x10", b"UC", b"\x1b(Ja\x1b)I\xb1" * (size // 8))


BOMBS: tuple[Callable[[int], bytes], ...] = (
    many_elements, many_items, many_items_to_the_end, many_items_of_no_kind, deep, deep_to_the_end, many_windows,
    many_numbers, many_alphabets, many_escapes)


def bombs(size: int = 16 * MIB) -> Iterator[tuple[str, bytes]]:
    """Each as a whole CT image with that beside what belongs there; one of them deflated to a thousandth as well."""
    for make in BOMBS:
        yield make.__name__, around(make(size))
    yield "deflated", _deflated(many_items_to_the_end(size))


def around(bomb: bytes) -> bytes:
    """The elements of a slice, this one among them where its tag belongs."""
    data = a_slice(PatientID="TEST-1")
    plain = as_file(data)
    at, tag = meta_of(InMemory(plain))[1], struct.unpack("<HH", bomb[:4])
    while struct.unpack("<HH", plain[at:at + 4]) < tag:
        wide = plain[at + 4:at + 6] in (b"OB", b"OW", b"SQ", b"UN", b"UC", b"UT")
        at += 12 + struct.unpack("<I", plain[at + 8:at + 12])[0] if wide else 8 + struct.unpack(
            "<H", plain[at + 6:at + 8])[0]
    rest = plain[at:]
    if struct.unpack("<HH", rest[:4]) == tag and rest[4:6] not in (b"OB", b"OW", b"SQ", b"UN", b"UC", b"UT"):
        rest = rest[8 + struct.unpack("<H", rest[6:8])[0]:]
    return plain[:at] + bomb + rest


def _deflated(bomb: bytes) -> bytes:
    data = a_slice(PatientID="TEST-1")
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    inside = around(bomb)
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packing.compress(inside[meta_of(InMemory(inside))[1]:]) + packing.flush()
    head = as_file(data)
    return head[:meta_of(InMemory(head))[1]] + packed
