"""Migrations of the server's database: they end at the tables, they go down and up again, they keep rows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

import migrations.server
from records.errors import Refusal
from server.cluster import ADMIN, Cluster, binaries
from server.store import base, migrate
from server.store.tables import metadata
from tests.databases import Database


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    engine = create_engine(database.admin_dsn)
    yield engine
    engine.dispose()


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.server.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def step(engine: Engine, target: str, *, down: bool = False) -> None:
    with engine.begin() as db:
        db.execute(text("SET LOCAL ROLE benhan_owner"))
        migrate.run(db, target, down=down)


def schema(database: Database) -> str:
    """The schema as PostgreSQL itself writes it, without the random keys of newer pg_dumps."""
    done = subprocess.run(
        [binaries() / "pg_dump", "--schema-only", database.admin_dsn], check=True, capture_output=True, text=True)
    return re.sub(r"\\(un)?restrict \w+\n", "", done.stdout)


def test_the_code_names_the_newest_revision() -> None:
    assert scripts().get_heads() == [migrate.HEAD]


def test_migrations_end_exactly_at_the_tables(owner: Engine) -> None:
    with owner.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_search_columns_are_computed_by_the_same_functions_as_the_tables_say(db: Connection) -> None:
    for column in ("search_name", "search_given"):
        kept = db.scalar(text("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute "
                              "ON attrelid = adrelid AND attnum = adnum "
                              "WHERE adrelid = 'patients'::regclass AND attname = :column"), {"column": column})
        computed = metadata.tables["patients"].c[column].computed
        assert computed is not None
        assert kept == str(computed.sqltext)


@pytest.mark.parametrize("target", ["0004", "0003", "0002", "0001", "base"])
def test_down_and_up_again_gives_the_same_schema(database: Database, owner: Engine, target: str) -> None:
    before = schema(database)
    step(owner, target, down=True)
    assert schema(database) != before
    step(owner, "head")
    assert schema(database) == before


def test_rows_from_before_are_there_after(cluster: Cluster) -> None:
    """Rows of the first revisions live through those that follow."""
    name, ward, patient = "benhan_rows", UUID(int=7), UUID(int=8)
    migrate.prepare(cluster.dsn(ADMIN, "postgres"), name)
    engine = create_engine(cluster.dsn(ADMIN, name))
    try:
        migrate.upgrade(cluster.dsn(ADMIN, name), "0002")
        with engine.begin() as db:
            db.execute(text("INSERT INTO wards (id, code, name) VALUES (:ward, 'K01', 'Nội tổng hợp')"), {"ward": ward})
            db.execute(text("INSERT INTO patients (id, patient_no, full_name, birth_date, sex) "
                            "VALUES (:patient, '0026-00001', 'Nguyễn Thị Đào', '1959', '2')"), {"patient": patient})
        migrate.upgrade(cluster.dsn(ADMIN, name))
        with engine.begin() as db:
            migrate.demand_head(db)
            assert db.scalar(text("SELECT name FROM wards WHERE id = :ward"), {"ward": ward}) == "Nội tổng hợp"
            row = db.execute(text("SELECT full_name, search_name, search_given FROM patients")).one()
            assert tuple(row) == ("Nguyễn Thị Đào", "nguyen thi dao", "dao thi nguyen")
    finally:
        engine.dispose()


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    before = schema(database)
    migrate.upgrade(database.admin_dsn)
    assert schema(database) == before


def test_a_lock_that_is_held_ends_the_migration_instead_of_the_work(database: Database, owner: Engine) -> None:
    step(owner, "0004", down=True)
    with owner.begin() as db:
        db.execute(text("LOCK TABLE versions IN ROW EXCLUSIVE MODE"))
        with pytest.raises(Exception, match="lock timeout"):
            migrate.upgrade(database.admin_dsn, lock_timeout="200ms")
    migrate.upgrade(database.admin_dsn)


def test_a_server_refuses_to_serve_another_schema(database: Database, owner: Engine) -> None:
    engine = base.open_engine(database.dsn)
    try:
        with engine.begin() as db:
            migrate.demand_head(db)
        with owner.begin() as db:
            db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        with engine.begin() as db, pytest.raises(Refusal, match="needs"):
            migrate.demand_head(db)
    finally:
        engine.dispose()


def test_a_schema_from_the_future_is_refused(database: Database, owner: Engine) -> None:
    with owner.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refusal, match="does not know"):
        migrate.upgrade(database.admin_dsn)
