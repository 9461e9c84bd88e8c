"""Remote signings: what was asked, how it stands, and what came of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.store.tables.base import identifier, instant, metadata, reference, words

remote_signings = Table(
    "remote_signings", metadata,
    # The transaction's number at the service, too: new for each attempt.
    identifier(),
    reference("person", "people.id"),
    Column("service", Text, nullable=False),
    Column("credential", Text, nullable=False),
    # DER of the certificate that was chosen.
    Column("certificate", LargeBinary, nullable=False),
    Column("hashes", ARRAY(LargeBinary), nullable=False),
    words("description"),
    Column("state", Text, nullable=False),
    # Encrypted: what the service must be asked with, or the code on its way there.
    Column("handle", LargeBinary, nullable=False, server_default=text("''::bytea")),
    # In the order of the hashes, NULL where none came; each was verified before.
    Column("signatures", ARRAY(LargeBinary), nullable=False, server_default=text("'{}'")),
    Column("reasons", JSONB, nullable=False, server_default="[]"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("begun_at", now=True),
    instant("ends_at"),
    instant("next_at", now=True),
    instant("changed_at", now=True),
    CheckConstraint("state IN ('code_wanted', 'asked', 'asking', 'waiting', 'signed', 'partly', 'declined', 'failed', "
                    "'cancelled')", name="state_known"),
    Index("ix_remote_signings_due", "next_at",
          postgresql_where=text("state IN ('code_wanted', 'asked', 'asking', 'waiting')")),
    Index("ix_remote_signings_person", "person", "begun_at"),
)
