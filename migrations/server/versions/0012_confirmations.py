"""The patient's confirmations (R7) and what was captured for them, each under a key of its own (R8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("captures", "confirmations")
NOW = sa.text("clock_timestamp()")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "captures",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("document_entry", sa.Uuid, nullable=False),
        sa.Column("document_number", sa.Integer, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("quality", sa.Integer),
        sa.Column("evidence_sha256", sa.Text, nullable=False),
        sa.Column("template_sha256", sa.Text, server_default="", nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("template", sa.LargeBinary),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("method IN ('fingerprint', 'drawn')", name="ck_captures_method_known"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_captures_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_captures_person"),
        sa.ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"],
            name="fk_captures_document_entry_document_number"),
        sa.PrimaryKeyConstraint("id", name="pk_captures"),
    )
    op.create_index("ix_captures_encounter", "captures", ["encounter"])
    op.create_table(
        "confirmations",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("document_entry", sa.Uuid, nullable=False),
        sa.Column("document_number", sa.Integer, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("transaction", sa.Uuid, nullable=False),
        sa.Column("confirmed", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("person_name", sa.Text, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_confirmations_entry"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_confirmations_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_confirmations_person"),
        sa.ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"],
            name="fk_confirmations_document_entry_document_number"),
        sa.PrimaryKeyConstraint("entry", name="pk_confirmations"),
        sa.UniqueConstraint("transaction", name="uq_confirmations_transaction"),
    )
    op.create_index("ix_confirmations_document_entry", "confirmations", ["document_entry", "document_number"])
    op.create_index("uq_confirmations_slot", "confirmations", ["document_entry", "document_number", "slot"],
                    unique=True, postgresql_where=sa.text("confirmed"))
    only_grows(*TABLES)


def downgrade() -> None:
    """Go back."""
    for table in reversed(TABLES):
        op.drop_table(table)
