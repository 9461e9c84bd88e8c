"""How the workstation and its token process talk: each message is a length in four bytes, then JSON."""

from __future__ import annotations

import json
from typing import IO, Any

LIMIT = 16 * 1024 * 1024


class WireBroken(Exception):  # an end of the conversation, not a fault of ours
    """The other end is gone, or sent what is no message."""


def send(out: IO[bytes], message: dict[str, Any]) -> None:
    """Write one message."""
    body = json.dumps(message).encode()
    out.write(len(body).to_bytes(4) + body)
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


def _exactly(source: IO[bytes], count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = source.read(count - len(parts))
        if not part:
            raise WireBroken("The other end closed.")
        parts += part
    return bytes(parts)
