"""The ward board: who needs me first, found by eye, by key and by name."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QFontMetrics, QHelpEvent
from PyQt6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from records.early_warning import EarlyWarning, Level
from tests.workstation.views.hospital import NAMES, SURGERY, Hospital, row
from tests.workstation.views.keyboard import CTRL, press, write
from workstation.app import Program
from workstation.models.worklist import ROW_ROLE, BoardFilter, BoardOrder, Column
from workstation.views import style
from workstation.views.actions import Place
from workstation.views.ward import cells
from workstation.views.ward.board import WardView
from workstation.views.widgets.delegates import CellText, ChipAndSpark, PieText
from workstation.views.work import WorkPage


def shown(ward: WardView) -> list[str]:
    model = ward.table.model()
    assert model is not None
    rows = [model.data(model.index(number, 0), ROW_ROLE) for number in range(model.rowCount())]
    return [row.patient.full_name for row in rows if row.patient is not None]


def said(ward: WardView) -> str:
    """What stands where the table would be."""
    widget = ward.left.currentWidget()
    return widget.accessibleName() if widget is not None else ""


def test_every_bed_stands_in_a_row_of_28_px(ward: WardView) -> None:
    assert ward.table.rowHeight(0) == style.px("row_board") == 28
    assert len(shown(ward)) == len(NAMES)


def test_names_are_never_cut(ward: WardView) -> None:
    room = ward.table.columnWidth(Column.PATIENT) - 10
    widest = max(QFontMetrics(style.font(bold=True)).horizontalAdvance(name) for name in NAMES)
    assert widest <= room


def test_a_very_long_name_pushes_no_column_out_of_sight(
        ward: WardView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its middle is left out, so that the given name stays; the tip tells it whole."""
    long = "Công Tằng Tôn Nữ Hoàng Phạm Nguyễn Thị Bích Phượng Quỳnh Hương Giang"
    monkeypatch.setattr("tests.workstation.views.hospital.NAMES", (long, *NAMES[1:]))
    ward.enter()
    qtbot.waitUntil(lambda: long in shown(ward))
    table, model = ward.table, ward.table.model()
    view = table.viewport()
    assert view is not None
    assert model is not None
    last = max(column for column in Column if not table.isColumnHidden(column))
    assert table.columnViewportPosition(last) + table.columnWidth(last) <= view.width()
    assert table.columnWidth(Column.DIAGNOSIS) >= 80
    cell = table.cell(model.index(0, Column.PATIENT))
    assert isinstance(cell, CellText)
    assert (cell.text, cell.may_be_cut, cell.cut_inside) == (long, True, True)
    place = table.visualRect(model.index(0, Column.PATIENT)).center()
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    assert QToolTip.text() == long


def test_who_was_looked_for_and_opened_leaves_the_ward_as_it_was(
        program: Program, ward: WardView, qtbot: QtBot) -> None:
    """Coming back, the ward is whole again, with that patient chosen; and no counter was cut for the field."""
    press(ward.table, Qt.Key.Key_P)
    assert not ward.order_words.isVisible()
    write(ward.search, "huc")
    assert shown(ward) == ["Mai Xuân Phúc"]
    press(ward.search, Qt.Key.Key_Return)
    page = program.window.work
    assert page is not None
    qtbot.waitUntil(lambda: page.open_place is Place.CHART)
    press(program.window, Qt.Key.Key_1, CTRL)
    assert len(shown(ward)) == len(NAMES)
    bed = ward.table.current_row()
    assert bed is not None
    assert bed.patient is not None
    assert bed.patient.full_name == "Mai Xuân Phúc"
    assert not ward.search.isVisible()
    assert ward.order_words.isVisible()


def test_the_five_counters_filter_by_their_digits(ward: WardView, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_2)
    assert shown(ward) == ["Mai Xuân Phúc"]
    assert ward.counters[BoardFilter.ATTENTION].isChecked()
    press(ward.table, Qt.Key.Key_2)
    assert len(shown(ward)) == len(NAMES)
    press(ward.table, Qt.Key.Key_1)
    assert len(shown(ward)) == len(NAMES)
    assert ward.table.model().rowCount() == len(NAMES)  # type: ignore[union-attr]  # a table with its model


def test_a_name_typed_on_the_board_finds_its_patient_without_diacritics(
        program: Program, ward: WardView, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_P)
    assert program.window.focusWidget() is ward.search
    write(ward.search, "huc")
    assert shown(ward) == ["Mai Xuân Phúc"]
    press(ward.search, Qt.Key.Key_Escape)
    assert len(shown(ward)) == len(NAMES)
    assert program.window.focusWidget() is ward.table
    assert not ward.search.isVisible()


def test_digits_typed_into_the_search_are_a_bed_and_no_filter(ward: WardView, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_G)
    ward.search.clear()
    write(ward.search, "4-13")
    assert shown(ward) == ["Mai Xuân Phúc"]
    assert not any(counter.isChecked() for counter in ward.counters.values())


def test_the_chosen_patient_stays_chosen_in_another_order(ward: WardView, qtbot: QtBot) -> None:
    ward.table.choose(7)
    chosen = ward.table.current_row()
    press(ward.table, Qt.Key.Key_S, CTRL)
    assert ward.table.current_row() == chosen
    assert shown(ward)[0] == "Mai Xuân Phúc"


def test_f8_goes_to_the_next_who_needs_to_be_seen(ward: WardView, qtbot: QtBot) -> None:
    ward.table.choose(0)
    seen = []
    for _ in range(3):
        press(ward.table, Qt.Key.Key_F8)
        bed = ward.table.current_row()
        assert bed is not None
        seen.append(bed)
    assert all(any(clock.state in ("near", "past") for clock in bed.clocks) or bed.patient == row(12).patient
               for bed in seen)
    assert len({bed.bed for bed in seen}) == 3


def test_the_panel_shows_the_chosen_patient(ward: WardView) -> None:
    ward.table.choose(12)
    assert ward.panel.accessibleName() == "Người bệnh đang chọn: Mai Xuân Phúc"


def here(page: WorkPage) -> Place:
    """The place that is open now."""
    return page.open_place


def open_chart(program: Program, ward: WardView, number: int, qtbot: QtBot) -> WorkPage:
    page = program.window.work
    assert page is not None
    ward.table.choose(number)
    press(ward.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.open_place is Place.CHART and NAMES[number].upper() in page.title(), timeout=20_000)
    return page


def test_enter_opens_the_chart_with_the_patients_banner_and_escape_goes_back(
        program: Program, ward: WardView, qtbot: QtBot) -> None:
    page = open_chart(program, ward, 12, qtbot)
    assert program.window.windowTitle() == "MAI XUÂN PHÚC · Giường 13 — Bệnh Án"
    chart = page.place(Place.CHART)
    assert chart is not None
    banner = chart.banner()
    assert banner is not None
    assert banner.isVisible()
    press(program.window.focusWidget(), Qt.Key.Key_Escape)
    assert here(page) is Place.WARD
    assert not banner.isVisible()
    assert program.window.focusWidget() is ward.table


def test_another_chart_takes_the_place_and_its_keys(program: Program, ward: WardView, qtbot: QtBot) -> None:
    page = open_chart(program, ward, 12, qtbot)
    first = page.place(Place.CHART)
    page.show_place(Place.WARD)
    open_chart(program, ward, 3, qtbot)
    assert page.place(Place.CHART) is not first
    assert program.window.actions_.bound("chart.write")
    assert program.window.actions_.why_not("chart.timeline") == ""


def test_the_same_chart_is_not_opened_twice(program: Program, ward: WardView, qtbot: QtBot) -> None:
    page = open_chart(program, ward, 12, qtbot)
    first = page.place(Place.CHART)
    page.show_place(Place.WARD)
    open_chart(program, ward, 12, qtbot)
    assert page.place(Place.CHART) is first


def test_before_a_chart_is_open_its_place_says_how_to_open_one(
        program: Program, ward: WardView, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_2, CTRL)
    page = program.window.work
    assert page is not None
    assert here(page) is Place.CHART
    assert all(not hint.key.startswith("F9") for hint in program.window.actions_.hints())
    press(program.window.focusWidget(), Qt.Key.Key_Escape)
    assert here(page) is Place.WARD


def test_f4_shows_what_waits_on_this_pc_and_back(ward: WardView, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_F4)
    assert ward.waiting.isVisible()
    press(ward.table, Qt.Key.Key_F4)
    assert ward.panel.isVisible()


@pytest.mark.parametrize(("width", "height"), [(1092, 560), (911, 467)])
def test_at_125_and_150_percent_the_side_folds_and_nothing_is_out_of_reach(
        program: Program, ward: WardView, qtbot: QtBot, width: int, height: int) -> None:
    program.window.resize(width, height)
    qtbot.waitUntil(lambda: ward.folded, timeout=5_000)
    assert program.window.width() == width
    assert not ward.right.isVisible()
    right_edge = max(counter.geometry().right() for counter in ward.counters.values())
    assert right_edge < ward.width()
    assert ward.table.columnWidth(Column.DIAGNOSIS) > 60
    press(ward.table, Qt.Key.Key_F4)
    assert ward.right.isVisible()


def test_without_the_server_the_board_says_of_when_it_is(
        program: Program, ward: WardView, hospital: Hospital, qtbot: QtBot) -> None:
    assert ward.as_of.text().startswith("Cập nhật ")
    hospital.close()
    press(ward.table, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: ward.as_of.text().startswith("Bản lúc "), timeout=20_000)


def test_an_empty_ward_says_so(ward: WardView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: ward.ward.count() == 2, timeout=10_000)
    ward.ward.setCurrentIndex(ward.ward.findData(str(SURGERY.id)))
    ward.ward.activated.emit(ward.ward.currentIndex())
    qtbot.waitUntil(lambda: said(ward) == "Khoa này chưa có giường nào.", timeout=10_000)


def test_no_widget_of_the_board_ever_stands_as_a_window_of_its_own(
        program: Program, ward: WardView, qtbot: QtBot) -> None:
    for number in (1, 5, 12):
        ward.table.choose(number)
    QApplication.processEvents()
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert windows == [program.window]


def bed(number: int, warning: EarlyWarning | None = None) -> cells.Bed:
    beds = row(number)
    assert beds.patient is not None
    return cells.Bed(beds, beds.patient, warning, (), None, beds.vitals[-1].at if beds.vitals else row(0).vitals[-1].at)


def test_a_warning_is_said_by_number_word_and_colour() -> None:
    high = EarlyWarning(8, {"pulse": 3}, ())
    cell = cells.cell(Column.WARNING, bed(0, high))
    assert isinstance(cell, ChipAndSpark)
    assert (cell.chip.strong, cell.chip.text, cell.chip.tone) == ("8", Level.HIGH.value, "critical")
    assert cells.cell(Column.WARNING, bed(0)) == CellText("Chưa đo", "ink3")


def test_a_deadline_is_a_pie_with_its_words_and_none_is_a_check_mark() -> None:
    assert cells.cell(Column.CLOCK, bed(0)) == CellText("Đủ", "ink2", icon="check")
    from datetime import timedelta

    from workstation.models.worklist import ClockLine

    beds = bed(1)
    past = ClockLine(text="24 giờ · quá 2 giờ", state="past", gone=0.4, due=beds.now - timedelta(hours=2))
    late = cells.Bed(beds.row, beds.patient, None, (), past, beds.now)
    assert cells.cell(Column.CLOCK, late) == PieText("24 giờ · quá 2 giờ", "attention", 1.0)


def test_an_allergy_is_red_and_an_unasked_one_is_named() -> None:
    assert cells.cell(Column.ALLERGIES, bed(1)) == CellText("Aspirin", "critical", icon="alert-triangle",
                                                            may_be_cut=True)
    assert cells.cell(Column.ALLERGIES, bed(6)) == CellText("Chưa hỏi", "attention")


@pytest.mark.parametrize(("name", "short"), [
    ("BS. Lê Thu Hà", "Lê T. Hà"), ("Nguyễn Văn Sơn", "Ng. V. Sơn"), ("BSCKI. Đỗ Văn Thành", "Đỗ V. Thành"),
    ("Mai Lan", "Mai Lan"), ("", ""),
])
def test_a_doctors_name_is_short_but_tells_who(name: str, short: str) -> None:
    assert cells.short_name(name) == short


def test_each_order_has_its_words(ward: WardView) -> None:
    for order in BoardOrder:
        ward.table.model().set_order(order)  # type: ignore[union-attr]  # the board's model
    assert ward.order_words.text().startswith("Xếp theo ")
