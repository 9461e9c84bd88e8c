"""Time stamps, the standing of certificates, and the queue of long-term evidence."""

from __future__ import annotations

from datetime import date
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



class TrustProposal(Frozen):
    """POST /api/trust-lists: the whole next edition; a second person accepts it before it counts."""

    pems: tuple[str, ...] = Field(min_length=1, max_length=200)
    """As files of the trust folder: `purpose: time stamps` above the certificates limits a text to that."""
    valid_from: date
    note: str = Field(min_length=5, max_length=500)
    """Why it changes."""



class TrustDecision(Frozen):
    """POST /api/trust-lists/{edition}/accept and /reject."""

    reason: str = Field(default="", max_length=500)



class TrustedAuthority(Frozen):
    """One certificate of an edition."""

    name: str
    sha256: str
    root: bool
    stamps_only: bool
    until: Instant



class TrustEdition(Frozen):
    """GET /api/trust-lists: one edition; number 0 is the folder of the server, which counts until another does."""

    number: int
    state: Literal["proposed", "accepted", "rejected"]
    in_force: bool
    valid_from: date | None = None
    note: str = ""
    proposed_by: str = ""
    decided_by: str = ""
    authorities: tuple[TrustedAuthority, ...]
