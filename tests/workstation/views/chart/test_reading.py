"""Every form's sheet shows what was written, whatever its layout; the time line says where each entry stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QStyle, QStyleOptionFrame
from pytestqt.qtbot import QtBot

from records.entries import Correction, State
from records.forms import Form, all_forms
from records.messages import EntryView, ImagingOrderStanding
from records.order_states import OrderState
from records.render.words import row_words, value_words
from tests.workstation import hospital as tests_hospital
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press, write
from workstation.models.chart import ITEM_ROLE, DayHead, TimelineItem
from workstation.views.chart.columns_sheet import ColumnsSheet
from workstation.views.chart.narrative_sheet import NarrativeSheet
from workstation.views.chart.row_editor import TimeBlank
from workstation.views.chart.row_layout import column_lefts
from workstation.views.chart.rows_sheet import WINDOW, RowsSheet
from workstation.views.chart.sheets import Sheet
from workstation.views.chart.states import word_of
from workstation.views.chart.vitals_sheet import VitalsSheet


def words_on(sheet: Sheet) -> str:
    """All that can be read on a sheet."""
    match sheet:
        case RowsSheet():
            rows = sheet.view.rows
            return "\n".join(str(rows.index(number).data()) for number in range(rows.rowCount()))
        case ColumnsSheet():
            cells = sheet.model
            return "\n".join(str(cells.index(line, at).data()) for line in range(cells.rowCount())
                             for at in range(cells.columnCount()))
        case VitalsSheet():
            return words_on(sheet.table)
        case NarrativeSheet():
            return sheet.text.toPlainText()


def said_of(form: Form, view: EntryView) -> Iterator[str]:
    """Every value of an entry as words, without its unit: that stands in the line's head."""
    kind = form.kind(view.form.kind)
    for field in kind.fields:
        value = view.body["values"].get(field.key)
        if value is None:
            continue
        if field.type == "rows" and form.layout.style == "narrative":
            for row in value:
                yield from (value_words(part, row[part.key]) for part in field.fields if part.key in row)
        elif field.type == "rows":
            yield from (row_words(field, row) for row in value)
        else:
            yield value_words(field.model_copy(update={"unit": ""}), value)


@pytest.mark.parametrize("code", ["36/BV2", "38/BV2", "EX-SINHHIEU", "01/BV1"])
def test_a_sheet_shows_every_value_that_was_written(opened: Open, code: str) -> None:
    chart = opened()
    view = chart.first(code)
    chart.place.show_entry(view.id)
    assert chart.place.sheet is not None
    shown = " ".join(words_on(chart.place.sheet).split())
    form = next(form for form in all_forms() if form.code == code)
    beside = {field.key for field in form.kind(view.form.kind).fields} - {
        key for column in form.layout.columns for key in column.fields} if form.layout.columns else set()
    if isinstance(chart.place.sheet, VitalsSheet):
        beside = set()
    told = view.model_copy(update={"body": {"values": {
        key: value for key, value in view.body["values"].items() if key not in beside}}})
    missing = [words for words in said_of(form, told) if " ".join(words.split()) not in shown]
    assert missing == []


def test_the_time_line_goes_by_day_and_says_each_state(opened: Open) -> None:
    now = charts.now()
    entries = list(charts.demo_entries(charts.BINH, now))
    row = next(view for view in entries if view.form.code == "36/BV2")
    entries[entries.index(row)] = charts.entry_of(row.id, row.form, row.occurred_at, dict(row.body["values"]),
                                                  version=2, reason="Ghi nhầm bên")
    chart = opened(entries)
    rows = [chart.chart.index(number).data(ITEM_ROLE) for number in range(chart.chart.rowCount())]
    days = [shown.day for shown in rows if isinstance(shown, DayHead)]
    assert days == sorted(set(days), reverse=True)
    corrected = next(shown for shown in rows if isinstance(shown, TimelineItem) and shown.entry == row.id)
    assert corrected.state == "amended"


def test_a_slash_filters_the_time_line_and_escape_empties_the_filter(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    chart.actions.trigger("chart.filter")
    qtbot.waitUntil(chart.place.timeline.filter.hasFocus)
    everything = chart.chart.rowCount()
    write(chart.place.timeline.filter, "to dieu tri")
    assert 0 < chart.chart.rowCount() < everything
    press(chart.place.timeline.filter, Qt.Key.Key_Escape)
    assert chart.chart.rowCount() == everything


def test_a_click_on_a_signature_line_asks_for_its_explanation(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = chart.first("36/BV2")
    chart.place.show_entry(view.id)
    with qtbot.waitSignal(chart.place.explain_wanted) as told:
        chart.actions.trigger("chart.explain")
    assert told.args == [view, 1]


def test_who_left_the_sheet_for_another_place_comes_back_to_it(opened: Open) -> None:
    """To a key image's frame and back: the arrows go on in the sheet, not in the time line."""
    place = opened().place
    place.focus_middle()
    held = place.focusWidget()
    assert held is not None
    assert place.middle.isAncestorOf(held)
    place.hide()
    place.show()
    place.enter()
    assert place.focusWidget() is held
    place.timeline.list.setFocus()
    place.enter()
    assert place.timeline.list.hasFocus()


def test_a_move_in_the_time_line_is_said_once_and_a_move_on_the_sheet_too(
    opened: Open, monkeypatch: pytest.MonkeyPatch,
) -> None:
    chart = opened()
    place = chart.place
    rows = [item for item in chart.chart.items if item.form.code == "36/BV2" and item.view is not None]
    place.show_entry(rows[1].entry)
    said: list[UUID | None] = []
    show = place.context.show_chart

    def noted(*told: Any) -> None:
        said.append(told[3])
        show(*told)

    monkeypatch.setattr(place.context, "show_chart", noted)
    place.timeline.list.setCurrentIndex(chart.chart.index(chart.chart.row_of(rows[0].entry)))
    assert said == [rows[0].entry]
    sheet = place.sheet
    assert isinstance(sheet, RowsSheet)
    assert sheet.current() == rows[0]
    assert sheet.choose(rows[1].entry)
    assert said == [rows[0].entry, rows[1].entry]
    assert place.timeline.entry == rows[1].entry


def test_an_overdue_entry_without_signature_is_marked_on_its_sheet(opened: Open) -> None:
    now = charts.now()
    view = charts.demo_entries(charts.BINH, now)[0]
    late = view.model_copy(update={"signatures": (), "state": State.PARTLY_SIGNED, "open_slots": ("nurse",)})
    chart = opened([late])
    assert isinstance(chart.place.sheet, VitalsSheet)
    assert "quá hạn" in words_on(chart.place.sheet)


def test_a_thousand_entries_lay_out_a_neighbourhood_and_every_row_can_be_reached(opened: Open) -> None:
    now = charts.now()
    row = next(view for view in charts.demo_entries(charts.BINH, now) if view.form.code == "36/BV2")
    many = [charts.entry_of(UUID(int=90_000 + number), row.form, charts.at(number + 1, now),
                            {**row.body["values"], "subjective": f"Lần ghi thứ {number}."}) for number in range(1000)]
    chart = opened(many)
    sheet = chart.place.sheet
    assert isinstance(sheet, RowsSheet)
    assert sheet.view.rows.rowCount() == WINDOW
    assert "Lần ghi thứ 0." in words_on(sheet)
    chart.place.show_entry(many[700].id)
    assert sheet.view.rows.rowCount() == WINDOW
    assert "Lần ghi thứ 700." in words_on(sheet)
    sheet.show_newest()
    assert "Lần ghi thứ 0." in words_on(sheet)


def test_the_sheets_columns_share_its_whole_width() -> None:
    for form in all_forms():
        if form.layout.style == "rows":
            lefts = column_lefts(form, 830)
            assert list(lefts) == sorted(set(lefts))
            assert (lefts[0], lefts[-1], len(lefts)) == (0, 830, len(form.layout.columns) + 1)


def test_t_shows_the_curves_as_numbers(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    view = chart.first("EX-SINHHIEU")
    chart.place.show_entry(view.id)
    sheet = chart.place.sheet
    assert isinstance(sheet, VitalsSheet)
    sheet.plot.setFocus()
    press(sheet.plot, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: sheet.in_table)
    assert "Mạch" in sheet.table.model.title(0)


def test_what_is_shown_without_the_server_wears_its_time(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    chart.little.down()
    chart.chart.load()
    qtbot.waitUntil(lambda: chart.chart.cached, timeout=10_000)
    assert chart.chart.as_of is not None
    assert chart.place.head.cached_words.startswith("Bản lúc ")


@pytest.mark.parametrize("code", ["36/BV2", "38/BV2", "EX-SINHHIEU", "01/BV1"])
def test_nothing_needs_more_room_than_the_small_screen_has(opened: Open, code: str) -> None:
    chart = opened()
    chart.place.show_entry(chart.first(code).id)
    QApplication.processEvents()
    assert fits(chart)
    if code == "36/BV2":
        chart.actions.trigger("chart.as_yesterday")
        assert fits(chart)
        chart.place.back()
        chart.place.show_entry(chart.first(code).id)
        chart.actions.trigger("chart.correct")
        assert fits(chart)


def fits(chart: Opened) -> bool:
    """In the 1366×636 that are left of the screen below the top bar and above the key line, with the banner away."""
    QApplication.processEvents()
    needed = chart.place.minimumSizeHint()
    return needed.width() <= 1366 and needed.height() <= 586


def test_a_row_that_grows_by_its_correction_stays_whole_on_the_screen(opened: Open, qtbot: QtBot) -> None:
    now = charts.now()
    listed = charts.demo_entries(charts.BINH, now)
    chart = opened(listed)
    row = chart.first("36/BV2")
    chart.place.show_entry(row.id)
    sheet = next(one for one in chart.window.findChildren(RowsSheet) if one.isVisible())
    reason = {"reason": "Ghi nhầm thời hạn xem lại", "of_version": 1, "of_sha256": "0" * 64}
    plan = f"{row.body['values'].get('plan', '')} Xem lại sau 12 giờ, nếu còn sốt thì cấy đờm và cấy máu. " * 8
    corrected = row.model_copy(update={
        "version": 2, "sha256": "1" * 64, "correction": Correction.model_validate(reason),
        "body": {**row.body, "version": 2, "correction": reason, "values": {**row.body["values"], "plan": plan}}})
    before = sheet.view.visualRect(sheet.view.currentIndex()).height()
    answer = charts.chart_of([corrected, *(view for view in listed if view.id != row.id)], now)
    chart.little.charts[tests_hospital.ENCOUNTER] = answer.model_dump_json().encode()
    chart.chart.load()
    qtbot.waitUntil(lambda: sheet.view.visualRect(sheet.view.currentIndex()).height() > before, timeout=10_000)

    def whole() -> bool:
        area, viewport = sheet.view.visualRect(sheet.view.currentIndex()), sheet.page.viewport()
        assert viewport is not None
        return bool(area.height() and sheet.view.mapTo(viewport, area.bottomLeft()).y() < viewport.height())

    qtbot.waitUntil(whole, timeout=5_000)


def test_the_time_of_an_entry_is_read_whole_while_it_is_written(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    chart.place.show_entry(chart.first("36/BV2").id)
    chart.actions.trigger("chart.write")
    qtbot.waitUntil(lambda: chart.place.writing.is_open)
    (time,) = chart.window.findChildren(TimeBlank)
    qtbot.waitUntil(time.line.isVisible)
    option = QStyleOptionFrame()
    time.line.initStyleOption(option)
    dressed = time.line.style()
    assert dressed is not None
    inside = dressed.subElementRect(QStyle.SubElement.SE_LineEditContents, option, time.line)
    between = 2  # Qt keeps so much on each side between the frame's padding and the text
    assert inside.width() - 2 * between >= time.line.fontMetrics().horizontalAdvance("00:00")


def test_a_saved_draft_does_not_move_the_time_line_under_the_reader(opened: Open, qtbot: QtBot) -> None:
    now = charts.now()
    row = next(view for view in charts.demo_entries(charts.BINH, now) if view.form.code == "36/BV2")
    chart = opened([charts.entry_of(UUID(int=90_000 + number), row.form, charts.at(number + 1, now),
                                    dict(row.body["values"])) for number in range(200)])
    chart.actions.trigger("chart.write")
    bar = chart.place.timeline.list.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() > 3000)
    bar.setValue(2000)
    timeline = chart.place.timeline.list
    top = timeline.indexAt(QPoint(4, 40)).data()
    chart.editor.set_value("plan", "Xem lại.")
    qtbot.waitUntil(lambda: chart.chart.item(chart.editor.draft.entry) is not None, timeout=10_000)
    qtbot.waitUntil(lambda: timeline.indexAt(QPoint(4, 40)).data() == top)


def an_order(view: EntryView, row: int, state: OrderState, **changes: Any) -> ImagingOrderStanding:
    return ImagingOrderStanding(**{"entry": view.id, "version": view.version, "row": row, "state": state, **changes})


@pytest.mark.parametrize(("state", "word"), [
    (OrderState.LISTED, "đã lên máy"), (OrderState.TAKEN, "đã chụp"), (OrderState.REPORTED, "đã có kết quả"),
    (OrderState.SIGNED, "kết quả đã ký"), (OrderState.ORDERED, ""),
])
def test_an_order_says_where_its_picture_stands(opened: Open, state: OrderState, word: str) -> None:
    """On the sheet behind the very row that orders it, and in the time line when the entry orders one picture."""
    now = charts.now()
    entries = charts.demo_entries(charts.BINH, now)
    view = next(one for one in entries if any(
        row["kind"] == "imaging" for row in one.body["values"].get("orders", ())))
    rows = view.body["values"]["orders"]
    at = next(place for place, row in enumerate(rows) if row["kind"] == "imaging")
    gone = an_order(view, 0, OrderState.CANCELLED, version=view.version + 1, entry=UUID(int=1))
    chart = opened(answer=charts.chart_of(entries, now, imaging_orders=(an_order(view, at, state), gone)))
    chart.place.show_entry(view.id)
    item = chart.chart.item(view.id)
    assert item is not None
    assert chart.place.sheet is not None
    shown = " ".join(words_on(chart.place.sheet).split())
    assert (f"{rows[at]['name']} · {word}" in shown) is bool(word)
    assert rows[at]["name"] in shown
    assert word_of(item) == word
