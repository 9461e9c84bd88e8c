"""Each entry as charts show it, finished and encrypted: a projection that a change of its sources throws away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import APP, guard

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FORGET = """
CREATE FUNCTION public.forget_entry_view() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid;
BEGIN
    IF TG_TABLE_NAME = 'settlement_decisions' THEN
        SELECT entry INTO changed FROM settlements WHERE id = NEW.settlement;
    ELSE
        changed := NEW.entry;
    END IF;
    IF changed IS NOT NULL THEN
        -- Who keeps a view reads its sources under this lock: what is kept is never older than what was written.
        PERFORM pg_advisory_xact_lock(hashtextextended('entry:' || changed, 0));
        DELETE FROM entry_views WHERE entry = changed;
    END IF;
    RETURN NULL;
END
$$
"""
SOURCES = {"version_states": "INSERT OR UPDATE", "signatures": "INSERT", "settlements": "INSERT",
           "settlement_decisions": "INSERT"}


def upgrade() -> None:
    """Go on; the views are made when a chart is first opened."""
    op.create_table(
        "entry_views",
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("encounter", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_entry_views_entry"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_entry_views_encounter"),
        sa.PrimaryKeyConstraint("entry", name="pk_entry_views"),
    )
    op.create_index("ix_entry_views_encounter", "entry_views", ["encounter"])
    op.execute(FORGET)
    for table, events in SOURCES.items():
        guard(table, "forget_view", f"AFTER {events}", "ROW", "forget_entry_view")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON entry_views TO {APP}")


def downgrade() -> None:
    """Go back; nothing is lost, the views are made from the versions."""
    for table in SOURCES:
        op.execute(f"DROP TRIGGER forget_view ON {table}")
    op.execute("DROP FUNCTION public.forget_entry_view()")
    op.drop_table("entry_views")
