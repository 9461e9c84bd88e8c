"""Requests and results of the whole series 08-14/BV2 order and answer: a change of one makes its stay's orders anew."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE = ("36/BV2", "08/BV2")
FORMS = (*BEFORE, "09/BV2", "10/BV2", "11/BV2", "12/BV2", "13/BV2", "14/BV2")
"""Those of resources/imaging/orders.toml; a test holds the database's own function against that file."""


def upgrade() -> None:
    """Go on; nobody has written one of the new forms yet."""
    op.execute(_marking(FORMS))


def downgrade() -> None:
    """Go back."""
    op.execute(_marking(BEFORE))


def _marking(forms: tuple[str, ...]) -> str:
    return f"""
CREATE OR REPLACE FUNCTION public.mark_imaging_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row each time: one row a stay would make all who sign in it wait for each other.
    INSERT INTO imaging_orders_stale (encounter)
    SELECT NEW.encounter FROM entries WHERE id = NEW.entry AND form IN ({", ".join(f"'{one}'" for one in forms)});
    RETURN NULL;
END
$$
"""  # noqa: S608 - only this file's own words
