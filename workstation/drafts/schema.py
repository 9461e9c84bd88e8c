"""Bring the local store's schema to this build's; at head it costs one query, and Alembic is not even loaded."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from records.errors import Refusal

HEAD = "0005"
"""The newest revision of `migrations/local`; a test compares."""


def schema_of(connection: Connection) -> str:
    """The store's revision; empty for a new store."""
    known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first()
    if known is None:
        return ""
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row is not None else ""


def migrate(connection: Connection, target: str = HEAD) -> None:
    """Run the migrations that are missing, in the caller's transaction."""
    if schema_of(connection) == target:
        return
    # Loading Alembic takes longer than opening the store; a store at head never pays for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    import migrations.local

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.local.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, target)
    except CommandError as error:
        raise Refusal.because("store_newer", schema_of(connection)) from error
    except DatabaseError as error:
        raise Refusal.because("store_damaged", detail=str(error.orig)) from error
