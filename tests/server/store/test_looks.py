"""Last looks in the database: one a person and entry, encrypted, and only ever a later one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from records.messages import Look
from server.store import looks
from server.store.keys import Keys, ScopeKey
from tests.records.factories import NOW
from tests.server import builders

ENTRY = UUID(int=5)


@pytest.fixture
def ward(db: Connection) -> UUID:
    return builders.a_ward(db)


@pytest.fixture
def key(db: Connection, keys: Keys, ward: UUID) -> ScopeKey:
    return keys.of(db, builders.an_encounter(db, keys, ward))


@pytest.fixture
def doctor(db: Connection, ward: UUID) -> UUID:
    return builders.a_person(db, ward)


def look(plan: str, minutes: int = 0, version: int = 1) -> Look:
    return Look(entry=ENTRY, version=version, values={"plan": plan}, seen_at=NOW + timedelta(minutes=minutes))


def put(db: Connection, key: ScopeKey, person: UUID, one: Look) -> bool:
    return looks.keep(db, key, person, one, one.seen_at)


def test_the_newest_look_stays_in_whatever_order_they_come(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    assert put(db, key, doctor, look("lần hai", 10))
    assert not put(db, key, doctor, look("lần một", 0)), "a queue of an outage brings it late"
    assert not put(db, key, doctor, look("lần hai", 10)), "sent twice"
    assert looks.of_encounter(db, key, doctor) == (look("lần hai", 10),)
    assert put(db, key, doctor, look("lần ba", 20, version=2))
    assert looks.of_encounter(db, key, doctor) == (look("lần ba", 20, version=2),)


def test_each_person_has_looks_of_their_own(db: Connection, key: ScopeKey, ward: UUID, doctor: UUID) -> None:
    other = builders.a_person(db, ward)
    put(db, key, doctor, look("của Hà"))
    assert looks.of_encounter(db, key, other) == ()
    put(db, key, other, look("của Sơn"))
    assert looks.of_encounter(db, key, doctor) == (look("của Hà"),)


def test_an_entry_is_looked_at_in_its_own_encounter_only(
    db: Connection, keys: Keys, key: ScopeKey, ward: UUID, doctor: UUID,
) -> None:
    put(db, key, doctor, look("đúng chỗ"))
    elsewhere = keys.of(db, builders.an_encounter(db, keys, ward))
    assert not put(db, elsewhere, doctor, look("sai chỗ", 5))
    assert looks.of_encounter(db, key, doctor) == (look("đúng chỗ"),)


def test_what_was_shown_stands_there_under_the_encounters_key_only(
    db: Connection, key: ScopeKey, doctor: UUID,
) -> None:
    put(db, key, doctor, look("bí mật của người bệnh"))
    content = bytes(db.scalar(text("SELECT content FROM last_looks")) or b"")
    assert "bí mật".encode() not in content
    assert "bí mật" in key.decrypt(f"look:{doctor}:{ENTRY}", content).decode()


@pytest.mark.parametrize("act", [
    "UPDATE last_looks SET seen_at = seen_at - interval '1 minute'",
    "UPDATE last_looks SET version = 9",
    "UPDATE last_looks SET entry = gen_random_uuid(), seen_at = seen_at + interval '1 minute'",
    "DELETE FROM last_looks",
    "TRUNCATE last_looks",
])
def test_the_server_can_neither_turn_a_look_back_nor_take_it_away(
    db: Connection, key: ScopeKey, doctor: UUID, act: str,
) -> None:
    put(db, key, doctor, look("đã xem"))
    with pytest.raises(DBAPIError, match=r"only moves forward|permission denied"), db.begin_nested():
        db.execute(text(act))
    assert looks.of_encounter(db, key, doctor) == (look("đã xem"),)


def test_the_guard_holds_in_replication_mode_and_for_the_owner(admin: Connection, keys: Keys) -> None:
    ward = builders.a_ward(admin)
    person = builders.a_person(admin, ward)
    put(admin, keys.of(admin, builders.an_encounter(admin, keys, ward)), person, look("đã xem"))
    admin.execute(text("SET LOCAL session_replication_role = replica"))
    with pytest.raises(DBAPIError, match="only moves forward"), admin.begin_nested():
        admin.execute(text("UPDATE last_looks SET seen_at = seen_at - interval '1 day'"))
