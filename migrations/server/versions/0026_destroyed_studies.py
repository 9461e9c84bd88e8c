"""A study whose key is destroyed loses its words too: they stand in columns, which no key closes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.server.guards import guard

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# What stays is that there was a study, under which UIDs, of what kind, how many images, when they came; and whose,
# where that was settled. Who destroyed it, when and by which paper stands in `encounter_keys`.
EMPTY_STUDY = """
    state = 'destroyed', differences = '[]', sent = '{}', patient_no = '', full_name = '', birth_date = '', sex = '',
    accession = '', study_no = '', study_date = '', study_time = '', description = '', referring = '',
    patient = CASE state WHEN 'matched' THEN patient END, encounter = CASE state WHEN 'matched' THEN encounter END,
    imaging_order = CASE state WHEN 'matched' THEN imaging_order END, changed_at = clock_timestamp()
"""
EMPTY_SERIES = """
    number = NULL, description = '', body_part = '', laterality = '', series_date = '', series_time = '', station = ''
"""
FORGET = f"""
CREATE FUNCTION public.forget_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Series before their study, as whoever files an image does: neither waits for the other in a ring.
    UPDATE public.image_series SET {EMPTY_SERIES} WHERE study = NEW.scope;
    UPDATE public.image_studies SET {EMPTY_STUDY} WHERE id = NEW.scope AND state <> 'destroyed';
    RETURN NULL;
END
$$
"""  # noqa: S608 - only this file's own words
# An image that is on its way while its study is destroyed would be acknowledged and never be read: it is refused, and
# brings back no word.
STAYS_FORGOTTEN = """
CREATE FUNCTION public.refuse_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'image_studies' THEN
        IF OLD.state <> 'destroyed' THEN
            RETURN NEW;
        END IF;
    ELSE
        PERFORM FROM public.image_studies WHERE id = NEW.study AND state <> 'destroyed';
        IF FOUND THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a destroyed study does not change' USING ERRCODE = 'BA001';
END
$$
"""


def upgrade() -> None:
    """Go on; of studies that were destroyed before, the words go now."""
    op.execute(FORGET)
    op.execute(STAYS_FORGOTTEN)
    gone = "SELECT scope FROM encounter_keys WHERE wrapped IS NULL"
    op.execute(f"UPDATE image_studies SET {EMPTY_STUDY} WHERE id IN ({gone}) AND state <> 'destroyed'")  # noqa: S608
    op.execute(f"UPDATE image_series SET {EMPTY_SERIES} WHERE study IN ({gone})")  # noqa: S608
    guard("encounter_keys", "forget_study", "AFTER UPDATE", "ROW", "forget_study")
    guard("image_studies", "stays_destroyed", "BEFORE UPDATE", "ROW", "refuse_forgotten")
    guard("image_series", "stays_destroyed", "BEFORE INSERT", "ROW", "refuse_forgotten")
    # Why somebody decided may name the patient: from now on it lies under the study's key, as reasons of entries do.
    op.add_column("image_decisions", sa.Column("sealed", sa.LargeBinary))
    op.alter_column("image_decisions", "reason", server_default="")


def downgrade() -> None:
    """Go back; words that went stay gone, and reasons that were sealed are lost."""
    op.alter_column("image_decisions", "reason", server_default=None)
    op.drop_column("image_decisions", "sealed")
    for table, name in (("image_series", "stays_destroyed"), ("image_studies", "stays_destroyed"),
                        ("encounter_keys", "forget_study")):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION public.refuse_forgotten()")
    op.execute("DROP FUNCTION public.forget_study()")
