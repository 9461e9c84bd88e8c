"""Drafts over HTTPS: there on the next PC, never lost when two write, gone once signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from records.messages import Chart, DraftConflict, DraftView
from server.store import base
from tests.server.house import House, key, reasons, send

ROW = {"code": "36/BV2", "edition": "2024-01-01", "kind": "row"}


def save(client: httpx.Client, house: House, entry: str, plan: str, known: int, **changes: Any) -> httpx.Response:
    return client.put(f"/api/drafts/{entry}", headers={"Idempotency-Key": changes.pop("key", None) or key()}, json={
        "encounter": str(house.encounter), "form": ROW, "occurred_at": datetime(2026, 11, 22, tzinfo=UTC).isoformat(),
        "values": {"plan": plan}, "known_revision": known, **changes})


def drafts(client: httpx.Client) -> list[DraftView]:
    return [DraftView.model_validate(item) for item in client.get("/api/drafts").json()]


def test_a_draft_is_there_on_the_next_pc_and_counts_its_saves(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as here, house.sign_in("ha") as there:
        first = DraftView.model_validate_json(save(here, house, entry, "Tiếp", 0).content)
        save(here, house, entry, "Tiếp tục", first.revision)
        (draft,) = drafts(there)
    assert (draft.values, draft.revision, draft.person_name) == ({"plan": "Tiếp tục"}, 2, "Lê Thu Hà")


def test_two_pcs_that_wrote_get_both_texts_and_nothing_is_overwritten(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as here, house.sign_in("ha") as there:
        save(here, house, entry, "ở đây", 0)
        answer = save(there, house, entry, "ở kia", 0)
        assert answer.status_code == 409
        conflict = DraftConflict.model_validate_json(answer.content)
        assert (conflict.mine.values, conflict.theirs.values) == ({"plan": "ở kia"}, {"plan": "ở đây"})
        assert drafts(here)[0].values == {"plan": "ở đây"}
        assert save(there, house, entry, "ở kia", conflict.theirs.revision).status_code == 200
        assert [draft.values for draft in drafts(here)] == [{"plan": "ở kia"}]


def test_two_people_on_one_entry_keep_both_texts(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as first, house.sign_in("son") as second:
        save(first, house, entry, "của Hà", 0)
        conflict = DraftConflict.model_validate_json(save(second, house, entry, "của Sơn", 0).content)
        assert conflict.theirs.person_name == "Lê Thu Hà"
        save(second, house, entry, "của Sơn", conflict.theirs.revision)
        assert drafts(first)[0].values == {"plan": "của Hà"}
        chart = Chart.model_validate_json(first.get(f"/api/encounters/{house.encounter}/chart").content)
    assert {draft.person_name: draft.values["plan"] for draft in chart.drafts} == {
        "Lê Thu Hà": "của Hà", "Nguyễn Văn Sơn": "của Sơn"}


def test_a_save_sent_twice_is_one_save(house: House) -> None:
    entry, command = key(), key()
    with house.sign_in("ha") as client:
        first = save(client, house, entry, "Tiếp", 0, key=command)
        second = save(client, house, entry, "Tiếp", 0, key=command)
        assert first.content == second.content
        assert drafts(client)[0].revision == 1
    with base.transaction(house.hospital.engine) as db:
        assert db.exec_driver_sql("SELECT max(length(answer)) FROM commands").scalar_one() < 40


def test_a_conflict_leaves_nothing_behind_and_is_told_again(house: House) -> None:
    entry, command = key(), key()
    with house.sign_in("ha") as client:
        save(client, house, entry, "một", 0)
        answers = [save(client, house, entry, "hai", 0, key=command) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]


def test_an_accepted_signature_takes_the_draft_away_and_a_refused_one_leaves_it(house: House) -> None:
    version = house.version()
    entry = str(version.entry)
    with house.sign_in("ha") as client:
        save(client, house, entry, "Tiếp", 0)
        assert send(client, house, version, house.sign(version, username="son")).status_code == 422
        assert [str(draft.entry) for draft in drafts(client)] == [entry]
        assert send(client, house, version, house.sign(version)).status_code == 201
        assert drafts(client) == []


def test_a_save_that_was_on_its_way_while_the_file_was_leaves_no_draft_beside_the_signed_entry(house: House) -> None:
    version = house.version()
    entry = str(version.entry)
    with house.sign_in("ha") as client, house.sign_in("son") as other:
        save(client, house, entry, "Tiếp", 0)
        assert send(client, house, version, house.sign(version)).status_code == 201
        for late in (save(client, house, entry, "Tiếp", 1), save(other, house, entry, "Của tôi", 0)):
            assert (late.status_code, reasons(late)) == (422, ["draft_overtaken"])
        assert drafts(client) == drafts(other) == []
        begun = save(client, house, entry, "Đính chính", 0, base_version=1, correction_reason="Ghi nhầm thuốc")
        assert begun.status_code == 200


def test_a_draft_is_thrown_away_by_its_writer_alone(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as client, house.sign_in("son") as other:
        save(client, house, entry, "Tiếp", 0)
        other.delete(f"/api/drafts/{entry}", headers={"Idempotency-Key": key()})
        assert len(drafts(client)) == 1
        answer = client.delete(f"/api/drafts/{entry}", headers={"Idempotency-Key": key()})
        assert (answer.status_code, answer.content) == (204, b"")
        assert drafts(client) == []


def test_who_may_not_write_the_kind_saves_no_draft_of_it(house: House) -> None:
    with house.sign_in("mai") as nurse, house.sign_in("long") as other_ward:
        assert reasons(save(nurse, house, key(), "Tiếp", 0)) == ["role_may_not_write"]
        assert reasons(save(other_ward, house, key(), "Tiếp", 0)) == ["not_of_this_ward"]


def test_a_draft_lies_encrypted_in_the_database(house: House) -> None:
    with house.sign_in("ha") as client:
        save(client, house, key(), "bí mật của người bệnh", 0)
    with base.transaction(house.hospital.engine) as db:
        query = "SELECT d::text FROM drafts d UNION ALL SELECT c::text FROM commands c"
        rows = list(db.exec_driver_sql(query).scalars())
    hidden = "bí mật".encode().hex()
    assert rows
    assert not any("bí mật" in row or hidden in row for row in rows)
