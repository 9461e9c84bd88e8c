"""Images that were kept apart say whom they name, and a person decides whether they belong to their study after all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import only_grows

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go on; of images that are kept apart already, the files say whom they name."""
    op.add_column("image_strays", sa.Column("told", sa.LargeBinary))
    op.create_index("ix_image_strays_study", "image_strays", ["study"])
    op.create_table(
        "image_stray_decisions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("decision IN ('release', 'apart')", name=op.f("ck_image_stray_decisions_decision_known")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_image_stray_decisions_person"),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_stray_decisions_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_stray_decisions"),
    )
    op.create_index("ix_image_stray_decisions_study", "image_stray_decisions", ["study"])
    op.create_table(
        "image_stray_settlements",
        sa.Column("stray", sa.Uuid, nullable=False),
        sa.Column("decision", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["image_stray_decisions.id"],
                                name="fk_image_stray_settlements_decision"),
        sa.ForeignKeyConstraint(["stray"], ["image_strays.id"], name="fk_image_stray_settlements_stray"),
        sa.PrimaryKeyConstraint("stray", "decision", name="pk_image_stray_settlements"),
    )
    only_grows("image_stray_decisions", "image_stray_settlements")


def downgrade() -> None:
    """Go back: what was released stays where it is."""
    op.drop_table("image_stray_settlements")
    op.drop_table("image_stray_decisions")
    op.drop_index("ix_image_strays_study", "image_strays")
    op.drop_column("image_strays", "told")
