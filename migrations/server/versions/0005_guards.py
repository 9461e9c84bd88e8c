"""What only grows is guarded against everyone, and the running server gets no more rights than it needs."""

from __future__ import annotations

from alembic import op

from migrations.server.guards import APP, guard, only_grows

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "certificates", "certificate_events", "entries", "versions", "signatures", "receipts", "cancellations",
    "settlements", "settlement_decisions", "commands", "server_keys", "audit_events", "audit_offsets", "audit_seals",
    "settings",
)
CHANGING = ("wards", "people", "patients", "allergies", "encounters", "ward_stays", "counters", "version_states",
            "encounter_keys")
PASSING = ("beds", "person_wards", "sessions", "challenges", "drafts")
"""Rows of these may go."""

REFUSE_CHANGE = """
CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'BA001', HINT = 'A correction is a new row.';
END
$$
"""
GUARD_KEY = """
CREATE FUNCTION public.guard_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.wrapped IS NOT NULL AND NEW.wrapped IS NULL AND NEW.destroyed_at IS NOT NULL
        AND (NEW.scope, NEW.hospital_key, NEW.created_at) = (OLD.scope, OLD.hospital_key, OLD.created_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'encounter_keys: a key is destroyed once and changed never' USING ERRCODE = 'BA001';
END
$$
"""


def upgrade() -> None:
    """Go on."""
    op.execute(REFUSE_CHANGE)
    op.execute(GUARD_KEY)
    only_grows(*APPEND_ONLY)
    guard("encounter_keys", "destroy_only", "BEFORE UPDATE", "ROW", "guard_key")
    guard("encounter_keys", "no_delete", "BEFORE DELETE", "ROW", "refuse_change")
    guard("encounter_keys", "no_truncate", "BEFORE TRUNCATE", "STATEMENT", "refuse_change")
    for table in CHANGING:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP}")
    for table in PASSING:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APP}")


def downgrade() -> None:
    """Go back."""
    for table in (*APPEND_ONLY, *CHANGING, *PASSING, "alembic_version"):
        op.execute(f"REVOKE ALL ON {table} FROM {APP}")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER no_change ON {table}")
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
    for trigger in ("destroy_only", "no_delete", "no_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON encounter_keys")
    op.execute("DROP FUNCTION public.guard_key()")
    op.execute("DROP FUNCTION public.refuse_change()")
