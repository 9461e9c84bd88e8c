"""What the server keeps for itself: commands, keys, audit, settings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.store.tables.base import APPEND_ONLY, identifier, instant, metadata, number, reference, words

commands = Table(
    "commands", metadata,
    identifier(),
    reference("person", "people.id"),
    # SHA-256 of method, path, query and body: the same id with another digest is refused.
    Column("digest", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    # AES-256-GCM under the key of `scope`: an answer may speak of a patient.
    Column("answer", LargeBinary, nullable=False),
    Column("scope", Uuid, nullable=False),
    instant("at", now=True),
    info=APPEND_ONLY,
)
encounter_keys = Table(
    "encounter_keys", metadata,
    # An encounter, or the house itself (nil UUID).
    Column("scope", Uuid, primary_key=True),
    # The AES-256 key wrapped by the hospital key; NULL once it was destroyed. That is the one erasure there is.
    Column("wrapped", LargeBinary),
    Column("hospital_key", Text, nullable=False),
    instant("created_at", now=True),
    instant("destroyed_at", optional=True),
    reference("destroyed_by", "people.id", optional=True),
    words("destroyed_why"),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_there"),
)
server_keys = Table(
    "server_keys", metadata,
    Column("id", Text, primary_key=True),
    Column("public_pem", Text, nullable=False),
    instant("since", now=True),
    info=APPEND_ONLY,
)
audit_events = Table(
    "audit_events", metadata,
    number(),
    # The transaction that wrote the row, counted on across restores: what a seal covers is a range of these.
    Column("transaction", BigInteger, nullable=False, server_default=text("audit_transaction()")),
    instant("at", now=True),
    Column("person", Uuid),
    words("person_name"),
    Column("action", Text, nullable=False),
    Column("patient", Uuid),
    Column("encounter", Uuid),
    Column("entry", Uuid),
    words("workstation"),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Index("ix_audit_events_transaction", "transaction"),
    Index("ix_audit_events_patient", "patient", "id", postgresql_where=text("patient IS NOT NULL")),
    info=APPEND_ONLY,
)
audit_offsets = Table(
    "audit_offsets", metadata,
    number(),
    Column("added", BigInteger, nullable=False),
    instant("since", now=True),
    info=APPEND_ONLY,
)
audit_seals = Table(
    "audit_seals", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    # Covers the rows with from_transaction <= transaction < to_transaction.
    Column("from_transaction", BigInteger, nullable=False),
    Column("to_transaction", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("events_sha256", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("server_key", Text, nullable=False),
    instant("sealed_at"),
    UniqueConstraint("sha256"),
    CheckConstraint("from_transaction < to_transaction", name="range_not_empty"),
    info=APPEND_ONLY,
)
settings = Table(
    "settings", metadata,
    number(),
    Column("name", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("value", JSONB, nullable=False),
    reference("set_by", "people.id", optional=True),
    instant("set_at", now=True),
    Index("ix_settings_name", "name", "valid_from"),
    info=APPEND_ONLY,
)
