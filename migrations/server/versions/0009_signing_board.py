"""The signature board: what is partly signed is found by index, and reminders are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None



def upgrade() -> None:
    """Go on."""
    op.create_index("ix_version_states_waiting", "version_states", ["encounter"],
                    postgresql_where=sa.text("latest AND state = 'partly_signed'"))
    op.create_table(
        "signing_reminders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("recipient", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_signing_reminders_person"),
        sa.ForeignKeyConstraint(["recipient"], ["people.id"], name="fk_signing_reminders_recipient"),
        sa.PrimaryKeyConstraint("id", name="pk_signing_reminders"),
    )
    op.create_index("ix_signing_reminders_recipient", "signing_reminders", ["recipient", "at"])
    only_grows("signing_reminders")


def downgrade() -> None:
    """Go back."""
    op.drop_table("signing_reminders")
    op.drop_index("ix_version_states_waiting", "version_states")
