"""Bring a database to this build's schema: roles, database, extensions, then Alembic as the owner of the tables."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

from records.errors import Refusal

OWNER, APP = "benhan_owner", "benhan_app"
EXTENSIONS = ("unaccent", "pg_trgm", "btree_gist")
HEAD = "0032"
"""The newest revision of `migrations/server`; a test compares."""


def prepare(admin_dsn: str, database: str) -> None:
    """As the cluster's administrator: the two roles, and a database whose tables the owner role will own.

    The owner cannot log in: migrations take the role on, and no running program does.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        for role, login in ((OWNER, "NOLOGIN"), (APP, "LOGIN")):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} " + login + " NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                    sql.Identifier(role)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(database), sql.Identifier(OWNER)))


def upgrade(admin_dsn: str, target: str = "head", *, lock_timeout: str = "5s") -> None:
    """Run the migrations that are missing, in one transaction, as the owner role. `admin_dsn` names the database."""
    engine = create_engine(admin_dsn)
    try:
        with engine.begin() as db:
            # A schema change waits for no one for long: it fails, and is run again in a quieter minute.
            db.execute(text(f"SET LOCAL lock_timeout = '{lock_timeout}'"))
            for extension in EXTENSIONS:
                db.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
            db.execute(text(f"SET LOCAL ROLE {OWNER}"))
            run(db, target)
    finally:
        engine.dispose()


def run(db: Connection, target: str, *, down: bool = False) -> None:
    """Alembic over an open connection, up or down to the target."""
    # Loading Alembic takes longer than a sign-in; only the command that migrates pays for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    import migrations.server

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.server.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    try:
        (command.downgrade if down else command.upgrade)(config, target)
    except CommandError as error:
        raise Refusal.because("schema_unknown", revision(db)) from error


def revision(db: Connection) -> str:
    """The schema's revision; empty for a new database."""
    if db.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return ""
    return str(db.scalar(text("SELECT version_num FROM alembic_version")) or "")


def demand_head(db: Connection) -> None:
    """Refuse to serve on another schema than this build's."""
    found = revision(db)
    if found != HEAD:
        raise Refusal.because("schema_behind", found or "-", head=HEAD)


def database_of(dsn: str) -> str:
    """The database's name in an address."""
    name = make_url(dsn).database or ""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
        raise Refusal.because("database_name_bad", name)
    return name
