"""The patient's confirmation on the wire: what a device captured, and what a chart says of a confirmation."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen


class CaptureGiven(Frozen):
    """POST /api/encounters/{id}/captures: what the patient left on a device, for one version of one document.

    `evidence`: the print's image, or the drawn strokes as JSON with times; `template`: the reader's. Both base64, kept
    encrypted under a key of their own; only their SHA-256 go into the record (R8).
    """

    transaction: UUID
    document_entry: UUID
    document_number: int = Field(ge=1, le=10_000)
    method: Literal["fingerprint", "drawn"]
    device: str = Field(min_length=1, max_length=150)
    quality: int | None = Field(default=None, ge=0, le=100)
    evidence: str = Field(min_length=1, max_length=1_200_000, repr=False)
    template: str = Field(default="", max_length=20_000, repr=False)
    captured_at: Instant | None = None
    """When the patient gave it, by the workstation's clock: the server may hear of it later."""


class CaptureKept(Frozen):
    """What the confirmation says of it."""

    transaction: UUID
    evidence_sha256: str
    template_sha256: str
    received_at: Instant


class CaptureWanted(Frozen):
    """POST /api/captures/{id}/open: somebody with the right must see it, and says why."""

    reason: str = Field(min_length=5, max_length=500)


class CaptureOpened(Frozen):
    """What was kept, in clear: for judging this one confirmation and nothing else."""

    method: Literal["fingerprint", "drawn", "code"]
    device: str
    captured_at: Instant
    evidence: str = Field(repr=False)
    """Base64. The template is never shown to anybody (R8)."""


class CodeOffer(Frozen):
    """GET /api/confirmation-codes/offer: whether the house can send one-time codes, by what, or why not."""

    gateway: str
    reasons: tuple[dict[str, Any], ...] = ()


class CodeWish(Frozen):
    """POST /api/encounters/{id}/confirmation-codes: send a code for exactly this version to this phone."""

    transaction: UUID
    document_entry: UUID
    document_number: int = Field(ge=1, le=10_000)
    document_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    document_file_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    phone: str = Field(min_length=1, max_length=30, repr=False)


class CodeSent(Frozen):
    """The message is on its way; the code itself is told to nobody but the phone."""

    transaction: UUID
    phone: str
    """Masked."""
    gateway: str
    check: str
    """Stands in the message too: both speak of the same text."""
    ends_at: Instant
    tries_left: int


class CodeTyped(Frozen):
    """POST /api/confirmation-codes/{transaction}/tries: what the patient read out."""

    code: str = Field(min_length=1, max_length=20, repr=False)


class CodeJudged(Frozen):
    """Whether it was the code; a wrong one is an answer too, and counts."""

    good: bool
    tries_left: int
    reasons: tuple[dict[str, Any], ...] = ()
    phone: str = ""
    """Masked; this and what follows is filled when the code was right, and stands in the confirmation."""
    phone_source: Literal["", "on_file", "told"] = ""
    gateway: str = ""
    message_no: str = ""
    sent_at: Instant | None = None
    tries: int = 0
    confirmed_at: Instant | None = None
    evidence_sha256: str = ""


class ConfirmationView(Frozen):
    """That the patient confirmed (or refused) a version, as its chart shows it."""

    entry: UUID
    """The confirmation: an entry of its own with its own signed file."""
    slot: str
    method: Literal["fingerprint", "drawn", "code", "witness"]
    confirmed: bool
    full_name: str
    """Who confirmed: the patient, or who stood for them."""
    person: UUID
    person_name: str
    """Who took it."""
    confirmed_at: Instant
