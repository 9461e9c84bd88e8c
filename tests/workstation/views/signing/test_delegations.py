"""«Ủy quyền ký thay» at the keyboard: a ward head gives, sees and takes back; the top bar says in whose place."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.forms import Manner, Role
from records.messages import DelegationView
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from tests.workstation.models.test_delegations import MAI, SON, TODAY, delegation, model_of
from tests.workstation.views.keyboard import CTRL, press, to_the_front, write
from tests.workstation.views.signing.conftest import desks, window
from workstation.models.delegations import Standing
from workstation.views.signing.delegations import DelegationsDialog

__all__ = ["desks", "window"]


@pytest.fixture
def dialog(desks: Desks, window: QMainWindow, little: LittleServer, qtbot: QtBot) -> DelegationsDialog:
    little.colleagues = [SON, MAI]
    little.delegations = [DelegationView(delegation=delegation(), receiver_name="Lê Thu Hà", receiver_title="BS.")]
    made = DelegationsDialog(model_of(desks.open(start=False), Role.WARD_HEAD, Role.DOCTOR), window)
    made.show_over()
    qtbot.waitUntil(lambda: bool(made.cards) and bool(made._model.colleagues), timeout=10_000)
    to_the_front(qtbot, made)  # the window below may have become the active one meanwhile
    return made


def told(dialog: DelegationsDialog) -> str:
    return "\n".join(words.text() for words in dialog.findChildren(QLabel) if words.isVisible())


def test_a_ward_head_gives_it_with_the_keyboard_alone(
    dialog: DelegationsDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    assert "Bạn được ủy quyền" in told(dialog)
    press(dialog, Qt.Key.Key_Return, CTRL)
    assert dialog.is_writing()
    press(dialog, Qt.Key.Key_Return, CTRL)
    assert "Chưa chọn người được ủy quyền." in told(dialog)
    write(dialog.paper.name, "nguyen")
    assert "Dấu ký sẽ ghi: TUQ. Trưởng khoa, BS. Nguyễn Văn Sơn" in told(dialog)
    press(dialog.paper.name, Qt.Key.Key_Down)
    assert "ĐD. Nguyễn Thị Mai" in told(dialog)
    press(dialog.paper.name, Qt.Key.Key_Up)
    press(dialog, Qt.Key.Key_Return, CTRL)
    assert "Thiếu số và ngày của văn bản ủy quyền." in told(dialog)
    dialog.paper.paper.setText("7/QĐ-K ngày 01/11/2026")
    dialog.paper.forms.boxes["01/BV1"].setChecked(True)
    press(dialog, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: len(dialog.cards) == 2, timeout=10_000)
    assert not dialog.is_writing()
    given = little.delegations[-1].delegation
    assert (given.receiver, given.role, given.manner, given.forms, given.starts) == (
        SON.id, Role.WARD_HEAD, Manner.AUTHORITY, ("01/BV1",), TODAY)
    qtbot.waitUntil(lambda: "Mẫu 01/BV1" in told(dialog), timeout=10_000)
    assert f"Từ {TODAY:%d/%m/%Y}" in told(dialog)


def test_what_the_server_refuses_stays_on_the_page_with_its_words(
    dialog: DelegationsDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    little.refusals["/api/delegations"] = (422, "delegation_of_other_ward")
    dialog.write()
    write(dialog.paper.name, "mai")
    dialog.paper.paper.setText("8/QĐ")
    press(dialog, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: "Trưởng khoa chỉ ủy quyền cho khoa của mình." in told(dialog), timeout=10_000)
    assert dialog.is_writing()
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.is_writing()
    assert dialog.isVisible()


def test_it_is_taken_back_in_its_card_with_a_reason(
    dialog: DelegationsDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    model = dialog._model
    mine = delegation(giver=model._desk.account.person.id, receiver=SON.id, role=Role.WARD_HEAD)
    little.delegations = [DelegationView(delegation=mine, receiver_name=SON.full_name, receiver_title=SON.title)]
    model.load()
    qtbot.waitUntil(lambda: mine.id in dialog.cards, timeout=10_000)
    card = dialog.cards[mine.id]
    card.revoke_.click()
    card.reason.setPlainText("Trưởng khoa đã về")
    card.yes.click()
    qtbot.waitUntil(lambda: model.standing(model.views[0]) is Standing.REVOKED, timeout=10_000)
    qtbot.waitUntil(lambda: f"thu hồi {TODAY:%d/%m/%Y}" in told(dialog), timeout=10_000)
    assert dialog.cards[mine.id].revoke_.isHidden()


def test_news_of_the_list_opens_no_card_and_esc_folds_the_one_that_is_open(
    dialog: DelegationsDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    """What is loaded comes in three answers: after the second every card asked for a reason to take it back."""
    model = dialog._model
    mine, other = (delegation(giver=model._desk.account.person.id, receiver=SON.id, role=Role.WARD_HEAD)
                   for _ in range(2))
    little.delegations += [DelegationView(delegation=one, receiver_name=SON.full_name, receiver_title=SON.title)
                           for one in (mine, other)]
    model.load()
    qtbot.waitUntil(lambda: {mine.id, other.id} <= set(dialog.cards), timeout=10_000)
    model.changed.emit()
    assert not any(card.is_asking() for card in dialog.cards.values())
    dialog.cards[mine.id].revoke_.click()
    write(dialog.cards[mine.id].reason, "Toi")
    model.changed.emit()
    assert [which for which, card in dialog.cards.items() if card.is_asking()] == [mine.id]
    card = dialog.cards[mine.id]
    assert card.reason.toPlainText() == "Toi"
    assert dialog.focusWidget() is card.reason
    press(card.reason, Qt.Key.Key_Return, CTRL)
    assert not dialog.is_writing()
    qtbot.waitUntil(lambda: "ít nhất" in told(dialog), timeout=10_000)
    press(card.reason, Qt.Key.Key_Escape)
    assert not card.is_asking()
    assert dialog.isVisible()
    assert "ít nhất" not in told(dialog)
    card.revoke_.click()
    write(card.reason, "Da ve lai khoa")
    press(card.reason, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: Standing.REVOKED in {model.standing(view) for view in model.views}, timeout=10_000)


def test_the_reason_of_a_card_low_in_the_list_opens_in_sight(
    dialog: DelegationsDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    model = dialog._model
    mine = [delegation(giver=model._desk.account.person.id, receiver=SON.id, role=Role.WARD_HEAD) for _ in range(9)]
    little.delegations = [DelegationView(delegation=one, receiver_name=SON.full_name, receiver_title=SON.title)
                          for one in mine]
    model.load()
    qtbot.waitUntil(lambda: mine[0].id in dialog.cards, timeout=10_000)
    lowest = list(dialog.cards.values())[-1]
    lowest.revoke_.click()
    room = dialog._scroll.viewport()
    assert room is not None
    qtbot.waitUntil(lambda: room.rect().contains(lowest.yes.mapTo(room, lowest.yes.rect().bottomLeft())),
                    timeout=10_000)


def test_nobody_of_that_name_is_said(dialog: DelegationsDialog) -> None:
    dialog.write()
    write(dialog.paper.name, "zzz")
    assert "Không có đồng nghiệp nào tên như vậy." in told(dialog)


def test_who_may_not_give_only_reads(desks: Desks, window: QMainWindow, little: LittleServer, qtbot: QtBot) -> None:
    little.delegations = [DelegationView(delegation=delegation(), receiver_name="Lê Thu Hà", receiver_title="BS.")]
    made = DelegationsDialog(model_of(desks.open(start=False)), window)
    made.show_over()
    qtbot.waitUntil(lambda: bool(made.cards), timeout=10_000)
    assert made.verb.isHidden()
    press(made, Qt.Key.Key_Return, CTRL)
    assert not made.is_writing()
    assert made.cards[little.delegations[0].delegation.id].revoke_.isHidden()
