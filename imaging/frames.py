"""Where each frame's bytes stand in the pixel data: by arithmetic, by an offset table, or by walking the fragments."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from pydicom.uid import RLELossless

from imaging.attributes import raw
from imaging.header import Header, PixelElement
from imaging.pixel_format import PixelFormat
from imaging.sources import MIB, Limits, Source
from records.errors import Refusal

_ITEM = b"\xfe\xff\x00\xe0"
_STARTS = (b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0c")
"""How a codestream begins: JPEG and JPEG-LS, JPEG 2000, JPEG 2000 in a JP2 box."""
_MOST_FRAGMENTS = 1_000_000


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


@dataclass(frozen=True)
class Span:
    """A stretch of the source."""

    start: int
    length: int


@dataclass(frozen=True, eq=False)
class Frames:
    """The pixel data of one file, frame by frame; numbers count from 1, as DICOM's do."""

    header: Header
    element: PixelElement
    format: PixelFormat
    limits: Limits

    def encoded(self, number: int) -> Encoded:
        """One frame's bytes; refuses a frame that is not there, is cut, or is too large."""
        if not 1 <= number <= self.format.frames:
            raise Refusal.because("image_frame_unknown", number=number, frames=self.format.frames)
        if self.element.length is not None:
            return self._native(number)
        spans = self._by_table.get(number) if self._by_table else None
        if spans is None:
            spans = self._walked[number - 1]
        if sum(span.length for span in spans) > self.limits.encoded_bytes:
            raise Refusal.because("image_frame_bytes_too_many", number=number, limit=self.limits.encoded_bytes // MIB)
        data = b"".join(self.header.source.read(span.start, span.length) for span in spans)
        if len(data) < sum(span.length for span in spans):
            raise Refusal.because("image_frame_cut", number=number)
        return Encoded(data, self.header.transfer_syntax, self.format, compressed=True)

    def _native(self, number: int) -> Encoded:
        if self.header.transfer_syntax.is_encapsulated:
            raise Refusal.because("image_not_in_fragments", syntax=self.header.transfer_syntax.name)
        element, bits = self.element, self.format.native_bits
        first = bits * (number - 1)
        swapped = self.format.big_endian and element.vr == "OW" and self.format.allocated <= 8
        unit = 16 if swapped else 8
        start = element.start + first // unit * (unit // 8)
        end = element.start + -(-(first + bits) // unit) * (unit // 8)
        data = self.header.source.read(start, end - start)
        if len(data) < end - start or end > element.start + (element.length or 0):
            raise Refusal.because("image_frame_cut", number=number)
        return Encoded(data, self.header.transfer_syntax, self.format, compressed=False, bit_offset=first % unit,
                       swapped=swapped)

    @cached_property
    def _first_item(self) -> tuple[bytes, int]:
        """The basic offset table's value, and where the fragments begin (PS3.5 A.4)."""
        head = self.header.source.read(self.element.start, 8)
        if head[:4] != _ITEM:
            raise Refusal.because("image_fragments_broken")
        length = int.from_bytes(head[4:8], "little")
        table = self.header.source.read(self.element.start + 8, min(length, 8 * self.limits.frames))
        return table, self.element.start + 8 + length

    @cached_property
    def _by_table(self) -> dict[int, list[Span]]:
        """Frames by the extended offset table, else the basic one; empty when there is none that can be trusted."""
        table, base = self._first_item
        count = self.format.frames
        offsets, lengths = raw(self.header.dataset, "ExtendedOffsetTable"), raw(
            self.header.dataset, "ExtendedOffsetTableLengths")
        if isinstance(offsets, bytes) and isinstance(lengths, bytes) and len(offsets) == len(lengths) == 8 * count:
            places = zip(struct.unpack(f"<{count}Q", offsets), struct.unpack(f"<{count}Q", lengths), strict=True)
            spans = {number: [Span(base + offset + 8, length)] for number, (offset, length) in enumerate(places, 1)}
            return spans if all(self._is_item(found[0].start - 8) for found in (spans[1], spans[count])) else {}
        if count == 1 or len(table) != 4 * count:
            return {}
        return self._by_basic_table(struct.unpack(f"<{count}I", table), base)

    def _by_basic_table(self, offsets: tuple[int, ...], base: int) -> dict[int, list[Span]]:
        if offsets[0] != 0 or any(later <= earlier for earlier, later in pairwise(offsets)):
            return {}
        found = {}
        for number, offset in enumerate(offsets, 1):
            until = base + offsets[number] if number < len(offsets) else None
            spans = _items(self.header.source, base + offset, until)
            if not spans:
                return {}
            found[number] = spans
        return found

    def _is_item(self, at: int) -> bool:
        return self.header.source.read(at, 4) == _ITEM

    @cached_property
    def _walked(self) -> list[list[Span]]:
        """Frames by all the fragments: all one frame, one each, or where a codestream begins (PS3.5 A.4)."""
        fragments = _items(self.header.source, self._first_item[1], None)
        count = self.format.frames
        if not fragments:
            raise Refusal.because("image_fragments_broken")
        if count == 1:
            return [fragments]
        if len(fragments) == count:
            return [[fragment] for fragment in fragments]
        frames: list[list[Span]] = []
        if self.header.transfer_syntax != RLELossless:
            for fragment in fragments:
                if self.header.source.read(fragment.start, 4).startswith(_STARTS) or not frames:
                    frames.append([])
                frames[-1].append(fragment)
        if len(frames) != count:
            raise Refusal.because("image_frames_not_told_apart", fragments=len(fragments), frames=count)
        return frames


def _items(source: Source, at: int, until: int | None) -> list[Span]:
    """The fragments from `at` on, until a place or the delimiter; what is cut off at the end is left out."""
    spans: list[Span] = []
    while (until is None or at < until) and len(spans) < _MOST_FRAGMENTS:
        head = source.read(at, 8)
        if len(head) < 8 or head[:4] != _ITEM:
            break
        length = int.from_bytes(head[4:8], "little")
        spans.append(Span(at + 8, length))
        at += 8 + length
    return spans
