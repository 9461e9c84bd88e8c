"""What each person was shown of an entry last, so that a stack can say what changed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APP = "benhan_app"
NOW = sa.text("clock_timestamp()")
INSTANT = sa.DateTime(timezone=True)
ONLY_FORWARD = """
CREATE FUNCTION public.only_a_later_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seen_at <= OLD.seen_at OR (NEW.person, NEW.entry, NEW.encounter) <> (OLD.person, OLD.entry, OLD.encounter)
    THEN
        RAISE EXCEPTION 'a look only moves forward';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Go on; nobody has looked at anything yet."""
    op.create_table(
        "last_looks",
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("version >= 1", name="ck_last_looks_counted_from_one"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_last_looks_person"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_last_looks_encounter"),
        sa.PrimaryKeyConstraint("person", "entry", name="pk_last_looks"),
    )
    op.create_index("ix_last_looks_encounter", "last_looks", ["encounter", "person"])
    op.execute(ONLY_FORWARD)
    op.execute("CREATE TRIGGER only_forward BEFORE UPDATE ON last_looks FOR EACH ROW "
               "EXECUTE FUNCTION public.only_a_later_look()")
    op.execute("ALTER TABLE last_looks ENABLE ALWAYS TRIGGER only_forward")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON last_looks TO {APP}")


def downgrade() -> None:
    """Go back; who looked at what stays in the audit."""
    op.drop_table("last_looks")
    op.execute("DROP FUNCTION public.only_a_later_look()")
