"""Sending DICOM objects that were made here to the server, by STOW-RS (PS3.18 10.5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from records.errors import Refusal
from workstation.client.asking import Asking
from workstation.client.door import Door

_DICOM = "application/dicom"


class StoringRoutes(Asking):
    """One request for all the files of one study; a second time does no harm."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def store_objects(self, study: str, files: Sequence[bytes]) -> None:
        """Returns when all of them are kept; refuses when the server turned one of them away."""
        boundary = f"benhan-{uuid4().hex}"
        body = b"".join(_part(boundary, file) for file in files) + f"--{boundary}--\r\n".encode()
        content = f'multipart/related; type="{_DICOM}"; boundary={boundary}'
        answer = self.door.ask("POST", f"/dicomweb/studies/{study}", body=body, content_type=content, allow=(409,))
        failed = _failed(answer.body)
        if failed or answer.status not in (200, 202):
            raise Refusal.because("objects_not_kept", detail="; ".join(failed)[:200] or str(answer.status))


def _part(boundary: str, file: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Type: {_DICOM}\r\nContent-Length: {len(file)}\r\n\r\n".encode() + file + b"\r\n"


def _failed(body: bytes) -> list[str]:
    """What the answer says of files that were not kept (Failed SOP Sequence, 0008,1198)."""
    try:
        told = json.loads(body)
        entries: list[Any] = told.get("00081198", {}).get("Value", [])
        return [str(next(iter(entry.get("00000902", {}).get("Value", [])), "?")) for entry in entries]
    except (ValueError, AttributeError, TypeError):
        return ["the answer could not be read"]
