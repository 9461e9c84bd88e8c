"""The line «chờ xác nhận trên điện thoại», on the hospital's server and a service that rings; and the dialog before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from scripts.demo_theatre import KEYS
from tests.journeys.phones import Room, choose, room, sandbox, server
from tests.sandbox.program import Sandbox
from tests.server.remote import conduct
from tests.workstation.views.signing.test_dialogs import texts
from workstation.drafts import Awaited
from workstation.models.signing import LineState, Stage
from workstation.models.signing_board import SigningBoardModel
from workstation.models.waiting import WaitingModel
from workstation.views.actions import ActionSet
from workstation.views.actions import Place as Where
from workstation.views.signing import words
from workstation.views.signing.awaited import validity
from workstation.views.signing.desk import SigningDesk
from workstation.views.signing.dialogs import StackDialog
from workstation.views.signing.place import SigningPlace

__all__ = ["room", "sandbox", "server"]
PICTURES = os.environ.get("BENHAN_PICTURES", "")
KIND = "smartca"


@dataclass
class Scene:
    room: Room
    window: QMainWindow
    place: SigningPlace
    desk: SigningDesk

    def button(self, said: str, inside: QWidget | None = None) -> QAbstractButton:
        found = [one for one in (inside or self.place).findChildren(QAbstractButton)
                 if said in one.text() and one.isVisible()]
        assert found, said
        return found[0]

    def has(self, said: str) -> bool:
        assert self.place.awaited is not None
        return said in texts(self.place.awaited)

    def picture(self, name: str, widget: QWidget | None = None) -> None:
        if PICTURES:
            (widget or self.window).grab().save(str(Path(PICTURES) / f"{name}.png"))


@pytest.fixture
def scene(room: Room, window: QMainWindow, qtbot: QtBot) -> Iterator[Scene]:
    actions = ActionSet(window)
    waiting = WaitingModel(room.place.desk, parent=room.model)
    desk = SigningDesk(room.model, waiting, window)
    desk.bind(actions)
    place = SigningPlace(waiting, SigningBoardModel(room.place.desk, room.model), actions, desk.see,
                         awaited=room.model.awaited)
    place.sign_wanted.connect(desk.sign)
    window.setCentralWidget(place)
    window.resize(1366, 768)
    actions.enter(Where.SIGNING)
    place.enter()
    yield Scene(room, window, place, desk)
    place.stop()
    waiting.let_go()


def asked(scene: Scene, sandbox: Sandbox, count: int, seen: list[list[LineState]] | None = None) -> StackDialog:
    """The stack waits for a tap; `seen`: how its rows stood, at each change."""
    conduct(sandbox, KIND).phone = "silent"
    act = scene.room.rows(count)
    if seen is not None:
        act.changed.connect(lambda: seen.append([line.state for line in act.lines]))
    dialog = StackDialog(act, scene.window)
    dialog.show_over()
    choose(act, "csc1")
    scene.room.until(lambda: dialog.focusWidget() is dialog.bar.pin)
    choose(act, KIND)
    scene.room.until(lambda: dialog.focusWidget() is dialog.bar.sign)  # Enter sends it, and not the button beside it
    KEYS.keyClick(dialog.bar.sign, Qt.Key.Key_Return)
    scene.room.until(lambda: act.stage is Stage.SIGNING and len(sandbox.calls(KIND, "/status")) > 0
                     and {line.state for line in act.lines} == {LineState.ASKED})
    return dialog


def rows(dialog: StackDialog) -> list[str]:
    """What stands at the right end of each row."""
    return [words.result(line, dialog.act).text for line in dialog.act.lines]


def test_each_row_says_where_it_is_from_the_way_to_the_service_until_the_server_has_it(
    scene: Scene, sandbox: Sandbox,
) -> None:
    """None is «đang ký» while the phone rings, and all of them wait for it, not the first alone."""
    seen: list[list[LineState]] = []
    dialog = asked(scene, sandbox, 3, seen)
    assert rows(dialog) == ["chờ xác nhận trên điện thoại"] * 3
    assert "Chờ xác nhận 3 văn bản" in texts(dialog)
    assert "3 chờ xác nhận" in texts(dialog)
    assert "đang ký" not in texts(dialog)
    conduct(sandbox, KIND).phone = "approve"
    scene.room.until(lambda: {line.state for line in dialog.act.lines} == {LineState.RECEIVED})
    assert all("đã nhận" in one for one in rows(dialog))
    order = [LineState.WAITING, LineState.SENDING, LineState.ASKED, LineState.CONFIRMED, LineState.SIGNED,
             LineState.RECEIVED]
    for row in zip(*seen, strict=True):
        steps = [order.index(state) for state in row]
        assert steps == sorted(steps)
        assert set(row) >= {LineState.SENDING, LineState.ASKED, LineState.CONFIRMED, LineState.SIGNED}


def test_the_dialog_may_be_closed_while_the_phone_rings_and_the_list_shows_until_when(
    scene: Scene, sandbox: Sandbox,
) -> None:
    dialog = asked(scene, sandbox, 3)
    assert "Có thể đóng cửa sổ này" in texts(dialog)
    scene.picture("dialog", dialog)
    scene.button("Đóng, vẫn chờ điện thoại", dialog).click()
    scene.room.until(lambda: scene.has("Chờ xác nhận trên điện thoại") and scene.has("còn "))
    assert scene.has("Dịch vụ smartca · 3 văn bản: Tờ điều trị")
    scene.picture("waiting")
    conduct(sandbox, KIND).phone = "refuse"
    scene.room.until(lambda: scene.has("Chưa ký: 3 văn bản"))
    assert scene.has("đã bị từ chối trên điện thoại")
    scene.room.until(lambda: len(scene.place.lines()) == 3)
    scene.picture("refused")
    scene.button("Đã rõ").click()
    scene.room.until(lambda: not scene.has("Chưa ký"))


def test_the_request_is_taken_back_from_the_list(scene: Scene, sandbox: Sandbox) -> None:
    dialog = asked(scene, sandbox, 2)
    scene.button("Đóng, vẫn chờ điện thoại", dialog).click()
    scene.room.until(lambda: scene.has("còn "))
    scene.button("Hủy yêu cầu ký").click()
    scene.room.until(lambda: not scene.has("Chờ xác nhận"))
    scene.room.until(lambda: len(scene.place.lines()) == 2)


def test_cancelling_in_the_dialog_leaves_nothing_waiting(scene: Scene, sandbox: Sandbox) -> None:
    dialog = asked(scene, sandbox, 1)
    scene.button("Hủy yêu cầu ký", dialog).click()
    scene.room.until(lambda: dialog.act.stage is Stage.PAUSED)
    dialog.reject()
    scene.room.until(lambda: scene.room.place.desk.store.awaited.all() == ())
    assert not scene.has("Chờ xác nhận")


def test_how_long_it_is_valid_in_words() -> None:
    now = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
    one = Awaited(id="00000000-0000-7000-8000-000000000001", service="SmartCA", certificate=b"", begun_at=now,
                  ends_at=now + timedelta(minutes=4))
    assert validity(one, now, troubled=False) == "còn 4 phút, đến 02:34"
    assert validity(one, now + timedelta(minutes=5), troubled=False) == "hết giờ, đang hỏi kết quả"
    assert "sẽ tự hỏi lại" in validity(one, now, troubled=True)
