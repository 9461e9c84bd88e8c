"""The signature board's news: it comes in a busy house too, and what was put away does not come back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QElapsedTimer, QTimer
from pytestqt.qtbot import QtBot

from records.messages import ReminderView, SigningBoard, TimesView
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models import signing_board
from workstation.models.desk import Desk, Told
from workstation.models.signing_board import BoardScope, SigningBoardModel

TIMES = TimesView(unsigned_row_minutes=45, emergency_record_hours=24, planned_record_hours=36, discharge_hours=24,
                  review_days=3)


def reminder(number: int) -> ReminderView:
    return ReminderView(id=UUID(int=number), entry=UUID(int=1), slot="director", by="Trần Văn Hùng", to=UUID(int=9),
                        to_name="Hoàng Minh Tuấn", at=datetime.now(UTC), title="Bìa bệnh án", patient="A")


def told(model: SigningBoardModel, *reminders: ReminderView) -> None:
    """An answer of the server."""
    now = datetime.now(UTC)
    model._take(BoardScope.ME, Told(SigningBoard(
        scope="me", at=now, waiting=(), holders=(), days=(), reminders=reminders, mine=0, in_scope=0, times=TIMES),
        now, cached=False))


def sent(desk: Desk, monkeypatch: pytest.MonkeyPatch, let_go: threading.Event) -> list[str]:
    """Which paths were sent to, once they may."""
    paths: list[str] = []
    real = desk.client.send

    def send(method: str, path: str, *rest: Any) -> Any:
        let_go.wait(20)
        paths.append(path)
        return real(method, path, *rest)

    monkeypatch.setattr(desk.client, "send", send)
    return paths


@pytest.mark.parametrize("taken", [True, False])
def test_a_reminder_that_was_put_away_is_not_shown_by_an_answer_that_was_on_its_way(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch, *, taken: bool,
) -> None:
    desk, let_go = desks.open(start=False), threading.Event()
    model = SigningBoardModel(desk, desk.sync)
    little.refusals["/put-away"] = (404, "thing_unknown")
    paths = sent(desk, monkeypatch, let_go)
    told(model, reminder(2), reminder(1))
    model.put_away()
    told(model, reminder(2), reminder(1))  # it was asked for before
    assert [one.id.int for one in model.reminders] == [1]
    if taken:
        let_go.set()
        desks.settle()
        return
    with qtbot.waitSignal(model.refused, timeout=10_000):
        let_go.set()
    assert paths == [f"/api/signing-reminders/{UUID(int=2)}/put-away"]
    assert [one.id.int for one in model.reminders] == [2, 1], "the server has not taken it"


def test_news_that_never_stops_does_not_keep_the_board_from_being_read(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing_board, "RELOAD_AFTER_MS", 60)
    desk = desks.open(start=False)
    model = SigningBoardModel(desk, desk.sync)
    news, clock = QTimer(), QElapsedTimer()
    news.timeout.connect(desk.sync.reminders_stale.emit)
    news.start(5)
    clock.start()
    qtbot.waitUntil(lambda: little.times("GET", "/api/signing-board") > 0, timeout=10_000)
    news.stop()
    assert model.reminders == ()
