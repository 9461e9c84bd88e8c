"""What readers draw on a frame: each change and each removal is a row of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on; nobody has drawn anything yet."""
    op.create_table(
        "image_marks",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("mark", sa.Uuid, nullable=False),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("series_uid", sa.Text, nullable=False),
        sa.Column("sop_instance_uid", sa.Text, nullable=False),
        sa.Column("frame", sa.Integer, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("removed", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("frame >= 1", name="ck_image_marks_frames_from_one"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_image_marks_person"),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_marks_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_marks"),
    )
    op.create_index("ix_image_marks_study", "image_marks", ["study", "mark", "id"])
    op.create_index("ix_image_marks_mark", "image_marks", ["mark", "id"])
    only_grows("image_marks")


def downgrade() -> None:
    """Go back."""
    op.drop_table("image_marks")
