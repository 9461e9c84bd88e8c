"""Prints: each is in the audit once, with who, whose, what and when (R40, R42)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from records.entries import State
from records.messages import PrintView
from records.prints import address, code_in, look_up_code
from server.store import base
from tests.server.house import PASSWORD, House, key, reasons, send

CODE = "26-900001/36/BV2/0123456789AB"


def notice(**changes: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(hours=2)
    return {"form_code": "36/BV2", "what": "printed", "look_up_code": CODE, "at": at.isoformat(), **changes}


def told(client: httpx.Client, house: House, body: dict[str, Any], command: str = "") -> httpx.Response:
    return client.post(f"/api/encounters/{house.encounter}/prints", json=body,
                       headers={"Idempotency-Key": command or key()})


def prints(house: House) -> list[Any]:
    with base.transaction(house.hospital.engine) as db:
        found = db.exec_driver_sql(
            "SELECT person_name, patient, encounter, workstation, facts FROM audit_events WHERE action = 'print'")
        return list(found)


def test_a_print_that_is_told_twice_is_in_the_audit_once(house: House) -> None:
    body, command = notice(), key()
    with house.sign_in("ha") as client:
        assert [told(client, house, body, command).status_code for _ in range(2)] == [204, 204]
    (row,) = prints(house)
    assert (row.person_name, row.patient, row.encounter, row.workstation) == (
        "Lê Thu Hà", house.patient, house.encounter, "pc-thu")
    assert (row.facts["what"], row.facts["form"], row.facts["look_up_code"]) == ("printed", "36/BV2", CODE)
    assert datetime.fromisoformat(row.facts["at"]) == datetime.fromisoformat(body["at"])


def test_an_entry_of_another_stay_is_refused(house: House) -> None:
    with house.sign_in("ha") as client:
        assert reasons(told(client, house, notice(entry=str(uuid4())))) == ["thing_unknown"]
    assert prints(house) == []


def test_who_may_not_read_the_stay_prints_nothing_of_it(house: House) -> None:
    with house.sign_in("long") as client:
        assert reasons(told(client, house, notice())) == ["ward_closed_to_person"]


@pytest.mark.parametrize("changes", [{"what": "looked at"}, {"form_code": "x" * 41}, {"form_code": ""},
                                     {"look_up_code": "x" * 121}])
def test_a_notice_that_says_something_else_is_refused(house: House, changes: dict[str, Any]) -> None:
    with house.sign_in("ha") as client:
        assert reasons(told(client, house, notice(**changes))) == ["request_malformed"]


# Looking up


def printed_sheet(house: House, client: httpx.Client, *rows: dict[str, Any], at: str = "") -> str:
    """The notice of a treatment sheet with these entries (as the server showed them); its code."""
    code = look_up_code(house.record_no, "36/BV2", [(UUID(row["id"]), row["version"], row["sha256"]) for row in rows])
    body = notice(look_up_code=code, versions=[{"entry": row["id"], "version": row["version"]} for row in rows])
    assert told(client, house, {**body, **({"at": at} if at else {})}).status_code == 204
    return code


def signed_row(house: House, client: httpx.Client) -> dict[str, Any]:
    version = house.version()
    answer = send(client, house, version, house.sign(version))
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()["entry"]
    return entry


def looked_up(client: httpx.Client, code: str) -> PrintView:
    answer = client.get("/api/prints", params={"code": code})
    assert answer.status_code == 200, answer.text
    return PrintView.model_validate_json(answer.content)


def test_a_code_leads_to_what_the_paper_was(house: House) -> None:
    with house.sign_in("ha") as client, house.sign_in("mai") as nurse:
        row = signed_row(house, client)
        printed_sheet(house, nurse, row, at="2026-11-20T03:00:00+00:00")
        code = printed_sheet(house, client, row)
        view = looked_up(nurse, code)
    assert (view.record_no, view.form_code, view.patient_name) == (house.record_no, "36/BV2", "Nguyễn Văn Bình")
    assert [run.person_name for run in view.runs] == ["Lê Thu Hà", "Nguyễn Thị Mai"]
    assert view.runs[1].at == datetime(2026, 11, 20, 3, tzinfo=UTC)
    (document,) = view.documents
    assert (str(document.entry), document.version, document.newest, document.author) == (row["id"], 1, 1, "Lê Thu Hà")
    assert view.newest


def test_a_paper_that_was_corrected_since_is_no_longer_the_newest(house: House) -> None:
    with house.sign_in("ha") as client:
        row = signed_row(house, client)
        code = printed_sheet(house, client, row)
        corrected = house.correction(row)
        assert send(client, house, corrected, house.sign(corrected)).status_code == 201
        view = looked_up(client, code)
    (document,) = view.documents
    assert (document.version, document.newest, view.newest) == (1, 2, False)


def test_a_paper_lacks_what_was_signed_since_and_shows_what_was_cancelled(house: House) -> None:
    with house.sign_in("ha") as client:
        row = signed_row(house, client)
        code = printed_sheet(house, client, row)
        signed_row(house, client)
        assert (looked_up(client, code).added, looked_up(client, code).newest) == (1, False)
        answer = client.post(f"/api/entries/{row['id']}/cancel", json={"version": 1, "reason": "Ghi nhầm người bệnh"},
                             headers={"Idempotency-Key": key()})
        assert (answer.status_code, answer.json()["state"]) == (200, State.CANCELLED.value)
        (document,) = looked_up(client, code).documents
    assert document.cancelled


def test_what_the_qr_code_holds_is_an_address_of_this_server(house: House) -> None:
    with house.sign_in("ha") as client:
        code = printed_sheet(house, client, signed_row(house, client))
        held = address(house.url, code)
        assert held.startswith(f"{house.url}/")
        scanned = client.get(held)
        assert (scanned.status_code, scanned.json()["look_up_code"]) == (200, code)
        assert looked_up(client, held).look_up_code == code
        assert looked_up(client, f" {code.lower().replace('/bv2', '/BV2')} ").look_up_code == code


def test_a_stranger_with_the_paper_learns_nothing_but_where_to_ask(house: House) -> None:
    with house.sign_in("ha") as client:
        code = printed_sheet(house, client, signed_row(house, client))
    with house.guest() as stranger:
        for path in (address(house.url, code), f"{house.url}/api/prints?code={code}"):
            assert stranger.get(path).status_code == 401
            page = stranger.get(path, headers={"Accept": "text/html,*/*"})
            assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
            assert "Ctrl+K" in page.text
            for secret in ("Bình", house.record_no, "Lê Thu Hà"):
                assert secret not in page.text


def test_who_may_not_see_the_record_may_not_look_its_papers_up(house: House) -> None:
    with house.sign_in("ha") as client:
        code = printed_sheet(house, client, signed_row(house, client))
    for username, refusal in (("long", "ward_closed_to_person"), ("huy", "ward_closed_to_person")):
        with house.sign_in(username) as other:
            assert reasons(other.get("/api/prints", params={"code": code})) == [refusal]


@pytest.mark.parametrize("code", ["26-900001/36/BV2/0123456789AB", "26-000000/36/BV2/0123456789AB", "x", "https://a/b",
                                  "26-900001", "26-900001/36", "'; --"])
def test_a_code_that_nobody_printed_is_refused_in_words(house: House, code: str) -> None:
    with house.sign_in("ha") as client:
        answer = client.get("/api/prints", params={"code": code})
    assert (answer.status_code, reasons(answer)) == (404, ["print_unknown"])
    assert answer.json()["reasons"][0]["todo"]


def test_looking_up_is_in_the_audit(house: House) -> None:
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        code = printed_sheet(house, client, signed_row(house, client))
        looked_up(client, code)
        (newest, *_) = office.get("/api/audit", params={"patient": str(house.patient)}).json()
    assert (newest["action"], newest["person_name"], newest["facts"]) == (
        "print.look_up", "Lê Thu Hà", {"look_up_code": code})


def test_a_session_tells_where_codes_lead(house: House) -> None:
    with house.guest() as client:
        session = client.post("/api/sessions", json={
            "username": "ha", "password": PASSWORD, "workstation": "pc"}).json()
    assert session["public_url"] == house.settings.public_url == "https://benhan.example.vn:8443"


def test_an_address_and_its_code_lead_to_each_other() -> None:
    assert code_in(address("https://benhan.example.vn:8443/", CODE)) == CODE
    assert address("", CODE) == ""
