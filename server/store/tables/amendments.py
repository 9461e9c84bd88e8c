"""What became of signed entries beside their versions: who let a text be restored, and which entry stands for which."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text, Uuid

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
