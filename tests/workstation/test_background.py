"""Queries and commands: off the UI thread and back, cancelled, stopped, and in order where order is asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from records.errors import Cancelled, Refusal
from tests.workstation.little_server import LittleServer
from workstation.background import Background, Command, Query
from workstation.client import Client


def test_work_runs_elsewhere_and_its_result_arrives_on_the_ui_thread(qtbot: QtBot, background: Background) -> None:
    where: list[Any] = []

    def work() -> str:
        where.append(threading.current_thread())
        return "kết quả"

    def done(result: str) -> None:
        where.extend((result, QThread.currentThread()))

    with qtbot.waitSignal(background.run(Query("ask", work, done)).ended):
        pass
    assert where[0] is not threading.main_thread()
    assert where[1:] == ["kết quả", background.thread()]


def test_a_refusal_arrives_as_a_failure(qtbot: QtBot, background: Background) -> None:
    said: list[Refusal] = []

    def work() -> None:
        raise Refusal.because("server_away", detail="x")

    with qtbot.waitSignal(background.run(Query("ask", work, said.append, said.append)).ended):
        pass
    assert [refusal.reasons[0].code for refusal in said] == ["server_away"]


def test_a_failure_that_nobody_awaits_is_told_by_the_background(qtbot: QtBot, background: Background) -> None:
    def work() -> None:
        raise Refusal.because("server_away", detail="x")

    with qtbot.waitSignal(background.failed) as told:
        background.run(Query("ask", work, lambda _: None))
    assert told.args is not None
    assert told.args[0] == "ask"


def test_a_bug_is_logged_and_reaches_the_person_without_a_traceback(
    qtbot: QtBot, background: Background, caplog: pytest.LogCaptureFixture,
) -> None:
    said: list[Refusal] = []

    def work() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), qtbot.waitSignal(background.run(
            Query("divide", work, said.append, said.append)).ended):
        pass
    assert [refusal.reasons[0].code for refusal in said] == ["unexpected"]
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" not in said[0].vietnamese


@pytest.mark.parametrize("raises", [True, False])
def test_what_was_cancelled_is_silent(qtbot: QtBot, background: Background, *, raises: bool) -> None:
    said: list[Any] = []
    gate = threading.Event()

    def work() -> None:
        gate.wait(10)
        if raises:
            raise Cancelled

    job = background.run(Query("ask", work, said.append, said.append))
    if not raises:
        job.cancel()
    with qtbot.waitSignal(job.ended):
        gate.set()
    assert said == []


def test_a_command_that_has_begun_cannot_be_taken_back(qtbot: QtBot, background: Background) -> None:
    said: list[str] = []
    gate = threading.Event()

    def work() -> str:
        gate.wait(10)
        return "getan"

    job = background.run(Command("do", work, said.append, changes="drafts"))
    qtbot.waitUntil(job.begun.is_set)
    job.cancel()
    with qtbot.waitSignal(background.changed) as changed:
        gate.set()
    assert (said, changed.args) == (["getan"], ["drafts"])


def test_a_lane_keeps_the_order(qtbot: QtBot, background: Background) -> None:
    order: list[int] = []
    for number in range(50):
        background.run(Command("do", partial(order.append, number), lambda _: None), lane="store")
    qtbot.waitUntil(lambda: background.running == 0)
    assert order == list(range(50))


def test_closing_finishes_commands_and_drops_queries(qtbot: QtBot, qapp: object) -> None:
    background = Background()
    done: list[str] = []
    gate = threading.Event()

    def write() -> None:
        gate.wait(10)
        done.append("written")

    background.run(Command("write", write, lambda _: done.append("told")), lane="store")
    background.run(Command("write", write, lambda _: None), lane="store")
    gate.set()
    assert background.stop()
    assert done == ["written", "written"]
    late = background.run(Query("late", lambda: done.append("late"), lambda _: None))
    assert late.cancelled.is_set()


def test_closing_does_not_wait_for_a_query_that_hangs(qtbot: QtBot, qapp: object) -> None:
    background = Background()
    gate = threading.Event()
    hanging = background.run(Query("hang", lambda: gate.wait(60), lambda _: None))
    written: list[str] = []
    background.run(Command("write", partial(written.append, "done"), lambda _: None), lane="store")
    qtbot.waitUntil(hanging.begun.is_set)
    assert background.stop()
    assert (written, gate.is_set()) == (["done"], False)
    gate.set()


def test_a_query_that_finds_everything_closed_at_the_end_is_no_bug(
        qtbot: QtBot, qapp: object, little: LittleServer, client_of: Callable[..., Client],
        caplog: pytest.LogCaptureFixture) -> None:
    """It was: its traceback was the last that the terminal showed."""
    background, client = Background(), client_of(little)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(20)
        client.health()

    background.run(Query("ask on", work, lambda _: None), lane="late")
    assert begun.wait(20)
    thread = next(one for one in threading.enumerate() if one.name == "late-0")
    background.stop()
    client.close()
    go_on.set()
    thread.join(20)
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


def test_an_answer_for_a_model_that_was_closed_meanwhile_is_dropped(qtbot: QtBot, background: Background) -> None:
    asker = QObject()
    gate = threading.Event()
    job = background.run(Query("ask", lambda: gate.wait(10), lambda _: asker.setObjectName("told")))
    sip.delete(asker)
    with qtbot.waitSignal(job.ended):
        gate.set()


def test_it_says_when_something_takes_long_and_when_it_is_over(qtbot: QtBot, qapp: object) -> None:
    background = Background(slow_after_ms=20)
    gate = threading.Event()
    with qtbot.waitSignal(background.busy) as busy:
        background.run(Query("slow", lambda: gate.wait(10), lambda _: None))
    assert busy.args == [True]
    with qtbot.waitSignal(background.busy) as busy:
        gate.set()
    assert busy.args == [False]
    background.stop()


def test_nothing_is_left_behind(qtbot: QtBot, qapp: object) -> None:
    before = threading.active_count()
    background = Background()
    finished: list[int] = []
    work: Callable[[], int] = lambda: 1
    for lane in ("", "store", "send"):
        background.run(Query("ask", work, finished.append), lane=lane)
    qtbot.waitUntil(lambda: len(finished) == 3)
    assert background.stop()
    assert threading.active_count() == before
