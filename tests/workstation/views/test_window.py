"""Sign in, work, lock, change person: by keyboard alone, and with every refusal said in Vietnamese."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from records.errors import Cancelled, Refusal
from tests.workstation.models.test_delegations import delegation
from tests.workstation.views.hospital import PASSWORD, Hospital
from tests.workstation.views.keyboard import ALT, CTRL, press, write
from workstation.app import Program
from workstation.collecting import Collector
from workstation.models.delegations import DelegationsModel
from workstation.models.session import Phase
from workstation.views import style
from workstation.views.actions import Place
from workstation.views.prompts import Dialog, Question, Told
from workstation.views.sign_in import DemoAccount, DemoPanel, read_demo_accounts
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.text import KeyCap
from workstation.views.work import WorkPage


def dialogs(program: Program) -> list[Dialog]:
    return [dialog for dialog in program.window.findChildren(Dialog) if dialog.isVisible()]


def unnamed(root: QWidget) -> list[str]:
    """Controls that a screen reader could not name."""
    return [
        f"{type(control).__name__} {control.objectName()}"
        for control in root.findChildren(QWidget)
        if isinstance(control, QAbstractButton | QLineEdit | QAbstractItemView)
        and not control.objectName().startswith("qt_")
        and control.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not (control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()))
    ]


def test_a_person_signs_in_with_the_keyboard_alone(program: Program, qtbot: QtBot) -> None:
    name = program.window.focusWidget()
    assert name is program.window.sign_in.password_form.name
    write(name, "ha.lethu")
    press(name, Qt.Key.Key_Return)
    password = program.window.focusWidget()
    assert password is program.window.sign_in.password_form.password
    write(password, PASSWORD)
    press(password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: program.window.work is not None, timeout=20_000)
    assert program.window.windowTitle() == "Khoa Nội tổng hợp — Bệnh Án"


def test_cycles_are_collected_by_the_windows_thread_alone(program: Program) -> None:
    assert not gc.isenabled()
    assert program.findChild(Collector) is not None


def test_the_sign_in_window_says_whether_this_pc_can_work_and_sign(program: Program, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: program.machine.token.state != "asking", timeout=10_000)
    assert program.machine.server.title == "Máy chủ: kết nối tốt"
    assert program.machine.clock.title == "Đồng hồ đúng giờ máy chủ"
    assert program.machine.token.title == "Token: chưa cắm"


def test_a_wrong_password_is_refused_in_words_and_the_name_stays(program: Program, qtbot: QtBot) -> None:
    form = program.window.sign_in.password_form
    form.name.setText("ha.lethu")
    form.password.setText("sai-mat-khau")
    press(form.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(form.says.text()), timeout=20_000)
    assert "Mật khẩu không đúng" in form.says.text()
    assert (form.name.text(), form.password.text()) == ("ha.lethu", "")
    assert program.window.focusWidget() is form.password


def test_the_password_is_hidden_until_asked_for(program: Program, qtbot: QtBot) -> None:
    form = program.window.sign_in.password_form
    assert form.password.echoMode() is QLineEdit.EchoMode.Password
    press(form.password, Qt.Key.Key_H, ALT)
    assert form.password.echoMode() is QLineEdit.EchoMode.Normal


def test_the_demo_offers_its_people_by_a_click(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    account = '{"username": "a", "password": "b", "full_name": "Lê Thu Hà", "title": "BS.", "pin": "1"}'
    file.write_text(f"[{account}]", "utf-8")
    assert [account.full_name for account in read_demo_accounts(file)] == ["Lê Thu Hà"]
    assert read_demo_accounts(tmp_path / "none.json") == ()


def test_a_demo_of_many_people_offers_a_few_by_a_click_and_the_others_by_a_list(
        dressed: QApplication, qtbot: QtBot) -> None:
    people = [DemoAccount(f"n{number}", "x", f"Người {number}", "BS.", "Bác sĩ") for number in range(17)]
    taken: list[DemoAccount] = []
    panel = DemoPanel(people, taken.append)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.sizeHint().height() < 90
    panel.findChildren(KeyButton)[1].click()
    panel.others.setCurrentIndex(14)
    panel.others.activated.emit(14)
    assert taken == [people[1], people[16]]


def test_one_key_hides_every_patient_and_the_password_opens_again(
        program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    window = program.window
    press(window.focusWidget(), Qt.Key.Key_L, CTRL)
    assert program.session.phase is Phase.LOCKED
    assert not at_work.isVisible()
    assert window.windowTitle() == "Đang khóa — Bệnh Án"
    assert window.lock is not None
    press(window.lock.password, Qt.Key.Key_K, CTRL)
    assert window.palette_ is not None
    assert not window.palette_.isVisible()
    write(window.lock.password, PASSWORD)
    press(window.lock.password, Qt.Key.Key_Return)
    qtbot.waitUntil(at_work.isVisible, timeout=20_000)


def test_a_wrong_password_does_not_open_the_locked_screen(program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    program.session.lock()
    lock = program.window.lock
    assert lock is not None
    write(lock.password, "sai-mat-khau")
    press(lock.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(lock.says.text()), timeout=20_000)
    assert not at_work.isVisible()


def test_another_person_finds_nothing_of_the_one_before(program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    program.window.actions_.trigger("change_person")
    assert program.window.sign_in.isVisible()
    assert program.window.work is None
    assert program.desk is None
    assert not program.window.actions_.bound("palette")
    assert program.window.windowTitle() == "Đăng nhập — Bệnh Án"


def test_news_that_come_while_somebody_signs_out_find_nobody_to_tell(
        program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    assert program.desk is not None
    sync, account = program.desk.sync, program.desk.account
    given = sync.findChild(DelegationsModel)
    assert given is not None
    program.window.actions_.trigger("change_person")
    sip.delete(at_work)  # as Qt does a moment later; what had told it goes after it
    sync.status_changed.emit(sync.status)  # an error in a slot fails the test
    given.mine_changed.emit(given.mine)
    given.account_changed.emit(account)


def test_without_the_server_the_window_says_since_when_and_goes_on(
        program: Program, at_work: WorkPage, hospital: Hospital, qtbot: QtBot) -> None:
    assert not at_work.offline.isVisible()
    hospital.close()
    press(program.window.focusWidget(), Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(at_work.offline.isVisible, timeout=20_000)
    assert at_work.offline.accessibleName().startswith("Mất kết nối với máy chủ từ ")
    assert at_work.place(Place.WARD) is not None


def test_night_and_day_change_by_one_key_and_keep_every_place(
        program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    press(program.window.focusWidget(), Qt.Key.Key_F11, CTRL)
    assert style.theme() == "night"
    assert at_work.open_place is Place.WARD
    press(program.window.focusWidget(), Qt.Key.Key_F11, CTRL)
    assert style.theme() == "day"


def test_the_whole_window_needs_no_more_than_the_smallest_screen(program: Program, at_work: WorkPage) -> None:
    needed = at_work.minimumSizeHint()
    assert needed.width() <= 1366
    assert needed.height() <= 700


def test_every_control_has_a_name_for_screen_readers(program: Program, at_work: WorkPage) -> None:
    assert unnamed(program.window) == []


def test_help_lists_the_keys_that_work_here(program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    press(program.window.focusWidget(), Qt.Key.Key_F1)
    (dialog,) = dialogs(program)
    keys = {cap.key for cap in dialog.findChildren(KeyCap)}
    assert {"F1", "Ctrl+K", "Ctrl+L", "1", "F8"} <= keys
    assert "F9" not in keys
    dialog.reject()


def test_the_self_test_says_all_that_it_promises(program: Program, at_work: WorkPage, qtbot: QtBot) -> None:
    press(program.window.focusWidget(), Qt.Key.Key_F12)
    (dialog,) = dialogs(program)

    def said() -> str:
        return "\n".join(words.text() for words in dialog.findChildren(QLabel))

    promised = ("Máy chủ có trả lời?", "token", "Đồng hồ", "Ký thử", "Kho trên máy này: 1 người")
    qtbot.waitUntil(lambda: all(words in said() for words in promised), timeout=20_000)
    dialog.reject()


def test_a_dialog_is_as_high_as_its_lines(program: Program, at_work: WorkPage) -> None:
    Question("Bỏ bản nháp này?", "Bản nháp lúc 03:10 sẽ không còn.", "Bỏ nháp", program.window,
             on_yes=lambda: None).show_over()
    (dialog,) = dialogs(program)
    layout = dialog.layout()
    assert layout is not None
    assert dialog.height() == layout.totalHeightForWidth(dialog.width())
    dialog.reject()


def test_dialogs_do_not_stack(program: Program, at_work: WorkPage) -> None:
    program.window.tell(Refusal.because("program_bug", "một"))
    program.window.tell(Refusal.because("program_bug", "hai"))
    assert len(dialogs(program)) == 1
    dialogs(program)[0].reject()


def test_a_bug_is_said_in_vietnamese_and_logged_and_shows_no_traceback(
        program: Program, at_work: WorkPage, caplog: pytest.LogCaptureFixture) -> None:
    error = ZeroDivisionError("division by zero")
    with caplog.at_level(logging.CRITICAL):
        program.handle(ZeroDivisionError, error, None)
    (dialog,) = dialogs(program)
    assert isinstance(dialog, Told)
    said = " ".join(child.accessibleName() for child in dialog.findChildren(QWidget))
    assert "nháp của bạn vẫn còn nguyên" in said
    assert "division" not in said
    assert "ZeroDivisionError" in caplog.text
    dialog.reject()


def test_what_a_person_cancelled_is_met_with_silence(program: Program, at_work: WorkPage) -> None:
    program.handle(Cancelled, Cancelled(), None)
    assert dialogs(program) == []


def test_tab_walks_through_the_sign_in_window_and_comes_back(program: Program, qtbot: QtBot) -> None:
    form = program.window.sign_in.password_form
    seen: list[QWidget | None] = []
    for _ in range(12):
        here = QApplication.focusWidget()
        if here in seen:
            break
        seen.append(here)
        assert here is not None
        press(here, Qt.Key.Key_Tab)
    assert {form.name, form.password, form.enter} <= set(seen)
    assert QApplication.focusWidget() in seen


def test_the_top_bar_says_in_whose_place_one_signs_and_opens_what_is_ones_own(
    program: Program, at_work: WorkPage,
) -> None:
    person = at_work.top_bar.person
    assert person.where.text() == "Khoa Nội tổng hợp"
    at_work.show_delegations((delegation(),))
    assert person.where.text() == "Khoa Nội tổng hợp · ký TUQ. Giám đốc"
    assert "Hoàng Minh Tuấn" in person.toolTip()
    acts = [act.text().split("\t")[0] for act in at_work.show_menu().actions()]
    assert "Khóa màn hình" in acts
    assert "Token và chứng thư của tôi" in acts
    assert not any(act.startswith("Ủy quyền") for act in acts), "she neither gives nor holds one"
    assert "Ủy quyền ký thay: lập, xem, thu hồi" not in [act.title for act in program.window.actions_.acts()]
