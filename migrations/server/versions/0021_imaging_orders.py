"""Imaging orders: their numbers, how they stand, which device has them, and which images answer them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import APP, guard, only_grows

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
FORMS = "('36/BV2', '08/BV2')"
"""Those of resources/imaging/orders.toml."""
MARK = f"""
CREATE FUNCTION public.mark_imaging_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row each time: one row a stay would make all who sign in it wait for each other.
    INSERT INTO imaging_orders_stale (encounter)
    SELECT NEW.encounter FROM entries WHERE id = NEW.entry AND form IN {FORMS};
    RETURN NULL;
END
$$
"""  # noqa: S608 - only this file's own words


def upgrade() -> None:
    """Go on; the orders of entries that are there are made when somebody first asks."""
    _orders()
    _gifts()
    _views()
    op.create_table(
        "imaging_orders_stale",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_imaging_orders_stale_encounter"),
        sa.PrimaryKeyConstraint("id", name="pk_imaging_orders_stale"),
    )
    op.execute(MARK)
    guard("version_states", "mark_imaging_orders", "AFTER INSERT OR UPDATE", "ROW", "mark_imaging_orders")
    op.execute("INSERT INTO imaging_orders_stale (encounter) "  # noqa: S608 - only this file's own words
               f"SELECT DISTINCT encounter FROM entries WHERE form IN {FORMS}")
    only_grows("imaging_orders", "imaging_order_gifts")
    for table in ("imaging_order_views", "imaging_orders_stale"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
    op.add_column("image_studies", sa.Column("imaging_order", sa.Uuid))
    op.create_foreign_key("fk_image_studies_imaging_order", "image_studies", "imaging_orders",
                          ["imaging_order"], ["id"])
    op.create_index("ix_image_studies_imaging_order", "image_studies", ["imaging_order"])


def downgrade() -> None:
    """Go back; numbers that devices have are then unknown."""
    op.drop_column("image_studies", "imaging_order")
    op.execute("DROP TRIGGER mark_imaging_orders ON version_states")
    op.execute("DROP FUNCTION public.mark_imaging_orders()")
    for table in ("imaging_orders_stale", "imaging_order_views", "imaging_order_gifts", "imaging_orders"):
        op.drop_table(table)


def _orders() -> None:
    op.create_table(
        "imaging_orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("patient", sa.Uuid, nullable=False),
        sa.Column("first_version", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("accession", sa.Text, nullable=False),
        sa.Column("study_uid", sa.Text, nullable=False),
        sa.Column("made_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_imaging_orders_entry"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_imaging_orders_encounter"),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name="fk_imaging_orders_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_imaging_orders"),
        sa.UniqueConstraint("entry", "first_version", "row", name="uq_imaging_orders_entry_first_version_row"),
        sa.UniqueConstraint("accession", name="uq_imaging_orders_accession"),
        sa.UniqueConstraint("study_uid", name="uq_imaging_orders_study_uid"),
    )
    op.create_index("ix_imaging_orders_encounter", "imaging_orders", ["encounter"])


def _gifts() -> None:
    op.create_table(
        "imaging_order_gifts",
        sa.Column("order", sa.Uuid, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["order"], ["imaging_orders.id"], name="fk_imaging_order_gifts_order"),
        sa.PrimaryKeyConstraint("order", "device", name="pk_imaging_order_gifts"),
    )


def _views() -> None:
    op.create_table(
        "imaging_order_views",
        sa.Column("order", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("live", sa.Boolean, server_default="false", nullable=False),
        sa.Column("urgent", sa.Boolean, server_default="false", nullable=False),
        sa.Column("modality", sa.Text, nullable=False),
        sa.Column("scheduled", INSTANT, nullable=False),
        sa.Column("result", sa.Uuid),
        sa.Column("result_state", sa.Text, server_default="", nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["order"], ["imaging_orders.id"], name="fk_imaging_order_views_order"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_imaging_order_views_encounter"),
        sa.ForeignKeyConstraint(["result"], ["entries.id"], name="fk_imaging_order_views_result"),
        sa.PrimaryKeyConstraint("order", name="pk_imaging_order_views"),
    )
    op.create_index("ix_imaging_order_views_encounter", "imaging_order_views", ["encounter"])
    op.create_index("ix_imaging_order_views_live", "imaging_order_views", ["scheduled"],
                    postgresql_where=sa.text("live AND result_state = ''"))
