"""At 125 % and 150 % a ward's screen has 1093 and 911 points of width: what stands in the bars there is whole."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from workstation.views import style
from workstation.views.actions import ACTIONS, PLACE_ICONS, PLACE_NAMES, Place
from workstation.views.widgets.key_line import KeyHint, KeyLine
from workstation.views.widgets.top_bar import PlaceTab, TopBar

WIDTHS = (911, 1093, 1366)
HINTS = tuple(KeyHint(action.key, action.short) for action in sorted(ACTIONS, key=lambda one: one.rank)
              if action.short and action.place in (Place.IMAGES, Place.EVERYWHERE))


def shown(qtbot: QtBot, qapp: QApplication, bar: QWidget, width: int) -> list[QLabel]:
    """The words that are seen in a bar of that width."""
    style.apply(qapp, "night")
    qtbot.addWidget(bar)
    bar.resize(width, 38)
    with qtbot.waitExposed(bar):
        bar.show()
    return [one for one in bar.findChildren(QLabel) if one.isVisible() and one.text()]


def cut(word: QLabel) -> bool:
    return word.width() < QFontMetrics(word.font()).horizontalAdvance(word.text())


@pytest.mark.parametrize("width", WIDTHS)
def test_a_key_has_its_whole_word_or_is_left_out_and_help_always_stands(
        qapp: QApplication, qtbot: QtBot, width: int) -> None:
    line = KeyLine()
    line.show_keys(HINTS)
    line.show_note("Đã tải 2000/2000 lát · Bộ nhớ ảnh 212/400 MB")
    words = shown(qtbot, qapp, line, width)
    assert not [word.text() for word in words if cut(word)]
    told = [word.text() for word in words]
    assert told[0] == HINTS[0].word
    assert HINTS[-1].word in told
    line.resize(2400, 26)
    qtbot.waitUntil(lambda: all(not one.isHidden() for hint in HINTS for one in line.findChildren(QLabel)
                                if one.text() == hint.word))


@pytest.mark.parametrize("width", WIDTHS)
def test_server_token_and_person_are_whole_in_the_top_bar(qapp: QApplication, qtbot: QtBot, width: int) -> None:
    bar = TopBar([PlaceTab(place, PLACE_NAMES[place], PLACE_ICONS[place], "") for place in (
        Place.WARD, Place.CHART, Place.SIGNING, Place.IMAGES)])
    bar.show_person("BS. Lê Thu Hà", "Khoa Nội tổng hợp")
    bar.show_server(training=True)
    bar.show_token("sẵn sàng")
    words = shown(qtbot, qapp, bar, width)
    assert not [word.text() for word in words if cut(word)]
    texts = {word.text() for word in words}
    assert {"Máy chủ: tập huấn", "Token: sẵn sàng"} <= texts or {"tập huấn", "sẵn sàng"} <= texts
    edge = max(word.mapTo(bar, QPoint(word.width(), 0)).x() for word in words)
    assert edge <= width
