"""One-time codes that were sent for a confirmation, and what became of each: no code and no phone number in clear."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, number, reference, words

confirmation_codes = Table(
    "confirmation_codes", metadata,
    # The transaction of the confirmation.
    identifier(),
    reference("encounter", "encounters.id"),
    reference("person", "people.id"),
    Column("document_entry", Uuid, nullable=False),
    Column("document_number", Integer, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("document_file_sha256", Text, nullable=False),
    # Encrypted under the transaction's own key, as what a device gives is (R8).
    Column("phone", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("proof", LargeBinary, nullable=False),
    Column("phone_masked", Text, nullable=False),
    flag("phone_on_file"),
    Column("gateway", Text, nullable=False),
    words("workstation"),
    instant("asked_at", now=True),
    instant("ends_at"),
    ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"]),
    info=APPEND_ONLY,
)
Index("ix_confirmation_codes_document_entry", confirmation_codes.c.document_entry,
      confirmation_codes.c.document_number)

confirmation_code_events = Table(
    "confirmation_code_events", metadata,
    number(),
    Column("code", Uuid, ForeignKey("confirmation_codes.id"), nullable=False),
    Column("event", Text, nullable=False),
    # The gateway's number of the message, or why none left.
    words("detail"),
    instant("at", now=True),
    CheckConstraint("event IN ('sent', 'failed', 'wrong', 'right')", name="event_known"),
    info=APPEND_ONLY,
)
Index("ix_confirmation_code_events_code", confirmation_code_events.c.code)
