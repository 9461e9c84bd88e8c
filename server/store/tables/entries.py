"""Entries, versions, signatures and receipts, which only grow; their states and drafts, which change."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, number, reference, words

entries = Table(
    "entries", metadata,
    identifier(),
    reference("encounter", "encounters.id"),
    Column("form", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("kind", Text, nullable=False),
    reference("author", "people.id"),
    instant("occurred_at"),
    instant("created_at", now=True),
    Index("ix_entries_encounter", "encounter", "form", "kind"),
    info=APPEND_ONLY,
)
versions = Table(
    "versions", metadata,
    reference("entry", "entries.id", primary_key=True),
    Column("number", Integer, primary_key=True),
    reference("encounter", "encounters.id"),
    Column("sha256", String(64), nullable=False),
    # AES-256-GCM under the encounter's key; the text is the version's canonical bytes.
    Column("body", LargeBinary, nullable=False),
    Column("renderer", Text, nullable=False),
    reference("author", "people.id"),
    Column("author_name", Text, nullable=False),
    Column("author_title", Text, nullable=False),
    instant("occurred_at"),
    instant("written_at"),
    instant("received_at", now=True),
    CheckConstraint("number >= 1", name="counted_from_one"),
    Index("ix_versions_encounter", "encounter"),
    info=APPEND_ONLY,
)
signatures = Table(
    "signatures", metadata,
    identifier(),
    Column("entry", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    reference("encounter", "encounters.id"),
    Column("slot", Text, nullable=False),
    reference("person", "people.id"),
    Column("full_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    reference("certificate", "certificates.id"),
    Column("certificate_serial", Text, nullable=False),
    Column("certificate_issuer", Text, nullable=False),
    instant("signed_at"),
    instant("received_at", now=True),
    Column("file", String(64), nullable=False),
    flag("offline"),
    flag("training"),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    UniqueConstraint("entry", "number", "slot"),
    Index("ix_signatures_encounter", "encounter"),
    Index("ix_signatures_file", "file"),
    Index("ix_signatures_person", "person", "received_at"),
    # They are received in the order in which they lie: a few bytes a hundred pages find those of some days.
    Index("ix_signatures_received_at", "received_at", postgresql_using="brin"),
    info=APPEND_ONLY,
)
receipts = Table(
    "receipts", metadata,
    number(),
    Column("file", String(64), nullable=False),
    # Whose key the file is encrypted under: an encounter's, or the house's for a file that belongs to none.
    Column("scope", Uuid, nullable=False),
    Column("entry", Uuid),
    Column("number", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("server_key", Text, nullable=False),
    instant("received_at", now=True),
    Index("ix_receipts_file", "file"),
    info=APPEND_ONLY,
)
version_states = Table(
    "version_states", metadata,
    Column("entry", Uuid),
    Column("number", Integer),
    reference("encounter", "encounters.id"),
    flag("latest"),
    Column("state", Text, nullable=False),
    Column("open_slots", ARRAY(Text), nullable=False, server_default="{}"),
    words("file"),
    instant("changed_at", now=True),
    PrimaryKeyConstraint("entry", "number"),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    Index("uq_version_states_latest", "entry", unique=True, postgresql_where=text("latest")),
    Index("ix_version_states_encounter", "encounter", postgresql_where=text("latest")),
    Index("ix_version_states_waiting", "encounter", postgresql_where=text("state = 'partly_signed'")),
)
entry_views = Table(
    # A projection: triggers throw a row away when anything that it shows changes; `server.store.entry_views` makes it.
    "entry_views", metadata,
    reference("entry", "entries.id", primary_key=True),
    reference("encounter", "encounters.id"),
    # Which build's words and shape the content has.
    Column("edition", Text, nullable=False),
    instant("occurred_at"),
    instant("received_at"),
    # AES-256-GCM under the encounter's key: `records.messages.EntryView` as JSON.
    Column("content", LargeBinary, nullable=False),
    Index("ix_entry_views_encounter", "encounter"),
)
last_looks = Table(
    # One row a person and entry; a trigger lets it only move forward. Who looked when stays in the audit.
    "last_looks", metadata,
    reference("person", "people.id", primary_key=True),
    # Of a draft too, which has no row in `entries` yet.
    Column("entry", Uuid, primary_key=True),
    reference("encounter", "encounters.id"),
    Column("version", Integer, nullable=False),
    # AES-256-GCM under the encounter's key: the values as they were shown.
    Column("content", LargeBinary, nullable=False),
    instant("seen_at"),
    instant("received_at", now=True),
    CheckConstraint("version >= 1", name="counted_from_one"),
    Index("ix_last_looks_encounter", "encounter", "person"),
)
cancellations = Table(
    "cancellations", metadata,
    Column("entry", Uuid),
    Column("number", Integer),
    reference("person", "people.id"),
    # AES-256-GCM under the encounter's key.
    Column("reason", LargeBinary, nullable=False),
    instant("at", now=True),
    PrimaryKeyConstraint("entry", "number"),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    info=APPEND_ONLY,
)
drafts = Table(
    "drafts", metadata,
    Column("entry", Uuid),
    reference("person", "people.id"),
    reference("encounter", "encounters.id"),
    Column("form", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("base_version", Integer, nullable=False, server_default="0"),
    instant("occurred_at"),
    # AES-256-GCM under the encounter's key: values and the correction's reason.
    Column("content", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    words("workstation"),
    instant("updated_at", now=True),
    PrimaryKeyConstraint("entry", "person"),
    Index("ix_drafts_person", "person"),
    Index("ix_drafts_encounter", "encounter"),
)
settlements = Table(
    "settlements", metadata,
    identifier(),
    Column("kind", Text, nullable=False),
    Column("file", String(64), nullable=False),
    Column("scope", Uuid, nullable=False),
    Column("entry", Uuid),
    Column("number", Integer),
    Column("slot", Text, nullable=False),
    reference("encounter", "encounters.id", optional=True),
    reference("person", "people.id"),
    Column("reasons", JSONB, nullable=False),
    words("workstation"),
    instant("received_at", now=True),
    CheckConstraint("kind IN ('quarantine', 'offline')", name="kind_known"),
    Index("ix_settlements_encounter", "encounter"),
    Index("ix_settlements_file", "file"),
    info=APPEND_ONLY,
)
settlement_decisions = Table(
    "settlement_decisions", metadata,
    reference("settlement", "settlements.id", primary_key=True),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    reference("person", "people.id"),
    instant("at", now=True),
    CheckConstraint("decision IN ('accept', 'reject')", name="decision_known"),
    info=APPEND_ONLY,
)
signing_reminders = Table(
    "signing_reminders", metadata,
    identifier(),
    # A draft has no row in `entries` yet: no foreign key.
    Column("entry", Uuid, nullable=False),
    Column("slot", Text, nullable=False),
    reference("person", "people.id"),
    reference("recipient", "people.id"),
    instant("at", now=True),
    Index("ix_signing_reminders_recipient", "recipient", "at"),
    Index("ix_signing_reminders_entry", "entry", "at"),
    info=APPEND_ONLY,
)
reminders_put_away = Table(
    "reminders_put_away", metadata,
    reference("reminder", "signing_reminders.id", primary_key=True),
    reference("person", "people.id"),
    instant("at", now=True),
    info=APPEND_ONLY,
)
