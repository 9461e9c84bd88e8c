"""What devices say of the steps that they perform; decisions about images: of what kind, and undone by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from migrations.server.guards import only_grows

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATES = "ck_image_studies_ck_image_studies_state_known"
"""As 0019 left it: the naming convention named it twice."""
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on; what was sent of each study stands beside what counts."""
    op.create_table(
        "performed_steps",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("message", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("orders", ARRAY(sa.Uuid), nullable=False),
        sa.Column("scope", sa.Uuid, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("message >= 0", name="ck_performed_steps_counted_from_nought"),
        sa.PrimaryKeyConstraint("uid", "message", name="pk_performed_steps"),
    )
    op.create_index("ix_performed_steps_orders", "performed_steps", ["orders"], postgresql_using="gin")
    only_grows("performed_steps")
    op.add_column("image_studies", sa.Column("sent", JSONB, server_default=sa.text("'{}'"), nullable=False))
    op.execute("UPDATE image_studies SET sent = jsonb_build_object('patient_no', patient_no, 'full_name', full_name, "
               "'birth_date', birth_date, 'sex', sex)")
    op.drop_constraint(op.f(STATES), "image_studies", type_="check")
    op.create_check_constraint(op.f(STATES), "image_studies",
                               "state IN ('matched', 'open', 'set_aside', 'destroyed')")
    op.add_column("image_decisions", sa.Column("decision", sa.Text, server_default="tie", nullable=False))
    op.create_check_constraint(op.f("ck_image_decisions_decision_known"), "image_decisions",
                               "decision IN ('tie', 'set_aside', 'reopen')")
    op.create_check_constraint(op.f("ck_image_decisions_tied_to_somebody"), "image_decisions",
                               "(decision = 'tie') = (patient IS NOT NULL)")
    op.alter_column("image_decisions", "patient", nullable=True)


def downgrade() -> None:
    """Go back; refused by the database when something was decided that the older schema has no place for."""
    op.alter_column("image_decisions", "patient", nullable=False)
    op.drop_constraint(op.f("ck_image_decisions_tied_to_somebody"), "image_decisions", type_="check")
    op.drop_constraint(op.f("ck_image_decisions_decision_known"), "image_decisions", type_="check")
    op.drop_column("image_decisions", "decision")
    op.drop_constraint(op.f(STATES), "image_studies", type_="check")
    op.create_check_constraint(op.f(STATES), "image_studies",
                               "state IN ('matched', 'open', 'destroyed')")
    op.drop_column("image_studies", "sent")
    op.drop_table("performed_steps")
