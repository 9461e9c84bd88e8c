"""Three people sign one cover with delays, and the board on a fourth's screen tells the truth at each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.messages import Admission, PatientDraft, WaitingView
from records.render import render_entry
from tests.journeys.conftest import Town
from tests.journeys.hands import DIRECTOR, DOCTOR, HEAD, OFFICE, Hand
from tests.journeys.places import SitDown, sit_down
from tests.workstation.views.keyboard import press
from workstation.ids import new_id
from workstation.models.signing_board import BoardScope, SigningBoardModel, why_here
from workstation.models.waiting import WaitingModel
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, Place
from workstation.views.signing.place import SigningPlace

pytestmark = pytest.mark.xdist_group("journeys")
__all__ = ["sit_down"]
PATIENT = "Người Bệnh Chờ Ký"
LONG = 20_000


def chosen(model: SigningBoardModel, entry: UUID) -> WaitingView | None:
    """The paper on the board, if it waits for anybody."""
    return next((one for one in model.board.waiting if one.entry == entry), None) if model.board else None


def look_at(model: SigningBoardModel, entry: UUID) -> None:
    """Choose its holder, and step to it."""
    paper, board = chosen(model, entry), model.board
    assert paper is not None
    assert board is not None
    model.choose_holder(next(one for one in board.holders if one.name == paper.holder_name))
    model.step([one.entry for one in model.papers].index(entry) - model.number + 1)


def test_the_board_says_who_holds_a_cover_up_until_the_last_has_signed(
    town: Town, sit_down: SitDown, qtbot: QtBot,
) -> None:
    doctor, head, director = (Hand(town, name) for name in (DOCTOR, HEAD, DIRECTOR))
    patient = doctor.client.register(PatientDraft(full_name=PATIENT, birth_date="1961", sex="2"), new_id())
    stay = doctor.client.admit(Admission(patient=patient.id, ward=doctor.client.me().wards[0].id, emergency=False,
                                         admitted_at=datetime.now(UTC) - timedelta(days=3)), new_id())
    doctor.signs_part(stay, "part_a", systolic=120)
    doctor.signs_part(stay, "part_b")
    cover = head.writes(stay, "cover")
    by_head = head.signs(cover, "ward_head", render_entry(cover))
    head.hands_in(cover, "ward_head", by_head)

    desk = sit_down(OFFICE, "office", encounter=stay.id).desk
    window = QMainWindow()
    qtbot.addWidget(window)
    actions, model, waiting = ActionSet(window), SigningBoardModel(desk, window), WaitingModel(desk, parent=window)
    place = SigningPlace(waiting, model, actions, lambda _: None)
    window.setCentralWidget(place)
    window.resize(1366, 674)
    window.show()
    actions.enter(Place.SIGNING)
    place.enter()
    assert list(place.scopes) == [BoardScope.ME, BoardScope.HOUSE]
    actions.trigger("signing.scope.house")
    qtbot.waitUntil(lambda: chosen(model, cover.entry) is not None, timeout=LONG)
    look_at(model, cover.entry)
    qtbot.waitUntil(lambda: model.chain is not None and model.chain.entry == cover.entry, timeout=LONG)
    assert model.chain is not None
    assert [(slot.state, slot.signed_by) for slot in model.chain.slots] == [
        ("signed", head.account.person.full_name), ("open", "")]
    assert why_here(model.chain).startswith(f"Chờ {director.account.person.full_name} ký")
    said = {one.text() for one in place.holders.findChildren(QLabel)}
    assert any(PATIENT in words for words in said)

    assert actions.why_not("signing.remind") == ALLOWED
    with qtbot.waitSignal(model.reminded, timeout=LONG):
        press(place.holders.list, Qt.Key.Key_F6)
    with qtbot.waitSignal(model.refused, timeout=LONG) as told:
        model.remind()
    assert told.args is not None
    assert "Đã nhắc lúc" in told.args[0].vietnamese

    director.hands_in(cover, "director", director.signs(cover, "director", by_head))
    qtbot.waitUntil(lambda: chosen(model, cover.entry) is None, timeout=LONG)
    actions.trigger("signing.scope.me")
    assert actions.why_not("signing.remind") == NOT_NOW
    place.stop()
    waiting.let_go()
