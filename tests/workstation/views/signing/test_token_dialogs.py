"""The self-test's window and the two ways to another PIN, at the keyboard, on a token behind the shim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QMainWindow

from server.demo.tokens import make_home, make_token
from tests.p11shim.fixture import Shim
from tests.workstation.little_server import LittleServer
from tests.workstation.signing_room import Room
from tests.workstation.tokens import PIN, DoctorsToken
from tests.workstation.views.keyboard import press, write
from tests.workstation.views.signing.test_dialogs import texts
from workstation.config import Config
from workstation.models.machine import Fact
from workstation.models.pin_change import PinChangeModel, PinStage
from workstation.models.self_test import Bench, SelfTestModel, TrialStage
from workstation.signing.token import TokenSigner
from workstation.views.signing.pin_change import PinChangeDialog
from workstation.views.signing.self_test import SelfTestDialog

PUK, NEW = "20481024", "864209753"
STORE = Fact(state="good", title="Kho trên máy này: 1 người", detail="BS. Lê Thu Hà.")


@dataclass(frozen=True)
class Own:
    """A token of the test's own, whose PUK is known."""

    room: Room
    window: QMainWindow
    signer: TokenSigner
    config: Config

    def self_test(self, approved: frozenset[str] | None = None) -> SelfTestDialog:
        desk = self.room.desk
        model = SelfTestModel(Bench(desk.client, self.config, lambda: self.signer), desk.background, approved=approved)
        dialog = SelfTestDialog(model, STORE, self.window)
        model.setParent(dialog)
        dialog.show_over()
        self.room.until(lambda: model.stage is TrialStage.READY)
        return dialog

    def pin_change(self, *, by_puk: bool = False) -> PinChangeDialog:
        model = PinChangeModel(self.room.desk.background, lambda: self.signer, by_puk=by_puk)
        dialog = PinChangeDialog(model, self.window)
        model.setParent(dialog)
        dialog.show_over()
        self.room.until(lambda: dialog._model.stage in (PinStage.READY, PinStage.BLOCKED))
        return dialog


@pytest.fixture
def own(room: Room, window: QMainWindow, shimmed: Config, doctors_token: DoctorsToken, p11shim: Shim, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    home = make_home(tmp_path / "own")
    make_token(home, "Le Thu Ha", PIN, doctors_token.issued, so_pin=PUK)
    signer = TokenSigner([p11shim.module], env={**p11shim.env, **home.env})
    yield Own(room, window, signer, shimmed)
    signer.close()


def changed(own: Own, dialog: PinChangeDialog, first: str, new: str, again: str = "") -> None:
    for field, text in ((dialog.first, first), (dialog.new, new), (dialog.again, again or new)):
        write(field, text)
    press(dialog.again, Qt.Key.Key_Return)
    own.room.until(lambda: dialog._model.stage is not PinStage.WORKING)


def test_the_self_test_answers_in_plain_words_and_signs_once(own: Own, p11shim: Shim, doctors_token: DoctorsToken,
                                                             ) -> None:
    dialog = own.self_test(frozenset({doctors_token.issued.serial}))
    own.room.until(lambda: "Ký thử có được?" in texts(dialog))
    said = texts(dialog)
    for question in ("Máy chủ có trả lời?", "Đồng hồ đúng giờ máy chủ?", "Có trình điều khiển token chạy được?",
                     "Mã PIN của token còn dùng được?", "Ký thử có được?", "Kho trên máy này: 1 người"):
        assert question in said
    assert "Chưa thử, vì chưa nhập mã PIN." in said
    write(dialog.pin, PIN)
    press(dialog.pin, Qt.Key.Key_Return)
    own.room.until(lambda: "Ký chuỗi ngẫu nhiên trong" in texts(dialog))
    assert dialog._model.report is not None
    assert {one.answer for one in dialog._model.report.questions} == {"yes"}
    assert p11shim.calls("C_Login") == p11shim.calls("C_Sign") == 1


@pytest.mark.parametrize("name", ["report.txt", "report.json"])
def test_the_report_is_saved_without_pin_or_patient(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                    little: LittleServer, name: str) -> None:
    dialog = own.self_test()
    write(dialog.pin, PIN)
    press(dialog.pin, Qt.Key.Key_Return)
    own.room.until(lambda: dialog._model.report is not None and dialog._model.report.trial.verified)
    target = tmp_path / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    dialog.choose_file()
    own.room.until(target.exists)
    own.room.until(lambda: "Đã lưu báo cáo" in texts(dialog))
    text = target.read_text("utf-8")
    assert "SHA256_RSA_PKCS" in text
    assert PIN not in text
    assert own.room.chart.patient.full_name not in text


def test_a_report_that_cannot_be_written_is_said(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = own.self_test()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "report.txt"), ""))
    dialog.choose_file()
    own.room.until(lambda: "Không ghi được tệp báo cáo" in texts(dialog))


def test_a_wrong_pin_in_the_self_test_is_asked_again_and_leaving_cancels(own: Own, p11shim: Shim) -> None:
    dialog = own.self_test()
    write(dialog.pin, "11111111")
    press(dialog.pin, Qt.Key.Key_Return)
    own.room.until(lambda: dialog._model.stage is TrialStage.ASKING)
    assert "Mã PIN không đúng." in texts(dialog)
    dialog.reject()
    own.self_test().reject()  # the lane is free again
    assert p11shim.calls("C_Login") == 1


def test_a_pin_is_changed_at_the_keyboard(own: Own) -> None:
    dialog = own.pin_change()
    assert "Từ 4 đến 255 ký tự" in texts(dialog)
    changed(own, dialog, PIN, NEW)
    assert "Đã xong" in texts(dialog)
    assert dialog.first.text() == dialog.new.text() == dialog.again.text() == ""
    dialog.accept()
    again = own.pin_change()
    changed(own, again, PIN, "13579135")
    assert "Mã PIN không đúng." in texts(again)


def test_two_new_pins_that_differ_never_reach_the_token(own: Own, p11shim: Shim) -> None:
    dialog = own.pin_change()
    changed(own, dialog, PIN, NEW, "864209754")
    assert "không giống nhau" in texts(dialog)
    assert p11shim.calls("C_SetPIN") == 0


def test_a_token_that_allows_no_change_says_who_can(own: Own, p11shim: Shim) -> None:
    dialog = own.pin_change()
    p11shim.says("C_SetPIN CKR_FUNCTION_NOT_SUPPORTED")
    changed(own, dialog, PIN, NEW)
    assert "không cho chương trình khác đổi mã PIN" in texts(dialog)


def test_a_locked_token_points_to_the_puk_and_opens_by_it(own: Own, p11shim: Shim) -> None:
    p11shim.says("flags locked")
    dialog = own.pin_change()
    assert "đã bị khóa" in texts(dialog)
    assert not dialog.first.isEnabled()
    dialog.reject()
    unblock = own.pin_change(by_puk=True)
    p11shim.clear()
    changed(own, unblock, PUK, NEW)
    assert "Đã xong" in texts(unblock)


def test_the_last_try_of_the_puk_needs_the_persons_word(own: Own, p11shim: Shim) -> None:
    p11shim.says("flags so_final")
    dialog = own.pin_change(by_puk=True)
    changed(own, dialog, PUK, NEW)
    assert p11shim.calls("C_Login") == 0
    press(dialog.last_try, Qt.Key.Key_Space)
    press(dialog.again, Qt.Key.Key_Return)
    own.room.until(lambda: dialog._model.stage is PinStage.DONE)


def test_a_token_with_keys_of_its_own_is_tried_without_a_pin_here(own: Own, p11shim: Shim) -> None:
    p11shim.says(f"pinpad {PIN}")
    dialog = own.self_test()
    assert not dialog.pin.isVisible()
    assert "Mã PIN nhập trên token" in texts(dialog)
    dialog.try_it.click()
    own.room.until(lambda: dialog._model.report is not None and dialog._model.report.trial.verified)
    dialog.reject()
    change = own.pin_change()
    assert "được nhập trên chính token" in texts(change)
    assert not change.first.isEnabled()
