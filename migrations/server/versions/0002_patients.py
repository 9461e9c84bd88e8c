"""Patients with their search columns, encounters, stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# unaccent() is only STABLE because its dictionary could be changed; ours is not, and an index needs IMMUTABLE.
UNACCENT = """
CREATE FUNCTION public.f_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, normalize($1, NFC)))
$$
"""
# Vietnamese names are asked for and sorted by the given name, which stands last.
GIVEN_FIRST = """
CREATE FUNCTION public.f_given_first(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(string_agg(word, ' ' ORDER BY place DESC), '')
    FROM regexp_split_to_table(btrim(public.f_unaccent($1)), '\\s+') WITH ORDINALITY AS split (word, place)
$$
"""


def upgrade() -> None:
    """Go on."""
    op.execute(UNACCENT)
    op.execute(GIVEN_FIRST)
    op.create_table(
        "patients",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_no", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Text, nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("national_id", sa.Text, server_default="", nullable=False),
        sa.Column("insurance_no", sa.Text, server_default="", nullable=False),
        sa.Column("insurance_percent", sa.SmallInteger),
        sa.Column("address", sa.Text, server_default="", nullable=False),
        sa.Column("phone", sa.Text, server_default="", nullable=False),
        sa.Column("ethnicity", sa.Text, server_default="", nullable=False),
        sa.Column("occupation", sa.Text, server_default="", nullable=False),
        sa.Column("kin", sa.Text, server_default="", nullable=False),
        sa.Column("allergies_asked_at", INSTANT),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.Column("search_name", sa.Text(collation="C"), sa.Computed("f_unaccent(full_name)",
            persisted=True), nullable=False),
        sa.Column("search_given", sa.Text(collation="C"), sa.Computed("f_given_first(full_name)",
            persisted=True), nullable=False),
        sa.CheckConstraint("sex IN ('1', '2', '3')", name="ck_patients_sex_known"),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name="fk_patients_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
        sa.UniqueConstraint("patient_no", name="uq_patients_patient_no"),
    )
    op.create_index("ix_patients_search_given", "patients", ["search_given"], postgresql_include=["id"])
    op.create_index("ix_patients_search_name", "patients", ["search_name"])
    op.create_index("ix_patients_search_trigrams", "patients", ["search_name"],
        postgresql_using="gin", postgresql_ops={"search_name": "gin_trgm_ops"})
    op.create_index("uq_patients_insurance_no", "patients", ["insurance_no"], unique=True,
        postgresql_where=sa.text("insurance_no <> ''"))
    op.create_index("uq_patients_national_id", "patients", ["national_id"], unique=True,
        postgresql_where=sa.text("national_id <> ''"))
    op.create_table(
        "allergies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient", sa.Uuid, nullable=False),
        sa.Column("substance", sa.Text, nullable=False),
        sa.Column("reaction", sa.Text, server_default="", nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("recorded_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("recorded_by", sa.Uuid),
        sa.Column("removed_at", INSTANT),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name="fk_allergies_patient"),
        sa.ForeignKeyConstraint(["recorded_by"], ["people.id"], name="fk_allergies_recorded_by"),
        sa.PrimaryKeyConstraint("id", name="pk_allergies"),
    )
    op.create_index("ix_allergies_patient", "allergies", ["patient"])
    op.create_table(
        "encounters",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient", sa.Uuid, nullable=False),
        sa.Column("record_no", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="active", nullable=False),
        sa.Column("emergency", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("admitted_at", INSTANT, nullable=False),
        sa.Column("discharged_at", INSTANT),
        sa.Column("outcome", sa.Text, server_default="", nullable=False),
        sa.Column("discharge_type", sa.Text, server_default="", nullable=False),
        sa.Column("diagnosis", sa.Text, server_default="", nullable=False),
        sa.Column("diagnosis_code", sa.Text, server_default="", nullable=False),
        sa.Column("attending", sa.Uuid),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.CheckConstraint("state IN ('active', 'closed', 'archived', 'destroyed')", name="ck_encounters_state_known"),
        sa.CheckConstraint("discharged_at >= admitted_at", name="ck_encounters_discharged_after_admission"),
        sa.ForeignKeyConstraint(["attending"], ["people.id"], name="fk_encounters_attending"),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name="fk_encounters_created_by"),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name="fk_encounters_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_encounters"),
        sa.UniqueConstraint("record_no", name="uq_encounters_record_no"),
    )
    op.create_index("ix_encounters_patient", "encounters", ["patient"])
    op.create_index("uq_encounters_open", "encounters", ["patient"], unique=True,
        postgresql_where=sa.text("state = 'active'"))
    op.create_table(
        "ward_stays",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("ward", sa.Uuid, nullable=False),
        sa.Column("room", sa.Text, server_default="", nullable=False),
        sa.Column("bed", sa.Text, server_default="", nullable=False),
        sa.Column("starts", INSTANT, nullable=False),
        sa.Column("ends", INSTANT),
        postgresql.ExcludeConstraint((sa.column("encounter"), "="),
            (sa.text("tstzrange(starts, ends)"), "&&"), using="gist", name="ex_ward_stays_one_place"),
        postgresql.ExcludeConstraint((sa.column("ward"), "="), (sa.column("room"), "="), (sa.column("bed"), "="),
            (sa.text("tstzrange(starts, ends)"), "&&"),
            where=sa.text("bed <> ''"), using="gist", name="ex_ward_stays_one_patient"),
        sa.CheckConstraint("ends >= starts", name="ck_ward_stays_ends_after_start"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_ward_stays_encounter"),
        sa.ForeignKeyConstraint(["ward"], ["wards.id"], name="fk_ward_stays_ward"),
        sa.PrimaryKeyConstraint("id", name="pk_ward_stays"),
    )
    op.create_index("ix_ward_stays_encounter", "ward_stays", ["encounter", "starts"])
    op.create_index("ix_ward_stays_open", "ward_stays", ["ward"], postgresql_where=sa.text("ends IS NULL"))
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )


def downgrade() -> None:
    """Go back."""
    for table in ("counters", "ward_stays", "encounters", "allergies", "patients"):
        op.drop_table(table)
    op.execute("DROP FUNCTION public.f_given_first(text)")
    op.execute("DROP FUNCTION public.f_unaccent(text)")
