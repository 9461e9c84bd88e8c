"""Drafts, outbox, cache, kept values and what was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.String(40)


def upgrade() -> None:
    """Build the first schema."""
    op.create_table(
        "drafts",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("form", sa.JSON, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("correction_reason", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("begun_here", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("server_revision", sa.Integer, nullable=False),
        sa.Column("mirrored_revision", sa.Integer, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("mirrored_at", INSTANT),
        sa.Column("server_values", sa.JSON),
        sa.Column("sent", sa.JSON),
        sa.Column("theirs", sa.JSON),
        sa.Column("command", sa.Uuid),
        sa.PrimaryKeyConstraint("entry", name="pk_drafts"),
    )
    op.create_index("ix_drafts_encounter", "drafts", ["encounter"])
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("content_type", sa.String(80), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("patient_name", sa.Text, nullable=False),
        sa.Column("entry", sa.Uuid),
        sa.Column("encounter", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("slot", sa.String(40), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_tried_at", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_state_number", "outbox", ["state", "number"])
    op.create_table(
        "cache",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_cache"),
    )
    op.create_table(
        "kept",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_kept"),
    )
    op.create_table(
        "seen",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_seen"),
    )


def downgrade() -> None:
    """Take it all down (tests only: a hospital never goes back)."""
    for table in ("seen", "kept", "cache", "outbox", "drafts"):
        op.drop_table(table)
