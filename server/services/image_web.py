"""What DICOMweb answers are made of (PS3.18): frames as they lie in the file or decoded, pictures, long values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom.uid import UID, ExplicitVRLittleEndian

from imaging.apart import Apart
from imaging.geometry import aspect_of
from imaging.grey import Window
from imaging.image import Image, open_image
from imaging.png import png
from imaging.rendering import View, render
from records.errors import Refusal
from server.store.chunks import Sealed

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
_decoder = Apart()


@dataclass(frozen=True)
class Part:
    """One frame as it is answered."""

    data: bytes
    media: str
    transfer_syntax: str


def frames(file: Sealed, numbers: Iterable[int], *, as_stored: bool) -> list[Part]:
    """The frames: as they lie in the file, or decoded to little endian words."""
    image = open_image(file)
    return [_frame(image, number, as_stored=as_stored) for number in numbers]


def _frame(image: Image, number: int, *, as_stored: bool) -> Part:
    encoded = image.encoded(_within(image, number))
    syntax = UID(encoded.transfer_syntax)
    if syntax.is_compressed and str(syntax) in MEDIA and as_stored:
        return Part(bytes(encoded.data), MEDIA[syntax], str(syntax))
    if not syntax.is_compressed and syntax.is_little_endian and image.format.allocated != 1:
        return Part(bytes(encoded.data), OCTETS, ExplicitVRLittleEndian)
    samples, _ = _decoder(encoded)
    words = np.ascontiguousarray(samples).astype(samples.dtype.newbyteorder("<"), copy=False)
    return Part(words.tobytes(), OCTETS, ExplicitVRLittleEndian)


def rendered(file: Sealed, number: int, window: Window | None, size: tuple[int, int] | None) -> bytes:
    """A PNG of the frame: exactly the viewer's pixels."""
    image = open_image(file)
    shown = image.frame(_within(image, number), _decoder)
    view = View(voi=window, size=size)
    return png(render(shown, image.grey(number), view, aspect_of(image.dataset, image.groups, number)))


def bulk(file: Sealed, tag: str) -> bytes:
    """A long binary value, in little endian; refuses a tag that the file has not."""
    try:
        value = open_image(file).dataset[int(tag, 16)].value
    except (KeyError, ValueError):
        raise Refusal.because("thing_unknown", "bulk data") from None
    return value if isinstance(value, bytes) else b""


def _within(image: Image, number: int) -> int:
    if not 1 <= number <= image.format.frames:
        raise Refusal.because("thing_unknown", "frame")
    return number
