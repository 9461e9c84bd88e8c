"""The look-up code of a print on paper (R42): how it is made, and the address in which the QR code carries it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

PATH = "/tra-cuu"
_NAME = "ma"


def look_up_code(record_no: str, form: str, content: Sequence[tuple[UUID, int, str]]) -> str:
    """Names the record, the form and exactly these versions (entry, number, SHA-256): other content, another code."""
    listed = ",".join(f"{entry}.{number}.{digest}" for entry, number, digest in content)
    return f"{record_no}/{form}/{sha256(listed.encode()).hexdigest()[:12].upper()}"


def address(public_url: str, code: str) -> str:
    """What the QR code holds: the server's own page for the code; empty when the server has no address to print."""
    return f"{public_url.rstrip('/')}{PATH}?{_NAME}={quote(code, safe='/')}" if public_url else ""


def code_in(scanned: str) -> str:
    """The code in what a scanner read or a person typed: the whole address, or the code alone."""
    text = scanned.strip()
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.path.rstrip("/").endswith(PATH):
        text = (parse_qs(parts.query).get(_NAME) or [""])[0]
    start, slash, digest = text.strip().rpartition("/")
    return f"{start}{slash}{digest.upper()}"


def record_of(code: str) -> str:
    """The record number that the code begins with; empty when it is no look-up code."""
    record, _, rest = code.partition("/")
    return record if "/" in rest and code.isprintable() else ""
