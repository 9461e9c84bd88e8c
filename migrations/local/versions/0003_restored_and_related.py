"""A draft may be a restored text, or stand in another entry's place or add to one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on; drafts that are there are neither."""
    op.add_column("drafts", sa.Column("restoration", sa.JSON))
    op.add_column("drafts", sa.Column("relates_to", sa.JSON))


def downgrade() -> None:
    """Go back (tests only: a hospital never does)."""
    op.drop_column("drafts", "relates_to")
    op.drop_column("drafts", "restoration")
