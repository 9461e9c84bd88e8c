"""Writing in the sheet: every field has its blank, the cursor goes to what is missing, input methods are safe."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QElapsedTimer, Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from records.forms import all_forms
from records.messages import DraftView
from tests.workstation import hospital
from tests.workstation.models.desks import Desks, draft
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press, write
from workstation.models.editor import EditorModel
from workstation.views import style
from workstation.views.chart.blanks import LineBlank, TextBlank
from workstation.views.chart.coded import CodedBlank
from workstation.views.chart.form_editor import FormEditor
from workstation.views.chart.problems import missing, wrong
from workstation.views.chart.row_list import RowList
from workstation.views.chart.rows import FixedRows

KINDS = [(form, kind) for form in all_forms() for kind in form.kinds]


def text_of(chart: Opened, key: str) -> TextBlank:
    lines = chart.place.writing.lines
    assert lines is not None
    blank = lines.lines[key].blank
    assert isinstance(blank, TextBlank)
    return blank


def begin(chart: Opened, qtbot: QtBot) -> None:
    chart.place.show_entry(chart.first("36/BV2").id)
    chart.actions.trigger("chart.write")
    qtbot.waitUntil(lambda: chart.place.writing.is_open)


@pytest.mark.parametrize(("form", "kind"), KINDS, ids=lambda item: getattr(item, "code", getattr(item, "key", "")))
@pytest.mark.parametrize("narrow", [False, True])
def test_every_field_of_every_form_has_a_blank_with_a_name(desks: Desks, qapp: QApplication, form: Any, kind: Any,
                                                           narrow: bool) -> None:
    style.apply(qapp, "day")
    ref = hospital.ROW.model_copy(update={"code": form.code, "edition": form.edition, "kind": kind.key})
    model = EditorModel(desks.open(start=False), hospital.chart(), draft(values={}, form=ref), None)
    editor = FormEditor(model, narrow=narrow)
    assert list(editor.lines) == [field.key for field in kind.fields]
    for line in editor.lines.values():
        assert (line.blank.target().focusPolicy() & Qt.FocusPolicy.TabFocus or line.field.computed or line.field.given
                or (line.blank.idle and line.field.type == "order"))


@pytest.mark.parametrize("number", range(0, 60, 3))
def test_values_go_through_their_blanks_unchanged(desks: Desks, qapp: QApplication, number: int) -> None:
    style.apply(qapp, "day")
    views = charts.demo_entries(charts.BINH, charts.now()) + charts.demo_entries(charts.SEN, charts.now())
    view = views[number % len(views)]
    model = EditorModel(desks.open(start=False), hospital.chart(),
                        draft(values=dict(view.body["values"]), form=view.form), None)
    editor = FormEditor(model)
    for key, line in editor.lines.items():
        if isinstance(line.blank, LineBlank):
            assert line.blank.read() == view.body["values"].get(key), key
        elif isinstance(line.blank, TextBlank):
            assert (line.blank.text.toPlainText() or None) == view.body["values"].get(key), key
        elif isinstance(line.blank, FixedRows | RowList):
            assert line.blank.rows == view.body["values"].get(key, line.blank.rows), key


def test_a_new_row_is_written_in_its_place_and_kept(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    write(text_of(chart, "subjective").text, "Do kho tho, ngu duoc 3 gio.")
    with qtbot.waitSignal(chart.desk.sync.draft_received, timeout=10_000):
        pass
    assert chart.editor.value("subjective") == "Do kho tho, ngu duoc 3 gio."
    assert chart.little.drafts[chart.editor.draft.entry].values["subjective"].startswith("Do kho tho")
    qtbot.waitUntil(lambda: "Đã lưu nháp" in chart.place.head.saved_words)


def test_a_server_that_answers_in_five_seconds_leaves_typing_smooth(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    chart.little.delay_s = 5.0  # as long as the client's own patience
    blank, longest, clock = text_of(chart, "plan").text, 0, QElapsedTimer()
    for letter in "Tiep tuc khang sinh, xem lai sau 24 gio. " * 3:
        clock.start()
        write(blank, letter)
        qtbot.wait(15)
        longest = max(longest, clock.elapsed() - 15)
    chart.little.delay_s = 0.0
    assert blank.toPlainText().startswith("Tiep tuc khang sinh")
    # A window that waits, waits as long as that; one on a busy machine stood for four seconds by itself.
    assert longest < 5_000, "the window waited for the server"


def test_a_slash_in_a_text_is_a_slash(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    blank = text_of(chart, "objective")
    blank.text.setFocus()
    write(blank.text, "HA 145/85; t 38")
    assert blank.text.toPlainText() == "HA 145/85; t 38"
    assert not chart.place.timeline.filter.hasFocus()


def test_a_syllable_that_is_composed_is_never_overwritten(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    blank = text_of(chart, "plan")
    write(blank.text, "Xem ")
    QApplication.sendEvent(blank.text, QInputMethodEvent("lạ", []))
    chart.editor.take_over({"plan": "Văn bản của người khác"})
    assert blank.text.toPlainText() == "Xem "
    done = QInputMethodEvent("", [])
    done.setCommitString("lại")
    QApplication.sendEvent(blank.text, done)
    assert blank.text.toPlainText() == "Xem lại"
    assert chart.editor.value("plan") == "Xem lại"


def test_an_empty_row_is_missing_something_but_nothing_is_wrong_with_it(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    assert wrong(chart.editor) == ()
    assert missing(chart.editor)


def test_signing_goes_first_to_what_is_missing_and_then_hands_the_draft_on(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    text_of(chart, "plan").text.setFocus()
    with qtbot.assertNotEmitted(chart.place.sign_wanted):
        chart.actions.trigger("chart.sign")
    assert text_of(chart, "subjective").text.hasFocus()
    write(text_of(chart, "subjective").text, "Do ho.")
    with qtbot.waitSignal(chart.place.sign_wanted) as told:
        chart.actions.trigger("chart.sign")
    assert told.args is not None
    assert [task.entry for task in told.args[0]] == [chart.editor.draft.entry]


def test_a_code_is_found_without_diacritics_and_taken_with_enter(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    lines = chart.place.writing.lines
    assert lines is not None
    blank = lines.lines["diagnosis_differential"].blank
    assert isinstance(blank, CodedBlank)
    blank.line.setFocus()
    write(blank.line, "viem phe quan cap")
    qtbot.waitUntil(lambda: blank.searching, timeout=10_000)
    press(blank.line, Qt.Key.Key_Return)
    assert chart.editor.value("diagnosis_differential")["code"].startswith("J20")
    assert not blank.searching


def test_words_without_a_code_stay_as_they_were_typed(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    lines = chart.place.writing.lines
    assert lines is not None
    blank = lines.lines["diagnosis_differential"].blank
    assert isinstance(blank, CodedBlank)
    write(blank.line, "lao phoi")
    press(blank.line, Qt.Key.Key_Tab)
    assert chart.editor.value("diagnosis_differential") == {"text": "lao phoi"}


def test_an_order_is_written_row_by_row(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    chart.actions.trigger("chart.orders")
    lines = chart.place.writing.lines
    assert lines is not None
    table = lines.lines["orders"].blank
    assert isinstance(table, RowList)
    form = table.form
    assert form is not None
    assert form.first().hasFocus()
    name = form.blanks["name"].target()
    write(name, "Paracetamol")
    press(name, Qt.Key.Key_Return)
    assert form.isHidden() or table.form is not form
    assert [row["name"] for row in chart.editor.value("orders")] == ["Paracetamol"]


def test_like_yesterday_copies_my_own_last_entry_into_a_new_draft(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    last = chart.first("36/BV2")
    chart.place.show_entry(last.id)
    chart.actions.trigger("chart.as_yesterday")
    qtbot.waitUntil(lambda: chart.place.writing.is_open)
    assert chart.editor.draft.entry != last.id
    assert chart.editor.value("plan") == last.body["values"]["plan"]
    assert chart.editor.value("orders") == last.body["values"]["orders"]


def test_escape_closes_the_editor_and_keeps_the_draft(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    begin(chart, qtbot)
    write(text_of(chart, "plan").text, "Xem lai.")
    entry = chart.editor.draft.entry
    assert chart.place.back()
    qtbot.waitUntil(lambda: chart.chart.item(entry) is not None, timeout=10_000)
    chart.place.show_entry(entry)
    qtbot.waitUntil(lambda: chart.place.writing.is_open)
    assert chart.editor.value("plan") == "Xem lai."


@pytest.mark.parametrize(("digit", "said"), [
    (Qt.Key.Key_1, "Toi ghi."), (Qt.Key.Key_2, "Ban kia ghi."), (Qt.Key.Key_3, "Ban kia ghi.\nToi ghi.")])
def test_two_texts_of_one_field_wait_for_a_digit(opened: Open, qtbot: QtBot, digit: Qt.Key, said: str) -> None:
    chart = opened()
    begin(chart, qtbot)
    with qtbot.waitSignal(chart.desk.sync.draft_received, timeout=10_000):
        write(text_of(chart, "plan").text, "T")
    entry = chart.editor.draft.entry
    held = chart.little.drafts[entry]
    chart.little.drafts[entry] = DraftView.model_validate({
        **held.model_dump(), "values": {**held.values, "plan": "Ban kia ghi.", "objective": "Tinh."},
        "revision": held.revision + 1, "person": UUID(int=4), "person_name": "BS. Nguyễn Văn Sơn"})
    write(text_of(chart, "plan").text, "oi ghi.")
    qtbot.waitUntil(lambda: bool(chart.editor.conflict_fields), timeout=10_000)
    assert text_of(chart, "objective").text.toPlainText() == "Tinh."
    two = chart.place.writing.two_texts
    assert two is not None
    qtbot.waitUntil(two.choices["plan"].isVisible)
    with qtbot.assertNotEmitted(chart.place.sign_wanted):
        chart.actions.trigger("chart.sign")
    assert two.choices["plan"].hasFocus()
    press(two.choices["plan"], digit)
    assert chart.editor.value("plan") == said
    assert text_of(chart, "plan").text.toPlainText() == said


def test_handing_over_gathers_the_signed_parts(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    part = chart.first("01/BV1")
    form, kind = next((form, kind) for form, kind in chart.chart.writable() if kind.gathers)
    chart.chart.begin(form, kind)
    qtbot.waitUntil(lambda: chart.place.writing.is_open)
    listed = {"entry": str(part.id), "kind": "part_a", "version": 1, "sha256": part.sha256}
    assert chart.editor.value("gathered") == [listed]
