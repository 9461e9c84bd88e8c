"""What was shown of each entry last, whole, and whose hand wrote each field of a draft."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.String(40)


def upgrade() -> None:
    """Go on. The numbers in `seen` say which version was looked at, not what it said: they are looked at once more."""
    op.drop_table("seen")
    op.create_table(
        "looks",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_looks"),
    )
    op.create_index("ix_looks_encounter", "looks", ["encounter"])
    op.add_column("drafts", sa.Column("hands", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Go back (tests only)."""
    op.drop_column("drafts", "hands")
    op.drop_table("looks")
    op.create_table(
        "seen",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_seen"),
    )
