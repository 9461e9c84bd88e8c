"""Statements that are asked many times a second: written by the toolkit once, then asked of the driver itself.

The toolkit's steps around each execution (bind processors, a cursor's result, its rows) take longer than the database
takes to answer. The connection stays the toolkit's: its pool, and its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


class Prepared:
    """One statement. Its parameters and its columns are of kinds that the driver itself reads and writes."""

    def __init__(self, statement: Select[Any]) -> None:
        made = statement.compile(dialect=_DIALECT)
        asked = {name: None for name, one in made.binds.items() if one.required}
        whole = made.construct_expanded_state(asked)
        self._text = whole.statement
        self._given = {name: value for name, value in whole.parameters.items() if name not in asked}

    def rows(self, db: Connection, asked: Mapping[str, Any]) -> list[Any]:
        """What it finds, each row by its columns' names; errors as the toolkit tells them."""
        line: psycopg.Connection[Any] = db.connection.driver_connection  # type: ignore[assignment]
        try:
            with line.cursor(row_factory=namedtuple_row) as cursor:
                return cursor.execute(self._text, self._given | _told(asked), prepare=True).fetchall()
        except psycopg.Error as error:
            if line.closed:
                db.invalidate(error)
            raise DBAPIError.instance(self._text, None, error, psycopg.Error, dialect=db.dialect,
                                      connection_invalidated=line.closed) from error


def _told(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in asked.items()}
