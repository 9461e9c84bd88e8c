"""Whatever an administrator changes in the store behind the server's back is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from records.errors import Reason
from server.rebuilding import rebuild
from server.store import base, walk
from server.store.blobs import Folder, name_of
from server.store.walk import Walked
from tests.databases import Database
from tests.server.house import BY_NAME, House, send


def walks(house: House, judged: list[bytes] | None = None) -> dict[str, Walked]:
    """Every walk over the store."""
    hospital, seen = house.hospital, [] if judged is None else judged

    def judge(data: bytes) -> Iterator[Reason]:
        seen.append(data)
        yield from ()

    trusted = {hospital.server_key.id: hospital.server_key.public}
    with base.transaction(hospital.engine) as db:
        done = (walk.versions(db, hospital.keys), walk.files(db, hospital.keys, hospital.blobs, judge),
                walk.signed(db, trusted), walk.receipted(db, trusted), walk.states(db), walk.shown(db, hospital.keys),
                walk.images(db, hospital.keys, hospital.images))
    return {one.kind: one for one in done}


def codes(walked: Walked) -> set[str]:
    return {reason.code for reason in walked.broken}


@pytest.fixture
def signed(house: House) -> House:
    """A row signed by its doctor, and a second one."""
    with house.sign_in("ha") as client:
        for _ in range(2):
            version = house.version()
            answer = send(client, house, version, house.sign(version))
            assert answer.status_code == 201, answer.text
    return house


def test_an_untouched_store_is_whole(signed: House) -> None:
    judged: list[bytes] = []
    done = walks(signed, judged)
    assert {kind: (one.looked_at, one.closed, one.broken) for kind, one in done.items()} == {
        "versions": (2, 0, ()), "files": (2, 0, ()), "signatures": (2, 0, ()), "receipts": (2, 0, ()),
        "states": (2, 0, ()), "shown": (2, 0, ()), "images": (0, 0, ())}
    assert len(judged) == 2
    assert all(data.startswith(b"%PDF") for data in judged)


TAMPERING = {
    "a body": ("versions", "UPDATE versions SET body = body || '\\x00'", "versions", "ciphertext_damaged"),
    "bodies exchanged": (
        "versions", "UPDATE versions SET body = (SELECT body FROM versions AS o WHERE o.entry <> versions.entry)",
        "versions", "ciphertext_damaged"),
    "the author's name": ("versions", "UPDATE versions SET author_name = 'Ai đó'", "versions", "version_row_differs"),
    "the clinical time": (
        "versions", "UPDATE versions SET occurred_at = occurred_at - interval '1 hour'", "versions",
        "version_row_differs"),
    "a version's hash": (
        "versions", "UPDATE versions SET sha256 = repeat('0', 64)", "signatures", "signature_row_differs"),
    "the signer": ("signatures", f"UPDATE signatures SET person = '{BY_NAME['son'].id}'", "signatures",
                   "signature_row_differs"),
    "the signing time": (
        "signatures", "UPDATE signatures SET signed_at = signed_at + interval '1 day'", "signatures",
        "signature_row_differs"),
    "a signature taken out": ("signatures", "DELETE FROM signatures", "signatures", "signature_vanished"),
    "a receipt's body": ("receipts", "UPDATE receipts SET body = replace(body::text, '7b', '5b')::bytea", "receipts",
                         "receipt_row_broken"),
    "receipts exchanged": (
        "receipts", "UPDATE receipts SET file = (SELECT file FROM receipts AS o WHERE o.id <> receipts.id)",
        "receipts", "receipt_row_broken"),
    "a receipt taken out": ("receipts", "DELETE FROM receipts", "signatures", "signature_without_receipt"),
    "a state": ("version_states", "UPDATE version_states SET state = 'partly_signed'", "states", "state_differs"),
    "the latest version": ("version_states", "UPDATE version_states SET latest = false", "states", "state_differs"),
    "a finished entry": ("entry_views", "UPDATE entry_views SET content = content || '\\x00'", "shown",
                         "ciphertext_damaged"),
    "a state behind the triggers' back": (
        "version_states", "UPDATE version_states SET open_slots = '{doctor}'", "shown", "entry_view_differs"),
    "a state taken out": ("version_states", "DELETE FROM version_states", "states", "state_differs"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_the_administrator_changes_is_found(what: str, signed: House, house_database: Database) -> None:
    table, act, kind, code = TAMPERING[what]
    engine = create_engine(house_database.admin_dsn)
    with engine.begin() as db:
        db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        db.execute(text(act))
    engine.dispose()
    assert code in codes(walks(signed)[kind])


def spoil(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_changed_and_a_lost_blob_are_found(signed: House) -> None:
    folder = signed.hospital.blobs.place
    assert isinstance(folder, Folder)
    first, second = sorted(folder.names())
    (folder.root / first).write_bytes(spoil((folder.root / first).read_bytes()))
    Path(folder.root / second).unlink()
    assert codes(walks(signed)["files"]) == {"ciphertext_damaged", "blob_missing"}


def test_a_file_under_another_files_name_is_found(signed: House) -> None:
    folder = signed.hospital.blobs.place
    assert isinstance(folder, Folder)
    first, second = sorted(folder.names())
    (folder.root / first).write_bytes((folder.root / second).read_bytes())
    assert codes(walks(signed)["files"]) == {"ciphertext_damaged"}


def test_a_destroyed_record_is_closed_not_broken(signed: House) -> None:
    with base.transaction(signed.hospital.engine) as db:
        signed.hospital.keys.destroy(db, signed.encounter, BY_NAME["lan"].id, "Hết hạn lưu trữ")
    done = walks(signed)
    assert (done["versions"].closed, done["files"].closed) == (2, 2)
    assert not any(one.broken for one in done.values())


def test_what_the_judge_says_of_an_accepted_file_is_told(signed: House) -> None:
    hospital = signed.hospital
    with base.transaction(hospital.engine) as db:
        done = walk.files(db, hospital.keys, hospital.blobs, lambda data: (Reason("receipt_of_other_file"),))
    assert codes(done) == {"receipt_of_other_file"}
    assert len(done.broken) == 2


def test_names_of_blobs_say_digest_and_scope() -> None:
    assert name_of("ab12" + "0" * 60, UUID(int=5)) == f"ab/12/ab12{'0' * 60}.{UUID(int=5).hex}"


def test_the_finished_entries_of_a_store_are_made_anew_at_the_console(signed: House) -> None:
    with signed.sign_in("ha") as client:
        chart = f"/api/encounters/{signed.encounter}/chart"
        before = client.get(chart).json()["entries"]
        with base.transaction(signed.hospital.engine) as db:
            db.execute(text("UPDATE entry_views SET content = content || '\\x00'"))
        assert client.get(chart).status_code == 422
        assert rebuild(signed.settings) == 2
        assert client.get(chart).json()["entries"] == before
    assert not any(one.broken for one in walks(signed).values())
