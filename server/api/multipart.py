"""Messages of several parts, multipart/related (RFC 2387), as DICOMweb sends and answers them (PS3.18 8.6)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from fastapi import Response
from fastapi.responses import StreamingResponse

from records.errors import Refusal


@dataclass(frozen=True)
class Piece:
    """One part of an answer that is made while it is sent: how long it is, and its bytes in the order of reading."""

    content: str
    length: int
    data: Iterable[bytes]


def joined(parts: Iterable[tuple[bytes, str]], kind: str) -> Response:
    """An answer of parts (bytes, content type); `kind` is the media type that they share."""
    boundary = _boundary()
    body = b"".join(piece for data, content in parts
                    for piece in (_head(boundary, content, len(data)), data, b"\r\n"))
    return Response(body + _end(boundary), 200, {"Content-Type": _type(boundary, kind)})


def streamed(pieces: Sequence[Piece], kind: str) -> Response:
    """The same for parts that are too large to be held together."""
    boundary = _boundary()

    def body() -> Iterator[bytes]:
        for piece in pieces:
            yield _head(boundary, piece.content, piece.length)
            yield from piece.data
            yield b"\r\n"
        yield _end(boundary)

    length = len(_end(boundary)) + sum(len(_head(boundary, piece.content, piece.length)) + piece.length + 2
                                       for piece in pieces)
    return StreamingResponse(body(), 200, {"Content-Type": _type(boundary, kind), "Content-Length": str(length)})


def split(body: bytes, content_type: str) -> Iterator[bytes]:
    """The parts of a message; refuses one that is none."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/related" or not isinstance(boundary, str) or not boundary:
        raise Refusal.because("request_malformed", "content-type", detail="multipart/related with a boundary")
    _, *others = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not others or not others[-1].startswith(b"--"):
        raise Refusal.because("request_malformed", "body", detail="no end of the last part")
    for part in others[:-1]:
        _, found, data = part.partition(b"\r\n\r\n")
        if not found:
            raise Refusal.because("request_malformed", "body", detail="a part without an end of its headers")
        yield data


def _boundary() -> str:
    return f"benhan-{secrets.token_hex(12)}"


def _head(boundary: str, content: str, length: int) -> bytes:
    return f"--{boundary}\r\nContent-Type: {content}\r\nContent-Length: {length}\r\n\r\n".encode()


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


def _type(boundary: str, kind: str) -> str:
    return f'multipart/related; type="{kind}"; boundary={boundary}'
