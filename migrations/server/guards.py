"""Triggers on tables: those that only grow refuse every change, by anyone, and the running server may read and add."""

from __future__ import annotations

from alembic import op

APP = "benhan_app"
"""The role of the running server."""


def only_grows(*tables: str) -> None:
    """The tables refuse UPDATE, DELETE and TRUNCATE; migration 0005 made the function that says so."""
    for table in tables:
        guard(table, "no_change", "BEFORE UPDATE OR DELETE", "ROW", "refuse_change")
        guard(table, "no_truncate", "BEFORE TRUNCATE", "STATEMENT", "refuse_change")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP}")


def guard(table: str, name: str, when: str, each: str, function: str) -> None:
    """A trigger that fires ALWAYS: session_replication_role does not silence it."""
    op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION public.{function}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
