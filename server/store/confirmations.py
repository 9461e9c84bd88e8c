"""Captures under keys of their own (R8), and which version each confirmation is of (R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from records.errors import Refusal
from server.store import base
from server.store.keys import Keys
from server.store.tables import captures, confirmations


@dataclass(frozen=True)
class Capture:
    """What is known of a capture without opening it."""

    id: UUID
    encounter: UUID
    person: UUID
    document_entry: UUID
    document_number: int
    method: str
    device: str
    quality: int | None
    evidence_sha256: str
    template_sha256: str
    workstation: str
    received_at: datetime
    captured_at: datetime | None = None
    """When the patient gave it; None for what older workstations sent."""


@dataclass(frozen=True)
class Confirmed:
    """A confirmation as it was accepted."""

    entry: UUID
    encounter: UUID
    document_entry: UUID
    document_number: int
    slot: str
    method: str
    transaction: UUID
    confirmed: bool
    full_name: str
    person: UUID
    person_name: str
    confirmed_at: datetime
    received_at: datetime


_PLAIN = [captures.c[name] for name in Capture.__dataclass_fields__]
_TAKEN = {"uq_confirmations_slot": "confirmation_exists", "uq_confirmations_transaction": "capture_used_before"}


def keep(db: Connection, keys: Keys, capture: Capture, evidence: bytes, template: bytes) -> None:
    """Encrypt what the device gave under a key that only this capture has."""
    key = keys.make(db, capture.id)
    facts = {name: getattr(capture, name) for name in Capture.__dataclass_fields__}
    db.execute(insert(captures).values(
        **facts, evidence=key.encrypt(f"capture:{capture.id}:evidence", evidence),
        template=key.encrypt(f"capture:{capture.id}:template", template) if template else None))


def capture(db: Connection, which: UUID) -> Capture | None:
    """What is known of a capture; nothing of it is decrypted."""
    row = db.execute(select(*_PLAIN).where(captures.c.id == which)).one_or_none()
    return None if row is None else Capture(**row._mapping)


def opened(db: Connection, keys: Keys, which: UUID) -> tuple[bytes, bytes]:
    """Evidence and template in clear; refuses when the capture's key was destroyed."""
    row = db.execute(select(captures.c.evidence, captures.c.template).where(captures.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "capture")
    key = keys.of(db, which)
    template = key.decrypt(f"capture:{which}:template", row.template) if row.template else b""
    return key.decrypt(f"capture:{which}:evidence", row.evidence), template


def add(db: Connection, confirmed: Confirmed) -> None:
    """Keep which version a confirmation is of; a slot is confirmed once, and a transaction counts once."""
    with base.refusing(_TAKEN):
        db.execute(insert(confirmations).values(
            **{name: getattr(confirmed, name) for name in Confirmed.__dataclass_fields__}))


def transaction_used(db: Connection, which: UUID) -> bool:
    """Whether a confirmation names that transaction already."""
    return db.scalar(select(confirmations.c.entry).where(confirmations.c.transaction == which)) is not None
