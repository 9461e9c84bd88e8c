"""The organisation's keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None



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
    only_grows("organisation_keys")


def downgrade() -> None:
    """Go back."""
    op.drop_table("organisation_keys")
