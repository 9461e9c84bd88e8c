"""Prints: each is in the audit once, with who, whose, what and when (R40, R42)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.store import base
from tests.server.house import House, key, reasons

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
