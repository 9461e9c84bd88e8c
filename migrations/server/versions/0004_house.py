"""Commands, keys, audit, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Which transaction writes: PostgreSQL's number, which begins anew in a restored cluster, so an offset is added.
TRANSACTION = """
CREATE FUNCTION public.audit_transaction() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN pg_current_xact_id()::text::bigint + coalesce((SELECT max(added) FROM public.audit_offsets), 0);
END
$$
"""


def upgrade() -> None:
    """Go on."""
    op.execute(TRANSACTION)
    op.create_table(
        "commands",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("scope", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_commands_person"),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )
    op.create_table(
        "encounter_keys",
        sa.Column("scope", sa.Uuid, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("hospital_key", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("destroyed_at", INSTANT),
        sa.Column("destroyed_by", sa.Uuid),
        sa.Column("destroyed_why", sa.Text, server_default="", nullable=False),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)",
            name="ck_encounter_keys_destroyed_or_there"),
        sa.ForeignKeyConstraint(["destroyed_by"], ["people.id"], name="fk_encounter_keys_destroyed_by"),
        sa.PrimaryKeyConstraint("scope", name="pk_encounter_keys"),
    )
    op.create_table(
        "server_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("public_pem", sa.Text, nullable=False),
        sa.Column("since", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_server_keys"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("transaction", sa.BigInteger, server_default=sa.text("audit_transaction()"), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("person", sa.Uuid),
        sa.Column("person_name", sa.Text, server_default="", nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("patient", sa.Uuid),
        sa.Column("encounter", sa.Uuid),
        sa.Column("entry", sa.Uuid),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("facts", JSONB, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_patient", "audit_events", ["patient", "id"],
        postgresql_where=sa.text("patient IS NOT NULL"))
    op.create_index("ix_audit_events_transaction", "audit_events", ["transaction"])
    op.create_table(
        "audit_offsets",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("since", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_offsets"),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("from_transaction", sa.BigInteger, nullable=False),
        sa.Column("to_transaction", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("events_sha256", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("server_key", sa.Text, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.CheckConstraint("from_transaction < to_transaction", name="ck_audit_seals_range_not_empty"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
        sa.UniqueConstraint("sha256", name="uq_audit_seals_sha256"),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("value", JSONB, nullable=False),
        sa.Column("set_by", sa.Uuid),
        sa.Column("set_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name="fk_settings_set_by"),
        sa.PrimaryKeyConstraint("id", name="pk_settings"),
    )
    op.create_index("ix_settings_name", "settings", ["name", "valid_from"])


def downgrade() -> None:
    """Go back."""
    for table in ("settings", "audit_seals", "audit_offsets", "audit_events", "server_keys",
        "encounter_keys", "commands"):
        op.drop_table(table)
    op.execute("DROP FUNCTION public.audit_transaction()")
