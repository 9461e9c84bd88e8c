"""The menu of what may be begun: the imaging series under two words, each kind told from the others of its form."""

from __future__ import annotations

from datetime import date

import pytest
from PyQt6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from records.forms import EntryKind, Form, current_form
from workstation.views import style
from workstation.views.chart.kinds_menu import REQUESTS, RESULTS, show_kinds

ON = date(2026, 11, 25)
SERIES = [f"{number:02}/BV2" for number in range(8, 15)]
Pair = tuple[Form, EntryKind]


@pytest.fixture
def over(qapp: QApplication, qtbot: QtBot) -> QWidget:
    style.apply(qapp, "day")
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def pairs(*codes: str, kind: str = "") -> list[Pair]:
    return [(form, one) for form in (current_form(code, ON) for code in codes) for one in form.kinds
            if kind in ("", one.key)]


def words(menu: QMenu) -> list[str]:
    return [act.text().partition("  ")[2] for act in menu.actions()]


def test_requests_and_results_stand_under_a_word_each_and_all_can_be_begun(over: QWidget) -> None:
    begun: list[tuple[str, str]] = []
    given = pairs("06/BV2", *SERIES, "36/BV2")
    menu = show_kinds(over, given, lambda form, kind: begun.append((form.code, kind.key)))
    assert words(menu) == ["Phiếu phẫu thuật, thủ thuật 06/BV2", REQUESTS, RESULTS, "Tờ điều trị 36/BV2"]
    inside = {act.text().partition("  ")[2]: act.menu() for act in menu.actions() if act.menu() is not None}
    asked, told = inside[REQUESTS], inside[RESULTS]
    assert asked is not None
    assert told is not None
    assert words(asked)[:2] == ["Yêu cầu chụp X-quang 08/BV2", "Yêu cầu chụp cắt lớp vi tính 09/BV2"]
    assert words(told)[-1] == "Kết quả nội soi 14/BV2"
    for act in [*menu.actions(), *asked.actions(), *told.actions()]:
        if act.menu() is None:
            act.trigger()
    assert sorted(begun) == sorted((form.code, kind.key) for form, kind in given)
    menu.close()


def test_a_technician_who_writes_only_results_finds_them_at_once(over: QWidget) -> None:
    menu = show_kinds(over, pairs(*SERIES, kind="result"), lambda _form, _kind: None)
    assert len(words(menu)) == 7
    assert words(menu)[3] == "Kết quả siêu âm 11/BV2"
    menu.close()
