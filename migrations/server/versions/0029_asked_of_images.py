"""What DICOM's tables of search answers demand and stood only in sealed headers: bits, performed step, requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OF_BEFORE = """
    number = NULL, description = '', body_part = '', laterality = '', series_date = '', series_time = '', station = ''
"""
# Of what came before, they are read from its header when it is asked for: the header is sealed, and no migration has
# its key.
FORGET = """
CREATE OR REPLACE FUNCTION public.forget_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Series before their study, as whoever files an image does: neither waits for the other in a ring.
    UPDATE public.image_series SET {series} WHERE study = NEW.scope;
    UPDATE public.image_studies SET
        state = 'destroyed', differences = '[]', sent = '{{}}', patient_no = '', full_name = '', birth_date = '',
        sex = '', accession = '', study_no = '', study_date = '', study_time = '', description = '', referring = '',
        patient = CASE state WHEN 'matched' THEN patient END,
        encounter = CASE state WHEN 'matched' THEN encounter END,
        imaging_order = CASE state WHEN 'matched' THEN imaging_order END, changed_at = clock_timestamp()
    WHERE id = NEW.scope AND state <> 'destroyed';
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Go on."""
    op.add_column("image_instances", sa.Column("bits", sa.Integer))
    op.add_column("image_series", sa.Column("step_date", sa.Text))
    op.add_column("image_series", sa.Column("step_time", sa.Text))
    op.add_column("image_series", sa.Column("requests", JSONB))
    op.execute(FORGET.format(series=f"{OF_BEFORE.rstrip()}, step_date = '', step_time = '', requests = '[]'"))


def downgrade() -> None:
    """Go back."""
    op.execute(FORGET.format(series=OF_BEFORE))
    for table, column in (("image_series", "requests"), ("image_series", "step_time"), ("image_series", "step_date"),
                          ("image_instances", "bits")):
        op.drop_column(table, column)
