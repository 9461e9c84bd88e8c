"""One-time codes for a patient's confirmation (R7): bound to a version, no code and no phone number in clear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("confirmation_codes", "confirmation_code_events")
NOW = sa.text("clock_timestamp()")
INSTANT = sa.DateTime(timezone=True)
KNOWN, WAS = "ck_captures_method_known", "ck_captures_ck_captures_method_known"
"""The naming convention had put its prefix before a name that had it already."""


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "confirmation_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("document_entry", sa.Uuid, nullable=False),
        sa.Column("document_number", sa.Integer, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("document_file_sha256", sa.Text, nullable=False),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
        sa.Column("phone_masked", sa.Text, nullable=False),
        sa.Column("phone_on_file", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("asked_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_confirmation_codes_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_confirmation_codes_person"),
        sa.ForeignKeyConstraint(["document_entry", "document_number"], ["versions.entry", "versions.number"],
            name="fk_confirmation_codes_document_entry_document_number"),
        sa.PrimaryKeyConstraint("id", name="pk_confirmation_codes"),
    )
    op.create_index("ix_confirmation_codes_document_entry", "confirmation_codes",
                    ["document_entry", "document_number"])
    op.create_table(
        "confirmation_code_events",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Uuid, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, server_default="", nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("event IN ('sent', 'failed', 'wrong', 'right')",
                           name="ck_confirmation_code_events_event_known"),
        sa.ForeignKeyConstraint(["code"], ["confirmation_codes.id"], name="fk_confirmation_code_events_code"),
        sa.PrimaryKeyConstraint("id", name="pk_confirmation_code_events"),
    )
    op.create_index("ix_confirmation_code_events_code", "confirmation_code_events", ["code"])
    only_grows(*TABLES)
    op.add_column("captures", sa.Column("captured_at", INSTANT))
    op.drop_constraint(op.f(WAS), "captures", type_="check")
    op.create_check_constraint(op.f(KNOWN), "captures", "method IN ('fingerprint', 'drawn', 'code')")


def downgrade() -> None:
    """Go back; a confirmation by code that was taken meanwhile must not be lost, and keeps it from going."""
    op.drop_constraint(op.f(KNOWN), "captures", type_="check")
    op.create_check_constraint(op.f(WAS), "captures", "method IN ('fingerprint', 'drawn')")
    op.drop_column("captures", "captured_at")
    for table in reversed(TABLES):
        op.drop_table(table)
