"""What patients left on a device while the server was away: sealed apart from drafts and outbox (R8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "captures",
        sa.Column("command", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("command", name="pk_captures"),
    )


def downgrade() -> None:
    """Go back (tests only: a hospital never goes back)."""
    op.drop_table("captures")
