"""Two orders of one name wait for a result: the writer sees both, chooses by keyboard, and is asked before signing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from records.entries import FormRef
from records.forms import Role, form
from records.messages import EntryView, ImagingOrderStanding
from records.order_states import OrderState
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press
from workstation.views.chart.order_blank import NONE, OrderBlank

ASK = FormRef(code="08/BV2", edition="2024-01-01", kind="request")
FORM = form("08/BV2", "2024-01-01")
RESULT = FORM.kind("result")


def request(number: int, hours_ago: float) -> EntryView:
    values = {"diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "examination": "Ngực thẳng", "urgency": "1"}
    return charts.entry_of(UUID(int=number), ASK, charts.at(hours_ago, charts.now()), values)


FIRST, SECOND = request(801, 5), request(802, 2)
NUMBERS = {FIRST.id: "2600000011", SECOND.id: "2600000012"}


@pytest.fixture
def ward(opened: Open) -> Opened:
    orders = tuple(ImagingOrderStanding(accession=NUMBERS[one.id], entry=one.id, version=1, row=0,
                                        state=OrderState.TAKEN, studies=(f"1.{one.id.int}",))
                   for one in (FIRST, SECOND))
    chart = charts.chart_of((SECOND, FIRST), charts.now(), imaging_orders=orders)
    shown = opened(answer=chart)
    account: Any = shown.desk.account
    object.__setattr__(account, "person", account.person.model_copy(update={"roles": (Role.DOCTOR, Role.TECHNICIAN)}))
    return shown


def begun(ward: Opened, **how: Any) -> OrderBlank:
    ward.chart.begin(FORM, RESULT, **how)
    assert ward.place.writing.lines is not None
    blank = ward.place.writing.lines.lines["order"].blank
    assert isinstance(blank, OrderBlank)
    return blank


def focused() -> Any:
    return QApplication.focusWidget()


def test_who_is_not_told_which_order_it_is_is_asked_before_they_sign(ward: Opened, qtbot: QtBot) -> None:
    blank = begun(ward)
    assert list(blank.options) == ["2600000012", "2600000011", ""]
    assert "đã chụp · số 2600000012" in blank.options["2600000012"].text()
    assert blank.options[""].text() == NONE
    assert blank.question.isVisible()
    qtbot.waitUntil(lambda: focused() is blank.options["2600000012"])
    press(focused(), Qt.Key.Key_Down)
    assert focused() is blank.options["2600000011"]
    assert ward.editor.value("order") is None, "arrows only go there"
    press(focused(), Qt.Key.Key_Space)
    assert (ward.editor.value("order"), ward.editor.value("orderer")) == ("2600000011", "BS. Lê Thu Hà")
    assert ward.editor.value("ordered_at") == FIRST.occurred_at.isoformat(timespec="seconds")
    assert ward.editor.value("examination") == "Ngực thẳng"
    assert not blank.question.isVisible()
    assert focused() is blank.options["2600000011"]
    assert blank.options["2600000011"].isChecked()


def test_the_order_from_which_it_was_begun_is_chosen_and_may_be_changed(ward: Opened) -> None:
    blank = begun(ward, about=ward.chart.item(FIRST.id))
    assert ward.editor.value("order") == "2600000011"
    assert blank.options["2600000011"].isChecked()
    blank.options["2600000012"].click()
    assert ward.editor.value("order") == "2600000012"
    assert ward.editor.value("ordered_at") == SECOND.occurred_at.isoformat(timespec="seconds")
    by_study = begun(ward, study="1.801")
    assert ward.editor.value("order") == "2600000011"
    assert not by_study.question.isVisible()


def test_signing_goes_to_the_question_first_and_none_of_them_is_an_answer(ward: Opened, qtbot: QtBot) -> None:
    blank = begun(ward)
    now = charts.now().isoformat()
    for key, value in {"orderer": "BS. Lê Thu Hà", "examination": "Ngực thẳng", "performed_at": now,
                       "findings": "Không thấy bất thường.", "conclusion": "Bình thường."}.items():
        ward.editor.set_value(key, value)
    writing = ward.place.writing
    assert writing.lines is not None
    writing.lines.go_to("conclusion")
    ward.editor.check()
    assert not ward.editor.missing
    assert ward.place.acts.tasks() == []
    qtbot.waitUntil(lambda: focused() in blank.options.values())
    assert writing.foot is not None
    assert "Chọn chỉ định mà phiếu trả lời" in writing.foot.accessibleName()
    blank.options[""].setFocus()
    press(focused(), Qt.Key.Key_Return)
    assert ward.editor.value("order") is None
    assert "Đủ mục bắt buộc" in writing.foot.accessibleName()
    assert len(ward.place.acts.tasks()) == 1


def test_one_that_answers_nothing_and_nothing_that_could_be_answered_ask_nobody(opened: Open) -> None:
    ward = opened([])
    account: Any = ward.desk.account
    object.__setattr__(account, "person", account.person.model_copy(update={"roles": (Role.DOCTOR,)}))
    blank = begun(ward)
    assert blank.idle
    assert not blank.isVisible()
    assert focused() is not blank


def test_a_correction_keeps_the_order_and_may_put_it_right(opened: Open, qtbot: QtBot) -> None:
    values = {"order": "2600000011", "orderer": "BS. Lê Thu Hà", "examination": "Ngực thẳng",
              "ordered_at": FIRST.occurred_at.isoformat(timespec="seconds"),
              "performed_at": charts.at(1, charts.now()).isoformat(), "findings": "Mờ đáy phổi.", "conclusion": "Viêm."}
    result = charts.entry_of(UUID(int=803), FormRef(code="08/BV2", edition="2024-01-01", kind="result"),
                             charts.at(1, charts.now()), values)
    done = ImagingOrderStanding(accession="2600000011", entry=FIRST.id, version=1, row=0, state=OrderState.SIGNED,
                                result=result.id)
    waits = ImagingOrderStanding(accession="2600000012", entry=SECOND.id, version=1, row=0, state=OrderState.TAKEN)
    ward = opened(answer=charts.chart_of((result, SECOND, FIRST), charts.now(), imaging_orders=(waits, done)))
    ward.chart.correct(result.id, "Nhầm chỉ định")
    qtbot.waitUntil(lambda: ward.place.writing.correction is not None)
    view = ward.place.writing.correction
    assert view is not None
    assert ward.editor.value("order") == "2600000011"
    blank = view.rows["order"].line.blank
    assert isinstance(blank, OrderBlank)
    assert list(blank.options) == ["2600000012", "2600000011", ""]
    view.go_to("order")
    qtbot.waitUntil(blank.options["2600000011"].isVisible)
    press(blank.options["2600000012"], Qt.Key.Key_Space)
    assert ward.editor.value("order") == "2600000012"
    assert {change.key for change in ward.editor.changes()} == {"order", "ordered_at"}
