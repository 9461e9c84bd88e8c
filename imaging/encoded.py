"""One frame as it lies in the file and what its pixels are: all that a decoder needs, in a process that knows no DICOM.

Nothing here or in `codecs` imports pydicom: it is half of what a decoder's process would take of an old PC's memory.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PixelFormat:
    """The image pixel description (PS3.3 C.7.6.3), checked. `real` is for float pixels, which are 32 or 64 bits;
    `big_endian` for words of the file: pixels, tables, overlays.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    planar: bool
    real: bool = False
    big_endian: bool = False

    @property
    def pixels(self) -> int:
        """Of one frame."""
        return self.rows * self.columns

    @property
    def decoded_bytes(self) -> int:
        """What one frame takes when it is decoded."""
        return self.pixels * self.samples * max(1, self.allocated // 8)

    @property
    def native_bits(self) -> int:
        """What one frame takes in a file that is not compressed. 4:2:2 shares two chroma samples by two pixels."""
        if self.photometric.endswith("_422"):
            return self.pixels * 2 * self.allocated
        if self.photometric.endswith("_420"):
            return self.pixels * 3 * self.allocated // 2
        return self.pixels * self.samples * self.allocated


@dataclass(frozen=True)
class Encoded:
    """One frame as it lies in the file, with all that is needed to decode it: a value that can cross to a process.

    `bit_offset` is where native pixels begin in the data, whose frames need not begin on a byte or a word;
    `swapped` for 8-bit pixels in words of a big-endian file.
    """

    data: bytes
    transfer_syntax: str
    format: PixelFormat
    compressed: bool
    bit_offset: int = 0
    swapped: bool = False
