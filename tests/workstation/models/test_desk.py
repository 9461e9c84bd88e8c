"""Answers that come in another order than they were asked for: what is shown and kept is never what was so before."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from pydantic import TypeAdapter
from pytestqt.qtbot import QtBot

from records.errors import Refusal, Trouble
from records.messages import WardView
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.client import Answer
from workstation.models.desk import Desk, Told

WARDS = TypeAdapter(tuple[WardView, ...])
Names = list[str]


class Slow:
    """A client whose first answer is on its way for as long as the test wants."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
        self.arrives = threading.Event()
        self.asked = 0
        real = desk.client.ask

        def ask(path: str) -> Answer:
            self.asked += 1
            first, answer = self.asked == 1, real(path)
            if not first:
                return Answer(answer.status, json.dumps([{**ward, "name": "mới"} for ward in json.loads(answer.body)])
                              .encode(), answer.headers)
            self.arrives.wait(20)
            if fails:
                raise Trouble.because("server_away", detail="lost")
            return answer

        monkeypatch.setattr(desk.client, "ask", ask)


def asks(desk: Desk, told: Names) -> None:
    def done(answer: Told[tuple[WardView, ...]]) -> None:
        told.append(answer.value[0].name)

    def failed(refusal: Refusal) -> None:
        told.append(refusal.reasons[0].code)

    desk.fetch("wards", "/api/wards", WARDS, done, failed)


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_that_was_overtaken_is_not_shown_any_more(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch, *, fails: bool,
) -> None:
    desk = desks.open(start=False)
    slow = Slow(desk, monkeypatch, fails=fails)
    first: Names = []
    second: Names = []
    asks(desk, first)
    qtbot.waitUntil(lambda: slow.asked == 1, timeout=10_000)
    asks(desk, second)
    qtbot.waitUntil(lambda: second == ["mới"], timeout=10_000)
    assert first == []
    slow.arrives.set()
    qtbot.waitUntil(lambda: first == ["mới"], timeout=10_000)
    desks.settle()
    held = desk.store.cached("wards")
    assert held is not None
    assert WARDS.validate_json(held.body)[0].name == "mới"
    assert desk._asked == {}


def test_one_question_alone_is_answered_as_it_is(
    qtbot: QtBot, desks: Desks, monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = desks.open(start=False)
    told: Names = []
    asks(desk, told)
    qtbot.waitUntil(lambda: len(told) == 1, timeout=10_000)

    def away(_: str) -> Any:
        raise Trouble.because("server_away", detail="gone")

    monkeypatch.setattr(desk.client, "ask", away)
    asks(desk, told)
    qtbot.waitUntil(lambda: told[1:] == ["server_away"], timeout=10_000)
    assert desk._asked == {}
