"""The short way of questions: the same answers as through the framework's layers, on threads that outlive an error."""

from __future__ import annotations

import asyncio
import threading

import pytest
from fastapi import Request, Response

from server.api import dicomweb, pacs
from server.api.short_way import Hands, questions_of
from server.services import images
from tests.server.house import House, reasons

ASKED = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})


class Broken(BaseException):
    """What no handler of errors catches."""


def test_every_question_about_images_has_the_short_way() -> None:
    for router in (dicomweb.router, pacs.router):
        questions = {route.path for route in questions_of(router.routes)}
        assert questions == {route.path for route in router.routes if "GET" in route.methods}  # type: ignore[attr-defined]


def test_both_ways_refuse_in_the_same_words(house: House) -> None:
    with house.sign_in("ha") as client:
        for address, status, code in (
                ("/dicomweb/studies/1.2/metadata", 404, "thing_unknown"),
                ("/dicomweb/studies/1.2/series/1.3/instances/1.4/frames/x", 422, "request_malformed"),
                ("/dicomweb/nothing", 404, "address_unknown"),
                ("/dicomweb/studies?PatientID=%00", 422, "request_malformed")):
            answer = client.get(address)
            assert (answer.status_code, reasons(answer)) == (status, [code]), address
        assert client.head("/dicomweb/studies").status_code == 405
        client.headers.pop("Authorization")
        answer = client.get("/dicomweb/studies")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_question_that_breaks_is_a_bug_with_a_number(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(images, "search", breaks)
    with house.sign_in("ha") as client:
        answer = client.get("/dicomweb/studies")
        assert (answer.status_code, reasons(answer)) == (500, ["server_bug"])
        monkeypatch.undo()
        assert client.get("/dicomweb/studies").status_code == 200


def test_hands_go_on_after_an_error_and_after_one_who_no_longer_waits() -> None:
    going, left = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        going.set()
        left.wait(10)
        return Response(b"late")

    def breaks(_: Request) -> Response:
        raise Broken

    async def ask() -> bytes:
        waiting = asyncio.create_task(hands.answer(slow, ASKED))
        await asyncio.to_thread(going.wait, 10)
        waiting.cancel()
        left.set()
        with pytest.raises(Broken):
            await asyncio.wait_for(hands.answer(breaks, ASKED), 10)
        return bytes((await hands.answer(lambda _: Response(b"well"), ASKED)).body)

    hands = Hands(1)
    before = threading.active_count()
    assert asyncio.run(ask()) == b"well"
    hands.close()
    for thread in threading.enumerate():
        if thread.name.startswith("question "):
            thread.join(10)
    assert threading.active_count() <= before
