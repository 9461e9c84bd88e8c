"""Who signs in another's place sees the wards of the paper, from its first day until it ends, and no longer (R29)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from records.messages import Board, Chart, SigningBoard
from server.store import base
from tests.server.api.test_delegations import given, post, revoked, today
from tests.server.api.test_events import listening, next_of
from tests.server.api.test_record import accepted, part, part_a, signed_part
from tests.server.house import WARDS, House, key, reasons, send

DEPUTY = "long"
"""A doctor of another ward."""


def paths(house: House) -> tuple[str, ...]:
    return f"/api/wards/{WARDS['NOI']}/board", f"/api/encounters/{house.encounter}/chart"


def looks(house: House, client: httpx.Client) -> list[list[str]]:
    return [reasons(answer) if answer.status_code >= 400 else [] for answer in map(client.get, paths(house))]


SHUT = [["ward_closed_to_person"], ["ward_closed_to_person"]]
OPEN: list[list[str]] = [[], []]


def test_the_deputy_of_a_ward_head_sees_the_wards_patients_and_what_waits_until_it_is_taken_back(
    house: House,
) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    with house.sign_in("ha") as client:
        cover = str(part(house, "cover", "ha").entry)
        client.put(f"/api/drafts/{cover}", headers={"Idempotency-Key": key()}, json={
            "encounter": str(house.encounter), "form": {"code": "01/BV1", "edition": "2024-01-01", "kind": "cover"},
            "occurred_at": datetime.now(UTC).isoformat(), "values": {}, "known_revision": 0}).raise_for_status()
    with house.sign_in(DEPUTY) as client:
        assert looks(house, client) == SHUT
        which = given(house, "thanh", role="ward_head", receiver=DEPUTY)
        assert looks(house, client) == OPEN
        board = Board.model_validate_json(client.get(paths(house)[0]).content)
        assert [row.encounter for row in board.rows if row.encounter] == [house.encounter]
        chart = Chart.model_validate_json(client.get(paths(house)[1]).content)
        assert {view.form.kind for view in chart.entries} == {"part_a", "part_b"}
        file = client.get(f"/api/files/{chart.entries[0].file}")
        assert file.content.startswith(b"%PDF")
        mine = SigningBoard.model_validate_json(client.get("/api/signing-board", params={"scope": "me"}).content)
        assert [(one.title, one.slot) for one in mine.waiting] == [("Bìa bệnh án", "ward_head")]
        ward = client.get("/api/signing-board", params={"scope": "ward", "ward": str(WARDS["NOI"])})
        assert ward.status_code == 200
        assert client.get(f"/api/entries/{cover}/chain").status_code == 200
        revoked(house, which, by="thanh").raise_for_status()
        assert looks(house, client) == SHUT
        assert reasons(client.get(f"/api/entries/{cover}/chain")) == ["ward_closed_to_person"]


def test_each_look_is_in_the_audit_with_the_paper_by_which_it_was_allowed(house: House) -> None:
    which = given(house, "thanh", role="ward_head", receiver=DEPUTY)
    with house.sign_in(DEPUTY) as client:
        assert looks(house, client) == OPEN
    with house.sign_in("ha") as client:
        assert looks(house, client) == OPEN
    with base.transaction(house.hospital.engine) as db:
        noted = db.exec_driver_sql("SELECT person_name, facts ->> 'delegation', facts ->> 'in_place_of' "
                                   "FROM audit_events WHERE action = 'chart.view' ORDER BY id").all()
    assert [tuple(row) for row in noted] == [
        ("Phạm Đức Long", str(which.delegation.id), "Đỗ Văn Thành"), ("Lê Thu Hà", None, None)]


def test_it_opens_on_its_first_day_and_only_its_wards(house: House) -> None:
    given(house, "tuan", receiver=DEPUTY, starts=f"{today() + timedelta(days=1)}")
    given(house, "tuan", receiver="son", wards=[str(WARDS["NGOAI"])])
    with house.sign_in(DEPUTY) as client:
        assert looks(house, client) == SHUT
    with house.sign_in("son") as client:
        assert client.get(f"/api/wards/{WARDS['NGOAI']}/board").status_code == 200
    given(house, "tuan", receiver=DEPUTY)
    with house.sign_in(DEPUTY) as client:
        assert looks(house, client) == OPEN


def test_who_sees_no_record_sees_none_by_a_paper_either(house: House) -> None:
    given(house, "tuan", receiver="huy")
    with house.sign_in("huy") as client:
        assert looks(house, client) == SHUT


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/encounters/{encounter}/transfers",
     {"ward": str(WARDS["NGOAI"]), "room": "1", "bed": "1", "at": "2026-01-01T00:00:00Z"}),
    ("/api/encounters/{encounter}/discharge", {"at": "2026-01-01T00:00:00Z", "outcome": "1", "discharge_type": "1"}),
    ("/api/entries/{entry}/cancel", {"version": 1, "reason": "Không thuộc khoa"}),
]


@pytest.mark.parametrize(("path", "body"), ACTS)
def test_no_other_act_comes_with_it(house: House, path: str, body: dict[str, Any]) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        accepted(send(client, house, version, house.sign(version), "doctor"))
    given(house, "thanh", role="ward_head", receiver=DEPUTY)
    with house.sign_in(DEPUTY) as client:
        answer = post(client, body, path.format(encounter=house.encounter, entry=version.entry))
    assert reasons(answer) == ["ward_closed_to_person"]


def test_the_receiver_is_told_at_once_and_an_open_stream_follows(house: House) -> None:
    version = house.version()
    with house.sign_in(DEPUTY) as deputy, house.sign_in("ha") as doctor, listening(deputy) as heard:
        which = given(house, "thanh", role="ward_head", receiver=DEPUTY)
        assert next_of(heard, "delegation")["topic"] == "delegation"
        send(doctor, house, version, house.sign(version))
        assert next_of(heard, "entry", "delegation")["entry"] == str(version.entry)
        revoked(house, which, by="thanh").raise_for_status()
        assert next_of(heard, "delegation")["topic"] == "delegation"
        second = house.version()
        send(doctor, house, second, house.sign(second))
        with httpx.Client(base_url=house.url, verify=house.verify, headers=deputy.headers) as same:
            same.delete("/api/sessions/current")
        assert next_of(heard, "entry", "over")["topic"] == "over"
