"""What only grows: the database itself refuses to change it, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from server.store.keys import Keys
from server.store.tables import append_only_tables, metadata
from tests.server import builders

TABLES = append_only_tables()
ACTS = (
    "UPDATE versions SET renderer = 'x'", "DELETE FROM versions", "TRUNCATE versions CASCADE",
    "UPDATE signatures SET slot = 'x'", "DELETE FROM signatures", "TRUNCATE signatures",
    "UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events",
)


def fill(db: Connection, keys: Keys) -> None:
    """One row in the tables that a person would most like to change."""
    ward = builders.a_ward(db)
    doctor = builders.a_person(db, ward)
    encounter = builders.an_encounter(db, keys, ward)
    made = builders.a_version(db, keys.of(db, encounter), doctor)
    certificate = builders.a_certificate(db, doctor)
    builders.a_signature(db, made, doctor, certificate=certificate)
    db.execute(text("INSERT INTO audit_events (action) VALUES ('entry.sign')"))


@pytest.mark.parametrize("role", ["benhan_app", "benhan_owner", "postgres"])
def test_no_role_changes_what_was_signed_or_audited(admin: Connection, keys: Keys, role: str) -> None:
    fill(admin, keys)
    admin.execute(text(f"SET LOCAL ROLE {role}"))
    for act in ACTS:
        with pytest.raises(DBAPIError, match=r"only grows|permission denied"), admin.begin_nested():
            admin.execute(text(act))


def test_replication_mode_does_not_silence_the_guards(admin: Connection, keys: Keys) -> None:
    fill(admin, keys)
    admin.execute(text("SET LOCAL session_replication_role = replica"))
    for act in ACTS:
        with pytest.raises(DBAPIError, match="only grows"), admin.begin_nested():
            admin.execute(text(act))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_that_only_grows_is_guarded_and_gives_the_server_no_right_to_change_it(
    db: Connection, table: Table,
) -> None:
    guards = set(db.scalars(text(
        f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table.name}'::regclass AND tgenabled = 'A'")))
    assert {"no_change", "no_truncate"} <= guards
    for right in ("UPDATE", "DELETE", "TRUNCATE"):
        assert not db.scalar(text(f"SELECT has_table_privilege('benhan_app', '{table.name}', '{right}')")), right
    assert db.scalar(text(f"SELECT has_table_privilege('benhan_app', '{table.name}', 'INSERT')"))


def test_the_running_server_owns_nothing_and_truncates_nothing(db: Connection) -> None:
    assert db.scalar(text("SELECT current_user")) == "benhan_app"
    owners = set(db.scalars(text("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")))
    assert owners == {"benhan_owner"}
    for table in metadata.sorted_tables:
        assert not db.scalar(text(f"SELECT has_table_privilege('{table.name}', 'TRUNCATE')")), table.name
    assert not db.scalar(text("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'benhan_owner'"))
    with pytest.raises(DBAPIError, match="permission denied"):
        db.execute(text("SET ROLE benhan_owner"))


def test_the_server_can_delete_only_what_passes(db: Connection) -> None:
    deletable = {table.name for table in metadata.sorted_tables
                 if db.scalar(text(f"SELECT has_table_privilege('{table.name}', 'DELETE')"))}
    assert deletable == {"beds", "person_wards", "sessions", "challenges", "drafts", "entry_views",
                         "imaging_order_views", "imaging_orders_stale"}
