"""The signature board is read anew: in a busy house too, the chosen stays chosen, what was put away stays away."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QElapsedTimer, QTimer
from pytestqt.qtbot import QtBot

from records.entries import State
from records.forms import Holder
from records.messages import HolderView, ReminderView, SignedView, SigningBoard, TimesView, WaitingView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models import signing_board
from workstation.models.desk import Desk, Told
from workstation.models.signing_board import BoardScope, SigningBoardModel

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
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


def waiting(number: int, holder: int = 9, name: str = "Hoàng Minh Tuấn") -> WaitingView:
    return WaitingView(
        entry=UUID(int=number), encounter=hospital.ENCOUNTER, form=hospital.ROW, title="Bìa bệnh án",
        patient=f"Người bệnh {number}", ward=hospital.WARD.id, bed="13", occurred_at=NOW, draft=False, slot="director",
        slot_label="Giám đốc", kind=Holder.PERSON, holder=UUID(int=holder), holder_name=name, since=NOW, due=None,
        mine=False, author=UUID(int=8))


def signed(number: int) -> SignedView:
    return SignedView(
        entry=UUID(int=number), encounter=hospital.ENCOUNTER, form=hospital.ROW, title="Bìa bệnh án", patient="A",
        bed="13", slot_label="Trưởng khoa", version=1, at=NOW + timedelta(minutes=number), state=State.SIGNED)


def board(model: SigningBoardModel, waits: Sequence[WaitingView] = (), given: Sequence[SignedView] = ()) -> None:
    """What the server says of the scope that is shown, once more."""
    now = datetime.now(UTC)
    held = dict.fromkeys((one.holder, one.holder_name) for one in waits)
    model._take(model._key(model.scope), Told(SigningBoard(
        scope=model.scope.value, at=now, waiting=tuple(waits), days=(), reminders=(), mine=0, in_scope=0, times=TIMES,
        signed=tuple(given), holders=tuple(HolderView(
            holder=holder, name=name, role="Giám đốc", count=1, overdue=0, today=0, nearest=None, oldest=NOW)
            for holder, name in held)), now, cached=False))


def test_what_comes_in_above_puts_no_other_paper_under_the_hand(qtbot: QtBot, desks: Desks) -> None:
    """A reminder went to whom the board showed first since, and Enter opened another record."""
    desk = desks.open(start=False)
    model = SigningBoardModel(desk, desk.sync)
    model.scope = BoardScope.WARD
    board(model, [waiting(1), waiting(2)])
    board(model, [waiting(7, 6, "Người khác"), waiting(5), waiting(1), waiting(2)])
    assert model.holder is not None
    assert (model.holder.name, model.number, model.paper) == ("Hoàng Minh Tuấn", 2, waiting(1))
    model.step(1)
    board(model, [waiting(4), waiting(2), waiting(3)])
    assert (model.number, model.paper) == (2, waiting(2))
    board(model, [waiting(4), waiting(3)])
    assert model.paper == waiting(3), "it is signed: the next one"
    board(model, [waiting(7, 6, "Người khác")])
    assert model.paper == waiting(7, 6, "Người khác")

    model.scope = BoardScope.SIGNED
    board(model, given=[signed(2), signed(1)])
    model.choose_signed(1)
    board(model, given=[signed(4), signed(3), signed(2), signed(1)])
    assert model.signed == signed(1)
    desks.settle()


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
