"""A file's data set as it travels to a program that does not know the file's transfer syntax: native, piece by piece.

The stored values do not change: frames are decoded, words turned to the other byte order, and nothing is windowed,
scaled or coloured. What was compressed with loss says so from then on (PS3.3 C.7.6.1.1.5). Digital signatures and
padding behind the pixels are left out: the former would not hold for other bytes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from imaging.attributes import integer, text
from imaging.codecs import decode
from imaging.encoded import PixelFormat
from imaging.header import UNDEFINED, PixelElement, meta_of
from imaging.image import Decoder, Image
from imaging.sources import MIB, Source
from records.errors import Refusal

TARGETS = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)
"""What every file can be turned to, the best first: implicit VR does not say what private attributes are."""
_PIECE = MIB
_UNITS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
"""Bytes of a word of those values that the parser leaves as they lie in the file."""
_LOSSY = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1", "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
}
_PERHAPS_LOSSY = {"1.2.840.10008.1.2.4.91": "ISO_15444_1", "1.2.840.10008.1.2.4.203": "ISO_15444_15"}
"""These syntaxes also carry what lost nothing: the file's own word goes before."""


def as_stored(source: Source) -> Iterator[bytes]:
    """The data set byte for byte as it lies in the file."""
    _, at = meta_of(source)
    while piece := source.read(at, _PIECE):
        yield piece
        at += len(piece)


def preamble(image: Image, syntax: UID) -> bytes:
    """What stands before the data set in a file of that syntax (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(image.identity.class_uid)
    meta.MediaStorageSOPInstanceUID = UID(image.identity.instance_uid)
    meta.TransferSyntaxUID = syntax
    out = DicomBytesIO()
    write_file_meta_info(out, meta)
    return b"\0" * 128 + b"DICM" + out.getvalue()


def native(image: Image, syntax: UID, decoder: Decoder = decode) -> Iterator[bytes]:
    """The data set in one of `TARGETS`. Never holds more than a frame; refuses what cannot be decoded."""
    pixels = image.header.pixels
    if pixels is None:
        yield _header(image, syntax)
    elif pixels.length is None:
        yield from _unpacked(image, pixels.tag, syntax, decoder)
    else:
        yield _header(image, syntax)
        vr = pixels.vr if pixels.vr in ("OB", *_UNITS) else "OW"
        yield _element(pixels.tag, vr, pixels.length, syntax)
        yield from _turned(image, vr, pixels, syntax)
        yield b"\0" * (pixels.length % 2)


def _unpacked(image: Image, tag: int, syntax: UID, decoder: Decoder) -> Iterator[bytes]:
    """Compressed pixels, decoded frame by frame; the first one says what colours they all have."""
    length = _decoded_length(image.format)
    photometric = ""
    for number in range(1, image.format.frames + 1):
        samples, told = decoder(image.encoded(number))
        if not photometric:
            photometric = told
            yield _header(image, syntax, photometric)
            yield _element(tag, "OB" if image.format.allocated <= 8 else "OW", length, syntax)
        if told != photometric:
            raise Refusal.because("image_photometric_unknown", name=f"{photometric}, {told}")
        words = samples.dtype.newbyteorder("<" if syntax.is_little_endian else ">")
        yield np.ascontiguousarray(samples, words).tobytes()
    yield b"\0" * (length % 2)


def _header(image: Image, syntax: UID, photometric: str = "") -> bytes:
    """All before the pixels, in the target's words; with a photometric interpretation, of pixels that were unpacked."""
    before = image.header.transfer_syntax
    turned = _is_turned(before, syntax)
    dataset = copy.deepcopy(image.dataset) if turned else copy.copy(image.dataset)
    if turned:
        _turn_words(dataset)
    if photometric:
        _describe(dataset, image.format, before, photometric)
    made = DicomBytesIO()
    made.is_implicit_VR, made.is_little_endian = syntax.is_implicit_VR, syntax.is_little_endian
    try:
        write_dataset(made, dataset)
    except Exception as error:  # a value that cannot be written in the other syntax: errors of many kinds
        raise Refusal.because("image_unreadable", detail=f"{type(error).__name__}: {error}"[:120]) from error
    return bytes(made.getvalue())


def _is_turned(before: UID, after: UID) -> bool:
    return (before == ExplicitVRBigEndian) != (after == ExplicitVRBigEndian)


def _turn_words(dataset: Dataset) -> None:
    """Values that the parser keeps as bytes, in the other byte order."""
    for element in dataset.iterall():
        unit = _UNITS.get(element.VR, 1)
        if unit > 1 and isinstance(element.value, bytes) and len(element.value) % unit == 0:
            element.value = _swapped(element.value, unit)


def _describe(dataset: Dataset, form: PixelFormat, before: UID, photometric: str) -> None:
    """What the header says of pixels that are no longer compressed."""
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:
            del dataset[keyword]
    if photometric != form.photometric:
        dataset.PhotometricInterpretation = photometric
    if form.samples > 1:
        dataset.PlanarConfiguration = 0
    if before in _LOSSY or (before in _PERHAPS_LOSSY and not text(dataset, "LossyImageCompression")):
        dataset.LossyImageCompression = "01"
        if not text(dataset, "LossyImageCompressionMethod"):
            dataset.LossyImageCompressionMethod = _LOSSY.get(before) or _PERHAPS_LOSSY[before]


def _decoded_length(form: PixelFormat) -> int:
    if form.allocated == 1:
        # Frames of single bits follow one another without a gap: our decoders give a byte for each.
        raise Refusal.because("image_bits_unknown", allocated=form.allocated, stored=form.stored)
    length = form.decoded_bytes * form.frames
    if length >= UNDEFINED - 1:
        raise Refusal.because("image_too_large_native", size=length // MIB)
    return length


def _turned(image: Image, vr: str, pixels: PixelElement, syntax: UID) -> Iterator[bytes]:
    """Native pixels as they lie there, in the other byte order when the target has another."""
    header, length = image.header, pixels.length or 0
    turned = _is_turned(header.transfer_syntax, syntax)
    unit = _unit(vr, integer(image.dataset, "BitsAllocated") or 16) if turned else 1
    for at in range(0, length, _PIECE):
        piece = header.source.read(pixels.start + at, min(_PIECE, length - at))
        if len(piece) < min(_PIECE, length - at) or len(piece) % unit:
            raise Refusal.because("image_pixels_cut")
        yield _swapped(piece, unit)


def _unit(vr: str, allocated: int) -> int:
    """Bytes of a word of pixels (PS3.5 8.2): OB is bytes in either order, OW holds bytes in pairs."""
    return 1 if vr == "OB" else max(_UNITS.get(vr, 1), allocated // 8)


def _swapped(data: bytes, unit: int) -> bytes:
    return data if unit == 1 else np.frombuffer(data, f"u{unit}").byteswap().tobytes()


def _element(tag: int, vr: str, length: int, syntax: UID) -> bytes:
    """An element up to its value, which is padded to an even length."""
    order: Literal["little", "big"] = "little" if syntax.is_little_endian else "big"
    start = (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)
    return start + (b"" if syntax.is_implicit_VR else vr.encode() + b"\0\0") + (length + length % 2).to_bytes(4, order)
