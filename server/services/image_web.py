"""What DICOMweb answers are made of (PS3.18): frames as they lie in the file or decoded, whole files, long values."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from imaging.apart import Apart
from imaging.dicom_json import little
from imaging.encoded import Encoded, PixelFormat
from imaging.frames import Frames
from imaging.image import Image, open_image
from imaging.sources import MIB, Limits, Source
from imaging.transcoding import native, preamble
from records.errors import Refusal
from server.services.images import Look
from server.services.recent import Recent
from server.store.chunks import Sealed
from server.store.images import Known

OCTETS = "application/octet-stream"
MEDIA = {
    "1.2.840.10008.1.2.4.50": "image/jpeg", "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg", "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls", "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2", "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc", "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc", "1.2.840.10008.1.2.5": "image/dicom-rle",
}
"""The media type of a frame that is compressed (PS3.18 table 8.7.3-5)."""
LIMITS = Limits(header_bytes=64 * MIB, inflated_bytes=128 * MIB, frame_bytes=256 * MIB, encoded_bytes=256 * MIB)
"""What one image may cost the server, which many ask at once; the workstation, which reads the file itself, takes
more."""
TOGETHER = 256 * MIB
"""Decoded bytes of the frames of one answer."""
_LARGE = 32 * MIB
decoder = Apart()
"""Unpacks in a process of its own, one frame at a time."""
_room = threading.BoundedSemaphore(2)
"""Large frames wait for each other: a small file may ask for a large one, and many may ask for it at once."""


@dataclass(frozen=True)
class Part:
    """One frame as it is answered."""

    data: bytes
    media: str
    transfer_syntax: str


_known: Recent[tuple[Known, Frames]] = Recent(200_000)
"""Where files lie and where their frames lie in them, nothing of their contents; by SHA-256 and study, weighed by
their frames, each some 200 bytes."""


def frames(look: Look, numbers: Sequence[int], *, as_stored: bool) -> list[Part]:
    """Frames of the one image: as they lie in the file, or decoded to little endian words. Refuses more than fit into
    memory.
    """
    source, laid = _laid(look)
    if len(numbers) > 1 and len(numbers) * laid.format.decoded_bytes > TOGETHER:
        raise Refusal.because("image_frames_too_many", limit=TOGETHER // MIB)
    with making_room(laid.format):
        return [_frame(source, laid, number, as_stored=as_stored) for number in numbers]


def _laid(look: Look) -> tuple[Source, Frames]:
    """Where the frames lie. The header is read once; who may look, and whether the key is still there, was asked of
    the database just now.
    """
    [kept] = look.images
    name = f"{kept.file}.{kept.study}"
    found = _known.get(name)
    if found is not None:
        return look.known(kept, found[0]), found[1]
    file = look.first
    image = open_image(file, LIMITS)
    if image.header.source is file:
        # Not one that is packed as a whole: its frames lie in what was unpacked.
        _known.put(name, (Known(file.name, file.size, file.chunk), image.frames), image.format.frames)
    return image.header.source, image.frames


def _frame(source: Source, laid: Frames, number: int, *, as_stored: bool) -> Part:
    if not 1 <= number <= laid.format.frames:
        raise Refusal.because("thing_unknown", "frame")
    encoded, syntax = laid.encoded(source, number), laid.syntax
    if syntax.is_compressed and str(syntax) in MEDIA and as_stored:
        return Part(bytes(encoded.data), MEDIA[syntax], str(syntax))
    if not syntax.is_compressed and syntax.is_little_endian and laid.format.allocated != 1:
        return Part(bytes(encoded.data), OCTETS, ExplicitVRLittleEndian)
    samples, _ = decoder(encoded)
    words = np.ascontiguousarray(samples).astype(samples.dtype.newbyteorder("<"), copy=False)
    return Part(words.tobytes(), OCTETS, ExplicitVRLittleEndian)


def native_file(file: Sealed) -> Iterator[bytes]:
    """The file in Explicit VR Little Endian, made a frame at a time; refuses at once what cannot be decoded."""
    image = open_image(file, LIMITS)
    pieces = native(image, ExplicitVRLittleEndian, _with_room)
    first = next(pieces)
    return chain((preamble(image, ExplicitVRLittleEndian), first), pieces)


def _with_room(encoded: Encoded) -> tuple[NDArray[Any], str]:
    with making_room(encoded.format):
        return decoder(encoded)


def bulk(file: Sealed, tag: str) -> bytes:
    """A long value as it lies in the file, in little endian; refuses a tag that the file has not, and a sequence."""
    image = open_image(file, LIMITS)
    element = image.dataset.get_item(int(tag, 16)) if re.fullmatch(r"[0-9A-Fa-f]{8}", tag) else None
    if element is None or not isinstance(element.value, bytes) or element.VR == "SQ":
        raise Refusal.because("thing_unknown", "bulk data")
    return little(element.VR, element.value, little_endian=image.header.transfer_syntax != ExplicitVRBigEndian)


@contextmanager
def making_room(form: PixelFormat) -> Iterator[None]:
    """Decode and draw frames within it."""
    if form.decoded_bytes <= _LARGE:
        yield
        return
    with _room:
        yield


def within(image: Image, number: int) -> int:
    """The number of a frame that there is."""
    if not 1 <= number <= image.format.frames:
        raise Refusal.because("thing_unknown", "frame")
    return number
