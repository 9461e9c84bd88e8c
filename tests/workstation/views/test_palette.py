"""Ctrl+K finds what can be done and whom, without the mouse and without diacritics."""

from __future__ import annotations

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.workstation.views.keyboard import CTRL, press, write
from workstation.app import Program
from workstation.models.session import Phase
from workstation.views.palette import Palette, found_in
from workstation.views.ward.board import WardView


@pytest.fixture
def palette(program: Program, ward: WardView, qtbot: QtBot) -> Palette:
    """Open, over the board."""
    press(ward.table, Qt.Key.Key_K, CTRL)
    opened = program.window.palette_
    assert opened is not None
    assert opened.isVisible()
    assert program.window.focusWidget() is opened.field
    return opened


def titles(palette: Palette) -> list[str]:
    model = palette.list.model()
    assert model is not None
    return [str(model.data(model.index(number, 0))) for number in range(model.rowCount())]


@pytest.mark.parametrize(("text", "words", "found"), [
    ("Ghi điều trị", "dieu tri", "điều trị"), ("Đặng Thị Diệu Trí", "dieu tri", "Diệu Trí"), ("Khóa", "KHOA", "Khóa"),
])
def test_words_are_found_and_marked_without_diacritics(text: str, words: str, found: str) -> None:
    span = found_in(text, words)
    assert span is not None
    assert text[span[0]:span[1]] == found


def test_a_command_is_found_and_done_by_enter(program: Program, palette: Palette, qtbot: QtBot) -> None:
    write(palette.field, "khoa man hinh")
    assert titles(palette) == ["Khóa màn hình"]
    press(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert program.session.phase is Phase.LOCKED


def test_a_patient_is_found_at_the_server(palette: Palette, qtbot: QtBot) -> None:
    write(palette.field, "Mai")
    qtbot.waitUntil(lambda: any(title.startswith("Mai Xuân Phúc") for title in titles(palette)), timeout=10_000)


def test_arrows_choose_and_go_round(palette: Palette, qtbot: QtBot) -> None:
    last = len(titles(palette)) - 1
    press(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == last
    press(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 0


def test_escape_puts_it_away_and_the_cursor_goes_back(program: Program, palette: Palette, ward: WardView,
                                                      qtbot: QtBot) -> None:
    press(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert program.window.focusWidget() is ward.table


def test_the_windows_shortcuts_rest_while_it_is_open(program: Program, palette: Palette, qtbot: QtBot) -> None:
    press(palette.field, Qt.Key.Key_L, CTRL)
    assert program.session.phase is Phase.OPEN


def test_enter_ends_a_syllable_and_not_the_search(palette: Palette, qtbot: QtBot) -> None:
    QCoreApplication.sendEvent(palette.field, QInputMethodEvent("điề", []))
    press(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_closing_it_asks_nothing_of_a_field_that_is_gone(program: Program, ward: WardView, qtbot: QtBot) -> None:
    field = QLineEdit(ward)
    field.show()
    field.setFocus()
    press(field, Qt.Key.Key_K, CTRL)
    palette = program.window.palette_
    assert palette is not None
    assert palette.isVisible()
    sip.delete(field)  # a list came anew behind it
    press(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
