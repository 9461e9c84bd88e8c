"""Signing in: one answer for every failure, a lock with a time, hours of access, sessions that end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from records.access_hours import ALWAYS, Hours
from records.deadlines import ZONE
from records.forms import Role
from server.store import base, people, role_hours
from tests.server.house import BY_NAME, PASSWORD, House, key, reasons


def attempt(client: httpx.Client, username: str, password: str) -> httpx.Response:
    return client.post("/api/sessions", json={"username": username, "password": password, "workstation": "pc-thu"})


def change(house: House, sql: str) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.exec_driver_sql(sql)


def audited(house: House, action: str) -> list[str]:
    with base.transaction(house.hospital.engine) as db:
        return list(db.exec_driver_sql(
            "SELECT facts ->> 'code' FROM audit_events WHERE action = %s ORDER BY id", (action,)).scalars())


def test_a_session_says_who_is_there_and_what_the_hospital_decided(house: House) -> None:
    with house.guest() as client:
        session = attempt(client, " HA ", PASSWORD).json()
    assert session["person"]["full_name"] == "Lê Thu Hà"
    assert [ward["code"] for ward in session["person"]["wards"]] == ["NOI"]
    assert "BEGIN CERTIFICATE" in session["trust_roots"][0]
    assert session["receipt_keys"][0] == house.hospital.server_key.public_pem
    assert "BEGIN PUBLIC KEY" in session["recovery_public_key"]
    assert len(session["token"]) >= 43


def test_the_token_itself_is_nowhere_in_the_database(house: House) -> None:
    with house.guest() as client:
        token = attempt(client, "ha", PASSWORD).json()["token"]
    with base.transaction(house.hospital.engine) as db:
        rows = db.exec_driver_sql("SELECT s::text FROM sessions s UNION ALL SELECT c::text FROM commands c").scalars()
        assert not any(token in row for row in rows)


def test_an_unknown_name_and_a_wrong_password_sound_the_same(house: House) -> None:
    with house.guest() as client:
        unknown, wrong = attempt(client, "nobody", "x"), attempt(client, "ha", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.content == wrong.content
    assert audited(house, "session.refused") == ["sign_in_failed", "sign_in_failed"]


def test_too_many_wrong_passwords_lock_the_account_for_a_time(house: House) -> None:
    with house.guest() as client:
        for _ in range(house.settings.failed_attempts):
            attempt(client, "ha", "x")
        locked = attempt(client, "ha", PASSWORD)
        assert (locked.status_code, reasons(locked)) == (403, ["account_locked"])
        assert "khóa đến" in locked.json()["reasons"][0]["vietnamese"]
        change(house, "UPDATE people SET locked_until = now() - interval '1 second'")
        assert attempt(client, "ha", PASSWORD).status_code == 201


def test_wrong_passwords_while_locked_do_not_prolong_the_lock(house: House) -> None:
    with house.guest() as client:
        for _ in range(house.settings.failed_attempts):
            attempt(client, "ha", "x")
        change(house, "UPDATE people SET locked_until = now() + interval '2 seconds' WHERE locked_until IS NOT NULL")
        with base.transaction(house.hospital.engine) as db:
            before = db.exec_driver_sql("SELECT locked_until FROM people WHERE username = 'ha'").scalar_one()
        attempt(client, "ha", "x")
        with base.transaction(house.hospital.engine) as db:
            assert db.exec_driver_sql("SELECT locked_until FROM people WHERE username = 'ha'").scalar_one() == before


def test_a_good_password_forgets_earlier_failures(house: House) -> None:
    with house.guest() as client:
        for _ in range(house.settings.failed_attempts - 1):
            attempt(client, "ha", "x")
        attempt(client, "ha", PASSWORD)
        attempt(client, "ha", "x")
        assert attempt(client, "ha", PASSWORD).status_code == 201


def test_who_may_not_come_in_any_more_hears_why(house: House) -> None:
    change(house, "UPDATE people SET active = false WHERE username = 'ha'")
    with house.guest() as client:
        answer = attempt(client, "ha", PASSWORD)
    assert (answer.status_code, reasons(answer)) == (403, ["account_inactive"])


def hours(starts: int, ends: int) -> Hours:
    """So many hours from now, as clocks show them."""
    now = datetime.now(ZONE).replace(second=0, microsecond=0)
    return Hours(starts=(now + timedelta(hours=starts)).time(), ends=(now + timedelta(hours=ends)).time())


def set_role(house: House, role: Role, value: Hours | None, *, days: int = 0) -> None:
    with base.transaction(house.hospital.engine) as db:
        role_hours.put(db, role, value, datetime.now(UTC) + timedelta(days=days))


def set_own(house: House, username: str, value: Hours | None) -> None:
    with base.transaction(house.hospital.engine) as db:
        people.set_hours(db, BY_NAME[username].id, value)


def lets_in(house: House, username: str) -> str:
    """«in», or the code of the refusal."""
    with house.guest() as client:
        answer = attempt(client, username, PASSWORD)
    return "in" if answer.status_code == 201 else reasons(answer)[0]


def test_a_role_has_hours_and_the_other_roles_do_not_feel_them(house: House) -> None:
    set_role(house, Role.DOCTOR, hours(1, 2))
    assert {who: lets_in(house, who) for who in ("ha", "son", "mai", "lan")} == {
        "ha": "outside_access_hours", "son": "outside_access_hours", "mai": "in", "lan": "in"}
    assert audited(house, "session.refused") == ["outside_access_hours"] * 2


def test_a_person_of_two_roles_comes_in_whenever_one_of_them_may(house: House) -> None:
    set_role(house, Role.DOCTOR, hours(1, 2))
    assert lets_in(house, "thanh") == "in"  # ward head too, for whom nothing is set
    set_role(house, Role.WARD_HEAD, hours(2, 3))
    assert lets_in(house, "thanh") == "outside_access_hours"
    set_role(house, Role.WARD_HEAD, hours(-1, 1))
    assert lets_in(house, "thanh") == "in"


def test_a_persons_own_hours_go_before_the_roles(house: House) -> None:
    set_role(house, Role.DOCTOR, hours(1, 2))
    set_own(house, "ha", ALWAYS)
    set_own(house, "mai", hours(1, 2))
    assert {who: lets_in(house, who) for who in ("ha", "son", "mai")} == {
        "ha": "in", "son": "outside_access_hours", "mai": "outside_access_hours"}
    set_own(house, "ha", None)
    assert lets_in(house, "ha") == "outside_access_hours"


def test_the_newest_hours_that_are_valid_already_hold(house: House) -> None:
    set_role(house, Role.DOCTOR, hours(1, 2))
    set_role(house, Role.DOCTOR, hours(-1, 1))
    set_role(house, Role.DOCTOR, hours(1, 2), days=1)
    assert lets_in(house, "ha") == "in"
    set_role(house, Role.DOCTOR, hours(1, 2))
    assert lets_in(house, "ha") == "outside_access_hours"
    set_role(house, Role.DOCTOR, None)
    assert lets_in(house, "ha") == "in"


def test_hours_that_end_stop_an_open_session_as_a_sign_out_does_and_tell_the_hours(house: House) -> None:
    with house.sign_in("ha") as client:
        assert client.get("/api/me").status_code == 200
        over = hours(-2, -1)
        set_role(house, Role.DOCTOR, over)
        answer = client.get("/api/me")
        # 401: what the workstation has queued waits for the next sign-in, and is not refused one by one.
        assert (answer.status_code, reasons(answer)) == (401, ["access_hours_over"])
        assert str(over) in answer.json()["reasons"][0]["vietnamese"]
        set_role(house, Role.DOCTOR, None)
        assert client.get("/api/me").status_code == 200


def test_the_session_tells_the_workstation_its_hours(house: House) -> None:
    role, own = hours(-1, 1), hours(-2, 2)
    set_role(house, Role.DOCTOR, role)
    with house.guest() as client:
        assert [Hours.model_validate(each) for each in attempt(client, "ha", PASSWORD).json()["access_hours"]] == [role]
        set_own(house, "ha", own)
        assert [Hours.model_validate(each) for each in attempt(client, "ha", PASSWORD).json()["access_hours"]] == [own]


def test_a_session_ends_when_its_person_leaves_the_hospital(house: House) -> None:
    with house.sign_in("ha") as client:
        change(house, "UPDATE people SET active = false WHERE username = 'ha'")
        assert reasons(client.get("/api/me")) == ["session_ended"]


def test_signing_out_ends_the_session_at_once(house: House) -> None:
    with house.sign_in("ha") as client:
        assert client.delete("/api/sessions/current").status_code == 204
        answer = client.get("/api/me")
    assert (answer.status_code, reasons(answer)) == (401, ["session_ended"])


def test_a_session_slides_on_while_it_is_used_and_ends_when_it_is_not(house: House) -> None:
    with house.sign_in("ha") as client:
        change(house, "UPDATE sessions SET seen_at = seen_at - interval '5 minutes', "
                      "expires_at = now() + interval '1 minute'")
        client.get("/api/me")
        with base.transaction(house.hospital.engine) as db:
            left = db.exec_driver_sql("SELECT expires_at - now() > interval '1 hour' FROM sessions").scalar_one()
        assert left
        change(house, "UPDATE sessions SET expires_at = now() - interval '1 second'")
        assert reasons(client.get("/api/me")) == ["session_ended"]


def test_a_hash_of_another_cost_is_made_anew_at_sign_in(house: House) -> None:
    from server.services.passwords import Cost, Passwords

    old = Passwords(Cost(time=1, memory_kib=32)).hash(PASSWORD)
    change(house, f"UPDATE people SET password_hash = '{old}' WHERE username = 'ha'")
    with house.sign_in("ha"):
        pass
    with base.transaction(house.hospital.engine) as db:
        kept = db.exec_driver_sql("SELECT password_hash FROM people WHERE username = 'ha'").scalar_one()
    assert not house.hospital.passwords.outdated(kept)


def test_a_command_without_an_id_is_refused(house: House) -> None:
    with house.sign_in("ha") as client:
        assert reasons(client.post("/api/certificates/challenges")) == ["command_id_missing"]
        good = client.post("/api/certificates/challenges", headers={"Idempotency-Key": key()})
    assert good.status_code == 201
