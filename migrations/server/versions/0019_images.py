"""Images: what arrived, the studies and series that it adds up to, what contradicts, and who settled it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from migrations.server.guards import APP, only_grows

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
GROWING = ("image_instances", "image_strays", "image_decisions")
CHANGING = ("image_studies", "image_series")


def upgrade() -> None:
    """Go on."""
    _studies()
    _series()
    _instances()
    _strays()
    _decisions()
    only_grows(*GROWING)
    for table in CHANGING:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP}")


def downgrade() -> None:
    """Go back; the files stay where they are."""
    for table in (*reversed(GROWING), *reversed(CHANGING)):
        op.drop_table(table)


def _words(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, server_default="", nullable=False) for name in names)


def _studies() -> None:
    op.create_table(
        "image_studies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("patient", sa.Uuid),
        sa.Column("encounter", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("differences", JSONB, server_default=sa.text("'[]'"), nullable=False),
        *_words("patient_no", "full_name", "birth_date", "sex", "accession", "study_no", "study_date", "study_time",
                "description", "referring"),
        sa.Column("modalities", ARRAY(sa.Text), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("instances", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("changed_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("state IN ('matched', 'open', 'destroyed')", name="ck_image_studies_state_known"),
        sa.CheckConstraint("(state = 'matched') <= (patient IS NOT NULL)",
                           name="ck_image_studies_matched_to_somebody"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_image_studies_encounter"),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name="fk_image_studies_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_image_studies"),
        sa.UniqueConstraint("uid", name="uq_image_studies_uid"),
    )
    op.create_index("ix_image_studies_patient", "image_studies", ["patient"])
    op.create_index("ix_image_studies_open", "image_studies", ["received_at"],
                    postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_image_studies_study_date", "image_studies", ["study_date"])
    op.create_index("ix_image_studies_accession", "image_studies", ["accession"],
                    postgresql_where=sa.text("accession <> ''"))


def _series() -> None:
    op.create_table(
        "image_series",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        *_words("modality"),
        sa.Column("number", sa.Integer),
        *_words("description", "body_part", "laterality", "series_date", "series_time", "station"),
        sa.Column("instances", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_series_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_series"),
        sa.UniqueConstraint("uid", name="uq_image_series_uid"),
    )
    op.create_index("ix_image_series_study", "image_series", ["study"])


def _instances() -> None:
    op.create_table(
        "image_instances",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("series", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("sop_class", sa.Text, nullable=False),
        sa.Column("transfer_syntax", sa.Text, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("width", sa.Integer),
        sa.Column("frames", sa.Integer, nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        *_words("sender"),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["series"], ["image_series.id"], name="fk_image_instances_series"),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_instances_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_instances"),
        sa.UniqueConstraint("uid", name="uq_image_instances_uid"),
    )
    op.create_index("ix_image_instances_series", "image_instances", ["series"])
    op.create_index("ix_image_instances_study", "image_instances", ["study"])


def _strays() -> None:
    op.create_table(
        "image_strays",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("instance", sa.Uuid),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        *_words("sender"),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("why IN ('other_content', 'other_series')", name="ck_image_strays_why_known"),
        sa.ForeignKeyConstraint(["instance"], ["image_instances.id"], name="fk_image_strays_instance"),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_strays_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_strays"),
        sa.UniqueConstraint("uid", "file", name="uq_image_strays_uid_file"),
    )


def _decisions() -> None:
    op.create_table(
        "image_decisions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("study", sa.Uuid, nullable=False),
        sa.Column("patient", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_image_decisions_encounter"),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name="fk_image_decisions_patient"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_image_decisions_person"),
        sa.ForeignKeyConstraint(["study"], ["image_studies.id"], name="fk_image_decisions_study"),
        sa.PrimaryKeyConstraint("id", name="pk_image_decisions"),
    )
    op.create_index("ix_image_decisions_study", "image_decisions", ["study"])
