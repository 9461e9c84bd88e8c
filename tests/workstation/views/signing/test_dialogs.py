"""Signing at the keyboard: one document, a stack, a wrong PIN, a token pulled, and what the dialog says meanwhile."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow, QWidget

from tests.p11shim.fixture import Shim
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import draft
from tests.workstation.signing_room import Room
from tests.workstation.tokens import PIN, DoctorsToken
from tests.workstation.views.keyboard import press, write
from workstation.models.signing import LineState, Stage
from workstation.views.signing.dialogs import SignDialog, StackDialog


def texts(widget: QWidget) -> str:
    """Everything that is written and seen on it."""
    from PyQt6.QtWidgets import QLabel

    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def one(room: Room, window: QMainWindow) -> SignDialog:
    dialog = SignDialog(room.begin(), window)
    dialog.show_over()
    room.until(dialog.bar.pin.isVisible)
    return dialog


def stack(room: Room, window: QMainWindow, count: int = 4) -> StackDialog:
    dialog = StackDialog(room.begin(count), window)
    dialog.show_over()
    room.until(dialog.bar.pin.isVisible)
    return dialog


def test_one_document_is_signed_by_its_pin_and_enter(room: Room, window: QMainWindow, little: LittleServer) -> None:
    dialog = one(room, window)
    assert "Nguyễn Văn Bình".upper() in texts(dialog)
    assert "LÊ THU HÀ" in texts(dialog)
    accepted: list[int] = []
    dialog.finished.connect(accepted.append)
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    assert dialog.bar.pin.text() == ""
    room.until(lambda: len(little.signed) == 1)
    room.until(lambda: accepted == [1])


def test_a_wrong_pin_is_said_in_words_and_the_field_is_empty_again(room: Room, window: QMainWindow) -> None:
    dialog = one(room, window)
    write(dialog.bar.pin, "11111111")
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: dialog.act.stage is Stage.ASKING)
    assert "Mã PIN không đúng." in texts(dialog)
    assert dialog.bar.pin.text() == ""
    assert dialog.bar.pin.isVisible()
    press(dialog, Qt.Key.Key_Escape)
    room.until(lambda: dialog.act.stage is Stage.PAUSED)
    assert room.waiting() == 0


def test_the_pin_is_nowhere_to_be_read(room: Room, window: QMainWindow) -> None:
    dialog = one(room, window)
    write(dialog.bar.pin, PIN)
    assert dialog.bar.pin.displayText() != PIN
    pin = dialog.bar.pin.take()
    assert PIN not in repr(pin)
    dialog.bar.pin.undo()
    assert dialog.bar.pin.text() == ""


def test_enter_without_a_pin_signs_nothing(room: Room, window: QMainWindow, p11shim: Shim) -> None:
    dialog = one(room, window)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    assert dialog.act.stage is Stage.READY
    assert p11shim.calls("C_Login") == 0


def test_a_stack_is_chosen_with_space_and_signed_with_enter(
    room: Room, window: QMainWindow, little: LittleServer,
) -> None:
    dialog = stack(room, window)
    assert "Ký 4 văn bản của 1 người bệnh" in texts(dialog)
    press(dialog.bar.pin, Qt.Key.Key_Down)
    press(dialog.bar.pin, Qt.Key.Key_Space)
    left_out = dialog.act.lines[1].task.entry
    assert "Ký 3 văn bản của 1 người bệnh" in texts(dialog)
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: len(little.signed) == 3)
    assert left_out not in {file.entry for file in little.signed}
    room.until(lambda: all(line.state is LineState.RECEIVED for line in dialog.act.chosen))
    assert "Đã ký 3 trong 3 văn bản" in texts(dialog)
    room.until(lambda: dialog.act.stage is Stage.DONE)
    assert dialog.bar.sign.text() == "Đóng"


def test_escape_stops_after_the_document_at_hand_and_the_dialog_stays(
    room: Room, window: QMainWindow, p11shim: Shim,
) -> None:
    dialog = stack(room, window, 6)
    p11shim.says("C_Sign delay 200")
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: len(dialog.act.done) == 1)
    press(dialog, Qt.Key.Key_Escape)
    room.until(lambda: dialog.act.stage is Stage.PAUSED)
    assert dialog.isVisible()
    assert dialog.act.left
    assert dialog.bar.sign.text().startswith("Ký tiếp")


def test_a_token_pulled_in_the_middle_is_explained_and_resumed(
    room: Room, window: QMainWindow, p11shim: Shim, little: LittleServer,
) -> None:
    dialog = stack(room, window, 5)
    p11shim.says("C_Sign CKR_DEVICE_REMOVED after 2")
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: dialog.act.stage is Stage.PAUSED)
    assert "Token bị rút ra" in texts(dialog)
    assert "Đã ký 2 trong 5 văn bản" in texts(dialog)
    assert dialog.bar.sign.text() == "Ký tiếp 3 văn bản"
    p11shim.clear()
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: len(little.signed) == 5)


@pytest.mark.parametrize(("say", "words"), [
    ("C_Login CKR_PIN_LOCKED", "Mã PIN của token đã bị khóa"),
    ("flags final", "Chỉ còn 1 lần nhập"),
    ("flags low", "số lần nhập còn lại có hạn"),
])
def test_what_the_token_says_stands_beside_the_pin(
    room: Room, window: QMainWindow, p11shim: Shim, say: str, words: str,
) -> None:
    p11shim.says(say)
    dialog = one(room, window)
    if words not in texts(dialog):
        write(dialog.bar.pin, PIN)
        press(dialog.bar.pin, Qt.Key.Key_Return)
        room.until(lambda: dialog.act.stage is Stage.PAUSED)
    assert words in texts(dialog)


def test_an_incomplete_draft_says_what_is_missing_and_cannot_be_signed(room: Room, window: QMainWindow) -> None:
    dialog = SignDialog(room.model.begin([room.task(draft(values={}))]), window)
    dialog.show_over()
    room.until(lambda: dialog.act.stage is Stage.READY)
    room.until(lambda: "Chưa ký được, bản ghi vẫn được giữ nguyên" in texts(dialog))
    assert not dialog.bar.sign.isEnabled()


def test_what_nobody_looked_at_is_left_out_until_it_is_shown(room: Room, window: QMainWindow) -> None:
    from dataclasses import replace

    tasks = [room.task(), replace(room.task(), seen=False)]
    dialog = StackDialog(room.model.begin(tasks), window)
    dialog.show_over()
    room.until(dialog.bar.pin.isVisible)
    assert [line.chosen for line in dialog.act.lines] == [True, False]
    press(dialog.bar.pin, Qt.Key.Key_Down)
    press(dialog.bar.pin, Qt.Key.Key_Space)
    assert [line.chosen for line in dialog.act.lines] == [True, False], "it stood there for no moment yet"
    room.until(lambda: dialog.act.lines[1].seen)
    press(dialog.bar.pin, Qt.Key.Key_Space)
    assert [line.chosen for line in dialog.act.lines] == [True, True]
    room.until(lambda: hospital.patient().full_name.upper() in texts(dialog))


def test_the_last_try_needs_the_persons_word(room: Room, window: QMainWindow, p11shim: Shim) -> None:
    p11shim.says("flags final")
    dialog = one(room, window)
    assert dialog.bar.last_try.isVisible()
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    assert dialog.bar.pin.text() == PIN
    assert not dialog.act.running
    assert p11shim.calls("C_Login") == 0
    press(dialog.bar.last_try, Qt.Key.Key_Space)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: p11shim.calls("C_Login") == 1)
    room.until(lambda: dialog.act.stage is Stage.DONE)


def test_a_renewed_certificate_is_offered_for_enrolment(
        room: Room, window: QMainWindow, little: LittleServer, doctors_token: DoctorsToken) -> None:
    little.certificates = [doctors_token.view().model_copy(update={"serial": "5EAF00D5"})]
    dialog = SignDialog(room.begin(), window)
    dialog.show_over()
    wanted: list[bool] = []
    dialog.enrol_wanted.connect(lambda: wanted.append(True))
    room.until(dialog.bar.enrol.isVisible)
    assert "5EAF00D5" in texts(dialog)
    assert doctors_token.issued.serial in texts(dialog)
    dialog.bar.enrol.click()
    assert wanted == [True]
    assert not dialog.isVisible()
