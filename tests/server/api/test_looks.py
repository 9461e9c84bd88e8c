"""Last looks over HTTPS: mine on every PC, nobody else's, in the audit, and never later than now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from records.messages import Look
from server.store import base
from tests.server import builders
from tests.server.house import WARDS, House, key, reasons, send

AT = datetime(2026, 11, 22, 2, 24, tzinfo=UTC)


def look(entry: str, plan: str = "Tiếp tục.", at: datetime = AT, version: int = 1) -> dict[str, Any]:
    return Look(entry=entry, version=version, values={"plan": plan}, seen_at=at).model_dump(mode="json")


def tell(client: httpx.Client, encounter: object, *looks: dict[str, Any]) -> httpx.Response:
    return client.post(f"/api/encounters/{encounter}/looks", json={"looks": looks})


def told(answer: httpx.Response) -> list[Look]:
    assert answer.status_code == 200, answer.text
    return [Look.model_validate(item) for item in answer.json()]


def test_what_i_looked_at_here_is_known_on_my_next_pc_and_to_nobody_else(house: House) -> None:
    entry, path = key(), f"/api/encounters/{house.encounter}/looks"
    with house.sign_in("ha") as here, house.sign_in("ha") as there, house.sign_in("son") as another:
        (kept,) = told(tell(here, house.encounter, look(entry)))
        assert (kept.values, kept.seen_at) == ({"plan": "Tiếp tục."}, AT)
        assert kept in told(there.get(path))
        assert kept not in told(another.get(path))


def test_an_older_look_from_a_queue_is_answered_with_the_newer_one(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as here, house.sign_in("ha") as there:
        tell(there, house.encounter, look(entry, "mới", AT + timedelta(minutes=9)))
        (kept,) = told(tell(here, house.encounter, look(entry, "cũ")))
    assert kept.values == {"plan": "mới"}


def test_a_clock_that_runs_ahead_cannot_shut_out_all_later_looks(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as client:
        (kept,) = told(tell(client, house.encounter, look(entry, at=datetime.now(UTC) + timedelta(days=400))))
        assert kept.seen_at <= datetime.now(UTC)
        (kept,) = told(tell(client, house.encounter, look(entry, "sau", datetime.now(UTC) + timedelta(days=1))))
    assert kept.values == {"plan": "sau"}


def test_each_look_stands_in_the_audit_once(house: House) -> None:
    entry = key()
    with house.sign_in("ha") as client:
        for _ in range(2):
            tell(client, house.encounter, look(entry, version=2))
    with base.transaction(house.hospital.engine) as db:
        rows = db.exec_driver_sql("SELECT person_name, facts FROM audit_events WHERE action = 'entry.look' "
                                  "AND entry = %s", (entry,)).all()
    assert [(row.person_name, row.facts) for row in rows] == [
        ("Lê Thu Hà", {"version": 2, "seen_at": AT.isoformat()})]


@pytest.mark.parametrize("who", ["long", "huy"])
def test_who_may_not_see_the_patient_has_looked_at_nothing(house: House, who: str) -> None:
    with house.sign_in(who) as client:
        assert reasons(client.get(f"/api/encounters/{house.encounter}/looks")) == ["ward_closed_to_person"]
        assert reasons(tell(client, house.encounter, look(key()))) == ["ward_closed_to_person"]


def test_an_entry_of_another_stay_an_unknown_stay_and_an_empty_list_are_refused(house: House) -> None:
    version = house.version()
    with base.transaction(house.hospital.engine) as db:
        elsewhere = builders.an_encounter(db, house.hospital.keys, WARDS["NOI"])
    with house.sign_in("ha") as client:
        assert send(client, house, version, house.sign(version)).status_code == 201
        for stay in (key(), elsewhere):
            assert reasons(tell(client, stay, look(str(version.entry)))) == ["thing_unknown"]
        assert tell(client, house.encounter).status_code == 422
        assert tell(client, house.encounter, look(str(version.entry))).status_code == 200
