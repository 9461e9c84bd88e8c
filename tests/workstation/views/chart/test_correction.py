"""Correcting, cancelling, looking back: changes are marked, the reason is demanded, old versions stay readable."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from records import canonical
from tests.workstation import little_server
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press, write
from workstation.views.chart.blanks import TextBlank
from workstation.views.chart.correction import REASON, CorrectionView
from workstation.views.chart.differences import differences, places
from workstation.views.chart.marked_text import MarkedText
from workstation.views.prompts import AskText


def correcting(chart: Opened, qtbot: QtBot) -> CorrectionView:
    chart.place.show_entry(chart.first("36/BV2").id)
    chart.actions.trigger("chart.correct")
    qtbot.waitUntil(lambda: chart.place.writing.correction is not None)
    made = chart.place.writing.correction
    assert made is not None
    return made


def test_a_changed_field_is_counted_and_marked_and_the_others_say_that_they_stay(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = correcting(chart, qtbot)
    view.go_to("objective")
    blank = view.rows["objective"].line.blank
    assert isinstance(blank, TextBlank)
    write(blank.text, " Khong tieng thoi.")
    qtbot.waitUntil(lambda: [change.key for change in chart.editor.changes()] == ["objective"])
    chart.editor.check()
    assert "Như phiên bản 1" in view.rows["plan"].cell.text.accessibleName()
    view.rows["objective"].rest()
    assert "[thêm: " in view.rows["objective"].cell.text.accessibleName()


def test_no_correction_is_signed_without_a_reason_of_five_letters(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = correcting(chart, qtbot)
    chart.editor.take_over({"plan": "Đổi kế hoạch."})
    with qtbot.assertNotEmitted(chart.place.sign_wanted):
        chart.actions.trigger("chart.sign")
    assert view.has_focus_at() == REASON
    view.side.kinds[-1].setChecked(True)
    view.side.text.setPlainText("sai")
    with qtbot.assertNotEmitted(chart.place.sign_wanted):
        chart.actions.trigger("chart.sign")
    view.side.text.setPlainText("ghi nhầm bên")
    with qtbot.waitSignal(chart.place.sign_wanted) as told:
        chart.actions.trigger("chart.sign")
    assert told.args is not None
    task = told.args[0][0]
    assert (task.number, task.correction_reason) == (2, "ghi nhầm bên")
    assert [change.key for change in task.changes] == ["plan"]


def test_f8_goes_from_change_to_change(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = correcting(chart, qtbot)
    view.side.kinds[0].setChecked(True)
    chart.editor.take_over({"objective": "Tỉnh.", "plan": "Đổi kế hoạch."})
    view.go_to("subjective")
    seen = []
    for _ in range(3):
        chart.actions.trigger("chart.next_missing")
        seen.append(view.has_focus_at())
    assert seen == ["objective", "plan", "objective"]


def test_alt_1_leaves_only_what_changes(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = correcting(chart, qtbot)
    chart.editor.take_over({"plan": "Đổi kế hoạch."})
    chart.editor.check()
    chart.actions.trigger("chart.old_version")
    assert [key for key, row in view.rows.items() if not row.isHidden()] == ["plan"]
    chart.actions.trigger("chart.old_version")
    assert not view.rows["subjective"].isHidden()


def test_only_the_author_corrects_and_the_others_are_told_why(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    chart.place.show_entry(chart.first("38/BV2").id)
    assert "người ghi" in chart.actions.why_not("chart.correct")
    with qtbot.waitSignal(chart.actions.refused):
        chart.actions.trigger("chart.correct")
    assert not chart.place.writing.is_open


def test_an_earlier_version_is_read_beside_its_successor(opened: Open, qtbot: QtBot,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    now = charts.now()
    old = next(view for view in charts.demo_entries(charts.BINH, now) if view.form.code == "36/BV2")
    values = {**old.body["values"], "plan": "Đổi kế hoạch."}
    new = charts.entry_of(old.id, old.form, old.occurred_at, values, version=2, reason="Bổ sung")
    route = little_server._Handler._route

    def with_versions(self: little_server._Handler, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path == f"/api/entries/{old.id}/versions/1":
            return 200, canonical.encode(charts.body_of(old))
        return route(self, path, query, body)

    monkeypatch.setattr(little_server._Handler, "_route", with_versions)
    chart = opened([new])
    chart.actions.trigger("chart.old_version")
    qtbot.waitUntil(lambda: chart.place.middle.old_version is not None, timeout=10_000)
    view = chart.place.middle.old_version
    assert view is not None
    said = " ".join(text.accessibleName() for text in view.findChildren(MarkedText))
    assert "[thêm: Đổi" in said
    assert old.body["values"]["subjective"] not in said
    assert chart.place.back()
    assert chart.place.middle.old_version is None


def test_cancelling_asks_for_a_reason_and_waits_its_turn_in_the_outbox(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = chart.first("36/BV2")
    chart.place.show_entry(view.id)
    chart.actions.trigger("chart.cancel")
    asked = chart.window.findChild(AskText)
    assert asked is not None
    asked.field.setPlainText("ghi nhầm người bệnh")
    press(asked, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: chart.little.times("POST", f"/{view.id}/cancel") == 1, timeout=10_000)


def test_differences_keep_every_letter_of_both_texts() -> None:
    old, new = "Phổi trái giảm thông khí. Tim đều.", "Phổi phải giảm thông khí. Tim đều, không tiếng thổi."
    pieces = differences(old, new)
    assert "".join(piece.text for piece in pieces if piece.fate != "new") == old
    assert "".join(piece.text for piece in pieces if piece.fate != "gone") == new
    assert places(pieces) == 2


def test_a_sentence_written_anew_is_one_change() -> None:
    pieces = differences("Hết sốt thì cho ra viện.", "Đổi kế hoạch điều trị.")
    assert places(pieces) == 1
    assert [piece.fate for piece in pieces] == ["gone", "new", "same"]
