"""Time stamps, the standing of certificates, and the queue of long-term evidence."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen


class StampWish(Frozen):
    """POST /api/timestamps: SHA-256 (hexadecimal) of a signature's value, to be stamped while the signer waits."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")



class StampGiven(Frozen):
    """201 with the token (DER, base64), or 202 without one: the evidence is pending, and the reasons say why (R16)."""

    token: str = ""
    stamped_at: Instant | None = None
    authority: str = ""
    reasons: tuple[dict[str, Any], ...] = ()



class CertificateStanding(Frozen):
    """GET /api/certificates/standing: whether one of my certificates was revoked by its authority (R14)."""

    certificate: UUID
    serial: str
    state: Literal["good", "revoked", "unknown"]
    at: Instant
    """For which moment the authority's newest answer speaks; of an unknown state, when it was asked."""
    revoked_at: Instant | None = None



class EvidenceTaskView(Frozen):
    """A signed file whose evidence waits or failed."""

    entry: UUID
    number: int
    encounter: UUID
    file: str
    level: Literal["B", "T", "LT"]
    """What its signatures can be proved by now."""
    state: Literal["waiting", "failed"]
    since: Instant
    next_at: Instant
    attempts: int
    reasons: tuple[dict[str, Any], ...] = ()



class EvidenceQueue(Frozen):
    """GET /api/evidence: what still waits, longest first, and how many files stand where."""

    waiting: int
    failed: int
    done: int
    stamps: bool
    """The hospital has a time-stamp contract."""
    complete: Literal["B", "T", "LT"]
    """What the hospital demands today before a record counts as complete."""
    archive: Literal["B", "T", "LT"]
    """And before it is archived."""
    tasks: tuple[EvidenceTaskView, ...]
