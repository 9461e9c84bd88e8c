"""Written delegations (R29): who signs in whose place, and when one was taken back; both only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.server.guards import only_grows

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("delegations", "delegation_revocations")
NOW = sa.text("clock_timestamp()")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("giver", sa.Uuid, nullable=False),
        sa.Column("receiver", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("manner", sa.Text, nullable=False),
        sa.Column("starts", sa.Date, nullable=False),
        sa.Column("ends", sa.Date, nullable=False),
        sa.Column("forms", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("wards", ARRAY(sa.Uuid), server_default="{}", nullable=False),
        sa.Column("paper", sa.Text, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("starts <= ends", name="ck_delegations_ends_after_start"),
        sa.CheckConstraint("giver <> receiver", name="ck_delegations_to_another"),
        sa.ForeignKeyConstraint(["giver"], ["people.id"], name="fk_delegations_giver"),
        sa.ForeignKeyConstraint(["receiver"], ["people.id"], name="fk_delegations_receiver"),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
    )
    op.create_index("ix_delegations_receiver", "delegations", ["receiver"])
    op.create_table(
        "delegation_revocations",
        sa.Column("delegation", sa.Uuid, nullable=False),
        sa.Column("revoked_on", sa.Date, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["delegation"], ["delegations.id"], name="fk_delegation_revocations_delegation"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_delegation_revocations_person"),
        sa.PrimaryKeyConstraint("delegation", name="pk_delegation_revocations"),
    )
    only_grows(*TABLES)


def downgrade() -> None:
    """Go back."""
    for table in reversed(TABLES):
        op.drop_table(table)
