"""Whoever changes a file, a row, a blob or an audit seal behind the program's back is found, and named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import psycopg
import pytest

from records.messages import EntryView
from scripts.demo_history import Writer
from server.cli import main
from tests.journeys.conftest import Town

pytestmark = pytest.mark.xdist_group("journeys")
ROW = {
    "patient_no": "0026-18842", "form": "36/BV2", "kind": "row", "hours_ago": 0.1,
    "values": {"diagnosis": {"text": "Viêm phổi thùy dưới phải", "code": "J18.1"}, "subjective": "Đỡ khó thở.",
               "plan": "Tiếp tục điều trị."},
}


@pytest.fixture(scope="module")
def signed(town: Town) -> EntryView:
    """A treatment row that Dr Hà signed with her token and the server accepted."""
    writer = Writer(town.config, town.account("ha.lethu"))
    town.clients.append(writer.client)
    writer.write([ROW])
    patient = writer.client.patients(ROW["patient_no"])[0]  # type: ignore[arg-type]  # a str in a mixed table
    assert patient.encounter is not None
    rows = [view for view in writer.client.chart(patient.encounter).entries if view.form.code == "36/BV2"]
    # Other journeys write and correct rows of the same patient: this one is what the server received last.
    return max(rows, key=lambda view: view.received_at)


@contextmanager
def behind_the_guards(town: Town, do: str, undo: str) -> Iterator[None]:
    """What an administrator of the database can do: switch the triggers off, change, and (here) change back."""
    table = next(word for word in ("versions", "signatures", "audit_events", "audit_seals") if f" {word} " in do)
    with psycopg.connect(town.admin_dsn, autocommit=True) as admin:
        with pytest.raises(psycopg.DatabaseError, match="only grows"):
            admin.execute(do.encode())
        admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        try:
            assert admin.execute(do.encode()).rowcount == 1, do
            yield
            admin.execute(undo.encode())
        finally:
            names = admin.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                                  [table]).fetchall()
            for (name,) in names:
                admin.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"'.encode())


def verify(town: Town) -> tuple[int, str]:
    """The same command in this process: to start a program takes longer than to walk this store."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = main(["verify", "--home", str(town.home.folder)])
    return code, said.getvalue()


def test_an_untouched_store_is_whole(town: Town, signed: EntryView) -> None:
    assert signed.file
    done = town.benhan_server("verify", "--home", town.home.folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_file_is_found_without_server_and_database(town: Town, signed: EntryView, tmp_path: Path) -> None:
    good = town.client("ha.lethu").file(signed.file)
    (tmp_path / "good.pdf").write_bytes(good)
    (tmp_path / "bad.pdf").write_bytes(good.replace(b"/Type /Page", b"/Type /Pagf", 1) if b"/Type /Page" in good
                                       else good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
    assert town.benhan_server("check", "--trust", town.home.trust, tmp_path / "good.pdf").returncode == 0
    done = town.benhan_server("check", "--trust", town.home.trust, tmp_path / "bad.pdf")
    assert done.returncode == 1
    assert "bad.pdf" in done.stdout


def test_a_changed_row_is_found(town: Town, signed: EntryView) -> None:
    at = f"WHERE entry = '{signed.id}'"
    with behind_the_guards(town, f"UPDATE versions SET body = set_byte(body, 20, get_byte(body, 20) # 1) {at}",
                           f"UPDATE versions SET body = set_byte(body, 20, get_byte(body, 20) # 1) {at}"):
        code, said = verify(town)
        assert code == 1
        assert str(signed.id) in said


def test_a_signature_given_to_somebody_else_is_found(town: Town, signed: EntryView) -> None:
    at = f"WHERE entry = '{signed.id}'"
    with behind_the_guards(town, f"UPDATE signatures SET full_name = 'Người khác' {at}",
                           f"UPDATE signatures SET full_name = '{signed.signatures[0].full_name}' {at}"):
        code, said = verify(town)
        assert code == 1, said


def test_a_changed_blob_and_a_missing_blob_are_found(town: Town, signed: EntryView) -> None:
    blob = next(file for file in (town.home.folder / "blobs").rglob("*") if file.is_file()
                and signed.file in "".join(file.relative_to(town.home.folder / "blobs").parts))
    kept = blob.read_bytes()
    for spoil in (kept[:-1] + bytes([kept[-1] ^ 1]), None):
        if spoil is None:
            blob.unlink()
        else:
            blob.write_bytes(spoil)
        code, said = verify(town)
        assert code == 1
        assert signed.file[:12] in said
        blob.write_bytes(kept)


@pytest.mark.usefixtures("signed")
def test_an_audit_row_and_a_seal_that_were_rewritten_are_found(town: Town) -> None:
    # A stop seals what is open, so that the rows of this test lie under a seal.
    assert town.stop() == 0
    town.start()
    with psycopg.connect(town.admin_dsn) as admin:
        row = admin.execute("SELECT id, action FROM audit_events ORDER BY id LIMIT 1").fetchone()
    assert row is not None
    with behind_the_guards(town, f"UPDATE audit_events SET action = 'nothing' WHERE id = {row[0]}",
                           f"UPDATE audit_events SET action = '{row[1]}' WHERE id = {row[0]}"):
        assert verify(town)[0] == 1
    with psycopg.connect(town.admin_dsn, autocommit=True) as admin:
        # The running server must not write a seal under the same number meanwhile: it waits for this lock.
        admin.execute("SELECT pg_advisory_lock(hashtextextended('audit-seal:', 0))")
        admin.execute("CREATE TABLE kept AS SELECT * FROM audit_seals ORDER BY number DESC LIMIT 1")
        with behind_the_guards(town, "DELETE FROM audit_seals WHERE number = (SELECT number FROM kept)",
                               "INSERT INTO audit_seals SELECT * FROM kept"):
            code, said = verify(town)
            assert code == 1, said
        admin.execute("DROP TABLE kept")
    # What these tests spoilt, each has mended again: nothing else is broken.
    code, said = verify(town)
    assert code == 0, said
