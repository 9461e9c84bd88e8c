"""The audit's chain: nothing slips behind a seal, and whoever rewrites it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from server.store import audit, base, chain, seals
from server.store.key_files import ServerKey
from server.store.seals import Anchor
from tests.databases import Database


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    return Anchor(tmp_path / "elsewhere" / "audit.anchor")


def note(engine: Engine, *actions: str) -> None:
    for action in actions:
        with engine.begin() as db:
            audit.note(db, action, name="Lê Thu Hà", facts={"slot": "doctor"})


def walked(engine: Engine, key: ServerKey, anchor: Anchor) -> chain.Walk:
    with engine.begin() as db:
        return chain.walk(db, {key.id: key.public}, chain.Anchored.read(anchor.file))


def codes(walk: chain.Walk) -> set[str]:
    return {reason.code for reason in walk.breaks}


def tamper(database: Database, *acts: str) -> None:
    """What the database's administrator can do: silence the guards, change rows, put the guards back."""
    admin = create_engine(database.admin_dsn)
    with admin.begin() as db:
        for table in ("audit_events", "audit_seals"):
            db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for act in acts:
            db.execute(text(act))
        for table in ("audit_events", "audit_seals"):
            db.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER no_change"))
    admin.dispose()


def test_batches_are_chained_signed_and_anchored(engine: Engine, server_key: ServerKey, anchor: Anchor) -> None:
    note(engine, "session.begin", "chart.open")
    first = seals.seal(engine, server_key, anchor)
    note(engine, "entry.sign")
    second = seals.seal(engine, server_key, anchor)
    assert first is not None
    assert second is not None
    assert (first.number, first.events, first.previous) == (1, 2, seals.FIRST)
    assert (second.number, second.events, second.previous) == (2, 1, first.sha256)
    walk = walked(engine, server_key, anchor)
    assert walk.whole
    assert (walk.seals, walk.events, walk.unsealed, walk.unanchored) == (2, 3, 0, 0)


def test_nothing_new_needs_no_seal(engine: Engine, server_key: ServerKey, anchor: Anchor) -> None:
    note(engine, "session.begin")
    assert seals.seal(engine, server_key, anchor) is not None
    assert seals.seal(engine, server_key, anchor) is None


def test_a_slow_transaction_that_commits_after_a_faster_one_is_not_passed_over(
    engine: Engine, server_key: ServerKey, anchor: Anchor,
) -> None:
    with engine.connect() as slow:
        transaction = slow.begin()
        audit.note(slow, "slow")
        note(engine, "fast")
        assert seals.seal(engine, server_key, anchor) is None, "fast waits, because slow began before it"
        transaction.commit()
    sealed = seals.seal(engine, server_key, anchor)
    assert sealed is not None
    assert sealed.events == 2
    assert walked(engine, server_key, anchor).whole


def test_what_was_finished_before_the_slow_one_is_sealed_meanwhile(
    engine: Engine, server_key: ServerKey, anchor: Anchor,
) -> None:
    note(engine, "before")
    with engine.connect() as slow:
        transaction = slow.begin()
        audit.note(slow, "slow")
        note(engine, "after")
        sealed = seals.seal(engine, server_key, anchor)
        assert sealed is not None
        assert sealed.events == 1
        transaction.commit()
    assert walked(engine, server_key, anchor).unsealed == 2
    rest = seals.seal(engine, server_key, anchor)
    assert rest is not None
    assert rest.events == 2
    assert walked(engine, server_key, anchor).whole


def test_one_process_seals_at_a_time(engine: Engine, server_key: ServerKey, anchor: Anchor) -> None:
    note(engine, "session.begin")
    with engine.begin() as other:
        from server.store.base import lock
        lock(other, "audit-seal")
        assert seals.seal(engine, server_key, anchor) is None
    assert seals.seal(engine, server_key, anchor) is not None


TAMPERING: dict[str, tuple[str, str]] = {
    "a changed word": ("UPDATE audit_events SET facts = '{\"slot\": \"nurse\"}' WHERE id = 2", "sealed_rows_changed"),
    "another person": ("UPDATE audit_events SET person_name = 'Ai đó' WHERE id = 1", "sealed_rows_changed"),
    "another time": ("UPDATE audit_events SET at = at - interval '1 second' WHERE id = 3", "sealed_rows_changed"),
    "a row taken out": ("DELETE FROM audit_events WHERE id = 2", "sealed_rows_changed"),
    "a row put in behind a seal": (
        "INSERT INTO audit_events (action, transaction) SELECT 'forged', min(transaction) FROM audit_events",
        "sealed_rows_changed"),
    "the last seal cut off": ("DELETE FROM audit_seals WHERE number = 3", "seal_missing"),
    "the first seal cut off": ("DELETE FROM audit_seals WHERE number = 1", "seal_out_of_chain"),
    "all seals cut off": ("DELETE FROM audit_seals", "seal_missing"),
    "a seal's column changed": ("UPDATE audit_seals SET events = 7 WHERE number = 2", "seal_out_of_chain"),
    "a signature changed": ("UPDATE audit_seals SET signature = '\\x00' WHERE number = 2", "seal_forged"),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_what_the_administrator_rewrites_is_found(
    how: str, database: Database, engine: Engine, server_key: ServerKey, anchor: Anchor,
) -> None:
    act, code = TAMPERING[how]
    for action in ("session.begin", "chart.open", "entry.sign"):
        note(engine, action)
        seals.seal(engine, server_key, anchor)
    assert walked(engine, server_key, anchor).whole
    tamper(database, act)
    assert code in codes(walked(engine, server_key, anchor))


def test_a_chain_rewritten_and_sealed_anew_with_another_key_is_found(
    database: Database, engine: Engine, server_key: ServerKey, anchor: Anchor, tmp_path: Path,
) -> None:
    note(engine, "session.begin", "entry.sign")
    seals.seal(engine, server_key, anchor)
    tamper(database, "DELETE FROM audit_events WHERE id = 1", "DELETE FROM audit_seals")
    forger = ServerKey.create(tmp_path / "forger.pem")
    seals.seal(engine, forger, Anchor(tmp_path / "forged.anchor"))
    assert codes(walked(engine, server_key, anchor)) == {"seal_forged", "seal_differs_from_anchor"}


def test_a_chain_rewritten_with_the_servers_own_key_is_found_by_the_anchor(
    database: Database, engine: Engine, server_key: ServerKey, anchor: Anchor, tmp_path: Path,
) -> None:
    note(engine, "session.begin", "entry.sign")
    seals.seal(engine, server_key, anchor)
    tamper(database, "DELETE FROM audit_events WHERE id = 1", "DELETE FROM audit_seals")
    seals.seal(engine, server_key, Anchor(tmp_path / "forged.anchor"))
    assert codes(walked(engine, server_key, anchor)) == {"seal_differs_from_anchor"}


def test_without_its_anchor_a_chain_that_was_rewritten_with_the_servers_key_looks_whole(
    database: Database, engine: Engine, server_key: ServerKey, anchor: Anchor, tmp_path: Path,
) -> None:
    """Why the anchor belongs on another machine: nothing else can tell."""
    note(engine, "session.begin", "entry.sign")
    seals.seal(engine, server_key, anchor)
    tamper(database, "DELETE FROM audit_events WHERE id = 1", "DELETE FROM audit_seals")
    seals.seal(engine, server_key, Anchor(tmp_path / "forged.anchor"))
    with engine.begin() as db:
        assert chain.walk(db, {server_key.id: server_key.public}, None).whole


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda data: b"", "anchor_empty"),
    (lambda data: data.replace(b'"signature": "', b'"signature": "AA'), "anchor_forged"),
    (lambda data: b"rubbish\n" + data, "anchor_forged"),
    (lambda data: data.split(b"\n", 1)[1], "anchor_forged"),
])
def test_a_spoilt_anchor_is_found(
    spoil: Callable[[bytes], bytes], code: str, engine: Engine, server_key: ServerKey, anchor: Anchor,
) -> None:
    for action in ("session.begin", "entry.sign"):
        note(engine, action)
        seals.seal(engine, server_key, anchor)
    anchor.file.write_bytes(spoil(anchor.file.read_bytes()))
    assert code in codes(walked(engine, server_key, anchor))


def test_an_anchor_that_a_crash_left_behind_catches_up(engine: Engine, server_key: ServerKey, anchor: Anchor) -> None:
    for action in ("session.begin", "chart.open", "entry.sign"):
        note(engine, action)
        seals.seal(engine, server_key, anchor)
    lines = anchor.file.read_bytes().splitlines(keepends=True)
    anchor.file.write_bytes(lines[0] + lines[1][:40])
    behind = walked(engine, server_key, anchor)
    assert behind.whole
    assert behind.unanchored == 2
    assert seals.bring_up_to_date(engine, anchor) == 2
    assert anchor.file.read_bytes() == b"".join(lines)


def test_the_key_of_a_replaced_server_key_still_verifies_old_seals(
    engine: Engine, server_key: ServerKey, anchor: Anchor, tmp_path: Path,
) -> None:
    note(engine, "session.begin")
    seals.seal(engine, server_key, anchor)
    newer = ServerKey.create(tmp_path / "newer.pem")
    note(engine, "entry.sign")
    seals.seal(engine, newer, anchor)
    with engine.begin() as db:
        known = chain.known_keys(db)
        assert set(known) == {server_key.id, newer.id}
        anchored = chain.Anchored.read(anchor.file)
        assert chain.walk(db, known, anchored).whole
        assert codes(chain.walk(db, {newer.id: newer.public}, anchored)) == {"seal_forged", "anchor_forged"}


def test_after_a_restore_into_a_new_cluster_rows_still_come_after_the_seals(
    database: Database, engine: Engine, server_key: ServerKey, anchor: Anchor,
) -> None:
    """A new cluster counts transactions from the start; here the past is moved ahead instead, which is the same."""
    note(engine, "session.begin")
    tamper(database, "UPDATE audit_events SET transaction = transaction + 1000000")
    with engine.begin() as db:
        seals.after_restore(db)
    note(engine, "entry.sign")
    assert order(engine) == ["session.begin", "entry.sign"]
    sealed = seals.seal(engine, server_key, anchor)
    assert sealed is not None
    assert sealed.events == 2
    note(engine, "chart.open")
    later = seals.seal(engine, server_key, anchor)
    assert later is not None
    assert later.events == 1
    assert walked(engine, server_key, anchor).whole


def order(engine: Engine) -> list[str]:
    with engine.begin() as db:
        return list(db.scalars(text("SELECT action FROM audit_events ORDER BY transaction")))


def test_facts_hold_nothing_that_canonical_json_cannot_say(db: Connection) -> None:
    audit.note(db, "odd", facts={"ratio": 0.5, "names": ("a", "b"), "nul": "a\x00b", "none": None})
    (row,) = audit.read(db, None, 1)
    assert row.facts == {"ratio": "0.5", "names": ["a", "b"], "nul": "ab", "none": None}
    json.dumps(row.facts)


def test_a_walk_is_whole_while_the_server_goes_on_sealing(engine: Engine, server_key: ServerKey,
                                                          anchor: Anchor) -> None:
    note(engine, "session.begin")
    seals.seal(engine, server_key, anchor)
    anchored = chain.Anchored.read(anchor.file)
    with base.snapshot(engine) as db:
        db.execute(text("SELECT 1"))  # the walk's moment; from here on it sees nothing new
        note(engine, "entry.sign")
        assert seals.seal(engine, server_key, anchor) is not None
        trusted = {server_key.id: server_key.public}
        assert chain.walk(db, trusted, anchored).whole
        assert codes(chain.walk(db, trusted, chain.Anchored.read(anchor.file))) == {"seal_missing"}
