"""Version -> the bytes that are signed; nobody else builds them.

RFC 8785 (JCS) over: strings in NFC, decimals as strings in the form's precision, instants with offset to the
second, form edition, renderer version and entry id inside. Vectors: `tests/vectors/canonical/`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Any

import rfc8785
from pydantic import ValidationError

from records.entries import Version
from records.errors import Refusal


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case dict():
            return {key: _plain(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_plain(item) for item in value]
        case str():
            return unicodedata.normalize("NFC", value)
        case float():
            raise TypeError("Canonical JSON has no binary fractions; store decimals as strings.")
        case bool() | int() | None:
            return value
    return str(value)


def encode(version: Version) -> bytes:
    """The canonical bytes of a version."""
    return rfc8785.dumps(_plain(version.model_dump()))


def decode(data: bytes) -> Version:
    """The version in canonical bytes; refuses bytes that are not exactly what `encode` would make."""
    try:
        version = Version.model_validate(json.loads(data))
    except (ValidationError, ValueError) as error:
        raise Refusal.because("version_unreadable", detail=str(error).splitlines()[0]) from error
    if encode(version) != data:
        raise Refusal.because("version_not_canonical")
    return version


def sha256(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()
