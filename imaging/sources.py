"""Where a file's bytes come from: memory, disk, or anything that reads at an offset; and how much may be taken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from records.errors import Refusal

MIB = 1 << 20
_PAGE, FIRST_PAGE = 256 * 1024, 32 * 1024
"""Most headers fit into the first: of a slow disc no pixels are read where only headers are asked for."""


_ALPHABETS, _CHARACTER_SET = 1024, (b"\x08\0\x05\0", b"\0\x08\0\x05")
"""Bytes of Specific Character Set (0008,0005), and how its element begins."""


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Everything is judged by these before memory is taken for it."""

    header_bytes: int = 128 * MIB
    """All that stands before the pixels, functional groups and overlays included."""
    parts: int = 500_000
    """Of a header, as its parser reads them: an element is two or three, an item of a sequence about as many."""
    depth: int = 64
    """Sequences within sequences."""
    nested_bytes: int = 384 * MIB
    """What stands in sequences, each level anew: the parser copies each."""
    inflated_bytes: int = 1024 * MIB
    """A deflated file, unpacked."""
    frame_bytes: int = 512 * MIB
    """One frame, decoded."""
    encoded_bytes: int = 512 * MIB
    """One frame, as it lies in the file."""
    frames: int = 100_000


LIMITS = Limits()


class Parts:
    """How many parts of one header were read, and how many more may be."""

    def __init__(self, most: int = LIMITS.parts) -> None:
        self._most = self._left = most
        self._alphabets = False

    def take(self, length: int) -> None:
        """One more, of so many bytes; refuses the one that is too many, and a list of character sets without end."""
        self._left -= 1
        if self._left < 0 or (self._alphabets and length > _ALPHABETS):
            self._left = -1
            self.demand()

    def took(self, data: bytes) -> None:
        """What it was: the parser turns Specific Character Set into values before anybody asks."""
        self._alphabets = data[:4] in _CHARACTER_SET if len(data) == 8 else self._alphabets and len(data) == 4

    def demand(self) -> None:
        """Refuse where one was refused before: the parser takes our word for an error of reading, and goes on."""
        if self._left < 0:
            raise Refusal.because("image_header_too_many", limit=self._most)


class Source(Protocol):
    """Bytes that can be read at an offset: a file, a decrypted blob, memory. Reads past the end come back short."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on."""


@dataclass(frozen=True)
class InMemory:
    """A whole file that is at hand."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        """A slice."""
        return self.data[offset:offset + length]


@dataclass(frozen=True)
class OnDisk:
    """A file, opened for each read: nothing to close, and many threads may read at once."""

    path: Path

    @property
    def size(self) -> int:
        """Its length now."""
        return self.path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        """What stands there; never asks for more memory than the file holds."""
        with self.path.open("rb") as file:
            length = min(length, os.fstat(file.fileno()).st_size - offset)
            if length <= 0:
                return b""
            file.seek(offset)
            return file.read(length)


class Stream:
    """A source as the file that pydicom's parser reads; it gives up when the parser has taken too much or too often.

    `head` is what was read of its beginning already.
    """

    def __init__(self, source: Source, start: int, budget: int, parts: Parts, head: bytes = b"") -> None:
        self._parts = parts
        self._source, self._size, self._at, self._left = source, source.size, start, budget
        self._budget, self._page, self._page_at = budget, head, 0

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as a file does."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def read(self, length: int | None = -1) -> bytes:
        """At most `length` bytes; a length that was forged gets what there is."""
        left = max(0, self._size - self._at)
        length = left if length is None or length < 0 else min(length, left)
        self._parts.take(length)
        self._left -= length
        if self._left < 0:
            raise Refusal.because("image_header_too_large", limit=self._budget // MIB)
        data = self._paged(length) if length <= _PAGE // 4 else self._source.read(self._at, length)
        self._at += len(data)
        self._parts.took(data)
        return data

    def look(self, length: int) -> bytes:
        """What comes next, which is neither taken nor counted."""
        return self._paged(length)

    def _paged(self, length: int) -> bytes:
        if not self._page_at <= self._at <= self._at + length <= self._page_at + len(self._page):
            more = _PAGE if self._page else FIRST_PAGE
            self._page, self._page_at = self._source.read(self._at, max(length, more)), self._at
        start = self._at - self._page_at
        return self._page[start:start + length]
