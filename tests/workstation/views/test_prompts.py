"""Dialogs name their patient, put the verb on the button, and never lose what was typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.errors import Reason, Refusal, Trouble
from tests.workstation.views.hospital import patient
from tests.workstation.views.keyboard import CTRL, press, to_the_front, write
from workstation.views.prompts import AskSecret, AskText, Dialog, Question, Told
from workstation.views.widgets.buttons import KeyButton, PrimaryButton


@pytest.fixture
def window(dressed: QApplication, qtbot: QtBot) -> Iterator[QMainWindow]:
    made = QMainWindow()
    made.resize(1366, 700)
    qtbot.addWidget(made)
    made.show()
    to_the_front(qtbot, made)
    yield made
    made.close()


def shown(dialog: Dialog) -> str:
    return " ".join(words.text() for words in dialog.findChildren(QLabel))


def test_a_question_names_the_patient_and_its_verb(window: QMainWindow) -> None:
    done: list[bool] = []
    dialog = Question("Bỏ bản nháp này?", "Bản nháp lúc 03:10 sẽ không còn.", "Bỏ nháp", window,
                      on_yes=lambda: done.append(True), patient=patient(12), detail="Giường 13")
    dialog.show_over()
    assert "MAI XUÂN PHÚC" in shown(dialog)
    verbs = {button.text() for button in dialog.findChildren(KeyButton)}
    assert verbs == {"Bỏ nháp", "Thôi"}
    assert not verbs & {"OK", "Cancel", "Có", "Không"}
    press(dialog.focusWidget(), Qt.Key.Key_Return)
    assert done == [True]


def test_escape_does_nothing_and_says_nothing(window: QMainWindow) -> None:
    dialog = Question("Bỏ bản nháp này?", "…", "Bỏ nháp", window, on_yes=lambda: pytest.fail("it was done"))
    dialog.show_over()
    press(dialog.focusWidget(), Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_reason_must_not_be_empty(window: QMainWindow) -> None:
    given: list[str] = []
    dialog = AskText("Đính chính", "Lý do đính chính", "Bắt đầu đính chính", window, on_text=given.append)
    dialog.show_over()
    press(dialog.field, Qt.Key.Key_Return, CTRL)
    assert dialog.isVisible()
    assert dialog.field.accessibleDescription() == "Ô này cần có chữ."
    write(dialog.field, "ghi nham ben")
    press(dialog.field, Qt.Key.Key_Return, CTRL)
    assert given == ["ghi nham ben"]


def test_enter_in_a_text_of_several_lines_is_a_new_line(window: QMainWindow) -> None:
    dialog = AskText("Đính chính", "Lý do", "Bắt đầu", window, on_text=lambda _text: pytest.fail("it was taken"))
    dialog.show_over()
    write(dialog.field, "a")
    press(dialog.field, Qt.Key.Key_Return)
    assert dialog.field.toPlainText() == "a\n"
    dialog.reject()


def test_a_password_is_handed_on_and_not_kept(window: QMainWindow) -> None:
    given: list[str] = []
    dialog = AskSecret("Phiên làm việc đã hết", "Mật khẩu", "Đăng nhập lại", window, on_text=given.append)
    dialog.show_over()
    write(dialog.field, "mua-thu")
    press(dialog.field, Qt.Key.Key_Return)
    assert given == ["mua-thu"]
    assert dialog.field.text() == ""


@pytest.mark.parametrize("kind", [Refusal, Trouble])
def test_a_refusal_is_told_with_what_to_do(window: QMainWindow, kind: type[Refusal]) -> None:
    reason = Reason("program_bug", "x")
    dialog = Told("Chưa làm được", kind(reason), window)
    dialog.show_over()
    assert reason.vietnamese in shown(dialog)
    assert reason.todo in shown(dialog)
    assert isinstance(dialog.focusWidget(), PrimaryButton)
    dialog.reject()


def test_a_second_dialog_does_not_stand_on_the_first(window: QMainWindow) -> None:
    first = Question("Một?", "…", "Làm", window, on_yes=lambda: None)
    first.show_over()
    second = Question("Hai?", "…", "Làm", window, on_yes=lambda: None)
    second.show_over()
    assert first.isVisible()
    assert not second.isVisible()
    first.reject()


def test_dialogs_open_at_one_place_inside_their_window(window: QMainWindow) -> None:
    places = []
    for title in ("Một?", "Hai?"):
        dialog = Question(title, "…", "Làm", window, on_yes=lambda: None)
        dialog.show_over()
        places.append(dialog.pos())
        assert window.geometry().contains(dialog.geometry().center())
        dialog.reject()
    assert places[0] == places[1]


def test_no_dialog_is_larger_than_its_screen(window: QMainWindow) -> None:
    """At 125 % a ward's screen of 1366×768 has 1093×614 points; verbs below its edge nobody can press."""
    window.resize(700, 500)
    wide = Dialog("Ký nhiều văn bản", window, width=1178)
    wide.setFixedHeight(940)
    done = PrimaryButton("Ký", "Enter", on_click=wide.accept)
    wide.verbs(done)
    wide.show_over()
    screen = window.screen()
    assert screen is not None
    assert screen.availableGeometry().united(window.geometry()).contains(wide.geometry())
    assert wide.rect().contains(done.mapTo(wide, done.rect().bottomRight()))
    wide.close()
