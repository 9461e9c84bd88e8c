"""Entries, versions, signatures, receipts, their states, drafts, settlements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("author", sa.Uuid, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["people.id"], name="fk_entries_author"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_entries_encounter"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
    )
    op.create_index("ix_entries_encounter", "entries", ["encounter", "form", "kind"])
    op.create_table(
        "versions",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("renderer", sa.Text, nullable=False),
        sa.Column("author", sa.Uuid, nullable=False),
        sa.Column("author_name", sa.Text, nullable=False),
        sa.Column("author_title", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("number >= 1", name="ck_versions_counted_from_one"),
        sa.ForeignKeyConstraint(["author"], ["people.id"], name="fk_versions_author"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_versions_encounter"),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_versions_entry"),
        sa.PrimaryKeyConstraint("entry", "number", name="pk_versions"),
    )
    op.create_index("ix_versions_encounter", "versions", ["encounter"])
    op.create_table(
        "signatures",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("certificate_serial", sa.Text, nullable=False),
        sa.Column("certificate_issuer", sa.Text, nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("offline", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("training", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_signatures_certificate"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_signatures_encounter"),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
            name="fk_signatures_entry_number"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_signatures_person"),
        sa.PrimaryKeyConstraint("id", name="pk_signatures"),
        sa.UniqueConstraint("entry", "number", "slot", name="uq_signatures_entry_number_slot"),
    )
    op.create_index("ix_signatures_encounter", "signatures", ["encounter"])
    op.create_index("ix_signatures_file", "signatures", ["file"])
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid),
        sa.Column("number", sa.Integer),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("server_key", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_file", "receipts", ["file"])
    op.create_table(
        "version_states",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("latest", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("open_slots", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("file", sa.Text, server_default="", nullable=False),
        sa.Column("changed_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_version_states_encounter"),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
            name="fk_version_states_entry_number"),
        sa.PrimaryKeyConstraint("entry", "number", name="pk_version_states"),
    )
    op.create_index("ix_version_states_encounter", "version_states", ["encounter"], postgresql_where=sa.text("latest"))
    op.create_index("uq_version_states_latest", "version_states", ["entry"], unique=True,
        postgresql_where=sa.text("latest"))
    op.create_table(
        "cancellations",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
            name="fk_cancellations_entry_number"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_cancellations_person"),
        sa.PrimaryKeyConstraint("entry", "number", name="pk_cancellations"),
    )
    op.create_table(
        "drafts",
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("base_version", sa.Integer, server_default="0", nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_drafts_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_drafts_person"),
        sa.PrimaryKeyConstraint("entry", "person", name="pk_drafts"),
    )
    op.create_index("ix_drafts_encounter", "drafts", ["encounter"])
    op.create_index("ix_drafts_person", "drafts", ["person"])
    op.create_table(
        "settlements",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid),
        sa.Column("number", sa.Integer),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("encounter", sa.Uuid),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("received_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("kind IN ('quarantine', 'offline')", name="ck_settlements_kind_known"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_settlements_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_settlements_person"),
        sa.PrimaryKeyConstraint("id", name="pk_settlements"),
    )
    op.create_index("ix_settlements_encounter", "settlements", ["encounter"])
    op.create_index("ix_settlements_file", "settlements", ["file"])
    op.create_table(
        "settlement_decisions",
        sa.Column("settlement", sa.Uuid, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("decision IN ('accept', 'reject')", name="ck_settlement_decisions_decision_known"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_settlement_decisions_person"),
        sa.ForeignKeyConstraint(["settlement"], ["settlements.id"], name="fk_settlement_decisions_settlement"),
        sa.PrimaryKeyConstraint("settlement", name="pk_settlement_decisions"),
    )


def downgrade() -> None:
    """Go back."""
    for table in ("settlement_decisions", "settlements", "drafts", "cancellations", "version_states", "receipts",
                  "signatures", "versions", "entries"):
        op.drop_table(table)
