"""What waits for a confirmation on the phone survives the program that asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.String(40)


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "awaited",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.JSON, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("ended", sa.Integer, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("unsigned", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_awaited"),
    )
    op.create_table(
        "awaited_documents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("awaited", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("closes", sa.Uuid),
        sa.Column("to_sign", sa.LargeBinary, nullable=False),
        sa.Column("file", sa.LargeBinary, nullable=False),
        sa.Column("room_from", sa.Integer, nullable=False),
        sa.Column("room_to", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["awaited"], ["awaited.id"], name="fk_awaited_documents_awaited"),
        sa.PrimaryKeyConstraint("id", name="pk_awaited_documents"),
    )
    op.create_index("ix_awaited_documents_awaited", "awaited_documents", ["awaited"])


def downgrade() -> None:
    """Take it down (tests only)."""
    for table in ("awaited_documents", "awaited"):
        op.drop_table(table)
