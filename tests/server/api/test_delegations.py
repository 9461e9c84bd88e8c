"""Written delegation: given and taken back by those who may, and what is signed under it carries its title."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from records.deadlines import ZONE
from records.entries import State
from records.messages import DelegationView, PersonView
from tests.server.api.test_record import accepted, part, part_a, signed_part
from tests.server.house import BY_NAME, WARDS, House, key, reasons, send

TITLE = "KT. Giám đốc bệnh viện, BS."


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def paper(receiver: str = "son", **changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = {
        "receiver": str(BY_NAME[receiver].id), "role": "director", "manner": "KT.", "starts": f"{today()}",
        "ends": f"{today() + timedelta(days=30)}", "paper": "12/QĐ-BV ngày 01/11/2026"}
    return {**good, **changes}


def post(client: httpx.Client, body: dict[str, Any], path: str = "/api/delegations") -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key()})


def given(house: House, giver: str = "tuan", **changes: Any) -> DelegationView:
    with house.sign_in(giver) as client:
        answer = post(client, paper(**changes))
        assert answer.status_code == 201, answer.text
        return DelegationView.model_validate_json(answer.content)


def revoked(house: House, which: DelegationView, by: str = "tuan", reason: str = "Giám đốc đã về") -> httpx.Response:
    with house.sign_in(by) as client:
        return post(client, {"reason": reason}, f"/api/delegations/{which.delegation.id}/revoke")


def cover_for_the_director(house: House) -> tuple[Any, bytes]:
    """A cover that its ward head has signed."""
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "thanh")
    signed = house.sign(version, "ward_head", "thanh")
    with house.sign_in("thanh") as client:
        accepted(send(client, house, version, signed, "ward_head"))
    return version, signed


def test_a_deputy_signs_the_cover_in_the_directors_place_and_the_mark_says_so(house: House) -> None:
    given(house)
    version, signed = cover_for_the_director(house)
    own_title = house.sign(version, "director", "son", pdf=signed)
    file = house.sign(version, "director", "son", pdf=signed, title=TITLE)
    with house.sign_in("son") as client:
        me = PersonView.model_validate_json(client.get("/api/me").content)
        assert [one.manner.value for one in me.delegations] == ["KT."]
        assert reasons(send(client, house, version, own_title, "director")) == ["title_differs"]
        entry = accepted(send(client, house, version, file, "director"))
    assert [(mark.full_name, mark.title) for mark in entry.signatures] == [
        ("Đỗ Văn Thành", "BSCKI."), ("Nguyễn Văn Sơn", TITLE)]
    assert entry.state is State.SIGNED


def test_without_or_after_a_delegation_the_slot_stays_the_directors(house: House) -> None:
    version, signed = cover_for_the_director(house)
    with house.sign_in("son") as client:
        file = house.sign(version, "director", "son", pdf=signed)
        assert reasons(send(client, house, version, file, "director")) == ["role_may_not_sign"]
    which = given(house)
    assert revoked(house, which).status_code == 200
    with house.sign_in("son") as client:
        late = house.sign(version, "director", "son", pdf=signed)
        assert reasons(send(client, house, version, late, "director")) == ["delegation_not_in_force"]


def test_a_file_signed_without_the_server_under_a_delegation_that_ended_meanwhile_is_settled_by_a_person(
    house: House,
) -> None:
    which = given(house)
    version, signed = cover_for_the_director(house)
    file = house.sign(version, "director", "son", pdf=signed, title=TITLE)
    assert revoked(house, which).status_code == 200
    with house.sign_in("son") as client:
        # A later slot is no offline slot at all; what is asked here is how the ended delegation is weighed.
        answer = send(client, house, version, file, "director", offline=True)
    assert answer.status_code == 202
    told = [reason["code"] for reason in answer.json()["reasons"]]
    assert "delegation_not_in_force" in told
    assert "role_may_not_sign" not in told


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("ha", {}, "delegation_of_other_role"),
    ("thanh", {}, "delegation_of_other_role"),
    ("thanh", {"role": "ward_head", "wards": [str(WARDS["NGOAI"])]}, "delegation_of_other_ward"),
    ("tuan", {"paper": "  "}, "delegation_paper_missing"),
    ("tuan", {"starts": "2020-01-01"}, "delegation_days"),
    ("tuan", {"ends": "2099-01-01"}, "delegation_days"),
    ("tuan", {"forms": ["99/BV9"]}, "form_unknown"),
    ("tuan", {"receiver": str(BY_NAME["tuan"].id)}, "delegation_receiver"),
    ("tuan", {"receiver": key()}, "thing_unknown"),
]


@pytest.mark.parametrize(("giver", "changes", "code"), REFUSED)
def test_what_may_not_be_given_is_refused(house: House, giver: str, changes: dict[str, Any], code: str) -> None:
    with house.sign_in(giver) as client:
        assert reasons(post(client, {**paper(), **changes})) == [code]


def test_a_ward_heads_delegation_keeps_to_the_heads_wards(house: House) -> None:
    view = given(house, "thanh", role="ward_head", receiver="ha")
    assert view.delegation.wards == (WARDS["NOI"],)
    assert (view.receiver_name, view.delegation.giver_name) == ("Lê Thu Hà", "Đỗ Văn Thành")


def test_it_is_taken_back_once_with_a_reason_by_its_giver_or_the_director(house: House) -> None:
    which = given(house, "thanh", role="ward_head", receiver="ha")
    assert reasons(revoked(house, which, by="ha")) == ["right_missing"]
    assert reasons(revoked(house, which, by="thanh", reason="x")) == ["revocation_reason_missing"]
    done = DelegationView.model_validate_json(revoked(house, which, by="tuan").content)
    assert done.delegation.revoked_on == today()
    assert reasons(revoked(house, which, by="thanh")) == ["delegation_revoked"]


def test_who_sees_which(house: House) -> None:
    given(house, receiver="son")
    seen = {}
    for username in ("tuan", "son", "lan", "ha"):
        with house.sign_in(username) as client:
            seen[username] = len(client.get("/api/delegations").json())
    assert seen == {"tuan": 1, "son": 1, "lan": 1, "ha": 0}


def test_colleagues_are_told_by_name_without_their_numbers(house: House) -> None:
    with house.sign_in("ha") as client:
        told = client.get("/api/colleagues").json()
    assert [one["full_name"] for one in told][:2] == ["Đỗ Văn Thành", "Hoàng Minh Tuấn"]
    assert all(set(one) == {"id", "full_name", "title", "roles"} for one in told)
