"""Closing a record (R23, R25, R27-R30): what is missing is told, who may acts, and what is archived stays as it is."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text

from records.entries import FormRef, RelatesTo, Version
from records.forms import form
from server import cli
from server.services import evidence as gathering
from server.store import base
from tests.databases import Database
from tests.server.filling import enough
from tests.server.house import House, build, key, reasons, send, served, settle_in
from tests.server.services.test_organisation import settings_file
from tests.server.trusted import Trusted, trusted
from tests.server.whole_record import WholeRecord

Make = Callable[..., WholeRecord]


@pytest.fixture(scope="module")
def _one() -> Iterator[Trusted]:
    with trusted() as made:
        yield made


@pytest.fixture
def record(database: Database, tmp_path: Path, _one: Trusted) -> Iterator[WholeRecord]:
    """A served hospital whose queue of evidence is worked on only when the test says so; nothing is written yet."""
    settings, hospital = build(tmp_path, database.dsn, tsa_url=_one.services.tsa, evidence_every_s=3600.0)
    trust = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trust, {})
    settle_in(house)
    made = WholeRecord(house, _one)
    made.enrol()
    with served(settings):
        yield made
    _one.services.down.clear()
    hospital.close()


def path(house: House) -> str:
    return f"/api/encounters/{house.encounter}/closing"


def check(house: House, username: str = "lan") -> dict[str, Any]:
    with house.sign_in(username) as client:
        answer = client.get(path(house))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def act(house: House, username: str, does: str, **more: Any) -> httpx.Response:
    with house.sign_in(username) as client:
        return client.post(path(house), json={"act": does, **more}, headers={"Idempotency-Key": key()})


def codes(view: dict[str, Any], gravity: str = "mend") -> list[str]:
    return [point["reason"]["code"] for point in view["points"] if point["gravity"] == gravity]


def gather(house: House) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE evidence_tasks SET next_at = clock_timestamp() WHERE state = 'waiting'"))
    house.hospital.services.wake()
    while gathering.work(house.hospital):
        pass


def test_a_record_is_taken_in_and_archived_once_nothing_is_missing(record: WholeRecord) -> None:
    house = record.house
    assert "closing_not_discharged" in codes(check(house))
    assert reasons(act(house, "lan", "completed")) == ["closing_not_discharged"]
    record.part("part_a")
    record.part("part_b")
    record.discharge()
    record.cover(director=False)
    half = check(house)
    assert [(point["rule"], point["slot"], point["who"]) for point in half["points"]
            if point["reason"]["code"] == "closing_slot_open"] == [("R29", "director", ["Hoàng Minh Tuấn"])]
    assert "closing_part_missing" in reasons(act(house, "lan", "completed"))

    cover, entry = record.parts["cover"]
    with house.sign_in("tuan") as client:
        file = client.get(f"/api/files/{entry['file']}").content
    record.signs(cover, "tuan", "director", file)
    record.hand_over()
    ready = check(house)
    assert codes(ready) == ["closing_not_taken_in"]
    assert reasons(act(house, "lan", "archived")) == ["closing_not_taken_in"]
    assert act(house, "lan", "completed", content=ready["content"]).status_code == 200
    gather(house)
    done = act(house, "tuan", "archived")
    assert done.status_code == 200, done.text
    view = done.json()
    assert (view["row"]["state"], view["row"]["level"], view["may"]) == ("archived", "LT", [])
    assert [one["act"] for one in view["acts"]] == ["completed", "archived"]
    with house.sign_in("ha") as client:
        encounter = client.get(f"/api/encounters/{house.encounter}/chart").json()["encounter"]
    assert (encounter["state"], encounter["archived_level"]) == ("archived", "LT")


def test_who_may_not_is_refused_by_the_right(record: WholeRecord) -> None:
    house = record.house
    for username, does in (("ha", "completed"), ("mai", "archived"), ("thanh", "completed"), ("lan", "checked"),
                           ("huy", "archived")):
        assert reasons(act(house, username, does)) == ["right_missing"], (username, does)
    with house.sign_in("huy") as client:
        assert reasons(client.get(path(house))) == ["right_missing"], "IT sees no record (R39)"
    with house.sign_in("long") as client:
        assert reasons(client.get(path(house))) == ["ward_closed_to_person"]
        assert client.get("/api/closing").json()["rows"] == []


def test_what_was_written_after_the_ward_heads_look_wants_another_look(record: WholeRecord) -> None:
    """R28, and a record that changes after it was taken in is taken in anew."""
    house = record.house
    record.whole()
    assert act(house, "lan", "completed").status_code == 200
    version = house.version("ha")
    with house.sign_in("ha") as client:
        answer = send(client, house, version, record.trusted.sign(house, version))
        assert answer.status_code == 201, answer.text
    assert set(codes(check(house))) == {"closing_after_look", "closing_changed_since"}
    assert act(house, "thanh", "checked").status_code == 200
    assert codes(check(house)) == ["closing_changed_since"]
    assert reasons(act(house, "lan", "archived")) == ["closing_changed_since"]
    seen = check(house)["content"]
    with house.sign_in("ha") as client:
        client.post(f"/api/entries/{version.entry}/cancel", json={"version": 1, "reason": "Ghi nhầm người"},
                    headers={"Idempotency-Key": key()})
    assert reasons(act(house, "lan", "completed", content=seen)) == ["closing_seen_before_change"]


def test_a_record_is_given_back_with_a_remark_that_only_its_key_opens(record: WholeRecord) -> None:
    house = record.house
    record.whole()
    assert act(house, "lan", "completed").status_code == 200
    assert reasons(act(house, "lan", "returned", remark="a")) == ["closing_remark_missing"]
    assert act(house, "lan", "returned", remark="Thiếu mã bệnh kèm theo").status_code == 200
    view = check(house, "ha")
    assert view["acts"][-1]["remark"] == "Thiếu mã bệnh kèm theo"
    assert codes(view) == ["closing_not_taken_in"]
    with base.transaction(house.hospital.engine) as db:
        kept = db.scalar(text("SELECT remark FROM record_acts WHERE act = 'returned'"))
    assert "Thiếu".encode() not in bytes(kept)
    with house.sign_in("lan") as client:
        (row,) = client.get("/api/closing").json()["rows"]
    assert (row["last"], row["record_no"], row["mend"]) == ("returned", house.record_no, 0)


def test_a_deadline_that_is_past_blocks_closing_and_never_care(record: WholeRecord) -> None:
    """R25: part A was due 24 hours after an emergency admission of 30 hours ago."""
    house = record.house
    version = house.version("ha")
    with house.sign_in("ha") as client:
        assert send(client, house, version, record.trusted.sign(house, version)).status_code == 201
    record.discharge()
    point = next(one for one in check(house)["points"] if one["rule"] == "R25")
    assert point["reason"]["code"] == "closing_overdue"
    assert "closing_overdue" in reasons(act(house, "lan", "completed"))


def test_a_hospital_without_a_contract_archives_weaker_and_the_record_says_so(record: WholeRecord) -> None:
    house = record.house
    record.stamped = False
    record.trusted.services.down |= {"tsa", "ocsp", "crl"}
    record.whole()
    gather(house)
    view = check(house)
    assert codes(view, "look") == ["closing_weak_b"]
    assert (view["pending"], view["proved"]["B"]) == (4, 4)
    assert cli.main(["evidence", "--config", str(settings_file(house)), "archive", "LT", "--since", "2026-01-01"]) == 0
    assert act(house, "lan", "completed").status_code == 200
    assert set(reasons(act(house, "lan", "archived"))) == {"evidence_below_demand"}
    assert cli.main(["evidence", "--config", str(settings_file(house)), "archive", "B", "--since", "2026-01-01"]) == 0
    done = act(house, "lan", "archived")
    assert done.status_code == 200, done.text
    assert done.json()["row"]["level"] == "B"
    record.trusted.services.down.clear()
    gather(house)
    assert check(house)["row"]["level"] == "B", "evidence that comes later changes no file of an archived record"
    with base.transaction(house.hospital.engine) as db:
        assert db.scalar(text("SELECT count(*) FROM evidence_files")) == 0


def test_nothing_of_an_archived_record_changes(record: WholeRecord) -> None:
    house = record.house
    record.whole()
    assert act(house, "lan", "completed").status_code == 200
    assert act(house, "lan", "archived").status_code == 200
    part, entry = record.parts["part_a"]
    correction = house.correction({"id": str(part.entry), "version": 1, "sha256": entry["sha256"]}, form=part.form,
                                  values=part.values)
    new = house.version("ha")
    with house.sign_in("ha") as client:
        for version in (correction, new):
            assert "record_archived" in reasons(send(client, house, version, record.trusted.sign(house, version)))
        late = send(client, house, new, record.trusted.sign(house, new), offline="true",
                    begun_at=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
        assert (late.status_code, "record_archived" in reasons(late)) == (202, True), "kept apart, in no record"
        answer = client.post(f"/api/entries/{part.entry}/cancel", json={"version": 1, "reason": "Không đúng"},
                             headers={"Idempotency-Key": key()})
        assert reasons(answer) == ["record_archived"]
    assert reasons(act(house, "lan", "returned", remark="Mở lại giúp khoa")) == ["record_archived"]
    assert reasons(act(house, "lan", "archived")) == ["record_archived"]


def test_the_database_itself_keeps_what_is_archived(record: WholeRecord) -> None:
    house = record.house
    record.whole()
    act(house, "lan", "completed")
    assert act(house, "lan", "archived").status_code == 200
    part, _ = record.parts["part_a"]
    copied = ("INSERT INTO versions SELECT entry, 2, encounter, sha256, body, renderer, author, author_name, "
              "author_title, occurred_at, written_at, now() FROM versions WHERE entry = %s")
    evidence = ("INSERT INTO evidence_files SELECT repeat('a', 64), sha256, entry, number, encounter, 'LT' "
                "FROM versions WHERE entry = %s")
    with psycopg.connect(base.plain_dsn(house.settings.dsn)) as db:
        for statement in (
            copied, "INSERT INTO cancellations SELECT entry, number, author, body FROM versions WHERE entry = %s",
            evidence,
            "UPDATE encounters SET state = 'closed' WHERE id = (SELECT encounter FROM entries WHERE id = %s)",
        ):
            with pytest.raises(psycopg.Error) as caught, db.transaction():
                db.execute(statement, [part.entry])
            assert caught.value.sqlstate == "BA001", statement


LATE = FormRef(code="PL-KQ", edition="2026-11-25", kind="late_result")


def addendum(record: WholeRecord, **changes: Any) -> Version:
    """A pathology report that came after the record was archived."""
    part, entry = record.parts["part_a"]
    relation = RelatesTo(code="appends", entry=part.entry, version=1, sha256=entry["sha256"],
                         named="Bệnh án nội khoa · Phần A", reason="Giải phẫu bệnh trả sau khi lưu trữ")
    values = enough(form(LATE.code, LATE.edition).kind(LATE.kind))
    return record.house.version("ha", **{"form": LATE, "values": values, "relates_to": relation, **changes})


def test_a_late_result_enters_an_archived_record_as_a_signed_addendum_and_nothing_else_moves(
    record: WholeRecord,
) -> None:
    """R31."""
    house = record.house
    record.whole()
    early, loose = addendum(record), addendum(record, relates_to=None)
    with house.sign_in("ha") as client:
        refused = reasons(send(client, house, early, record.trusted.sign(house, early, slot="writer"), "writer"))
        assert "addendum_too_early" in refused
    assert act(house, "lan", "completed").status_code == 200
    assert act(house, "lan", "archived").status_code == 200
    with house.sign_in("lan") as client:
        before = {one["id"]: one for one in client.get(f"/api/encounters/{house.encounter}/chart").json()["entries"]}
    late = addendum(record)
    with house.sign_in("ha") as client:
        assert "addendum_to_nothing" in reasons(
            send(client, house, loose, record.trusted.sign(house, loose, slot="writer"), "writer"))
        first = record.trusted.sign(house, late, slot="writer")
        answer = send(client, house, late, first, "writer")
        assert answer.status_code == 201, answer.text
    with house.sign_in("thanh") as client:
        second = record.trusted.sign(house, late, "thanh", "ward_head", pdf=first)
        assert send(client, house, late, second, "ward_head").status_code == 201
        after = {one["id"]: one for one in client.get(f"/api/encounters/{house.encounter}/chart").json()["entries"]}
        history = client.get(f"/api/entries/{record.parts['part_a'][0].entry}/history").json()
    added = after.pop(str(late.entry))
    assert (added["state"], added["relates_to"]["code"]) == ("signed", "appends")
    assert after == before, "what was archived stays as it is"
    assert history["added"] == [str(late.entry)]
