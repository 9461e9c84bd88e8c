"""What an input method composes is never cut short: Telex and VNI as preedit events, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QFocusEvent, QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from tests.workstation.views.keyboard import CTRL, press, to_the_front
from workstation.views.actions import ActionSet, Place
from workstation.views.widgets.fields import LineField, TextField

Field = LineField | TextField
TELEX = ("t", "ti", "tie", "tiê", "tiên", "tiêng", "tiếng")
"""What the window of the word looks like while t i e e n g s is typed."""
VNI = ("V", "Vi", "Vie", "Viê", "Việ", "Việt")


@pytest.fixture(params=[LineField, TextField])
def field(request: pytest.FixtureRequest, dressed: QApplication, qtbot: QtBot) -> Iterator[Field]:
    window = QMainWindow()
    qtbot.addWidget(window)
    made: Field = request.param("Diễn biến")
    window.setCentralWidget(made)
    window.show()
    to_the_front(qtbot, window)
    made.setFocus()
    yield made
    window.close()


def text_of(field: Field) -> str:
    return field.text() if isinstance(field, LineField) else field.toPlainText()


def window_of(field: Field) -> QMainWindow:
    window = field.window()
    assert isinstance(window, QMainWindow)
    return window


def compose(field: Field, *steps: str) -> None:
    for step in steps:
        QCoreApplication.sendEvent(field, QInputMethodEvent(step, []))


def commit(field: Field, word: str) -> None:
    event = QInputMethodEvent()
    event.setCommitString(word)
    QCoreApplication.sendEvent(field, event)


@pytest.mark.parametrize(("steps", "word"), [(TELEX, "tiếng"), (VNI, "Việt")])
def test_a_composed_word_arrives_whole(field: Field, steps: tuple[str, ...], word: str) -> None:
    compose(field, *steps)
    assert text_of(field) == ""
    assert field.composing
    commit(field, word)
    assert text_of(field) == word
    assert not field.composing


@pytest.mark.parametrize("key", [Qt.Key.Key_F9, Qt.Key.Key_F4, Qt.Key.Key_Escape])
def test_no_shortcut_fires_while_a_syllable_is_composed(field: Field, qtbot: QtBot, key: Qt.Key) -> None:
    actions = ActionSet(window_of(field))
    done: list[str] = []
    for action in ("chart.sign", "chart.context", "back"):
        actions.bind(action, partial(done.append, action))
    actions.enter(Place.CHART)
    compose(field, *TELEX[:5])
    press(field, key)
    assert done == []
    commit(field, "tiên")
    assert text_of(field) == "tiên"
    press(field, key)
    assert len(done) == 1


def test_ctrl_shortcuts_wait_for_the_end_of_the_syllable_too(field: Field, qtbot: QtBot) -> None:
    actions, done = ActionSet(window_of(field)), []
    actions.bind("palette", lambda: done.append("palette"))
    actions.enter(Place.CHART)
    compose(field, "ph", "phô")
    press(field, Qt.Key.Key_K, CTRL)
    assert done == []
    commit(field, "phổi")
    press(field, Qt.Key.Key_K, CTRL)
    assert done == ["palette"]


def test_taking_back_all_letters_ends_the_composition(field: Field) -> None:
    compose(field, "h", "ho", "h", "")
    assert not field.composing
    assert text_of(field) == ""


def test_an_input_method_that_replaces_letters_already_there_is_obeyed(field: Field) -> None:
    # Unikey and ibus without preedit: the word stands in the field and its end is replaced as the tone is typed.
    commit(field, "tieng")
    event = QInputMethodEvent()
    event.setCommitString("iếng", -4, 4)
    QCoreApplication.sendEvent(field, event)
    assert text_of(field) == "tiếng"


def test_two_fields_do_not_mix_their_compositions(field: Field, qtbot: QtBot) -> None:
    compose(field, "đ", "đơ")
    QCoreApplication.sendEvent(field, QFocusEvent(QFocusEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert not field.composing


def test_tab_leaves_a_field_of_several_lines(dressed: QApplication, qtbot: QtBot) -> None:
    field = TextField("Diễn biến")
    qtbot.addWidget(field)
    assert field.tabChangesFocus()


def test_a_field_grows_with_its_text_between_its_two_heights(dressed: QApplication, qtbot: QtBot) -> None:
    field = TextField("Diễn biến", lines=2, most_lines=4)
    qtbot.addWidget(field)
    field.resize(300, 50)
    field.show()
    low = field.height()
    field.setPlainText("\n".join(["Đỡ khó thở."] * 3))
    middle = field.height()
    field.setPlainText("\n".join(["Đỡ khó thở."] * 30))
    assert low < middle < field.height()
    assert field.height() < 6 * field.fontMetrics().lineSpacing()


def test_the_reason_of_a_refused_value_is_read_aloud(dressed: QApplication, qtbot: QtBot) -> None:
    field = LineField("Huyết áp", "38/120")
    qtbot.addWidget(field)
    field.set_tone("critical", "Số dưới phải nhỏ hơn số trên")
    assert field.accessibleDescription() == "Số dưới phải nhỏ hơn số trên"
    field.set_tone("")
    assert field.accessibleDescription() == ""
