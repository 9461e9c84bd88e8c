"""Sending DICOM objects that were made here to the server, by STOW-RS (PS3.18 10.5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from records.errors import Refusal
from workstation.client.asking import Asking
from workstation.client.door import Door

_DICOM = "application/dicom"
_PATIENCE_S = 120.0
"""For one message: its files are on the server's disk before it answers."""


@dataclass(frozen=True)
class Stored:
    """What the server said: `kept` are SOP Instance UIDs, `why_not` one line for each file that it turned away."""

    status: int
    kept: frozenset[str]
    why_not: tuple[str, ...]


class StoringRoutes(Asking):
    """One request for all the files of one study; a second time does no harm."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def store_objects(self, study: str, files: Sequence[bytes]) -> None:
        """Returns when all of them are kept; refuses when the server turned one of them away."""
        told = self._store(f"/dicomweb/studies/{study}", files)
        if told.why_not or told.status not in (200, 202):
            raise Refusal.because("objects_not_kept", detail="; ".join(told.why_not)[:200] or str(told.status))

    def store_files(self, files: Sequence[bytes]) -> Stored:
        """Files of other makers, of any studies; each is judged by itself."""
        return self._store("/dicomweb/studies", files)

    def _store(self, path: str, files: Sequence[bytes]) -> Stored:
        boundary = f"benhan-{uuid4().hex}"
        body = b"".join(_part(boundary, file) for file in files) + f"--{boundary}--\r\n".encode()
        content = f'multipart/related; type="{_DICOM}"; boundary={boundary}'
        answer = self.door.ask("POST", path, body=body, content_type=content, allow=(409,), within_s=_PATIENCE_S)
        return Stored(answer.status, _kept(answer.body), tuple(_failed(answer.body)))


def _part(boundary: str, file: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Type: {_DICOM}\r\nContent-Length: {len(file)}\r\n\r\n".encode() + file + b"\r\n"


def _kept(body: bytes) -> frozenset[str]:
    """Referenced SOP Instance UIDs of the Referenced SOP Sequence (0008,1199)."""
    try:
        entries: list[Any] = json.loads(body).get("00081199", {}).get("Value", [])
        return frozenset(str(uid) for entry in entries for uid in entry.get("00081155", {}).get("Value", []))
    except (ValueError, AttributeError, TypeError):
        return frozenset()


def _failed(body: bytes) -> list[str]:
    """What the answer says of files that were not kept (Failed SOP Sequence, 0008,1198)."""
    try:
        told = json.loads(body)
        entries: list[Any] = told.get("00081198", {}).get("Value", [])
        return [str(next(iter(entry.get("00000902", {}).get("Value", [])), "?")) for entry in entries]
    except (ValueError, AttributeError, TypeError):
        return ["the answer could not be read"]
