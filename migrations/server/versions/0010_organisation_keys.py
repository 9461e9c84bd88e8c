"""The organisation's keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP = "benhan_app"


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "organisation_keys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.Text, server_default="", nullable=False),
        sa.Column("module", sa.Text, server_default="", nullable=False),
        sa.Column("token", sa.Text, server_default="", nullable=False),
        sa.Column("key", sa.Text, server_default="", nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
                  nullable=False),
        sa.CheckConstraint("(sealed = '') <> (module = '')", name="ck_organisation_keys_one_place"),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_organisation_keys_certificate"),
        sa.PrimaryKeyConstraint("id", name="pk_organisation_keys"),
    )
    for name, when, each in (("no_change", "BEFORE UPDATE OR DELETE", "ROW"),
                             ("no_truncate", "BEFORE TRUNCATE", "STATEMENT")):
        op.execute(f"CREATE TRIGGER {name} {when} ON organisation_keys FOR EACH {each} "
                   "EXECUTE FUNCTION public.refuse_change()")
        op.execute(f"ALTER TABLE organisation_keys ENABLE ALWAYS TRIGGER {name}")
    op.execute(f"GRANT SELECT, INSERT ON organisation_keys TO {APP}")


def downgrade() -> None:
    """Go back."""
    op.drop_table("organisation_keys")
