"""Where each frame's bytes stand in the pixel data: by arithmetic, by an offset table, or by walking the fragments."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from pydicom.uid import UID, RLELossless

from imaging.attributes import raw
from imaging.encoded import Encoded, PixelFormat
from imaging.header import Header, PixelElement
from imaging.sources import MIB, Limits, Source
from records.errors import Refusal

T = TypeVar("T")
_ITEM = b"\xfe\xff\x00\xe0"
_STARTS = (b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0c")
"""How a codestream begins: JPEG and JPEG-LS, JPEG 2000, JPEG 2000 in a JP2 box."""
_MOST_FRAGMENTS = 1_000_000


@dataclass(frozen=True)
class Span:
    """A stretch of the source."""

    start: int
    length: int


@dataclass(frozen=True, eq=False)
class Frames:
    """Where each frame of one file lies; numbers count from 1, as DICOM's do.

    It holds nothing of the file's contents, and can be kept to read frames without reading the header again.
    """

    element: PixelElement
    syntax: UID
    format: PixelFormat
    limits: Limits
    extended: tuple[bytes, bytes] | None
    """The extended offset table and its lengths (PS3.5 A.4)."""
    _found: dict[str, Any] = field(default_factory=dict)
    """What was learnt of the fragments; two threads that learn it at once learn the same."""

    @classmethod
    def of(cls, header: Header, element: PixelElement, form: PixelFormat, limits: Limits) -> Frames:
        """The frames of a file whose header was read."""
        offsets, lengths = (raw(header.dataset, name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"))
        extended = None
        if isinstance(offsets, bytes) and isinstance(lengths, bytes) and (
                len(offsets) == len(lengths) == 8 * form.frames):
            extended = offsets, lengths
        return cls(element, header.transfer_syntax, form, limits, extended)

    def encoded(self, source: Source, number: int) -> Encoded:
        """One frame's bytes; refuses a frame that is not there, is cut, or is too large."""
        if not 1 <= number <= self.format.frames:
            raise Refusal.because("image_frame_unknown", number=number, frames=self.format.frames)
        if self.element.length is not None:
            return self._native(source, number)
        spans = self._by_table(source).get(number) or self._walked(source)[number - 1]
        size = sum(span.length for span in spans)
        if size > self.limits.encoded_bytes:
            raise Refusal.because("image_frame_bytes_too_many", number=number, limit=self.limits.encoded_bytes // MIB)
        data = b"".join(source.read(span.start, span.length) for span in spans)
        if len(data) < size:
            raise Refusal.because("image_frame_cut", number=number)
        return Encoded(data, self.syntax, self.format, compressed=True)

    def _native(self, source: Source, number: int) -> Encoded:
        if self.syntax.is_encapsulated:
            raise Refusal.because("image_not_in_fragments", syntax=self.syntax.name)
        element, bits = self.element, self.format.native_bits
        first = bits * (number - 1)
        swapped = self.format.big_endian and element.vr == "OW" and self.format.allocated <= 8
        unit = 16 if swapped else 8
        start = element.start + first // unit * (unit // 8)
        end = element.start + -(-(first + bits) // unit) * (unit // 8)
        data = source.read(start, end - start)
        if len(data) < end - start or end > element.start + (element.length or 0):
            raise Refusal.because("image_frame_cut", number=number)
        return Encoded(data, self.syntax, self.format, compressed=False, bit_offset=first % unit, swapped=swapped)

    def _learnt(self, what: str, learn: Callable[[], T]) -> T:
        """What is learnt of the fragments once."""
        if what not in self._found:
            self._found[what] = learn()
        found: T = self._found[what]
        return found

    def _by_table(self, source: Source) -> dict[int, list[Span]]:
        return self._learnt("table", lambda: _by_table(source, self))

    def _walked(self, source: Source) -> list[list[Span]]:
        return self._learnt("walked", lambda: _walked(source, self))


def _first_item(source: Source, frames: Frames) -> tuple[bytes, int]:
    """The basic offset table's value, and where the fragments begin (PS3.5 A.4)."""
    start = frames.element.start
    head = source.read(start, 8)
    if head[:4] != _ITEM:
        raise Refusal.because("image_fragments_broken")
    length = int.from_bytes(head[4:8], "little")
    return source.read(start + 8, min(length, 8 * frames.limits.frames)), start + 8 + length


def _by_table(source: Source, frames: Frames) -> dict[int, list[Span]]:
    """Frames by the extended offset table, else the basic one; empty when there is none that can be trusted."""
    table, base = _first_item(source, frames)
    count = frames.format.frames
    if frames.extended is not None:
        places = zip(*(struct.unpack(f"<{count}Q", one) for one in frames.extended), strict=True)
        spans = {number: [Span(base + offset + 8, length)] for number, (offset, length) in enumerate(places, 1)}
        items = (source.read(found[0].start - 8, 4) for found in (spans[1], spans[count]))
        return spans if all(item == _ITEM for item in items) else {}
    if count == 1 or len(table) != 4 * count:
        return {}
    return _by_basic_table(source, struct.unpack(f"<{count}I", table), base)


def _by_basic_table(source: Source, offsets: tuple[int, ...], base: int) -> dict[int, list[Span]]:
    if offsets[0] != 0 or any(later <= earlier for earlier, later in pairwise(offsets)):
        return {}
    found = {}
    for number, offset in enumerate(offsets, 1):
        until = base + offsets[number] if number < len(offsets) else None
        spans = _items(source, base + offset, until)
        if not spans:
            return {}
        found[number] = spans
    return found


def _walked(source: Source, frames: Frames) -> list[list[Span]]:
    """Frames by all the fragments: all one frame, one each, or where a codestream begins (PS3.5 A.4)."""
    fragments = _items(source, _first_item(source, frames)[1], None)
    count = frames.format.frames
    if not fragments:
        raise Refusal.because("image_fragments_broken")
    if count == 1:
        return [fragments]
    if len(fragments) == count:
        return [[fragment] for fragment in fragments]
    found: list[list[Span]] = []
    if frames.syntax != RLELossless:
        for fragment in fragments:
            if source.read(fragment.start, 4).startswith(_STARTS) or not found:
                found.append([])
            found[-1].append(fragment)
    if len(found) != count:
        raise Refusal.because("image_frames_not_told_apart", fragments=len(fragments), frames=count)
    return found


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
