"""What the header says of the pixels: shape, bits, colour; judged whole before any memory is taken."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian

from imaging.attributes import integer, text
from imaging.encoded import PixelFormat
from imaging.header import DOUBLE_PIXELS, FLOAT_PIXELS, Header
from imaging.sources import MIB, Limits
from records.errors import Reason

GREY = ("MONOCHROME1", "MONOCHROME2")
YBR = ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")
COLOUR = ("RGB", *YBR)
PALETTE = "PALETTE COLOR"


def format_of(header: Header, limits: Limits) -> PixelFormat | Reason:
    """The format, or why these pixels are not shown."""
    dataset = header.dataset
    if header.pixels is None:
        return Reason("image_has_no_pixels", facts={"kind": text(dataset, "Modality") or "?"})
    found = _described(header)
    if isinstance(found, Reason):
        return found
    return _judged(found, limits) or found


def _described(header: Header) -> PixelFormat | Reason:
    dataset = header.dataset
    real = header.pixels is not None and header.pixels.tag in (FLOAT_PIXELS, DOUBLE_PIXELS)
    missing = [name for name in ("Rows", "Columns", "PhotometricInterpretation") if not text(dataset, name)]
    allocated = integer(dataset, "BitsAllocated")
    if allocated is None:
        missing.append("BitsAllocated")
    rows, columns = integer(dataset, "Rows"), integer(dataset, "Columns")
    if missing or rows is None or columns is None or allocated is None:
        return Reason("image_attribute_missing", facts={"names": ", ".join(missing or ["Rows", "Columns"])})
    stored = integer(dataset, "BitsStored") or allocated
    high = integer(dataset, "HighBit")
    return PixelFormat(
        rows=rows, columns=columns, frames=_frames(dataset), samples=integer(dataset, "SamplesPerPixel") or 1,
        photometric=text(dataset, "PhotometricInterpretation").upper(), allocated=allocated, stored=stored,
        high_bit=stored - 1 if high is None else high, signed=integer(dataset, "PixelRepresentation") == 1,
        planar=integer(dataset, "PlanarConfiguration") == 1, real=real,
        big_endian=header.transfer_syntax == ExplicitVRBigEndian)


def _frames(dataset: Dataset) -> int:
    """Absent or nonsense counts as one: many single-frame files leave it empty."""
    return max(1, integer(dataset, "NumberOfFrames") or 1)


def _judged(found: PixelFormat, limits: Limits) -> Reason | None:
    return _too_large(found, limits) or _unknown(found)


def _too_large(found: PixelFormat, limits: Limits) -> Reason | None:
    if not (0 < found.rows <= 65535 and 0 < found.columns <= 65535):
        return Reason("image_size_impossible", facts={"rows": found.rows, "columns": found.columns})
    if found.decoded_bytes > limits.frame_bytes:
        return Reason("image_frame_too_large", facts={
            "rows": found.rows, "columns": found.columns, "size": found.decoded_bytes // MIB,
            "limit": limits.frame_bytes // MIB})
    if found.frames > limits.frames:
        return Reason("image_too_many_frames", facts={"frames": found.frames, "limit": limits.frames})
    return None


def _unknown(found: PixelFormat) -> Reason | None:
    if found.photometric not in (*GREY, *COLOUR, PALETTE):
        return Reason("image_photometric_unknown", facts={"name": found.photometric[:40]})
    if found.samples != (3 if found.photometric in COLOUR else 1):
        return Reason("image_samples_wrong", facts={"samples": found.samples, "name": found.photometric})
    bits = (32, 64) if found.real else (1, 8, 16, 32)
    if found.allocated not in bits or (found.samples == 3 and found.allocated == 1):
        return Reason("image_bits_unknown", facts={"allocated": found.allocated, "stored": found.stored})
    if not found.real and not 0 < found.stored <= found.high_bit + 1 <= found.allocated:
        return Reason("image_bits_impossible", facts={
            "allocated": found.allocated, "stored": found.stored, "high": found.high_bit})
    return None
