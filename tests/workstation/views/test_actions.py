"""Every action stands once in the table, has a key that nobody else wants, and does something."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tests.workstation.views.keyboard import press, to_the_front, write
from workstation.app import Program
from workstation.views.actions import ACTIONS, BY_ID, FORBIDDEN, NOT_NOW, Action, ActionSet, Place
from workstation.views.widgets.fields import LineField, TextField
from workstation.views.work import WorkPage

ROOT = Path(__file__).parents[3]
BOUND = [action for action in ACTIONS if action.key and not action.by_widget]


@pytest.fixture
def window(dressed: QApplication, qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    made.setCentralWidget(QWidget())
    made.show()
    to_the_front(qtbot, made)
    return made


def test_no_two_actions_share_a_name() -> None:
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize("place", list(Place))
def test_in_no_place_do_two_actions_want_the_same_key(place: Place) -> None:
    keys = Counter(action.key for action in BOUND if action.place in (place, Place.EVERYWHERE))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("action", BOUND, ids=lambda action: action.id)
def test_no_action_takes_a_key_of_the_input_methods_or_of_windows(action: Action) -> None:
    key = action.key
    assert not key.startswith(FORBIDDEN[0])
    assert key not in FORBIDDEN
    assert not QKeySequence(key).isEmpty()


def test_single_letters_are_bound_in_no_place_that_has_text_fields_of_its_own() -> None:
    letters = [action.id for action in BOUND if re.fullmatch(r"[A-Za-z]", action.key)]
    assert letters == []


def test_shortcuts_are_made_in_one_module_only() -> None:
    for file in (ROOT / "workstation").rglob("*.py"):
        if file.name != "actions.py":
            assert not re.search(r"QShortcut\(|QKeySequence\(|setShortcut\(", file.read_text("utf-8")), file.name


def test_every_action_names_what_it_does_in_vietnamese() -> None:
    for action in ACTIONS:
        assert action.text[0].isupper()
        assert not action.text.endswith((".", "!"))
        assert action.short == action.short.lower()


def test_an_action_that_nobody_answers_for_shows_nowhere(window: QMainWindow) -> None:
    actions = ActionSet(window)
    actions.enter(Place.WARD)
    assert actions.hints() == ()
    assert actions.acts() == ()
    assert not any(actions.qt_action(action.id).isEnabled() for action in ACTIONS)


def test_a_key_does_what_its_place_binds_and_rests_elsewhere(window: QMainWindow, qtbot: QtBot) -> None:
    actions, done = ActionSet(window), []
    actions.bind("chart.context", lambda: done.append("chart"))
    actions.bind("ward.waiting", lambda: done.append("ward"))
    actions.enter(Place.WARD)
    press(window.centralWidget(), Qt.Key.Key_F4)
    actions.enter(Place.CHART)
    press(window.centralWidget(), Qt.Key.Key_F4)
    assert done == ["ward", "chart"]


def test_an_action_that_may_not_be_done_says_why_when_its_key_is_pressed(window: QMainWindow, qtbot: QtBot) -> None:
    actions = ActionSet(window)
    actions.bind("chart.sign", lambda: pytest.fail("it was done"), lambda: "Còn thiếu chẩn đoán.")
    actions.enter(Place.CHART)
    with qtbot.waitSignal(actions.refused) as told:
        press(window.centralWidget(), Qt.Key.Key_F9)
    assert told.args == ["Còn thiếu chẩn đoán."]
    assert all(hint.key != "F9" for hint in actions.hints())


def test_an_unknown_action_cannot_be_bound(window: QMainWindow) -> None:
    with pytest.raises(KeyError):
        ActionSet(window).bind("chart.teleport", lambda: None)


@pytest.mark.parametrize("make", [LineField, TextField])
def test_digits_and_signs_typed_into_a_field_are_text_and_no_shortcut(
        window: QMainWindow, qtbot: QtBot, make: type[LineField | TextField]) -> None:
    actions = ActionSet(window)
    done: list[str] = []
    for action in ("ward.filter.occupied", "ward.filter.attention", "chart.filter"):
        actions.bind(action, partial(done.append, action))
    field = make("Ô thử")
    window.setCentralWidget(field)
    field.setFocus()
    for place in (Place.WARD, Place.CHART):
        actions.enter(place)
        write(field, "12/")
    text = field.text() if isinstance(field, LineField) else field.toPlainText()
    assert (text, done) == ("12/12/", [])


def test_every_action_of_the_window_and_of_the_ward_has_an_answer(program: Program, at_work: WorkPage) -> None:
    later = {"place.signing", "token", "place.review"}  # who closes no records has no such place
    unanswered = {action.id for action in ACTIONS if action.place in (Place.EVERYWHERE, Place.WARD, Place.SIGN_IN)
                  and not program.window.actions_.bound(action.id)}
    assert unanswered <= later


def test_before_sign_in_only_what_belongs_there_works(program: Program) -> None:
    actions = program.window.actions_
    working = {action.id for action in ACTIONS if actions.why_not(action.id) != NOT_NOW}
    assert working == {"night", "self_test", "show_password"}
