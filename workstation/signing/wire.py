"""How the workstation and its token process talk: each message is a length in four bytes, then JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any

from records.errors import BenhAnError

LIMIT = 16 * 1024 * 1024


class WireBroken(BenhAnError):  # an end of the conversation, not a fault of ours
    """The other end is gone, or sent what is no message."""


def send(out: IO[bytes], message: dict[str, Any], plain: Callable[[Any], str] | None = None) -> None:
    """Write one message; `plain` spells values that JSON does not know (a PIN, which no variable here ever holds)."""
    out.write(_framed(message, plain))
    out.flush()


def receive(source: IO[bytes]) -> dict[str, Any]:
    """Read one message; `WireBroken` at the end of the stream."""
    length = int.from_bytes(_exactly(source, 4))
    if length > LIMIT:
        raise WireBroken("The message is longer than any of ours.")
    try:
        message = json.loads(_exactly(source, length))
    except ValueError as error:
        raise WireBroken("The message is no JSON.") from error
    if not isinstance(message, dict):
        raise WireBroken("The message is no object.")
    return message


def _framed(message: dict[str, Any], plain: Callable[[Any], str] | None) -> bytes:
    body = json.dumps(message, default=plain).encode()
    return len(body).to_bytes(4) + body


def _exactly(source: IO[bytes], count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = source.read(count - len(parts))
        if not part:
            raise WireBroken("The other end closed.")
        parts += part
    return bytes(parts)
