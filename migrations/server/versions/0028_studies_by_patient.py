"""Studies are found by the patient's number: the question that every viewer asks first read all of them."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on."""
    op.create_index("ix_image_studies_patient_no", "image_studies", ["patient_no"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_image_studies_patient_no", "image_studies")
