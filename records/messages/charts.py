"""The chart: entries, drafts, signed files and what becomes of late ones."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from records.entries import Author, Correction, FormRef, Instant, RelatesTo, State
from records.forms import Frozen
from records.messages.amendments import CancellationView, RestorationGiven
from records.messages.confirmations import ConfirmationView
from records.messages.imaging_orders import ImagingOrderStanding
from records.messages.patients import ClockView, EncounterView, PatientView


class SignatureView(Frozen):
    """A signature that the server accepted."""

    slot: str
    slot_label: str
    person: UUID
    full_name: str
    title: str
    signed_at: Instant
    received_at: Instant
    certificate_serial: str
    certificate_issuer: str
    offline: bool = False
    settled: bool = True
    """False while a file signed without the server waits for a named person (work list)."""
    training: bool = False



class EntryView(Frozen):
    """An entry with its latest version, as the time line and the sheet show it."""

    id: UUID
    encounter: UUID
    form: FormRef
    version: int
    state: State
    author: UUID
    author_name: str
    author_title: str
    occurred_at: Instant
    written_at: Instant
    received_at: Instant
    sha256: str
    """Of the version's canonical bytes."""
    correction: Correction | None = None
    relates_to: RelatesTo | None = None
    """The entry in whose place it was issued, or to which it adds (R31, R35, R37)."""
    cancellation: CancellationView | None = None
    """Who cancelled it, when and why."""
    signatures: tuple[SignatureView, ...]
    confirmations: tuple[ConfirmationView, ...] = ()
    """What the patient confirmed or refused of this version (R7)."""
    open_slots: tuple[str, ...] = ()
    file: str = ""
    """SHA-256 of the newest signed file: GET /api/files/{sha256}."""
    evidence: Literal["", "B", "T", "LT"] = ""
    """What its signatures can be proved by; empty while slots are open."""
    evidence_pending: bool = False
    """Long-term evidence is still being gathered, or failed (R16)."""
    evidence_file: str = ""
    """SHA-256 of the same file with its long-term evidence behind the signatures."""
    body: dict[str, Any]
    """The version as canonical JSON, parsed: `Version.model_validate(body)`."""
    older: tuple[int, ...] = ()
    """Numbers of earlier versions: GET /api/entries/{id}/versions/{n}."""



class DraftView(Frozen):
    """A draft as the server mirrors it."""

    entry: UUID
    encounter: UUID
    person: UUID
    person_name: str
    author: Author | None = None
    """The person as a version names its author; None for who may write this kind no longer."""
    form: FormRef
    base_version: int
    """0 for a new entry, else the version that it corrects."""
    correction_reason: str = ""
    restoration: RestorationGiven | None = None
    """The text is an older one that somebody let be restored: nobody changes it (R34)."""
    relates_to: RelatesTo | None = None
    occurred_at: Instant
    values: dict[str, Any]
    revision: int
    """Counts up with each save; a save names the revision that it knows."""
    updated_at: Instant



class DraftSave(Frozen):
    """PUT /api/drafts/{entry}. `known_revision` 0 for the first save; another revision there -> DraftConflict (409)."""

    encounter: UUID
    form: FormRef
    base_version: int = 0
    correction_reason: str = ""
    restoration: RestorationGiven | None = None
    relates_to: RelatesTo | None = None
    occurred_at: Instant
    values: dict[str, Any]
    known_revision: int



class DraftConflict(Frozen):
    """409 answer: both texts are kept, a person chooses."""

    mine: DraftView
    theirs: DraftView



class Chart(Frozen):
    """GET /api/encounters/{id}/chart."""

    encounter: EncounterView
    patient: PatientView
    entries: tuple[EntryView, ...]
    """Newest clinical time first."""
    drafts: tuple[DraftView, ...]
    clocks: tuple[ClockView, ...]
    imaging_orders: tuple[ImagingOrderStanding, ...] = ()
    """Where each picture stands that its entries order; nothing of those that only wait."""
    at: Instant



class FindingView(Frozen):
    """One answered question of a verdict."""

    question: str
    answer: Literal["yes", "no", "unknown"]
    reasons: tuple[dict[str, Any], ...] = ()
    evidence: dict[str, Any] = {}



class Accepted(Frozen):
    """201 answer to POST /api/entries/{id}/versions/{n}/signatures (body: the PDF; query: encounter, slot, offline,
    begun_at): the entry as it is now, and the receipt (canonical JSON and signature, base64).
    """

    entry: EntryView
    receipt: str
    receipt_signature: str



class Quarantined(Frozen):
    """202 answer: the file is kept, and a named person settles it."""

    settlement: UUID
    reasons: tuple[dict[str, Any], ...]



class SettlementView(Frozen):
    """GET /api/settlements: a late or wrong file on the work list."""

    id: UUID
    kind: Literal["quarantine", "offline"]
    """quarantine: not stored as a signature; offline: stored, marked «ký khi mất mạng»."""
    entry: UUID | None
    encounter: UUID | None
    patient_name: str = ""
    person: UUID
    person_name: str
    received_at: Instant
    file: str
    reasons: tuple[dict[str, Any], ...]
    decided_by: str = ""
    decision: Literal["", "accept", "reject"] = ""
    decision_reason: str = ""



class SettlementDecision(Frozen):
    """POST /api/settlements/{id}."""

    decision: Literal["accept", "reject"]
    reason: str
