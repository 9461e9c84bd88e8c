"""Three people sign one cover with delays, and the board on a fourth's screen tells the truth at each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from records.entries import Version
from records.forms import Manner, Role
from records.messages import Admission, DelegationGiven, EncounterView, PatientDraft, Revocation, WaitingView
from records.render import render_entry
from tests.journeys.conftest import Town
from tests.journeys.hands import DIRECTOR, DOCTOR, HEAD, OFFICE, Hand
from tests.journeys.places import SitDown, sit_down
from tests.workstation.views.keyboard import KEYS, press
from workstation.config import ZONE
from workstation.ids import new_id
from workstation.models.board_words import why_here
from workstation.models.delegations import DelegationsModel
from workstation.models.desk import Desk
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.models.waiting import WaitingModel
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, Place
from workstation.views.signing.place import SigningPlace
from workstation.views.signing.signed_today import next_words

pytestmark = pytest.mark.xdist_group("journeys")
__all__ = ["sit_down"]
PATIENT = "Người Bệnh Chờ Ký"
LONG = 20_000
DEPUTY = "long.phamduc"
"""Heads the ward of surgery."""


def chosen(model: SigningBoardModel, entry: UUID) -> WaitingView | None:
    """The paper on the board, if it waits for anybody."""
    return next((one for one in model.board.waiting if one.entry == entry), None) if model.board else None


def look_at(model: SigningBoardModel, entry: UUID) -> None:
    """Choose its holder, and step to it."""
    paper, board = chosen(model, entry), model.board
    assert paper is not None
    assert board is not None
    model.choose_holder(next(one for one in board.holders if one.name == paper.holder_name))
    model.step([one.entry for one in model.papers if isinstance(one, WaitingView)].index(entry) - model.number + 1)


@dataclass
class Screen:
    """One person's place «Ký», in a window of its own."""

    desk: Desk
    window: QMainWindow
    actions: ActionSet
    model: SigningBoardModel
    waiting: WaitingModel
    place: SigningPlace

    def press(self, where: QWidget, key: Qt.Key) -> None:
        """A key on this person's PC: of the two windows here only the active one hears its shortcuts."""
        self.window.activateWindow()
        KEYS.qWaitForWindowActive(self.window)
        press(where, key)

    def said(self) -> str:
        """Everything that is written on the screen now."""
        return "\n".join(one.text() for one in self.window.findChildren(QLabel) if one.isVisibleTo(self.window))


Open = Callable[..., Screen]


@pytest.fixture
def at_screen(sit_down: SitDown, qtbot: QtBot) -> Iterator[Open]:
    screens: list[Screen] = []

    def sit(username: str, stay: UUID) -> Screen:
        desk = sit_down(username, username, encounter=stay).desk
        window = QMainWindow()
        qtbot.addWidget(window)
        actions, model, waiting = ActionSet(window), SigningBoardModel(desk, window), WaitingModel(desk, parent=window)
        place = SigningPlace(waiting, model, actions, lambda _: None)
        window.setCentralWidget(place)
        window.resize(1366, 674)
        window.show()
        actions.enter(Place.SIGNING)
        place.enter()
        screens.append(Screen(desk, window, actions, model, waiting, place))
        return screens[-1]

    yield sit
    for screen in screens:
        screen.place.stop()
        screen.waiting.let_go()


@pytest.fixture
def hands(town: Town) -> tuple[Hand, Hand, Hand]:
    doctor, head, director = (Hand(town, name) for name in (DOCTOR, HEAD, DIRECTOR))
    return doctor, head, director


def half_signed_cover(hands: tuple[Hand, Hand, Hand]) -> tuple[EncounterView, Version, bytes]:
    """A patient of three days whose cover the ward head has signed."""
    doctor, head, _ = hands
    patient = doctor.client.register(PatientDraft(full_name=PATIENT, birth_date="1961", sex="2"), new_id())
    stay = doctor.client.admit(Admission(patient=patient.id, ward=doctor.client.me().wards[0].id, emergency=False,
                                         admitted_at=datetime.now(UTC) - timedelta(days=3)), new_id())
    doctor.signs_part(stay, "part_a", systolic=120)
    doctor.signs_part(stay, "part_b")
    cover = head.writes(stay, "cover")
    by_head = head.signs(cover, "ward_head", render_entry(cover))
    head.hands_in(cover, "ward_head", by_head)
    return stay, cover, by_head


def test_the_board_says_who_holds_a_cover_up_until_the_last_has_signed(
    hands: tuple[Hand, Hand, Hand], at_screen: Open, qtbot: QtBot,
) -> None:
    _, head, director = hands
    stay, cover, by_head = half_signed_cover(hands)
    asks, asked = at_screen(OFFICE, stay.id), at_screen(DIRECTOR, stay.id)
    model = asks.model
    assert list(asks.place.scopes) == [BoardScope.ME, BoardScope.HOUSE, BoardScope.SIGNED]
    asks.actions.trigger("signing.scope.house")
    qtbot.waitUntil(lambda: chosen(model, cover.entry) is not None, timeout=LONG)
    look_at(model, cover.entry)
    qtbot.waitUntil(lambda: model.chain is not None and model.chain.entry == cover.entry, timeout=LONG)
    assert model.chain is not None
    assert [(slot.state, slot.signed_by) for slot in model.chain.slots] == [
        ("signed", head.account.person.full_name), ("open", "")]
    assert why_here(model.chain).startswith(f"Chờ {director.account.person.full_name} ký")
    assert PATIENT in asks.said()

    assert asks.actions.why_not("signing.remind") == ALLOWED
    with qtbot.waitSignal(model.reminded, timeout=LONG):
        asks.press(asks.place.holders.list, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: "chưa xem" in asks.said(), timeout=LONG)
    with qtbot.waitSignal(model.refused, timeout=LONG) as told:
        model.remind()
    assert told.args is not None
    assert "Đã nhắc lúc" in told.args[0].vietnamese
    qtbot.waitUntil(lambda: "nhắc lúc" in asked.place.reminded.words.text(), timeout=LONG)
    assert asked.place.reminded.isVisibleTo(asked.window)

    director.hands_in(cover, "director", director.signs(cover, "director", by_head))
    qtbot.waitUntil(lambda: chosen(model, cover.entry) is None, timeout=LONG)
    qtbot.waitUntil(lambda: not asked.place.reminded.isVisibleTo(asked.window), timeout=LONG)
    asks.actions.trigger("signing.scope.me")
    assert asks.actions.why_not("signing.remind") == NOT_NOW


def test_a_reminder_is_read_and_put_away_and_both_screens_say_so(
    hands: tuple[Hand, Hand, Hand], at_screen: Open, qtbot: QtBot,
) -> None:
    """The ward head asks from «Đã ký hôm nay»; the director reads, puts it away, signs later."""
    _, head, director = hands
    stay, cover, by_head = half_signed_cover(hands)
    asks, asked = at_screen(HEAD, stay.id), at_screen(DIRECTOR, stay.id)

    def mine(screen: Screen) -> str:
        given = screen.model.board.signed if screen.model.board is not None else ()
        return next((next_words(one, datetime.now(UTC)).text for one in given if one.entry == cover.entry), "")

    def words() -> str:
        return asked.place.reminded.words.text()

    asks.press(asks.place.list, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: mine(asks) == f"chờ {director.account.person.full_name}", timeout=LONG)
    shown = asks.place.signed
    assert shown.isVisibleTo(asks.window)
    opened: list[tuple[object, object]] = []
    asks.place.chart_wanted.connect(lambda *where: opened.append(where))
    asks.press(shown.list, Qt.Key.Key_Return)
    assert opened == [(stay.id, cover.entry)]
    qtbot.waitUntil(lambda: asks.actions.why_not("signing.remind") == ALLOWED and asks.model.chain is not None,
                    timeout=LONG)

    assert words() == ""
    badges: list[bool] = []
    asked.place.reminded_changed.connect(badges.append)
    asked.place.leave()  # the director works elsewhere: the reminder finds its way to the top bar all the same
    assert asked.actions.why_not("signing.put_away") == NOT_NOW
    asks.press(shown.list, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: words().startswith(f"{head.account.person.full_name} nhắc lúc"), timeout=LONG)
    assert PATIENT in words()
    qtbot.waitUntil(lambda: "chưa xem" in asks.said(), timeout=LONG)
    assert asks.actions.why_not("signing.remind").startswith("Đã nhắc lúc")

    assert badges[-1:] == [True]
    asked.place.enter()
    asked.press(asked.place.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not asked.place.reminded.isVisibleTo(asked.window), timeout=LONG)
    assert badges[-1:] == [False]
    qtbot.waitUntil(lambda: "đã xem lúc" in asks.said(), timeout=LONG)
    assert asks.actions.why_not("signing.remind").startswith("Đã nhắc lúc")

    director.hands_in(cover, "director", director.signs(cover, "director", by_head))
    qtbot.waitUntil(lambda: mine(asks) == "đủ chữ ký", timeout=LONG)
    asked.press(asked.place.list, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: mine(asked) == "đủ chữ ký", timeout=LONG)
    assert words() == ""


def test_a_deputy_looks_through_each_ward_that_they_may_act_for_and_is_told_in_whose_place(
    hands: tuple[Hand, Hand, Hand], town: Town, at_screen: Open, qtbot: QtBot,
) -> None:
    """R29: by keyboard, from the moment at which the paper counts until it is taken back."""
    _, head, _ = hands
    _stay, cover, _ = half_signed_cover(hands)
    deputy = Hand(town, DEPUTY)
    patient = deputy.client.register(PatientDraft(full_name="Người Bệnh Khoa Ngoại", birth_date="1961", sex="2"),
                                     new_id())
    own = deputy.client.admit(Admission(patient=patient.id, ward=deputy.client.me().wards[0].id, emergency=False,
                                        admitted_at=datetime.now(UTC)), new_id())
    at = at_screen(DEPUTY, own.id)
    given = DelegationsModel(at.desk, at.window)
    given.account_changed.connect(at.place.account_changed)
    at.press(at.place.list, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: at.model.board is not None, timeout=LONG)
    assert chosen(at.model, cover.entry) is None
    assert at.actions.why_not("signing.ward") == NOT_NOW
    choice = at.place.holders.wards
    assert not choice.isVisibleTo(at.window)

    day = datetime.now(UTC).astimezone(ZONE).date()
    paper = head.client.delegate(DelegationGiven(
        receiver=deputy.account.person.id, role=Role.WARD_HEAD, manner=Manner.AUTHORITY, starts=day,
        ends=day + timedelta(days=3), wards=(head.account.person.wards[0].id,), paper="7/QĐ-K"), new_id())
    qtbot.waitUntil(lambda: len(at.model.wards) == 2, timeout=LONG)
    assert "Khoa bạn làm việc" in at.said()
    at.press(at.place.holders.list, Qt.Key.Key_F2)
    offered = choice.field.view()
    assert offered is not None
    qtbot.waitUntil(offered.isVisible, timeout=LONG)
    KEYS.keyClick(offered, Qt.Key.Key_Down)
    KEYS.keyClick(offered, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: chosen(at.model, cover.entry) is not None, timeout=LONG)
    assert at.place.scopes[BoardScope.WARD].text().startswith("Khoa ký thay")
    head_name = head.account.person.full_name
    assert f"Bạn ký TUQ. Trưởng khoa {head_name}, đến hết {day + timedelta(days=3):%d/%m/%Y} (7/QĐ-K)" in at.said()
    look_at(at.model, cover.entry)
    qtbot.waitUntil(lambda: PATIENT in at.said(), timeout=LONG)

    head.client.revoke_delegation(paper.delegation.id, Revocation(reason="Trưởng khoa đã về"), new_id())
    qtbot.waitUntil(lambda: len(at.model.wards) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: at.place.scopes[BoardScope.WARD].text().startswith("Khoa tôi"), timeout=LONG)
    qtbot.waitUntil(lambda: PATIENT not in at.said() and not choice.isVisibleTo(at.window), timeout=LONG)
    assert chosen(at.model, cover.entry) is None
