"""The metadata that all tables share, and the few kinds of columns that they are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, MetaData, Table, Text, Uuid, text

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
})
APPEND_ONLY: dict[str, Any] = {"append_only": True}
"""`Table(info=...)` of a table whose rows nobody changes: the database refuses UPDATE, DELETE and TRUNCATE."""


def append_only_tables() -> tuple[Table, ...]:
    """The tables that only grow."""
    return tuple(table for table in metadata.sorted_tables if table.info.get("append_only"))


def identifier(name: str = "id") -> Column[Any]:
    """A primary key that the program makes."""
    return Column(name, Uuid, primary_key=True)


def number(name: str = "id") -> Column[Any]:
    """A primary key that the database counts."""
    return Column(name, BigInteger, Identity(always=True), primary_key=True)


def words(name: str) -> Column[Any]:
    """Text that is empty when nothing is said."""
    return Column(name, Text, nullable=False, server_default="")


def instant(name: str, *, optional: bool = False, now: bool = False) -> Column[Any]:
    """A moment on the time line."""
    default = text("clock_timestamp()") if now else None
    return Column(name, DateTime(timezone=True), nullable=optional, server_default=default)


def flag(name: str, *, default: bool = False) -> Column[Any]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def reference(name: str, target: str, *, optional: bool = False, primary_key: bool = False) -> Column[Any]:
    """A foreign key; `target` is `table.column`."""
    return Column(name, Uuid, ForeignKey(target), nullable=optional, primary_key=primary_key)
