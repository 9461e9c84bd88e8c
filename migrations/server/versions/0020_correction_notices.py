"""Who is told that a released result was corrected or cancelled, and when somebody had seen it (R36)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on; no form whose orderer is told was built before."""
    op.create_table(
        "correction_notices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("of_number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("recipient", sa.Uuid, nullable=False),
        sa.Column("named", sa.Boolean, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("of_number <= number", name="ck_correction_notices_later"),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
                                name="fk_correction_notices_entry_number"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_correction_notices_encounter"),
        sa.ForeignKeyConstraint(["recipient"], ["people.id"], name="fk_correction_notices_recipient"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_correction_notices_person"),
        sa.PrimaryKeyConstraint("id", name="pk_correction_notices"),
        sa.UniqueConstraint("entry", "number", "of_number", "recipient",
                            name="uq_correction_notices_entry_number_of_number_recipient"),
    )
    op.create_index("ix_correction_notices_recipient", "correction_notices", ["recipient", "at"])
    op.create_table(
        "correction_notices_known",
        sa.Column("notice", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["correction_notices.id"], name="fk_correction_notices_known_notice"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_correction_notices_known_person"),
        sa.PrimaryKeyConstraint("notice", name="pk_correction_notices_known"),
    )
    only_grows("correction_notices", "correction_notices_known")


def downgrade() -> None:
    """Go back (tests only: a hospital never does)."""
    op.drop_table("correction_notices_known")
    op.drop_table("correction_notices")
