"""Files that were signed without the server: never lost, stored when only late, kept apart when wrong, settled once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from records.deadlines import ZONE
from records.entries import State, Version
from records.messages import Accepted, Chart, EntryView, SettlementView
from server.store import base
from tests.server.house import BY_NAME, VALUES, WARDS, House, key, reasons, send

HOURS = timedelta(hours=3)


def written_earlier(house: House, username: str = "ha", **changes: Any) -> tuple[Version, datetime]:
    """A row written three hours ago, when the server was away."""
    at = (datetime.now(ZONE) - HOURS).replace(microsecond=0)
    return house.version(username, written_at=at, occurred_at=at, **changes), at


def send_late(client: httpx.Client, house: House, version: Version, file: bytes) -> httpx.Response:
    return send(client, house, version, file, offline=True, begun_at=version.written_at.isoformat())


def change(house: House, sql: str, *values: Any) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.exec_driver_sql(sql, values)


def stored(answer: httpx.Response) -> EntryView:
    assert answer.status_code == 201, answer.text
    return Accepted.model_validate_json(answer.content).entry


def waiting(client: httpx.Client) -> list[SettlementView]:
    return [SettlementView.model_validate(item) for item in client.get("/api/settlements").json()]


def decide(
    client: httpx.Client, settlement: SettlementView, decision: str, reason: str = "Đã đối chiếu",
) -> httpx.Response:
    return client.post(f"/api/settlements/{settlement.id}", json={"decision": decision, "reason": reason},
                       headers={"Idempotency-Key": key()})


def test_a_good_file_that_comes_late_is_stored_and_needs_nobody(house: House) -> None:
    version, at = written_earlier(house)
    with house.sign_in("ha") as client:
        entry = stored(send_late(client, house, version, house.sign(version, at=at)))
        assert waiting(client) == []
    assert (entry.signatures[0].offline, entry.signatures[0].settled) == (True, True)
    assert entry.signatures[0].signed_at == at


@pytest.mark.parametrize(("sql", "code"), [
    ("UPDATE people SET licence_until = '2026-01-31' WHERE username = 'ha'", "licence_expired"),
    ("DELETE FROM person_wards WHERE person = (SELECT id FROM people WHERE username = 'ha')", "not_of_this_ward"),
    ("UPDATE encounters SET state = 'closed', discharged_at = clock_timestamp()", "discharged_meanwhile"),
])
def test_what_the_policy_refuses_only_now_is_stored_marked_and_settled(house: House, sql: str, code: str) -> None:
    version, at = written_earlier(house)
    file = house.sign(version, at=at)
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        change(house, sql)
        entry = stored(send_late(client, house, version, file))
        assert (entry.signatures[0].offline, entry.signatures[0].settled) == (True, False)
        (settlement,) = waiting(office)
        assert (settlement.kind, [reason["code"] for reason in settlement.reasons]) == ("offline", [code])
        done = SettlementView.model_validate_json(decide(office, settlement, "accept").content)
        assert (done.decided_by, done.decision) == ("Vũ Thị Lan", "accept")
        assert waiting(office) == []
        shown = Chart.model_validate_json(office.get(f"/api/encounters/{house.encounter}/chart").content)
    assert shown.entries[0].signatures[0].settled


def test_a_late_signature_that_is_rejected_cancels_its_version_and_stays_readable(house: House) -> None:
    version, at = written_earlier(house)
    file = house.sign(version, at=at)
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        change(house, "UPDATE people SET licence_until = '2026-01-31' WHERE username = 'ha'")
        stored(send_late(client, house, version, file))
        decide(office, waiting(office)[0], "reject")
        shown = Chart.model_validate_json(office.get(f"/api/encounters/{house.encounter}/chart").content).entries[0]
        assert office.get(f"/api/files/{shown.file}").content == file
    assert shown.state is State.CANCELLED


def test_a_broken_late_file_is_kept_in_quarantine_with_its_reasons(house: House) -> None:
    version, at = written_earlier(house)
    file = bytearray(house.sign(version, at=at))
    file[len(file) // 2] ^= 1
    with house.sign_in("ha") as client, house.sign_in("thanh") as head:
        answer = send_late(client, house, version, bytes(file))
        assert answer.status_code == 202
        assert reasons(answer)
        (settlement,) = waiting(head)
        assert (settlement.kind, str(settlement.id)) == ("quarantine", answer.json()["settlement"])
        assert head.get(f"/api/files/{settlement.file}").content == bytes(file)
        assert head.get(f"/api/encounters/{house.encounter}/chart").json()["entries"] == []


def test_a_late_file_with_a_colleagues_signature_goes_to_quarantine(house: House) -> None:
    version, at = written_earlier(house)
    with house.sign_in("ha") as client:
        answer = send_late(client, house, version, house.sign(version, username="son", at=at))
    assert answer.status_code == 202
    assert "certificate_of_other_person" in reasons(answer)


def test_a_late_version_whose_number_was_taken_meanwhile_is_kept(house: House) -> None:
    version, at = written_earlier(house)
    late = house.sign(version, at=at)
    online = version.model_copy(update={"values": {**VALUES, "plan": "Đổi kháng sinh."}})
    with house.sign_in("ha") as client:
        stored(send_late(client, house, online, house.sign(online, at=at)))
        answer = send_late(client, house, version, late)
        assert answer.status_code == 202
        assert [item.kind for item in waiting(client)] == ["quarantine"]


def test_without_the_server_nobody_signs_a_version_that_is_signed_already(house: House) -> None:
    version, at = written_earlier(house)
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version, at=at), offline=True)
    assert answer.status_code == 202
    assert reasons(answer) == ["offline_signs_first_slot_only"]


def test_the_same_late_file_sent_again_by_a_new_command_is_stored_once(house: House) -> None:
    version, at = written_earlier(house)
    file = house.sign(version, at=at)
    with house.sign_in("ha") as client:
        first = stored(send_late(client, house, version, file))
        assert stored(send_late(client, house, version, file)) == first


def test_who_may_not_settle_is_refused_and_so_is_ones_own_file(house: House) -> None:
    version, at = written_earlier(house, "thanh")
    with house.sign_in("thanh") as head, house.sign_in("mai") as nurse:
        send(head, house, version, house.sign(version, username="thanh", at=at), offline=True)
        (settlement,) = waiting(head)
        assert waiting(nurse) == []
        assert reasons(decide(nurse, settlement, "accept")) == ["right_missing"]
        assert reasons(decide(head, settlement, "accept")) == ["settles_own_file"]


def test_a_settlement_is_decided_once_and_with_a_reason(house: House) -> None:
    version, at = written_earlier(house)
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        send(client, house, version, house.sign(version, at=at), offline=True)
        (settlement,) = waiting(office)
        assert reasons(decide(office, settlement, "accept", "ok")) == ["settlement_reason_missing"]
        assert decide(office, settlement, "reject").status_code == 200
        assert reasons(decide(office, settlement, "accept")) == ["settlement_decided"]


def test_people_of_other_wards_do_not_see_the_list(house: House) -> None:
    version, at = written_earlier(house)
    change(house, "UPDATE people SET roles = '{ward_head,doctor}' WHERE username = 'long'")
    assert BY_NAME["long"].wards == ("NGOAI",)
    assert WARDS["NGOAI"] != WARDS["NOI"]
    with house.sign_in("ha") as client, house.sign_in("long") as other:
        send(client, house, version, house.sign(version, at=at), offline=True)
        assert waiting(other) == []
