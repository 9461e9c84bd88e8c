"""Messages of several parts, multipart/related (RFC 2387), as DICOMweb sends and answers them (PS3.18 8.6)."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from records.errors import Refusal

MOST_PARTS = 10_000
"""Parts of one message: each costs 0.1 to 0.4 ms even where it is no file, and half a gigabyte holds four million."""
STOW_LIMIT = 512_000_000
"""Bytes of one STOW-RS message."""
_LONGEST_HEAD = 64 * 1024
_PIECE = 1 << 20


@dataclass(frozen=True)
class Piece:
    """One part of an answer that is made while it is sent: how long it is (or None, where that is not known before),
    and its bytes in the order of reading.
    """

    content: str
    length: int | None
    data: Iterable[bytes]
    location: str = ""
    """The address at which it is found by itself."""


def joined(parts: Iterable[tuple[bytes, str]], kind: str) -> Response:
    """An answer of parts (bytes, content type); `kind` is the media type that they share."""
    boundary = _boundary()
    pieces = [piece for data, content in parts for piece in (_head(boundary, content, len(data)), data, b"\r\n")]
    return Response(b"".join([*pieces, _end(boundary)]), 200, {"Content-Type": _type(boundary, kind)})


def streamed(pieces: Sequence[Piece], kind: str) -> Response:
    """The same for parts that are too large to be held together."""
    boundary = _boundary()

    def body() -> Iterator[bytes]:
        for piece in pieces:
            yield from _part(boundary, piece)
        yield _end(boundary)

    lengths = [piece.length for piece in pieces]
    headers = {"Content-Type": _type(boundary, kind)}
    if None not in lengths:
        told = sum(len(_head(boundary, piece.content, piece.length)) + (piece.length or 0) + 2 for piece in pieces)
        headers["Content-Length"] = str(told + len(_end(boundary)))
    return StreamingResponse(body(), 200, headers)


def flowing(pieces: Iterable[Piece], kind: str) -> Response:
    """The same for parts that are made while they are sent, one after the other."""
    boundary = _boundary()

    def body() -> Generator[bytes, None, None]:
        for piece in pieces:
            yield b"".join(_part(boundary, piece))
        yield _end(boundary)

    return _Flow(body(), 200, {"Content-Type": _type(boundary, kind)})


class _Flow(StreamingResponse):
    """An answer whose making ends with it, also when who asked hangs up; else it would stand until it is swept away."""

    def __init__(self, made: Generator[bytes, None, None], status: int, headers: Mapping[str, str]) -> None:
        super().__init__(made, status, headers)
        self._made = made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As its parent, which waits for the piece that is being made."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._made.close()


class Parts:
    """The parts of a message that comes in pieces of any length; refuses one that is none, or of more parts than its
    reading may cost.
    """

    def __init__(self, content_type: str) -> None:
        header = Message()
        header["Content-Type"] = content_type
        boundary = header.get_param("boundary")
        if header.get_content_type() != "multipart/related" or not isinstance(boundary, str) or not boundary:
            raise Refusal.because("request_malformed", "content-type", detail="multipart/related with a boundary")
        self._mark = b"\r\n--" + boundary.encode()
        # The first delimiter may begin the message; any other stands behind a line's end.
        self._held = bytearray(b"\r\n")
        self._looked, self._within, self._ended, self._count = 0, False, False, 0

    def take(self, piece: bytes | memoryview) -> Iterator[bytes]:
        """What has become whole with that piece."""
        if self._ended:
            return  # what stands behind the last delimiter is no part
        self._held += piece
        while (at := self._held.find(self._mark, self._looked)) >= 0:
            behind = at + len(self._mark)
            if len(self._held) < behind + 2:
                return  # whether it is the last one, the next piece tells
            if self._within:
                yield self._part(at)
            self._within, self._ended = True, self._held[behind:behind + 2] == b"--"
            del self._held[:behind]
            self._looked = 0
            if self._ended:
                return
        self._looked = max(0, len(self._held) - len(self._mark) + 1)

    def end(self) -> None:
        """Refuses a message that was cut."""
        if not self._ended:
            raise Refusal.because("request_malformed", "body", detail="no end of the last part")

    def _part(self, until: int) -> bytes:
        self._count += 1
        if self._count > MOST_PARTS:
            raise Refusal.because("message_parts_too_many", limit=MOST_PARTS)
        head = self._held.find(b"\r\n\r\n", 0, min(until, _LONGEST_HEAD))
        if head < 0:
            raise Refusal.because("request_malformed", "body", detail="a part without an end of its headers")
        with memoryview(self._held) as whole:
            return bytes(whole[head + 4:until])


def split(body: bytes, content_type: str) -> Iterator[bytes]:
    """The parts of a message that is here."""
    parts, whole = Parts(content_type), memoryview(body)
    for start in range(0, len(body), _PIECE):
        yield from parts.take(whole[start:start + _PIECE])
    parts.end()


def _boundary() -> str:
    return f"benhan-{secrets.token_hex(12)}"


def _part(boundary: str, piece: Piece) -> Iterator[bytes]:
    yield _head(boundary, piece.content, piece.length, piece.location)
    yield from piece.data
    yield b"\r\n"


def _head(boundary: str, content: str, length: int | None, location: str = "") -> bytes:
    told = "" if length is None else f"Content-Length: {length}\r\n"
    where = f"Content-Location: {location}\r\n" if location else ""
    return f"--{boundary}\r\nContent-Type: {content}\r\n{told}{where}\r\n".encode()


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


def _type(boundary: str, kind: str) -> str:
    return f'multipart/related; type="{kind}"; boundary={boundary}'
