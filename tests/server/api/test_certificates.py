"""Enrolling a certificate: proof of the key, trusted chain, the person's own number, and a second person's yes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from server.demo import pki
from server.demo.pki import Issued
from server.store import base
from tests.server.house import BY_NAME, House, issued, issuing, key, prove, reasons

LONG = BY_NAME["long"]


def post(client: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return client.post(path, headers={"Idempotency-Key": key()}, **body)


def enrol(client: httpx.Client, held: Issued, *, proof_of: Issued | None = None) -> httpx.Response:
    challenge = post(client, "/api/certificates/challenges").json()
    return post(client, "/api/certificates", json={
        "challenge": challenge["id"], "certificate": base64.b64encode(held.der).decode(),
        "chain": [base64.b64encode(der).decode() for der in held.chain_der],
        "signature": prove(proof_of or held, base64.b64decode(challenge["challenge"]))})


def test_a_certificate_waits_for_a_second_person_and_then_counts(house: House) -> None:
    with house.sign_in("long") as client, house.sign_in("huy") as it_staff:
        pending = enrol(client, issued("long")).json()
        assert (pending["state"], pending["training"]) == ("pending", True)
        approved = post(it_staff, f"/api/certificates/{pending['id']}/approve").json()
        assert (approved["state"], approved["approved_by"]) == ("approved", "Phan Quốc Huy")
        assert [view["state"] for view in client.get("/api/certificates").json()] == ["approved"]
        assert len(it_staff.get("/api/certificates").json()) > 1


@pytest.mark.parametrize(("held", "code"), [
    (lambda: pki.issue_person(issuing(), LONG.full_name, "099080009999"), "certificate_identity_differs"),
    (lambda: pki.issue_person(pki.make_root("Root lạ"), LONG.full_name, LONG.national_id), "certificate_untrusted"),
    (lambda: pki.issue_expired(issuing(), LONG.full_name, LONG.national_id), "certificate_out_of_time"),
    (lambda: pki.issue_not_yet_valid(issuing(), LONG.full_name, LONG.national_id), "certificate_out_of_time"),
    (lambda: pki.issue_person(issuing(), LONG.full_name, LONG.national_id, usage=pki.ENCRYPTION_ONLY),
     "certificate_not_for_signing"),
])
def test_a_certificate_that_may_not_sign_here_is_refused(house: House, held: Any, code: str) -> None:
    with house.sign_in("long") as client:
        answer = enrol(client, held())
        assert reasons(answer) == [code]
        assert client.get("/api/certificates").json() == []


def test_who_does_not_hold_the_key_is_refused(house: House) -> None:
    with house.sign_in("long") as client:
        assert reasons(enrol(client, issued("long"), proof_of=issued("ha"))) == ["challenge_not_signed"]


def test_a_challenge_is_answered_once_and_by_whom_it_was_given_to(house: House) -> None:
    with house.sign_in("long") as client, house.sign_in("ha") as other:
        challenge = post(client, "/api/certificates/challenges").json()
        body = {"challenge": challenge["id"], "certificate": base64.b64encode(issued("long").der).decode(),
                "signature": prove(issued("long"), base64.b64decode(challenge["challenge"]))}
        assert reasons(post(other, "/api/certificates", json=body)) == ["challenge_unknown"]
        answer = post(client, "/api/certificates", json={**body, "chain": [
            base64.b64encode(der).decode() for der in issued("long").chain_der]})
        assert answer.status_code == 201
        assert reasons(post(client, "/api/certificates", json=body)) == ["challenge_unknown"]


def test_a_challenge_grows_old(house: House) -> None:
    with house.sign_in("long") as client:
        challenge = post(client, "/api/certificates/challenges").json()
        assert datetime.fromisoformat(challenge["expires_at"]) <= datetime.now(UTC) + timedelta(minutes=5)
        with base.transaction(house.hospital.engine) as db:
            db.exec_driver_sql("UPDATE challenges SET expires_at = now() - interval '1 second'")
        answer = post(client, "/api/certificates", json={
            "challenge": challenge["id"], "certificate": base64.b64encode(issued("long").der).decode(),
            "signature": prove(issued("long"), base64.b64decode(challenge["challenge"]))})
    assert reasons(answer) == ["challenge_unknown"]


def test_nobody_approves_their_own_and_doctors_approve_none(house: House) -> None:
    with house.sign_in("long") as client, house.sign_in("ha") as doctor, house.sign_in("huy") as it_staff:
        pending = enrol(client, issued("long")).json()["id"]
        own = partial(post, it_staff)
        assert reasons(post(doctor, f"/api/certificates/{pending}/approve")) == ["right_missing"]
        mine = enrol(it_staff, pki.issue_person(issuing(), "Phan Quốc Huy", BY_NAME["huy"].national_id)).json()["id"]
        assert reasons(own(f"/api/certificates/{mine}/approve")) == ["approves_own_certificate"]
        assert own(f"/api/certificates/{pending}/reject").json()["state"] == "rejected"
        assert reasons(own(f"/api/certificates/{pending}/approve")) == ["certificate_decided"]


def test_the_owner_of_a_lost_token_revokes_its_certificate(house: House) -> None:
    with house.sign_in("ha") as client, house.sign_in("son") as other:
        (own,) = client.get("/api/certificates").json()
        assert reasons(post(other, f"/api/certificates/{own['id']}/revoke")) == ["right_missing"]
        assert post(client, f"/api/certificates/{own['id']}/revoke").json()["state"] == "revoked"
        assert reasons(post(client, f"/api/certificates/{own['id']}/revoke")) == ["certificate_decided"]
