"""A sweep over every route: strangers are refused before anything is read, errors speak Vietnamese, bugs are mute."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from fastapi.routing import APIRoute

from server.api.gate import GuardedRoute
from server.app import ROUTERS
from server.cluster import APP
from server.services import people
from tests.databases import Database
from tests.server.house import House, key

OPEN = {("GET", "/api/health"), ("POST", "/api/sessions"), ("POST", "/api/remote-signing/callbacks/{service}/{key}")}


def all_routes() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield method, route.path


def filled(path: str) -> str:
    path = path.replace("{sha256}", "0" * 64).replace("{number}", "1")
    return re.sub(r"\{\w+\}", str(uuid4()), path)


def test_every_route_but_three_is_guarded() -> None:
    unguarded = {(method, route.path) for router in ROUTERS for route in router.routes
                 if isinstance(route, APIRoute) and not isinstance(route, GuardedRoute)
                 for method in route.methods or ()}
    assert unguarded == OPEN


def test_strangers_are_refused_everywhere_whatever_they_send(house: House) -> None:
    routes = [route for route in all_routes() if route not in OPEN]
    assert len(routes) > 25
    with house.guest() as client:
        for method, path in routes:
            for headers in ({}, {"Authorization": "Bearer " + "x" * 43}, {"Authorization": "Basic eDp4"}):
                answer = client.request(method, filled(path), content=b"{ not json",
                                        headers={**headers, "Idempotency-Key": key()})
                assert answer.status_code == 401, (method, path, answer.text)
                assert answer.json()["reasons"][0]["vietnamese"]


def test_the_description_of_the_api_names_every_route(house: House) -> None:
    with house.guest() as client:
        described = client.get("/openapi.json").json()["paths"]
    told = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert set(all_routes()) <= told


def test_health_tells_a_stranger_only_how_the_server_does(house: House) -> None:
    with house.guest() as client:
        health = client.get("/api/health").json()
    assert (health["status"], health["training"], health["renderers"]) == ("ok", True, ["1"])


def test_an_unknown_address_is_a_refusal_in_words(house: House) -> None:
    with house.guest() as client:
        for method, path in (("GET", "/api/nothing"), ("PATCH", "/api/health"), ("GET", "/docs")):
            answer = client.request(method, path)
            assert answer.status_code in (404, 405)
            assert answer.json()["reasons"][0]["code"] == "address_unknown"


def test_wrong_json_unknown_members_and_long_bodies_are_refused_in_words(house: House) -> None:
    draft = {"full_name": "A", "birth_date": "1980", "sex": "1"}
    with house.sign_in("ha") as client:
        for content, code, status in (
            (b"{ not json", "request_malformed", 422),
            (b'{"full_name": 3}', "request_malformed", 422),
            (str({**draft, "wish": 1}).replace("'", '"').encode(), "request_malformed", 422),
            (b'"' + b"x" * 2_000_000 + b'"', "body_too_large", 413),
        ):
            answer = client.post("/api/patients", content=content, headers={
                "Content-Type": "application/json", "Idempotency-Key": key()})
            assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (status, code)
            assert answer.json()["reasons"][0]["vietnamese"]


def test_a_bug_answers_with_a_number_that_stands_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(desk: object) -> None:
        raise RuntimeError("secret inner words")

    monkeypatch.setattr(people, "me", broken)
    with house.sign_in("ha") as client, caplog.at_level(logging.ERROR, "benhan.server"):
        answer = client.get("/api/me")
    reason = answer.json()["reasons"][0]
    assert (answer.status_code, reason["code"]) == (500, "server_bug")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert reason["facts"]["number"] in caplog.text


def test_a_database_that_is_gone_is_trouble_not_a_bug(house: House, house_database: Database) -> None:
    with house.sign_in("ha") as client, psycopg.connect(house_database.admin_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {APP} CONNECTION LIMIT 0")
        try:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                          "WHERE datname = current_database() AND pid <> pg_backend_pid()")
            answer = client.get("/api/me")
            health = client.get("/api/health").json()
        finally:
            admin.execute(f"ALTER ROLE {APP} CONNECTION LIMIT -1")
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (503, "database_out_of_reach")
        assert health["status"] == "degraded"
        assert client.get("/api/me").status_code == 200
