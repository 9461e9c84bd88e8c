"""What a patient left on a device, encrypted and apart from the record, and which version each confirmation is of."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, reference, words

captures = Table(
    "captures", metadata,
    identifier(),
    reference("encounter", "encounters.id"),
    reference("person", "people.id"),
    Column("document_entry", Uuid, nullable=False),
    Column("document_number", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("quality", Integer),
    Column("evidence_sha256", Text, nullable=False),
    words("template_sha256"),
    # Encrypted under the capture's own key (`keys`, scope = id), never under the encounter's (R8).
    Column("evidence", LargeBinary, nullable=False),
    Column("template", LargeBinary),
    words("workstation"),
    instant("received_at", now=True),
    instant("captured_at", optional=True),
    ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"]),
    CheckConstraint("method IN ('fingerprint', 'drawn', 'code')", name="method_known"),
    info=APPEND_ONLY,
)
Index("ix_captures_encounter", captures.c.encounter)

confirmations = Table(
    "confirmations", metadata,
    identifier("entry"),
    reference("encounter", "encounters.id"),
    Column("document_entry", Uuid, nullable=False),
    Column("document_number", Integer, nullable=False),
    Column("slot", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("transaction", Uuid, nullable=False, unique=True),
    flag("confirmed"),
    Column("full_name", Text, nullable=False),
    reference("person", "people.id"),
    Column("person_name", Text, nullable=False),
    instant("confirmed_at"),
    instant("received_at", now=True),
    ForeignKeyConstraint(["entry"], ["entries.id"]),
    ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"]),
    info=APPEND_ONLY,
)
Index("ix_confirmations_document_entry", confirmations.c.document_entry, confirmations.c.document_number)
Index("uq_confirmations_slot", confirmations.c.document_entry, confirmations.c.document_number, confirmations.c.slot,
      unique=True, postgresql_where=text("confirmed"))
