"""Long-term evidence: time stamps, answers on revocation, files that carry both, what waits; and closing a record."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.store.tables.base import APPEND_ONLY, identifier, instant, metadata, number, reference, words

timestamps = Table(
    "timestamps", metadata,
    identifier(),
    # SHA-256 of what was stamped: a signature's value, or a file around its empty place.
    Column("digest", LargeBinary, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("authority", Text, nullable=False),
    instant("stamped_at"),
    # Who asked; nobody when the server did for a file's evidence.
    reference("person", "people.id", optional=True),
    instant("given_at", now=True),
    Index("ix_timestamps_digest", "digest"),
    info=APPEND_ONLY,
)
revocation_answers = Table(
    "revocation_answers", metadata,
    number(),
    # SHA-256 of the issuer's certificate.
    Column("issuer", String(64), nullable=False),
    # SHA-256 of the certificate; empty for a list, which speaks of all.
    words("certificate"),
    Column("kind", Text, nullable=False),
    Column("der", LargeBinary, nullable=False),
    instant("since"),
    instant("until"),
    instant("fetched_at", now=True),
    CheckConstraint("kind IN ('ocsp', 'crl')", name="kind_known"),
    Index("ix_revocation_answers_issuer", "issuer", "certificate", "since"),
    info=APPEND_ONLY,
)
evidence_files = Table(
    "evidence_files", metadata,
    Column("file", String(64), primary_key=True),
    # SHA-256 of the signed file that it begins with, byte for byte.
    Column("signed", String(64), nullable=False),
    Column("entry", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    reference("encounter", "encounters.id"),
    Column("level", Text, nullable=False),
    instant("made_at", now=True),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    Index("ix_evidence_files_signed", "signed"),
    info=APPEND_ONLY,
)
evidence_tasks = Table(
    "evidence_tasks", metadata,
    # SHA-256 of the signed file.
    Column("file", String(64), primary_key=True),
    Column("entry", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    reference("encounter", "encounters.id"),
    Column("state", Text, nullable=False, server_default="waiting"),
    # What the signatures can be proved by now: B, T or LT.
    Column("level", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("next_at", now=True),
    # Why the last attempt came to nothing.
    Column("reasons", JSONB, nullable=False, server_default="[]"),
    instant("created_at", now=True),
    instant("changed_at", now=True),
    CheckConstraint("state IN ('waiting', 'done', 'dropped', 'failed')", name="state_known"),
    CheckConstraint("level IN ('B', 'T', 'LT')", name="level_known"),
    ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"]),
    Index("ix_evidence_tasks_due", "next_at", postgresql_where=text("state = 'waiting'")),
    Index("ix_evidence_tasks_encounter", "encounter"),
)
record_acts = Table(
    # What was done with a discharged record: the last row of an encounter says where it stands beside its state.
    "record_acts", metadata,
    number(),
    reference("encounter", "encounters.id"),
    Column("act", Text, nullable=False),
    reference("person", "people.id"),
    instant("at", now=True),
    # SHA-256 over the newest file of each paper, as the record was at that moment.
    Column("content", String(64), nullable=False),
    # What the record could be proved by, and what the hospital demanded on that day.
    Column("level", Text, nullable=False),
    Column("demanded", Text, nullable=False),
    # AES-256-GCM under the encounter's key: what the records office said when it gave the record back.
    Column("remark", LargeBinary, nullable=False, server_default=text("''::bytea")),
    CheckConstraint("act IN ('checked', 'returned', 'completed', 'archived')", name="act_known"),
    CheckConstraint("level IN ('B', 'T', 'LT') AND demanded IN ('B', 'T', 'LT')", name="level_known"),
    Index("ix_record_acts_encounter", "encounter", "id"),
    Index("uq_record_acts_archived", "encounter", unique=True, postgresql_where=text("act = 'archived'")),
    info=APPEND_ONLY,
)
