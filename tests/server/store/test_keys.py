"""Keys per encounter: bound to what they encrypt, wrapped by the hospital's key, destroyed once and for all."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from records.errors import Refusal
from server.cluster import ADMIN, Cluster
from server.store import base
from server.store.key_files import HospitalKey, ServerKey
from server.store.keys import HOUSE, Keys, demand_no_data
from tests.databases import Database
from tests.server import builders


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.reasons[0].code


def test_what_was_encrypted_opens_only_as_what_it_is_about(db: Connection, keys: Keys) -> None:
    first, second = keys.make(db, uuid4()), keys.make(db, uuid4())
    sealed = first.encrypt("version:a:1", b"Kh\xc3\xb3 th\xe1\xbb\x9f")
    assert first.decrypt("version:a:1", sealed) == b"Kh\xc3\xb3 th\xe1\xbb\x9f"
    for key, about in ((first, "version:a:2"), (second, "version:a:1")):
        with pytest.raises(Refusal) as refusal:
            key.decrypt(about, sealed)
        assert code_of(refusal) == "ciphertext_damaged"


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_one_changed_byte_is_found(db: Connection, keys: Keys, at: int) -> None:
    key = keys.make(db, uuid4())
    sealed = bytearray(key.encrypt("draft", b"0123456789"))
    sealed[at] ^= 1
    with pytest.raises(Refusal) as refusal:
        key.decrypt("draft", bytes(sealed))
    assert code_of(refusal) == "ciphertext_damaged"


def test_the_same_text_never_looks_the_same_twice(db: Connection, keys: Keys) -> None:
    key = keys.make(db, uuid4())
    assert key.encrypt("draft", b"text") != key.encrypt("draft", b"text")


def test_making_a_key_twice_keeps_the_first(db: Connection, keys: Keys) -> None:
    scope = uuid4()
    sealed = keys.make(db, scope).encrypt("draft", b"text")
    assert keys.make(db, scope).decrypt("draft", sealed) == b"text"


def test_a_destroyed_key_is_gone_for_everyone_and_its_row_says_who_and_why(db: Connection, keys: Keys) -> None:
    officer, scope = builders.a_person(db), uuid4()
    keys.make(db, scope)
    keys.destroy(db, scope, officer, "Hết hạn lưu trữ, biên bản 12/2036")
    with pytest.raises(Refusal) as refusal:
        Keys(HospitalKey(bytes(range(32)))).of(db, scope)
    assert code_of(refusal) == "key_destroyed"
    assert keys.of_many(db, [scope]) == {}
    row = db.execute(text("SELECT * FROM encounter_keys WHERE scope = :scope"), {"scope": scope}).one()
    assert (row.wrapped, row.destroyed_by, row.destroyed_why) == (None, officer, "Hết hạn lưu trữ, biên bản 12/2036")


def test_a_destroyed_key_cannot_be_put_back_or_its_tombstone_removed(db: Connection, keys: Keys) -> None:
    officer, scope = builders.a_person(db), uuid4()
    keys.make(db, scope)
    kept = db.scalar(text("SELECT wrapped FROM encounter_keys WHERE scope = :scope"), {"scope": scope})
    keys.destroy(db, scope, officer, "Hết hạn lưu trữ")
    for act, message in (
        ("UPDATE encounter_keys SET wrapped = :kept, destroyed_at = NULL WHERE scope = :scope", "changed never"),
        ("DELETE FROM encounter_keys WHERE scope = :scope AND wrapped IS DISTINCT FROM :kept", "permission denied"),
    ):
        with pytest.raises(DBAPIError, match=message), db.begin_nested():
            db.execute(text(act), {"kept": kept, "scope": scope})
    with pytest.raises(Refusal) as refusal:
        keys.make(db, scope)
    assert code_of(refusal) == "key_destroyed"


def test_the_key_of_another_encounter_cannot_be_put_under_this_one(db: Connection, keys: Keys) -> None:
    first, second = uuid4(), uuid4()
    keys.make(db, first)
    db.execute(text("INSERT INTO encounter_keys (scope, wrapped, hospital_key) "
                    "SELECT :second, wrapped, hospital_key FROM encounter_keys WHERE scope = :first"),
               {"first": first, "second": second})
    with pytest.raises(Refusal) as refusal:
        keys.of(db, second)
    assert code_of(refusal) == "key_damaged"


def test_another_hospital_key_is_noticed_before_anything_is_served(db: Connection, keys: Keys) -> None:
    keys.check(db)
    keys.make(db, uuid4())
    other = Keys(HospitalKey(b"x" * 32))
    with pytest.raises(Refusal) as refusal:
        other.check(db)
    assert code_of(refusal) == "hospital_key_other"


def test_the_house_key_is_made_at_first_use_and_never_destroyed(db: Connection, keys: Keys) -> None:
    sealed = keys.house(db).encrypt("blob:x", b"file")
    assert keys.house(db).decrypt("blob:x", sealed) == b"file"
    with pytest.raises(Refusal):
        keys.destroy(db, HOUSE, UUID(int=1), "a mistake")


def test_a_key_file_is_private_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "hospital.key"
    key = HospitalKey.create(file)
    assert HospitalKey.read(file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(Refusal) as refusal:
        HospitalKey.create(file)
    assert code_of(refusal) == "key_file_exists"
    assert file.read_bytes() == before


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda file: file.unlink(), "key_file_missing"),
    (lambda file: file.write_bytes(b"short"), "key_file_damaged"),
    (lambda file: file.chmod(0o640), "key_file_open_to_others"),
])
def test_a_bad_key_file_is_told_apart_and_nothing_replaces_it(tmp_path: Path, spoil: object, code: str) -> None:
    for kind in (HospitalKey, ServerKey):
        file = tmp_path / kind.__name__
        kind.create(file)
        assert callable(spoil)
        spoil(file)
        with pytest.raises(Refusal) as refusal:
            kind.read(file)
        assert code_of(refusal) == code


def test_no_secret_shows_in_a_repr() -> None:
    key = HospitalKey(b"s" * 32)
    assert "sss" not in repr(key)
    assert "sss" not in repr(key.id)


def test_no_new_hospital_key_is_made_while_data_stand_under_a_lost_one(database: Database, keys: Keys) -> None:
    demand_no_data(database.dsn)
    engine = base.open_engine(database.dsn)
    with base.transaction(engine) as db:
        keys.make(db, uuid4())
    engine.dispose()
    with pytest.raises(Refusal) as refusal:
        demand_no_data(database.dsn)
    assert code_of(refusal) == "hospital_key_lost"


def test_a_database_that_is_not_there_has_no_data(cluster: Cluster) -> None:
    demand_no_data(cluster.dsn(database="nowhere"))
    demand_no_data(cluster.dsn(ADMIN, "postgres"))
