"""The chart on a ward's screen at 125 % and 150 % (1092 and 910 points): nothing is cut, each side is one key away."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from records.forms import current_form
from tests.workstation import hospital
from workstation.views import style
from workstation.views.actions import ALLOWED, ActionSet, Place
from workstation.views.chart.sheet_head import SheetHead
from workstation.views.chart.three_columns import ThreeColumns
from workstation.views.widgets.painting import ChipText


@pytest.mark.parametrize("width", [582, 680, 850])
def test_title_state_and_verbs_of_a_sheet_are_whole(qapp: QApplication, qtbot: QtBot, width: int) -> None:
    style.apply(qapp, "night")
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = ActionSet(window)
    for name in ("chart.as_yesterday", "chart.correct", "chart.write"):
        actions.bind(name, lambda: None, lambda: ALLOWED)
    actions.enter(Place.CHART)
    head = SheetHead(actions, window)
    head.show_form(current_form("36/BV2", hospital.chart().encounter.admitted_at.date()), "file-text")
    head.show_state(ChipText("Đã đính chính", "amended", "git-compare"))
    head.resize(width, 36)
    with qtbot.waitExposed(window):
        window.show()
    head.show()
    qtbot.waitUntil(lambda: all(button.isVisible() for button in head.buttons.values()), timeout=5000)
    for one in (head._state, *head.buttons.values()):
        assert one.width() >= one.sizeHint().width(), one.accessibleName()
    assert head._title.width() >= QFontMetrics(head._title.font()).horizontalAdvance(head._title.text())
    assert head.buttons["chart.write"].geometry().right() <= width


def test_where_only_one_side_has_room_the_other_gives_way_and_comes_back(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, "day")
    left, middle, side = QWidget(), QWidget(), QWidget()
    columns = ThreeColumns(left, middle, side)
    qtbot.addWidget(columns)

    def seen() -> tuple[bool, bool]:
        return not left.isHidden(), not side.isHidden()

    columns.resize(1366, 600)
    with qtbot.waitExposed(columns):
        columns.show()
    assert seen() == (True, True)
    columns.resize(910, 480)
    assert seen() == (True, False)
    columns.toggle_side()
    assert seen() == (False, True)
    columns.fold_left(fold=False)
    assert seen() == (True, False)
    columns.toggle_side()
    columns.toggle_side()
    assert seen() == (True, False)
    amending = QWidget()
    columns.show_side(amending)
    assert (left.isHidden(), amending.isHidden()) == (True, False)
    columns.show_side(side)
    assert seen() == (True, False)
    columns.resize(1366, 600)
    assert seen() == (True, True)
