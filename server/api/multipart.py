"""Messages of several parts, multipart/related (RFC 2387), as DICOMweb sends and answers them (PS3.18 8.6)."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from itertools import islice, pairwise

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from records.errors import Refusal

MOST_PARTS = 10_000
"""Parts of one message: each costs 0.1 to 0.4 ms even where it is no file, and half a gigabyte holds four million."""
_LONGEST_HEAD = 64 * 1024


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


def split(body: bytes, content_type: str) -> Iterator[bytes]:
    """The parts of a message; refuses one that is none, and one of more parts than its reading may cost."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/related" or not isinstance(boundary, str) or not boundary:
        raise Refusal.because("request_malformed", "content-type", detail="multipart/related with a boundary")
    ends = list(islice(_delimiters(body, b"--" + boundary.encode()), MOST_PARTS + 2))
    if len(ends) > MOST_PARTS + 1:
        raise Refusal.because("message_parts_too_many", limit=MOST_PARTS)
    if not ends or body[ends[-1][1]:ends[-1][1] + 2] != b"--":
        raise Refusal.because("request_malformed", "body", detail="no end of the last part")
    whole = memoryview(body)
    for (_, begin), (end, _) in pairwise(ends):
        head = body.find(b"\r\n\r\n", begin, min(end, begin + _LONGEST_HEAD))
        if head < 0:
            raise Refusal.because("request_malformed", "body", detail="a part without an end of its headers")
        yield bytes(whole[head + 4:end])


def _delimiters(body: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where each delimiter begins, its line's break included, and ends; the body is large, and never copied."""
    if body.startswith(mark):
        yield 0, len(mark)
    at = body.find(b"\r\n" + mark)
    while at >= 0:
        yield at, at + 2 + len(mark)
        at = body.find(b"\r\n" + mark, at + 2 + len(mark))


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
