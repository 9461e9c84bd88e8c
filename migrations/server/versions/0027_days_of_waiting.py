"""How many papers waited at each day's end is found by what ended in these days, not in all signatures of years."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on. What was corrected while it waited is no version's latest, and waits all the same."""
    op.create_index("ix_signatures_received_at", "signatures", ["received_at"], postgresql_using="brin")
    op.drop_index("ix_version_states_waiting", "version_states")
    op.create_index("ix_version_states_waiting", "version_states", ["encounter"],
                    postgresql_where=sa.text("state = 'partly_signed'"))


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_version_states_waiting", "version_states")
    op.create_index("ix_version_states_waiting", "version_states", ["encounter"],
                    postgresql_where=sa.text("latest AND state = 'partly_signed'"))
    op.drop_index("ix_signatures_received_at", "signatures")
