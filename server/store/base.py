"""The way to the database: engine, transactions, locks, notices, and constraints that speak as refusals."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Uuid,
    any_,
    bindparam,
    create_engine,
    event,
    literal,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from records.errors import Refusal

CHANNEL = "benhan"
"""The channel of LISTEN/NOTIFY on which all topics travel."""
ASKED_AFTER_S = 5.0
"""A connection that rested longer than this is asked whether it still lives."""


class Use(StrEnum):
    """What the connections of a pool are for."""

    ANY = "force_custom_plan"
    """Statements are planned for each value: one plan for all patterns of a search would read all."""
    NAMED = "force_generic_plan"
    """What is found by its name, many times a second: planned once, each statement committed by itself."""
    LOOK = "force_generic_plan -c synchronous_commit=off"
    """The same, for looks and nothing else: their audit does not wait for the disk (`commit_without_waiting`)."""


def open_engine(dsn: str, *, pool_size: int = 20, timeout_s: float = 10, use: Use = Use.ANY) -> Engine:
    """An engine over psycopg 3 with its own pool. A connection that died while it waited is replaced."""
    engine = create_engine(
        dsn, pool_size=pool_size, max_overflow=0, pool_timeout=timeout_s,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s "
                                 f"-c plan_cache_mode={use.value}",
                      "application_name": "benhan-server", "connect_timeout": 5},
        # Where each statement stands alone, nothing is to be undone when a connection is given back.
        **({} if use is Use.ANY else {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}),
    )
    event.listen(engine, "checkin", _rested)
    event.listen(engine, "checkout", _awake)
    return engine


def _rested(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _awake(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that rested whether it still lives; asking each time would cost every request a round trip."""
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < ASKED_AFTER_S:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end, undone by any error."""
    with engine.begin() as db:
        yield db


@contextmanager
def single(engine: Engine) -> Iterator[Connection]:
    """For one statement at a time, each committed by itself: two round trips less than a transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        yield db


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction in which every query sees the same moment."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as db, \
            db.begin():
        yield db


def commit_without_waiting(db: Connection) -> None:
    """Let the commit be written with the next flush, a fraction of a second later: for the audit of a look.

    A crash of the program loses nothing; a power cut at that very moment may lose who looked in the last half second.
    What a person wrote or signed is never committed so.
    """
    db.execute(text("SET LOCAL synchronous_commit = off"))


def lock(db: Connection, what: str, which: UUID | str = "") -> None:
    """Wait for the advisory lock of one thing (an entry, a patient's stay), held until the transaction ends."""
    db.execute(_LOCK, {"what": f"{what}:{which}"})


def try_lock(db: Connection, what: str, which: UUID | str = "") -> bool:
    """Take the advisory lock if it is free."""
    return bool(db.scalar(_TRY_LOCK, {"what": f"{what}:{which}"}))


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:what, 0))")


def notify(db: Connection, topic: str, **data: object) -> None:
    """Tell every server process when this transaction commits; ids travel, contents never do."""
    notify_all(db, [{"topic": topic, **data}])


def notify_all(db: Connection, notices: Sequence[Mapping[str, object]]) -> None:
    """The same with several notices at once, in order; each says its `topic`."""
    told = [json.dumps({key: str(value) for key, value in one.items() if value is not None}) for one in notices]
    db.execute(_NOTIFY, {"channel": CHANNEL, "told": told})


_NOTIFY = text("SELECT pg_notify(:channel, one) FROM unnest(CAST(:told AS text[])) AS one")


def among(column: Column[UUID], which: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of these ids; one array is one parameter, of `IN` each id would be one."""
    return column == any_(literal(list(which), ARRAY(Uuid)))


def among_bound(column: Column[UUID], name: str) -> ColumnElement[bool]:
    """The same in a statement that is made once: the ids come under that name."""
    return column == any_(bindparam(name, type_=ARRAY(Uuid)))


def now(db: Connection) -> datetime:
    """The database's clock: the same for all server processes."""
    moment: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def next_number(db: Connection, counter: str) -> int:
    """The next number of a counter, without gaps: who comes second waits for the first to commit."""
    counted: int = db.execute(
        text("INSERT INTO counters (name, value) VALUES (:name, 1) "
             "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"), {"name": counter},
    ).scalar_one()
    return counted


@contextmanager
def refusing(codes: Mapping[str, str]) -> Iterator[None]:
    """Turn the violation of a named constraint into the refusal that it means; any other is a bug."""
    try:
        yield
    except IntegrityError as error:
        code = codes.get(constraint_of(error))
        if code is None:
            raise
        raise Refusal.because(code) from error


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that was violated."""
    cause = error.orig
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


def plain_dsn(dsn: str) -> str:
    """The address as psycopg takes it (for LISTEN), from one that SQLAlchemy takes."""
    return dsn.replace("postgresql+psycopg://", "postgresql://", 1)


def as_json(value: Any) -> str:
    """JSON text with letters as they are."""
    return json.dumps(value, ensure_ascii=False)
