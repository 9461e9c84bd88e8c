"""A doctor registers the certificate that lies at a service, with her phone; a second person of the office approves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from scripts.demo_theatre import KEYS
from tests.journeys.phones import Room, Server, at_her_pc, choose, draft_tasks, sandbox, server, states
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import OTP, PIN
from tests.server.house import issued
from tests.server.remote import conduct
from tests.workstation.views.signing.test_dialogs import texts
from workstation.models.enrolment import CertificatesModel, EnrolmentModel, EnrolStage
from workstation.models.signing import LineState, Stage
from workstation.signing.base import Identity, Pin
from workstation.views.signing.enrolment import CertificatesDialog, EnrolDialog

__all__ = ["sandbox", "server"]
PICTURES = os.environ.get("BENHAN_PICTURES", "")


def picture(widget: QWidget, name: str) -> None:
    if PICTURES:
        widget.grab().save(str(Path(PICTURES) / f"{name}.png"))


@pytest.fixture
def room(server: Server, tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    """Dr Sơn, whose certificates at the services nobody has approved."""
    made = Room(*at_her_pc(server.house, tmp_path / "pc", qtbot, "son"), qtbot, server, tmp_path / "pc")
    yield made
    made.close()


@pytest.fixture
def dialog(room: Room, window: QMainWindow) -> EnrolDialog:
    """«Đăng ký chứng thư của tôi», with what the services offer."""
    window.resize(1366, 768)
    made = EnrolDialog(EnrolmentModel(room.model), window)
    made.show_over()
    room.until(lambda: model_of(made).stage is EnrolStage.READY)
    return made


def model_of(dialog: EnrolDialog) -> EnrolmentModel:
    return dialog._model


def at(dialog: EnrolDialog, kind: str) -> Identity:
    """The certificate at that service, chosen from the list."""
    identities = model_of(dialog).identities
    number = next(place for place, one in enumerate(identities) if one.module == f"remote:{kind}")
    dialog.certificate.choice.setCurrentIndex(number)
    dialog.certificate.choice.activated.emit(number)
    return identities[number]


def listed(room: Room, window: QMainWindow) -> CertificatesDialog:
    made = CertificatesDialog(CertificatesModel(room.model), window, title="Duyệt chứng thư đăng ký")
    made.show_over()
    room.until(lambda: "Nguyễn Văn Sơn" in texts(made))
    return made


def button(dialog: QWidget, words: str) -> QAbstractButton | None:
    return next((one for one in dialog.findChildren(QAbstractButton) if one.text() == words and one.isVisible()), None)


def test_a_tap_registers_it_the_office_approves_and_then_it_signs(
    room: Room, dialog: EnrolDialog, server: Server, sandbox: Sandbox, window: QMainWindow, tmp_path: Path,
    qtbot: QtBot,
) -> None:
    chosen = at(dialog, "smartca")
    assert chosen.certificate == issued("son").der
    assert dialog.certificate.icon.name == "device-mobile", "the key is not in this PC's USB port"
    assert "hỏi bạn trên điện thoại" in texts(dialog)
    assert "Xác nhận trên điện thoại" in texts(dialog)
    picture(dialog, "enrol-phone")
    conduct(sandbox, "smartca").phone = "silent"
    assert dialog.focusWidget() is dialog.verb
    KEYS.keyClick(dialog.verb, Qt.Key.Key_Return)
    room.until(lambda: len(sandbox.calls("smartca", "/status")) > 0)
    assert "Hãy mở ứng dụng ký số" in texts(dialog)
    picture(dialog, "enrol-waiting")
    conduct(sandbox, "smartca").phone = "approve"
    room.until(lambda: model_of(dialog).stage is EnrolStage.DONE)
    assert "Chờ phòng Kế hoạch - Nghiệp vụ hoặc CNTT duyệt" in texts(dialog)
    picture(dialog, "enrol-done")
    dialog.accept()

    # Pending: he cannot sign with it, and cannot approve it himself.
    act = room.model.begin(draft_tasks(qtbot, room.place, 1))
    room.until(lambda: act.stage is Stage.BLOCKED)
    assert act.refusal is not None
    assert [reason.code for reason in act.refusal.reasons] == ["certificate_pending"]
    assert button(listed(room, window), "Duyệt") is None

    office = Room(*at_her_pc(server.house, tmp_path / "office", qtbot, "lan"), qtbot, server, tmp_path / "office")
    other = QMainWindow()
    qtbot.addWidget(other)
    other.resize(1366, 768)
    other.show()
    try:
        work = listed(office, other)
        approve = button(work, "Duyệt")
        assert approve is not None
        picture(work, "enrol-approve")
        approve.click()
        office.until(lambda: "Đã duyệt" in [view_state(one) for one in work._model.views])
        work.reject()
    finally:
        office.close()

    act.look()
    room.until(lambda: act.stage is Stage.READY)
    choose(act, "smartca")
    act.sign(Pin(""))
    room.until(lambda: states(act) == [LineState.RECEIVED])


def view_state(view: object) -> str:
    return {"approved": "Đã duyệt"}.get(getattr(view, "state", ""), "")


def test_closing_the_dialog_while_the_phone_rings_registers_nothing(
    room: Room, dialog: EnrolDialog, sandbox: Sandbox,
) -> None:
    at(dialog, "mysign")
    conduct(sandbox, "mysign").phone = "silent"
    dialog.enrol()
    room.until(lambda: len(sandbox.calls("mysign", "/requests/status")) > 0)
    model = model_of(dialog)
    dialog.reject()
    room.until(lambda: model.stage is EnrolStage.READY)
    conduct(sandbox, "mysign").phone = "approve"
    assert room.place.desk.client.certificates() == ()


@pytest.mark.parametrize(("phone", "words"), [("refuse", "từ chối trên điện thoại"), ("late", "hết thời gian chờ")])
def test_what_goes_wrong_on_the_phone_is_said_and_can_be_tried_again(
    room: Room, dialog: EnrolDialog, sandbox: Sandbox, phone: str, words: str,
) -> None:
    at(dialog, "smartca")
    conduct(sandbox, "smartca").phone = phone
    dialog.enrol()
    room.until(lambda: words in texts(dialog))
    assert room.place.desk.client.certificates() == ()
    conduct(sandbox, "smartca").phone = "approve"
    dialog.enrol()
    room.until(lambda: model_of(dialog).stage is EnrolStage.DONE)


def test_a_service_of_codes_asks_for_pin_and_one_time_code(room: Room, dialog: EnrolDialog, sandbox: Sandbox) -> None:
    at(dialog, "csc1")
    assert "mã PIN và mã OTP" in texts(dialog)
    dialog.pin.setText(PIN)
    dialog.enrol()
    room.until(lambda: model_of(dialog).stage is EnrolStage.ASKING)
    dialog.pin.setText(OTP)
    dialog.enrol()
    room.until(lambda: model_of(dialog).stage is EnrolStage.DONE)
    assert [view.state for view in room.place.desk.client.certificates()] == ["pending"]
