"""Restored texts and entries that stand in another's place or add to one: who let it be, and for which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "restorations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("restores", sa.Integer, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("signer", sa.Uuid, nullable=False),
        sa.Column("permitted_by", sa.Text, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
                                name="fk_restorations_entry_number"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_restorations_person"),
        sa.ForeignKeyConstraint(["signer"], ["people.id"], name="fk_restorations_signer"),
        sa.PrimaryKeyConstraint("id", name="pk_restorations"),
    )
    op.create_index("ix_restorations_entry", "restorations", ["entry", "number"])
    op.create_table(
        "relations",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("to_entry", sa.Uuid, nullable=False),
        sa.Column("to_number", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("code IN ('replaces', 'appends')", name="ck_relations_code_known"),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_relations_entry"),
        sa.ForeignKeyConstraint(["to_entry", "to_number"], ["versions.entry", "versions.number"],
                                name="fk_relations_to_entry_to_number"),
        sa.PrimaryKeyConstraint("entry", name="pk_relations"),
    )
    op.create_index("ix_relations_to_entry", "relations", ["to_entry"])
    only_grows("restorations", "relations")


def downgrade() -> None:
    """Go back (tests only: a hospital never does)."""
    op.drop_table("relations")
    op.drop_table("restorations")
