"""Finished entries: thrown away by whatever changes what they show, made again by whoever looks, never older."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, create_engine, event, text

from records.entries import State
from records.errors import Reason, Refusal
from server.store import base, chart, entries, entry_views, settlements
from server.store.keys import Keys, ScopeKey
from tests.databases import Database
from tests.records.factories import NOW
from tests.server import builders


@pytest.fixture
def doctor(db: Connection) -> UUID:
    return builders.a_person(db)


@pytest.fixture
def key(db: Connection, keys: Keys) -> ScopeKey:
    return keys.of(db, builders.an_encounter(db, keys, builders.a_ward(db)))


def kept(db: Connection) -> int:
    return int(db.scalar(text("SELECT count(*) FROM entry_views")) or 0)


def from_sources(db: Connection, key: ScopeKey) -> bytes:
    return b"[" + b",".join(made.json for made in chart.of_encounter(db, key, key.scope)) + b"]"


def test_a_chart_of_finished_entries_is_byte_for_byte_the_one_made_from_its_sources(
    db: Connection, key: ScopeKey, doctor: UUID,
) -> None:
    certificate = builders.a_certificate(db, doctor)
    for hour in range(4):
        made = builders.a_version(db, key, doctor, occurred_at=NOW + timedelta(hours=hour))
        builders.a_signature(db, made, doctor, certificate=certificate)
    first = entry_views.json_of_encounter(db, key, key.scope)
    assert kept(db) == 4
    assert first == from_sources(db, key)
    assert entry_views.json_of_encounter(db, key, key.scope) == first
    db.execute(text("DELETE FROM entry_views"))
    assert entry_views.json_of_encounter(db, key, key.scope) == first


def test_finished_entries_are_one_narrow_read(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    for _ in range(30):
        builders.a_version(db, key, doctor)
    entry_views.json_of_encounter(db, key, key.scope)
    asked: list[str] = []
    event.listen(db, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert len(json.loads(entry_views.json_of_encounter(db, key, key.scope))) == 30
    assert asked == []  # its one read goes past SQLAlchemy, in the driver's binary format


def amended(db: Connection, key: ScopeKey, entry: UUID, doctor: UUID) -> None:
    builders.a_version(db, key, doctor, entry=entry, version=2)


def cancelled(db: Connection, key: ScopeKey, entry: UUID, doctor: UUID) -> None:
    entries.cancel(db, key, entry, 1, person=doctor, reason="Ghi nhầm người bệnh")


def moved_on(db: Connection, _: ScopeKey, entry: UUID, __: UUID) -> None:
    entries.set_state(db, entry, 1, State.SIGNED, open_slots=(), file="f" * 64)


def late(db: Connection, key: ScopeKey, entry: UUID, doctor: UUID) -> UUID:
    which = uuid4()
    settlements.add(db, settlements.NewSettlement(
        id=which, kind="offline", file="0" * 64, scope=key.scope, person=doctor, slot="doctor", received_at=NOW,
        reasons=(Reason("record_archived"),), entry=entry, number=1, encounter=key.scope))
    return which


def settled(db: Connection, key: ScopeKey, entry: UUID, doctor: UUID) -> None:
    which = late(db, key, entry, doctor)
    entry_views.json_of_encounter(db, key, key.scope)
    settlements.decide(db, which, "accept", "Đã đối chiếu sổ tay", person=builders.a_person(db), at=NOW)


@pytest.mark.parametrize("change", [amended, cancelled, moved_on, late, settled])
def test_whatever_changes_an_entry_throws_its_finished_view_away(
    db: Connection, key: ScopeKey, doctor: UUID, change: Callable[[Connection, ScopeKey, UUID, UUID], object],
) -> None:
    made, other = builders.a_version(db, key, doctor), builders.a_version(db, key, doctor)
    certificate = builders.a_certificate(db, doctor)
    builders.a_signature(db, made, doctor, certificate=certificate, offline=True)
    before = entry_views.json_of_encounter(db, key, key.scope)
    change(db, key, made.entry, doctor)
    assert db.scalars(text("SELECT entry FROM entry_views")).all() == [other.entry]
    after = entry_views.json_of_encounter(db, key, key.scope)
    assert after == from_sources(db, key)
    # An accepted late file looks as before it was late; all else shows.
    assert (after == before) == (change is settled)


def test_another_builds_finished_entries_are_made_anew(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    builders.a_version(db, key, doctor)
    shown = entry_views.json_of_encounter(db, key, key.scope)
    db.execute(text("UPDATE entry_views SET edition = 'older', content = 'x'"))
    assert entry_views.json_of_encounter(db, key, key.scope) == shown
    assert db.scalar(text("SELECT edition FROM entry_views")) == chart.edition()


def test_a_view_is_not_kept_while_somebody_writes_its_entry(database: Database, keys: Keys) -> None:
    engine = create_engine(database.dsn)
    with base.transaction(engine) as db:
        doctor, ward = builders.a_person(db), builders.a_ward(db)
        key = keys.of(db, builders.an_encounter(db, keys, ward))
        made = builders.a_version(db, key, doctor)
    with base.transaction(engine) as writing, base.transaction(engine) as looking:
        entries.set_state(writing, made.entry, 1, State.PARTLY_SIGNED, open_slots=("doctor",))
        shown = json.loads(entry_views.json_of_encounter(looking, key, key.scope))
        assert [one["state"] for one in shown] == ["signed"]
        assert kept(looking) == 0
    with base.transaction(engine) as db:
        assert [one["state"] for one in json.loads(entry_views.json_of_encounter(db, key, key.scope))] == [
            "partly_signed"]
        assert kept(db) == 1
    engine.dispose()


def test_rebuilding_makes_all_anew_and_passes_destroyed_keys_over(
    db: Connection, keys: Keys, doctor: UUID,
) -> None:
    ward = builders.a_ward(db)
    here, gone = (keys.of(db, builders.an_encounter(db, keys, ward)) for _ in range(2))
    for key in (here, here, gone):
        builders.a_version(db, key, doctor)
    keys.destroy(db, gone.scope, doctor, "Hết hạn lưu trữ")
    shown = entry_views.json_of_encounter(db, here, here.scope)
    assert set(entry_views.forget(db)) == {here.scope, gone.scope}
    assert kept(db) == 0
    assert [entry_views.rebuild(db, keys, key.scope) for key in (here, gone)] == [2, 0]
    assert kept(db) == 2
    assert entry_views.json_of_encounter(db, here, here.scope) == shown


def test_a_destroyed_key_closes_the_finished_entries_too(db: Connection, keys: Keys, doctor: UUID) -> None:
    scope = builders.an_encounter(db, keys, builders.a_ward(db))
    key = keys.of(db, scope)
    builders.a_version(db, key, doctor)
    entry_views.json_of_encounter(db, key, scope)
    keys.destroy(db, scope, doctor, "Hết hạn lưu trữ")
    with pytest.raises(Refusal, match="never be read again"):
        entry_views.json_of_encounter(db, keys.of(db, scope), scope)
