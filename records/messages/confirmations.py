"""The patient's confirmation on the wire: what a device captured, and what a chart says of a confirmation."""

from __future__ import annotations

from typing import Literal
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

    evidence: str = Field(repr=False)
    template: str = Field(repr=False)


class ConfirmationView(Frozen):
    """That the patient confirmed (or refused) a version, as its chart shows it."""

    entry: UUID
    """The confirmation: an entry of its own with its own signed file."""
    slot: str
    method: Literal["fingerprint", "drawn", "witness"]
    confirmed: bool
    full_name: str
    """Who confirmed: the patient, or who stood for them."""
    person: UUID
    person_name: str
    """Who took it."""
    confirmed_at: Instant
