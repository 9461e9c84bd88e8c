"""Closing a record: who looked, took in, gave back, archived; and from the archive on nothing of it changes (R27)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import guard, only_grows

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
STAYS_AS_ARCHIVED = ("versions", "signatures", "cancellations", "evidence_files")
# What came into the record before it was archived gets no further version, signature, cancellation or file. A new
# entry is another matter: whether one may come later is for the program's rules to say (R31).
REFUSE_ARCHIVED = """
CREATE FUNCTION public.refuse_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.versions AS v
               JOIN public.record_acts AS a ON a.encounter = v.encounter AND a.act = 'archived'
               WHERE v.entry = NEW.entry AND v.received_at <= a.at)
    THEN
        RAISE EXCEPTION '% of an archived record: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BA001';
    END IF;
    RETURN NEW;
END
$$
"""
GUARD_ENCOUNTER = """
CREATE FUNCTION public.guard_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('archived', 'destroyed') AND NEW IS DISTINCT FROM OLD
        AND NOT (OLD.state = 'archived' AND NEW.state = 'destroyed')
    THEN
        RAISE EXCEPTION 'an archived encounter does not change' USING ERRCODE = 'BA001';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "record_acts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("demanded", sa.Text, nullable=False),
        sa.Column("remark", sa.LargeBinary, server_default=sa.text("''::bytea"), nullable=False),
        sa.CheckConstraint("act IN ('checked', 'returned', 'completed', 'archived')", name="ck_record_acts_act_known"),
        sa.CheckConstraint("level IN ('B', 'T', 'LT') AND demanded IN ('B', 'T', 'LT')",
                           name="ck_record_acts_level_known"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_record_acts_encounter"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_record_acts_person"),
        sa.PrimaryKeyConstraint("id", name="pk_record_acts"),
    )
    op.create_index("ix_record_acts_encounter", "record_acts", ["encounter", "id"])
    op.create_index("uq_record_acts_archived", "record_acts", ["encounter"], unique=True,
                    postgresql_where=sa.text("act = 'archived'"))
    only_grows("record_acts")
    op.execute(REFUSE_ARCHIVED)
    op.execute(GUARD_ENCOUNTER)
    for table in STAYS_AS_ARCHIVED:
        guard(table, "stays_as_archived", "BEFORE INSERT", "ROW", "refuse_archived")
    guard("encounters", "stays_as_archived", "BEFORE UPDATE", "ROW", "guard_archived")


def downgrade() -> None:
    """Go back; what was archived stays so by its state."""
    for table in (*STAYS_AS_ARCHIVED, "encounters"):
        op.execute(f"DROP TRIGGER stays_as_archived ON {table}")
    op.execute("DROP FUNCTION public.refuse_archived()")
    op.execute("DROP FUNCTION public.guard_archived()")
    op.drop_table("record_acts")
