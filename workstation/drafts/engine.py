"""The encrypted file as an SQLAlchemy engine: SQLCipher with a raw key, every commit on the disk before it returns."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from records.errors import Trouble

BUSY_TIMEOUT_S = 10.0


def make_engine(path: Path, key: bytes) -> Engine:
    """An engine on the file; the key goes in raw (it is random, so stretching it would only cost time)."""

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), timeout=BUSY_TIMEOUT_S, check_same_thread=False,
                                       isolation_level=None)
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: in WAL mode NORMAL would lose the last commits with the power; an acknowledged draft may not go.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    engine = create_engine(
        "sqlite://", module=sqlcipher, creator=connect, poolclass=QueuePool, pool_size=4,
        json_serializer=lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # IMMEDIATE for writers: a transaction that reads first and writes later would otherwise fail when another wrote.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


class Access:
    """Reading and writing the one file from several background threads; a disk that fails is trouble."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._engine = make_engine(path, key)
        self._one_writer = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view."""
        with _as_trouble(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; when it returns, it is on the disk."""
        with (self._one_writer, _as_trouble(),
              self._engine.connect().execution_options(writes=True) as connection, connection.begin()):
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextlib.contextmanager
def _as_trouble() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        detail = str(error.orig)
        code = "store_damaged" if "not a database" in detail or "malformed" in detail else "disk_trouble"
        raise Trouble.because(code, detail=detail) from error
