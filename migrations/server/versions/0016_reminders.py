"""Reminders that were put away, by whom and when; what a person signed today, and an entry's reminders, by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_index("ix_signatures_person", "signatures", ["person", "received_at"])
    op.create_index("ix_signing_reminders_entry", "signing_reminders", ["entry", "at"])
    op.create_table(
        "reminders_put_away",
        sa.Column("reminder", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["reminder"], ["signing_reminders.id"], name="fk_reminders_put_away_reminder"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_reminders_put_away_person"),
        sa.PrimaryKeyConstraint("reminder", name="pk_reminders_put_away"),
    )
    only_grows("reminders_put_away")


def downgrade() -> None:
    """Go back; what was put away shows again until it is answered."""
    op.drop_table("reminders_put_away")
    op.drop_index("ix_signing_reminders_entry", "signing_reminders")
    op.drop_index("ix_signatures_person", "signatures")
