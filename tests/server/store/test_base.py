"""Transactions, locks, numbers and notices of the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from records.errors import Refusal
from server.store import base
from tests.databases import Database
from tests.server import builders


def give_up(_done: object) -> None:
    raise ZeroDivisionError


def test_an_error_undoes_the_whole_transaction(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), base.transaction(engine) as db:
        give_up(base.next_number(db, "test"))
    with base.transaction(engine) as db:
        assert base.next_number(db, "test") == 1


def test_numbers_have_no_gaps_even_when_somebody_gives_up(engine: Engine) -> None:
    with engine.connect() as first:
        first.begin()
        assert base.next_number(first, "patient:2026") == 1
        first.rollback()
    with base.transaction(engine) as db:
        assert [base.next_number(db, "patient:2026") for _ in range(2)] == [1, 2]


def waits(engine: Engine, act: Callable[[Connection], object]) -> threading.Thread:
    """Somebody else who does this and waits for it."""
    def run() -> None:
        with base.transaction(engine) as db:
            act(db)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_who_comes_second_to_a_lock_waits_until_the_first_has_committed(engine: Engine) -> None:
    order: list[str] = []

    def second(db: Connection) -> None:
        base.lock(db, "entry", "a")
        order.append("second")

    with base.transaction(engine) as db:
        base.lock(db, "entry", "a")
        thread = waits(engine, second)
        assert base.try_lock(db, "entry", "b"), "another entry is free"
        while not db.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
            assert thread.is_alive()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_that_is_taken_is_not_taken_twice(engine: Engine) -> None:
    with base.transaction(engine) as first, base.transaction(engine) as second:
        base.lock(first, "audit-seal")
        assert not base.try_lock(second, "audit-seal")


def test_a_notice_arrives_with_the_commit_and_never_from_what_was_undone(engine: Engine, database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as listener:
        listener.execute(f'LISTEN "{base.CHANNEL}"')
        with engine.connect() as db:
            db.begin()
            base.notify(db, "entry", entry="undone")
            db.rollback()
        with base.transaction(engine) as db:
            base.notify(db, "entry", entry="kept", ward=None)
        (notice,) = listener.notifies(timeout=10, stop_after=1)
    assert json.loads(notice.payload) == {"topic": "entry", "entry": "kept"}


def test_a_known_constraint_speaks_as_a_refusal_and_an_unknown_one_stays_a_bug(db: Connection) -> None:
    builders.a_ward(db, code="K01")
    with pytest.raises(Refusal, match="user name"), base.refusing({"uq_wards_code": "username_taken"}), \
            db.begin_nested():
        builders.a_ward(db, code="K01")
    with pytest.raises(IntegrityError), base.refusing({"uq_other": "username_taken"}), db.begin_nested():
        builders.a_ward(db, code="K01")


def test_one_patient_lies_in_a_bed_and_in_one_bed_only(engine: Engine) -> None:
    place = ("INSERT INTO ward_stays (id, encounter, ward, room, bed, starts, ends) "
             "VALUES (gen_random_uuid(), :encounter, :ward, '3', :bed, :starts, :ends)")
    with base.transaction(engine) as db:
        ward = builders.a_ward(db)
        first, second = (encounter_without_bed(db) for _ in range(2))
        stay = {"ward": ward, "bed": "12", "starts": "2026-11-17 08:00+07", "ends": None}
        db.execute(text(place), {**stay, "encounter": first})
        for encounter, changes, constraint in (
            (second, {}, "one_patient"), (first, {"bed": "13"}, "one_place"),
        ):
            with pytest.raises(DBAPIError, match=constraint), db.begin_nested():
                db.execute(text(place), {**stay, **changes, "encounter": encounter})
        db.execute(text("UPDATE ward_stays SET ends = '2026-11-17 10:00+07'"))
        db.execute(text(place), {**stay, "encounter": second, "starts": "2026-11-17 10:00+07"})


def encounter_without_bed(db: Connection) -> object:
    return db.scalar(text(
        "INSERT INTO encounters (id, patient, record_no, admitted_at) "
        "VALUES (gen_random_uuid(), :patient, gen_random_uuid()::text, now()) RETURNING id"),
        {"patient": builders.a_patient(db).id})
