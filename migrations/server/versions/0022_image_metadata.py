"""Images: what each file says of itself is kept beside it, so that a whole series is told without opening its files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on; images that are here already are read from their files, as before."""
    op.add_column("image_instances", sa.Column("metadata", sa.LargeBinary))


def downgrade() -> None:
    """Go back: the files say it too."""
    op.drop_column("image_instances", "metadata")
