"""Pictures inside a record: key images, each with the frame that it was drawn from; PNG of one plain kind, bounded.

A key image is {"study", "series", "instance", "frame", "sha256", "words", "picture"}: the DICOM UIDs, the frame from 1,
the SHA-256 of the DICOM file, what the reader says of it, and the picture as base64 of a PNG as `imaging.png` writes it
(8-bit grey or RGB, no filter, nothing but pixels): the signed page is drawn from it, the same in a hundred years.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.errors import Refusal

MOST = 6
"""Key images of one blank."""
LARGEST_SIDE, LARGEST_BYTES = 640, 700_000
KEYS = frozenset(("study", "series", "instance", "frame", "sha256", "words", "picture"))
_UID = re.compile(r"[0-9.]{1,64}")
_SHA256 = re.compile("[0-9a-f]{64}")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """Pixels row by row, `channels` 1 (grey) or 3 (RGB), 8 bits each."""

    width: int
    height: int
    channels: int
    samples: bytes


def is_key_image(item: Any) -> bool:
    """Whether a value has the shape of a key image; its picture is read apart."""
    return (isinstance(item, Mapping) and set(item) == KEYS
            and all(isinstance(item[key], str) and _UID.fullmatch(item[key]) for key in ("study", "series", "instance"))
            and isinstance(item["frame"], int) and not isinstance(item["frame"], bool) and item["frame"] >= 1
            and isinstance(item["sha256"], str) and _SHA256.fullmatch(item["sha256"]) is not None
            and isinstance(item["words"], str) and isinstance(item["picture"], str))


def picture_of(item: Mapping[str, Any]) -> Picture:
    """A key image's picture; refuses what `read_png` refuses."""
    try:
        data = base64.b64decode(item["picture"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal.because("picture_unreadable", detail="no base64") from error
    return read_png(data)


def as_text(png: bytes) -> str:
    """A PNG file as it stands in a value."""
    return base64.b64encode(png).decode("ascii")


def read_png(data: bytes) -> Picture:
    """The pixels of a PNG of our own plain kind; anything else, however valid, is refused (one file, one picture)."""
    if len(data) > LARGEST_BYTES:
        raise Refusal.because("picture_too_large", bytes=len(data), limit=LARGEST_BYTES)
    try:
        head, body = _chunks(data)
        width, height, depth, kind, compression, filtering, interlace = struct.unpack(">IIBBBBB", head)
    except (struct.error, ValueError, IndexError) as error:
        raise Refusal.because("picture_unreadable", detail=str(error) or "cut") from error
    if (depth, compression, filtering, interlace) != (8, 0, 0, 0) or kind not in (0, 2):
        raise Refusal.because("picture_unreadable", detail="not 8-bit grey or RGB")
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise Refusal.because("picture_too_large", bytes=len(data), limit=LARGEST_BYTES)
    channels = 3 if kind == 2 else 1
    return Picture(width, height, channels, _unfiltered(body, width * channels, height))


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    """IHDR and the joined IDAT; nothing else may be in the file, each with its checksum."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    found: list[tuple[bytes, bytes]] = []
    at = len(_SIGNATURE)
    while at < len(data):
        (length,), name = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        body, (check,) = data[at + 8:at + 8 + length], struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        if zlib.crc32(name + body) != check:
            raise ValueError("checksum")
        found.append((name, body))
        at += 12 + length
    if [name for name, _body in found] != [b"IHDR", b"IDAT", b"IEND"] or found[2][1]:
        raise ValueError("more than pixels")
    return found[0][1], found[1][1]


def _unfiltered(body: bytes, stride: int, height: int) -> bytes:
    unpacker = zlib.decompressobj()
    expected = (stride + 1) * height
    try:
        raw = unpacker.decompress(body, expected + 1)
    except zlib.error as error:
        raise Refusal.because("picture_unreadable", detail=str(error)) from error
    if len(raw) != expected or unpacker.unconsumed_tail or unpacker.unused_data or any(raw[::stride + 1]):
        raise Refusal.because("picture_unreadable", detail="rows")
    return b"".join(raw[row * (stride + 1) + 1:(row + 1) * (stride + 1)] for row in range(height))
