"""What became of signed entries beside their versions: who let a text be restored, what replaces what, who is told."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from server.store.tables.base import APPEND_ONLY, identifier, instant, metadata, reference

restorations = Table(
    "restorations", metadata,
    identifier(),
    Column("entry", Uuid, nullable=False),
    # The latest version when it was permitted; the restored text comes after it.
    Column("number", Integer, nullable=False),
    Column("restores", Integer, nullable=False),
    # Who let it be restored, and who is to sign the text again.
    reference("person", "people.id"),
    reference("signer", "people.id"),
    Column("permitted_by", Text, nullable=False),
    # AES-256-GCM under the encounter's key.
    Column("reason", LargeBinary, nullable=False),
    instant("at", now=True),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    Index("ix_restorations_entry", "entry", "number"),
    info=APPEND_ONLY,
)
relations = Table(
    "relations", metadata,
    reference("entry", "entries.id", primary_key=True),
    Column("code", Text, nullable=False),
    Column("to_entry", Uuid, nullable=False),
    Column("to_number", Integer, nullable=False),
    instant("at", now=True),
    CheckConstraint("code IN ('replaces', 'appends')", name="code_known"),
    ForeignKeyConstraint(["to_entry", "to_number"], ["versions.entry", "versions.number"]),
    Index("ix_relations_to_entry", "to_entry"),
    info=APPEND_ONLY,
)
correction_notices = Table(
    "correction_notices", metadata,
    identifier(),
    Column("entry", Uuid, nullable=False),
    # The corrected version that all have signed, and the released one in whose place it stands; when both are one, that
    # version was cancelled.
    Column("number", Integer, nullable=False),
    Column("of_number", Integer, nullable=False),
    reference("encounter", "encounters.id"),
    reference("recipient", "people.id"),
    # The form names this person as who ordered; otherwise told as one of the ward's doctors.
    Column("named", Boolean, nullable=False),
    # Whose signature was the last one, or who cancelled.
    reference("person", "people.id"),
    # AES-256-GCM under the encounter's key: the reason, and the labels of what was changed.
    Column("content", LargeBinary, nullable=False),
    instant("at", now=True),
    CheckConstraint("of_number <= number", name="later"),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    UniqueConstraint("entry", "number", "of_number", "recipient"),
    Index("ix_correction_notices_recipient", "recipient", "at"),
    info=APPEND_ONLY,
)
correction_notices_known = Table(
    "correction_notices_known", metadata,
    reference("notice", "correction_notices.id", primary_key=True),
    reference("person", "people.id"),
    instant("at", now=True),
    info=APPEND_ONLY,
)
