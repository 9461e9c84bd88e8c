"""Large files encrypted in chunks, so that one frame of a study is read without reading the whole.

A file is a header (format, chunk size, length) and its chunks, each sealed by itself under the same key. A chunk opens
only at its own place in a file of that digest, size and length: none can be left out, moved, or taken from another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from records.errors import Refusal
from server.store.blobs import Place
from server.store.keys import ScopeKey

CHUNK = 128 * 1024
"""Bytes of one chunk: a CT slice is five, and to read less than one costs no less."""
_HEADER = struct.Struct(">4sIQ")
_MAGIC = b"BAC1"
_OVERHEAD = 29
"""What sealing adds to a chunk: format, nonce and tag."""


def seal(key: ScopeKey, about: str, data: bytes, chunk: int = CHUNK) -> bytes:
    """The file as it lies on the disk."""
    view = memoryview(data)
    parts = [_HEADER.pack(_MAGIC, chunk, len(data))]
    for index, start in enumerate(range(0, len(data), chunk)):
        parts.append(key.encrypt(_about(about, chunk, len(data), index), view[start:start + chunk]))
    return b"".join(parts)


@dataclass(frozen=True)
class Sealed:
    """A sealed file where it lies; read as much of it as is needed."""

    place: Place
    name: str
    key: ScopeKey
    about: str
    size: int
    """Bytes of the plaintext."""
    chunk: int

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """That part of the plaintext, cut at its end; refuses a file in which a bit of it differs."""
        stop = self.size if length is None else min(self.size, start + length)
        if start >= stop:
            return b""
        first, last = start // self.chunk, (stop - 1) // self.chunk
        # Cut before they are joined: each copy of a slice of half a megabyte is felt.
        parts = [memoryview(part) for part in self._chunks(first, last)]
        parts[-1] = parts[-1][:stop - last * self.chunk]
        parts[0] = parts[0][start - first * self.chunk:]
        return b"".join(parts)

    def _chunks(self, first: int, last: int) -> Iterator[bytes]:
        """The plaintext of neighbouring chunks, read from the place at once."""
        step = self.chunk + _OVERHEAD
        until = min((last + 1) * self.chunk, self.size) + (last + 1) * _OVERHEAD
        data = self.place.read_part(self.name, _HEADER.size + first * step, until - first * step)
        if data is None:
            raise Refusal.because("blob_missing", self.name)
        view = memoryview(data)
        for index in range(first, last + 1):
            at = (index - first) * step
            yield self.key.decrypt(_about(self.about, self.chunk, self.size, index), view[at:at + step])


def open_sealed(place: Place, name: str, key: ScopeKey, about: str) -> Sealed:
    """The file of that name; refuses one that is missing or is none of ours."""
    head = place.read_part(name, 0, _HEADER.size)
    if head is None:
        raise Refusal.because("blob_missing", name)
    if len(head) < _HEADER.size:
        raise Refusal.because("ciphertext_damaged", about)
    magic, chunk, length = _HEADER.unpack(head)
    if magic != _MAGIC or not chunk:
        raise Refusal.because("ciphertext_damaged", about)
    return Sealed(place, name, key, about, length, chunk)


def _about(about: str, chunk: int, length: int, index: int) -> str:
    return f"{about}|{chunk}|{length}|{index}"
