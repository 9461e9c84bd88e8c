"""Editions of the trust list, each approved by a second person; until there is one, the folder counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.server.guards import only_grows

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
TABLES = ("trust_lists", "trust_list_decisions")


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "trust_lists",
        sa.Column("edition", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("pems", ARRAY(sa.Text), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("edition >= 1", name="ck_trust_lists_counted_from_one"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_trust_lists_proposed_by"),
        sa.PrimaryKeyConstraint("edition", name="pk_trust_lists"),
    )
    op.create_table(
        "trust_list_decisions",
        sa.Column("edition", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("decision IN ('accept', 'reject')", name="ck_trust_list_decisions_decision_known"),
        sa.ForeignKeyConstraint(["edition"], ["trust_lists.edition"], name="fk_trust_list_decisions_edition"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_trust_list_decisions_person"),
        sa.PrimaryKeyConstraint("edition", name="pk_trust_list_decisions"),
    )
    only_grows(*TABLES)


def downgrade() -> None:
    """Go back; the folder counts again."""
    for table in reversed(TABLES):
        op.drop_table(table)
