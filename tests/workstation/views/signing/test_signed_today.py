"""«Đã ký hôm nay» and the reviews that are due: the right words for each state, and what Enter opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from records.entries import State
from records.errors import Refusal
from records.forms import Holder
from records.messages import ReviewView, SignedView, SigningBoard, TimesView, WaitingView
from tests.workstation import hospital
from tests.workstation.signing_room import Room
from tests.workstation.views.keyboard import press
from tests.workstation.views.signing.test_dialogs import texts
from workstation.models.board_words import why_review
from workstation.models.desk import Told
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.views.actions import ActionSet, Place
from workstation.views.signing.reminded import times_words
from workstation.views.signing.signed_today import SignedPanel, next_words

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
TIMES = TimesView(unsigned_row_minutes=45, emergency_record_hours=24, planned_record_hours=36, discharge_hours=24,
                  review_days=3)


def waiting(**changes: Any) -> WaitingView:
    good: dict[str, Any] = {
        "entry": UUID(int=1), "encounter": hospital.ENCOUNTER, "form": hospital.ROW, "title": "Bìa bệnh án",
        "patient": "Mai Xuân Phúc", "ward": hospital.WARD.id, "bed": "13", "occurred_at": NOW, "draft": False,
        "slot": "director", "slot_label": "Giám đốc", "kind": Holder.PERSON, "holder": UUID(int=9),
        "holder_name": "Hoàng Minh Tuấn", "since": NOW, "due": None, "mine": False, "author": UUID(int=8)}
    return WaitingView(**{**good, **changes})


def signed(**changes: Any) -> SignedView:
    good: dict[str, Any] = {
        "entry": UUID(int=1), "encounter": hospital.ENCOUNTER, "form": hospital.ROW, "title": "Bìa bệnh án",
        "patient": "Mai Xuân Phúc", "bed": "13", "slot_label": "Trưởng khoa", "version": 1, "at": NOW,
        "state": State.PARTLY_SIGNED}
    return SignedView(**{**good, **changes})


def board(**changes: Any) -> SigningBoard:
    good: dict[str, Any] = {"scope": "signed", "at": NOW, "waiting": (), "holders": (), "days": (), "reminders": (),
                            "mine": 0, "in_scope": 0, "times": TIMES}
    return SigningBoard(**{**good, **changes})


@pytest.mark.parametrize(("one", "words", "ink"), [
    (signed(state=State.SIGNED), "đủ chữ ký", "ok"),
    (signed(state=State.AMENDED), "đã đính chính", "amended"),
    (signed(state=State.AMENDED, form=hospital.RESULT), "đã sửa", "amended"),
    (signed(state=State.CANCELLED), "đã hủy", "ink2"),
    (signed(waits_for=("Còn bản con chưa ký.",)), "chưa đến lượt ai", "ink2"),
    (signed(next=(waiting(),)), "chờ Hoàng Minh Tuấn", "ink2"),
    (signed(next=(waiting(), waiting(slot="other"))), "chờ 2 chỗ ký", "ink2"),
    (signed(next=(waiting(due=NOW - timedelta(hours=2)),)), "chờ Hoàng Minh Tuấn, quá 2 giờ", "attention"),
])
def test_each_signature_says_what_becomes_of_its_paper(one: SignedView, words: str, ink: str) -> None:
    said = next_words(one, NOW)
    assert (said.text, said.ink) == (words, ink)


def test_the_hospitals_times_are_those_that_the_server_says() -> None:
    assert times_words(TIMES).startswith("Hạn: lần ghi 45 phút")
    assert "TK duyệt 3 ngày" in times_words(TIMES)
    assert times_words(None) == ""


def test_a_review_says_how_often_and_since_when() -> None:
    review = ReviewView(encounter=hospital.ENCOUNTER, patient="A", ward=hospital.WARD.id, bed="", holder=None,
                        holder_name="Trưởng khoa", reviewed_at=None, since=NOW, due=NOW + timedelta(days=3), mine=True)
    assert "mỗi 3 ngày; chưa duyệt lần nào, hạn 10:10 20/11" in why_review(review, 3)
    assert "lần gần nhất 10:10 17/11" in why_review(review.model_copy(update={"reviewed_at": NOW}), 3)


@pytest.fixture
def panel(room: Room, window: QMainWindow) -> SignedPanel:
    actions = ActionSet(window)
    actions.enter(Place.SIGNING)
    model = SigningBoardModel(room.desk, window)
    model.scope = BoardScope.SIGNED
    shown = SignedPanel(model, actions)
    window.setCentralWidget(shown)
    return shown


def told(panel: SignedPanel, *given: SignedView) -> None:
    panel._model._take("signing-board:signed", Told(board(signed=given, signed_today=len(given)), NOW, cached=False))


def test_what_was_refused_is_said_beside_the_paper_and_to_no_panel_that_is_gone(panel: SignedPanel) -> None:
    """The board was asked for, and the place closed before the answer."""
    model, refusal = panel._model, Refusal.because("session_over")
    model.refused.emit(refusal)
    assert panel.chain._said.text() == refusal.vietnamese
    sip.delete(panel)
    model.refused.emit(refusal)  # in a callback that is still there Qt's loop would catch the error


def test_a_day_without_signatures_says_so(panel: SignedPanel) -> None:
    told(panel)
    assert "Hôm nay bạn chưa ký văn bản nào." in texts(panel)


def test_the_arrows_choose_and_enter_opens_that_paper(panel: SignedPanel, qtbot: QtBot) -> None:
    told(panel, signed(state=State.SIGNED), signed(entry=UUID(int=2), version=2, next=(waiting(entry=UUID(int=2)),)))
    assert "2 chữ ký, 1 văn bản còn chờ người khác" in texts(panel)
    assert not panel.chain.isVisibleTo(panel)
    press(panel.list, Qt.Key.Key_Down)
    assert panel.chain.isVisibleTo(panel)
    assert panel.chain.remind.text() == "Nhắc Hoàng Minh Tuấn"
    opened: list[tuple[object, object]] = []
    panel.open_wanted.connect(lambda *where: opened.append(where))
    press(panel.list, Qt.Key.Key_Return)
    assert opened == [(hospital.ENCOUNTER, UUID(int=2))]
