"""Remote signings: what waits for a confirmation survives a restart, and no attempt is sent twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP = "benhan_app"
INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "remote_signings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("credential", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
        sa.Column("hashes", ARRAY(sa.LargeBinary), nullable=False),
        sa.Column("description", sa.Text, server_default="", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("handle", sa.LargeBinary, server_default=sa.text("''::bytea"), nullable=False),
        sa.Column("signatures", ARRAY(sa.LargeBinary), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reasons", JSONB, server_default="[]", nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("begun_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("changed_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("state IN ('code_wanted', 'asked', 'asking', 'waiting', 'signed', 'partly', 'declined', "
                           "'failed', 'cancelled')", name="ck_remote_signings_state_known"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_remote_signings_person"),
        sa.PrimaryKeyConstraint("id", name="pk_remote_signings"),
    )
    op.create_index("ix_remote_signings_due", "remote_signings", ["next_at"], postgresql_where=sa.text(
        "state IN ('code_wanted', 'asked', 'asking', 'waiting')"))
    op.create_index("ix_remote_signings_person", "remote_signings", ["person", "begun_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON remote_signings TO {APP}")


def downgrade() -> None:
    """Go back; what waits is asked for anew."""
    op.drop_table("remote_signings")
