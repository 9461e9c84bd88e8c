"""Images that name another patient than their study are kept apart."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NAMED = "ck_image_strays_ck_image_strays_why_known"
"""As 0019 left it: the naming convention named it twice."""


def upgrade() -> None:
    """Go on."""
    op.drop_constraint(op.f(NAMED), "image_strays", type_="check")
    op.create_check_constraint(op.f(NAMED), "image_strays",
                               "why IN ('other_content', 'other_series', 'other_patient')")


def downgrade() -> None:
    """Go back; refused by the database when something is kept that the older schema has no word for."""
    op.drop_constraint(op.f(NAMED), "image_strays", type_="check")
    op.create_check_constraint(op.f(NAMED), "image_strays", "why IN ('other_content', 'other_series')")
