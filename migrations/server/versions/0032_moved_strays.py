"""Images that were kept apart are moved into a study of their own."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

NAMED = "ck_image_stray_decisions_decision_known"


def upgrade() -> None:
    """Go on."""
    op.drop_constraint(op.f(NAMED), "image_stray_decisions", type_="check")
    op.create_check_constraint(op.f(NAMED), "image_stray_decisions", "decision IN ('release', 'move', 'apart')")


def downgrade() -> None:
    """Go back; refused by the database when something was moved that the older schema has no word for."""
    op.drop_constraint(op.f(NAMED), "image_stray_decisions", type_="check")
    op.create_check_constraint(op.f(NAMED), "image_stray_decisions", "decision IN ('release', 'apart')")
