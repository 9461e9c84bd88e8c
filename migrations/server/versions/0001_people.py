"""People, wards, beds, sessions, certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go on."""
    op.create_table(
        "wards",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wards"),
        sa.UniqueConstraint("code", name="uq_wards_code"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("national_id", sa.Text, server_default="", nullable=False),
        sa.Column("licence_no", sa.Text, server_default="", nullable=False),
        sa.Column("licence_until", sa.Date),
        sa.Column("access_from", sa.Time),
        sa.Column("access_until", sa.Time),
        sa.Column("active", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("password_hash", sa.Text, server_default="", nullable=False),
        sa.Column("password_set_at", INSTANT),
        sa.Column("failed_attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("locked_until", INSTANT),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("username", name="uq_people_username"),
    )
    op.create_index("uq_people_national_id", "people", ["national_id"], unique=True,
        postgresql_where=sa.text("national_id <> ''"))
    op.create_table(
        "beds",
        sa.Column("ward", sa.Uuid, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("bed", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["ward"], ["wards.id"], name="fk_beds_ward"),
        sa.PrimaryKeyConstraint("ward", "room", "bed", name="pk_beds"),
    )
    op.create_table(
        "person_wards",
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("ward", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_person_wards_person"),
        sa.ForeignKeyConstraint(["ward"], ["wards.id"], name="fk_person_wards_ward"),
        sa.PrimaryKeyConstraint("person", "ward", name="pk_person_wards"),
    )
    op.create_index("ix_person_wards_ward", "person_wards", ["ward"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("workstation", sa.Text, server_default="", nullable=False),
        sa.Column("opened_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("seen_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_sessions_person"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("der", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("chain", ARRAY(sa.LargeBinary), nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("not_after", INSTANT, nullable=False),
        sa.Column("training", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("challenge_signature", sa.LargeBinary, nullable=False),
        sa.Column("enrolled_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_certificates_person"),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
    )
    op.create_index("ix_certificates_person", "certificates", ["person"])
    op.create_index("ix_certificates_sha256", "certificates", ["sha256"])
    op.create_table(
        "certificate_events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_certificate_events_certificate"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_certificate_events_person"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate_events"),
    )
    op.create_index("ix_certificate_events_certificate", "certificate_events", ["certificate", "at"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_challenges_person"),
        sa.PrimaryKeyConstraint("id", name="pk_challenges"),
    )


def downgrade() -> None:
    """Go back."""
    for table in ("challenges", "certificate_events", "certificates", "sessions", "person_wards", "beds",
        "people", "wards"):
        op.drop_table(table)
