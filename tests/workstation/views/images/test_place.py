"""The place «Hình ảnh» by keyboard: what hangs, what goes along, what was measured; nothing moves by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from imaging.grey import Window
from imaging.image import open_image
from imaging.objects.presentation import read_presentation
from imaging.sources import InMemory
from records.errors import Trouble
from records.messages import DestroyedStudyView, ImageSeriesView, ImageStudyView, PatientImages
from tests.workstation import hospital
from tests.workstation.views.images.shelf import (
    CT,
    LUNG,
    PA,
    SLICES,
    SOFT,
    XRAY,
    Kept,
    Reader,
    grown,
    images,
    press,
)
from tests.workstation.views.keyboard import KEYS
from workstation.models.images.hanging import Hung
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.stack import Spot
from workstation.views import style
from workstation.views.images.panel import LINE, PANEL_WIDTH, fitting, patient_head
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.strip import ROW
from workstation.views.images.viewport_acts import ACTS
from workstation.views.widgets.states import Empty

ECG = "1.2.3"


def take_in_an_ecg(reader: Reader, qtbot: QtBot, *, others: bool = True) -> ImagesPlace:
    """A study without pictures, older than all others."""
    told = images()
    ecg = ImageStudyView(uid=ECG, date="20240101", modalities=("ECG",), instances=1, received_at=datetime.now(UTC),
                         series=(ImageSeriesView(uid=f"{ECG}.1", modality="ECG", number=1, instances=1, shown=False),))
    reader.desks.little.images = told.model_copy(update={"studies": (*(told.studies if others else ()), ecg)})
    studies = reader.place.reading.studies
    studies.look_again()
    qtbot.waitUntil(lambda: studies._next is not None, timeout=10_000)
    studies.take_in()
    assert studies.study(ECG) is not None
    return reader.place


def lines(reader: Reader) -> list[str]:
    marks = reader.place.panel.marks
    return [item.data(LINE)[1] if (item := marks.item(at)) else "" for at in range(marks.count())]


def row_of(reader: Reader, series: str) -> int:
    strip = reader.place.strip
    rows = [item.data(ROW) if (item := strip.item(number)) else None for number in range(strip.count())]
    return next(number for number, row in enumerate(rows) if row and row.series and row.series.uid == series)


def line(reader: Reader) -> tuple[str, str, str]:
    item = reader.place.panel.marks.item(0)
    assert item is not None
    icon, words, right, _ = item.data(LINE)
    return icon, words, right


def test_a_chest_ct_opens_with_both_series_a_plane_and_the_prior(opened: Reader) -> None:
    hung = [(cell.hung.series_uid, cell.hung.plane, cell.hung.prior) for cell in opened.place.grid.cells]
    assert hung == [(LUNG, "", False), (SOFT, "", False), (LUNG, "coronal", False), (PA, "", True)]
    windows = [opened.cell(number).viewport.state.voi for number in (0, 1)]
    assert [(window.center, window.width) for window in windows if isinstance(window, Window)] == [
        (-600, 1500), (40, 400)]
    assert opened.place.title() == "Hình ảnh · NGUYỄN VĂN BÌNH"
    assert opened.place.note() == f"Đã tải {SLICES}/{SLICES} lát · Bộ nhớ ảnh 212/400 MB"


def test_it_fits_the_screen_of_a_ward(opened: Reader, tmp_path: Path) -> None:
    least = opened.place.minimumSizeHint()
    assert least.width() <= 1366 / 1.5  # at 150 % too
    assert least.height() <= 636 / 1.5
    grid, panel = opened.place.grid, opened.place.panel
    press(opened, Qt.Key.Key_F4)
    assert panel.isHidden()
    before = grid.width()
    press(opened, Qt.Key.Key_F2)
    assert opened.place.strip.hasFocus(), "the first F2 leads into the list, as in the chart"
    press(opened, Qt.Key.Key_F2)
    assert grid.active.isAncestorOf(QApplication.focusWidget())
    QApplication.processEvents()
    assert opened.place.strip.isVisible() is False
    assert grid.width() > before
    assert opened.window.grab().save(str(tmp_path / "place.png"))


def test_an_older_study_that_is_read_is_no_prior_and_the_others_are_told_from_its_day(opened: Reader) -> None:
    """A study of 2025 that was opened in the first viewport said of itself «lần trước, cùng ngày»."""
    cells = opened.place.grid.cells
    assert cells[3].words.note == "lần trước, 21 tháng trước"
    opened.place.grid.activate(3)
    opened.place._open_series(CT, SOFT)
    opened.place.grid.activate(0)
    opened.place._open_series(XRAY, PA)
    assert (cells[0].words.note, cells[0].hung.prior) == ("", False)
    opened.place.grid.activate(1)
    opened.place._open_series(CT, LUNG)
    assert cells[1].words.note == "lần sau, 21 tháng sau"


def test_what_the_server_kept_back_is_asked_for_again_when_it_is_back(opened: Reader, qtbot: QtBot) -> None:
    """«Chưa nối được với máy chủ» stayed for ever where a series was opened while the network was cut."""
    place, shelf = opened.place, opened.shelf
    shelf.late.add(SOFT)
    place.reading._stacks.clear()
    place.grid.put(Hung(CT, SOFT))
    cell = place.grid.active
    shelf.refused.emit(SOFT, Trouble.because("server_away", detail="cut"))
    assert cell.message
    shelf.late.clear()
    place.reading.desk.sync.chart_stale.emit(None)
    qtbot.waitUntil(lambda: cell.filled, timeout=10_000)
    assert cell.message == ""


def test_the_panel_that_was_opened_on_a_narrow_screen_stays_when_a_line_comes_above(opened: Reader) -> None:
    """The line of an outage takes 34 points of height: at 125 % the report that was written on went with it."""
    opened.window.resize(1093, 500)
    assert opened.place.panel.isHidden()
    press(opened, Qt.Key.Key_F4)
    opened.window.resize(1093, 466)
    assert not opened.place.panel.isHidden()
    opened.window.resize(1366, 636)
    assert not opened.place.panel.isHidden()


def test_scrolling_takes_the_other_series_along_until_it_is_let_go(opened: Reader) -> None:
    opened.place.grid.viewport.gaze.scroll_to(5)
    # 2 mm apart here (place 5 lies at 12 mm), 4 mm there: place 2.
    assert opened.places[:2] == [5, 2]
    press(opened, Qt.Key.Key_L)
    press(opened, Qt.Key.Key_Down)
    assert opened.places[:2] == [6, 2]
    press(opened, Qt.Key.Key_L)
    assert opened.places[1] in {2, 3}


def test_where_a_mark_lies_is_told_whole_before_what_kind_it_is(opened: Reader) -> None:
    """The icon says the kind; which slice of which day is what one looks for in the list."""
    words, small = "Dài, 29/10/2026 chuỗi 1 lát 10", QFontMetrics(style.font("small"))
    whole = QFontMetrics(style.font()).horizontalAdvance(words)
    assert fitting(words, whole)[0] == words
    told, font = fitting(words, small.horizontalAdvance(words))
    assert (told, QFontMetrics(font).height()) == (words, small.height())
    assert fitting(words, small.horizontalAdvance(words) - 1)[0] == "29/10/2026 chuỗi 1 lát 10"
    assert fitting(words, 60)[0].endswith("…")


def test_every_key_of_the_viewer_works_from_the_strip_too(opened: Reader) -> None:
    opened.place.strip.setFocus()
    press(opened, Qt.Key.Key_D)
    assert opened.place.bar.buttons["images.length"].isChecked()
    assert opened.place.grid.viewport.state.tool.draws is Kind.LENGTH
    assert all(opened.actions.why_not(action) == "" for action in ACTS)


def test_enter_in_the_strip_puts_a_series_into_the_active_viewport(opened: Reader) -> None:
    strip = opened.place.strip
    opened.place.grid.activate(1)
    strip.setCurrentRow(row_of(opened, PA))
    strip.setFocus()
    press(opened, Qt.Key.Key_Return)
    assert [cell.hung.series_uid for cell in opened.place.grid.cells] == [LUNG, PA, LUNG, PA]
    assert opened.place.grid.viewport is opened.cell(1).viewport


def test_another_layout_leaves_pictures_places_and_windows_alone(opened: Reader) -> None:
    opened.place.grid.viewport.gaze.scroll_to(7)
    grid = opened.place.grid
    opened.cell(2).viewport.gaze.scroll_to(5)
    before = [(cell, cell.viewport.here, cell.viewport.state) for cell in grid.cells]
    press(opened, Qt.Key.Key_F3)
    assert (grid.hanging.rows, grid.hanging.columns, len(grid.cells)) == (2, 3, 6)
    seen = [(cell, cell.viewport.here, cell.viewport.state) for cell in grid.cells]
    assert [seen[at] for at in (0, 1, 3, 4)] == before
    assert [port.series_uid for port in grid.hanging.ports] == [cell.hung.series_uid for cell in grid.cells]
    for _ in range(2):
        press(opened, Qt.Key.Key_F3)
    assert len(grid.cells) == 1
    assert grid.viewport.here is before[0][1]


def test_slices_that_come_meanwhile_are_told_and_wait_for_the_reader(opened: Reader, qtbot: QtBot) -> None:
    place = opened.place
    seen = [(cell.viewport.here, cell.viewport.state) for cell in place.grid.cells]
    stacks = [cell.viewport.gaze.stack for cell in place.grid.cells]
    rows = place.strip.count()
    opened.desks.little.images = images(more=12)
    place.reading.studies.look_again()
    qtbot.waitUntil(place.news.isVisible, timeout=10_000)
    assert place.news_words.text() == "Có 12 lát mới"
    assert [(cell.viewport.here, cell.viewport.state) for cell in place.grid.cells] == seen
    assert place.strip.count() == rows
    press(opened, Qt.Key.Key_F5)
    assert not place.news.isVisible()
    assert place.reading.studies.studies[0].series[0].frames == SLICES + 12
    assert [cell.viewport.gaze.stack for cell in place.grid.cells] == stacks


def test_f5_takes_new_slices_into_a_series_that_is_open_and_nothing_that_is_read_moves(
        opened: Reader, qtbot: QtBot, tmp_path: Path) -> None:
    place, viewport = opened.place, opened.place.grid.viewport
    viewport.gaze.scroll_to(5)
    viewport.become(viewport.state.windowed(Window(100, 350)))
    press(opened, Qt.Key.Key_D)
    middle = viewport.rect().center()
    KEYS.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle)
    before, seen, looks = viewport.here, viewport.snapshot(), viewport.state
    others = [(cell.viewport.here, cell.viewport.state) for cell in place.grid.cells[1:]]
    opened.desks.little.images = images(more=12)
    opened.shelf.more[LUNG] = grown(LUNG, SLICES, 12)
    place.reading.studies.look_again()
    qtbot.waitUntil(place.news.isVisible, timeout=10_000)
    assert opened.window.grab().save(str(tmp_path / "news.png"))
    shown: list[int] = []
    viewport.gaze.shown.connect(lambda: shown.append(viewport.gaze.seen))
    place.strip.setCurrentRow(row_of(opened, SOFT))
    press(opened, Qt.Key.Key_F5)
    assert viewport.here is before, "the very same picture"
    assert not shown, "and it is not even shown again"
    assert (viewport.gaze.seen, viewport.state.place, viewport.gaze.count) == (17, 17, SLICES + 12)
    assert replace(viewport.state, place=5) == looks, "window, zoom, turn and tool are as they were"
    assert viewport._hand.busy, "a measurement that is being drawn is not let go of"
    assert [(cell.viewport.here, cell.viewport.state) for cell in place.grid.cells[1:]] == others
    assert place.strip.currentRow() == row_of(opened, SOFT)
    assert viewport.snapshot() == seen, "not one pixel of it"
    KEYS.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle)
    press(opened, Qt.Key.Key_Escape)
    press(opened, Qt.Key.Key_Home)
    assert viewport.here is not None
    assert viewport.here.spot.sop_instance_uid == f"{LUNG}.-11", "what came is there to be read"
    assert place.reading.place_of(viewport.here.spot) is not None


def test_a_measurement_is_listed_and_enter_jumps_to_its_frame(opened: Reader) -> None:
    grid, marks = opened.place.grid, opened.place.reading.marks
    spot = Spot(CT, LUNG, f"{LUNG}.4", 1)
    grid.viewport.gaze.scroll_to(3)
    marks.put(Mark.new(spot, Kind.LENGTH, ((10.0, 10.0), (40.0, 50.0))))
    grid.viewport.gaze.scroll_to(12)
    panel = opened.place.panel
    assert line(opened) == ("ruler-measure", "Dài, chuỗi 1 lát 4", "…")
    grid.activate(1)
    panel.marks.setFocus()
    panel.marks.setCurrentRow(0)
    press(opened, Qt.Key.Key_Return)
    assert grid.viewport is opened.cell(0).viewport
    assert grid.viewport.gaze.seen == 3
    assert grid.viewport.chosen_mark == marks.all()[0].id
    assert line(opened)[2] == "35,0 mm"


def test_a_prior_goes_along_in_zoom_and_is_let_go_again(opened: Reader) -> None:
    grid = opened.place.grid
    press(opened, Qt.Key.Key_B)
    assert grid.paired
    assert grid.viewport is opened.cell(0).viewport
    press(opened, Qt.Key.Key_Plus)
    assert opened.cell(3).viewport.state.zoom == pytest.approx(grid.viewport.state.zoom)
    assert opened.cell(3).viewport.state.voi is None  # Hounsfield units mean nothing on an X-ray
    press(opened, Qt.Key.Key_B)
    assert not grid.paired


def test_lines_stand_where_the_active_slice_cuts_the_plane(opened: Reader, qtbot: QtBot) -> None:
    face = opened.cell(2).viewport._face
    qtbot.waitUntil(lambda: len(face.lines) == 1, timeout=5000)
    before = face.lines[0].start[1]
    opened.place.grid.viewport.gaze.scroll_to(2)
    qtbot.waitUntil(lambda: bool(face.lines) and face.lines[0].start[1] != before, timeout=5000)


def test_a_person_without_images_is_told_so_with_one_way_on(reader: Reader, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: reader.place.reading.studies.known, timeout=10_000)
    place = reader.place
    desk, key = place.reading.desk, f"images:{place.reading.patient.id}"
    # Nothing of before is on its way or is kept after what follows.
    qtbot.waitUntil(lambda: desk.store.cached(key) is not None and not desk._asked, timeout=10_000)
    place.reading.studies._told = place.reading.studies._held = None
    place._hung = False
    desk.store.put_cache(key, PatientImages().model_dump_json().encode())
    reader.desks.little.images = PatientImages(unsettled=2)
    place.reading.studies.load()

    def says_so() -> bool:
        page = place.pages.currentWidget()
        return isinstance(page, Empty) and "Có 2 lần chụp" in page.accessibleName()

    qtbot.waitUntil(says_so, timeout=10_000)
    reader.desks.little.images = PatientImages(destroyed=(DestroyedStudyView(
        uid="1.2", received_at=datetime(2026, 11, 2, tzinfo=UTC), why="biên bản 12/BB-2036",
        destroyed_at=datetime(2036, 12, 31, 20, tzinfo=UTC)),))
    place.reading.studies.load()

    def says_what_went() -> bool:
        page = place.pages.currentWidget()
        told = page.accessibleName() if isinstance(page, Empty) else ""
        return "1 lần chụp đã tiêu hủy" in told and "01/01/2037" in told and "12/BB-2036" in told

    qtbot.waitUntil(says_what_went, timeout=10_000)


def test_a_series_without_pictures_is_asked_for_as_a_file_and_says_why_it_does_not_come(
        opened: Reader, qtbot: QtBot) -> None:
    strip = opened.place.strip
    item = strip.item(row_of(opened, "1.2.1.9"))
    strip.scrollToItem(item)
    KEYS.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=strip.visualItemRect(item).center())
    asked = "/dicomweb/studies/1.2.1/series/1.2.1.9/metadata"
    qtbot.waitUntil(lambda: ("GET", asked) in opened.desks.little.asked, timeout=10_000)
    qtbot.waitUntil(lambda: opened.cell(0).message not in {"", "Đang mở…"}, timeout=10_000)


def test_an_ecg_that_is_opened_takes_the_place_of_what_hung_there(opened: Reader, qtbot: QtBot) -> None:
    place = take_in_an_ecg(opened, qtbot)
    place.grid.activate(3)
    place.open_at(ECG)
    [cell] = place.grid.cells
    assert (cell.hung, cell.viewport.here) == (Hung(ECG, f"{ECG}.1"), None)
    qtbot.waitUntil(lambda: cell.message not in {"", "Đang mở…"}, timeout=10_000)  # nothing lies behind it here
    assert cell.isAncestorOf(QApplication.focusWidget()), "the keys are not in the viewport: they would leave the place"


def test_a_name_of_nine_words_is_whole_and_no_empty_bed_is_named(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, "day")
    who = hospital.patient(full_name="Công Tằng Tôn Nữ Nguyễn Phúc Hoàng Phương Quỳnh Trâm Anh")
    stay = hospital.encounter()
    bedless = stay.model_copy(update={"stays": (stay.stays[-1].model_copy(update={"bed": ""}),)})
    head = patient_head(who, bedless, datetime.now(UTC))
    qtbot.addWidget(head)
    head.resize(PANEL_WIDTH, head.heightForWidth(PANEL_WIDTH))
    with qtbot.waitExposed(head):
        head.show()
    name, told = head.findChildren(QLabel)[:2]
    assert name.text() == who.full_name.upper()
    assert name.height() >= name.heightForWidth(name.width())
    assert "Giường" not in told.text()


def test_a_list_too_narrow_for_a_name_tells_it_whole_in_its_tip(opened: Reader) -> None:
    tips = [item.toolTip() for at in range(opened.place.strip.count()) if (item := opened.place.strip.item(at))]
    assert tips[0] == "16/11/2026 CT ngực"
    assert any(tip.startswith("Chuỗi 1 Phổi") for tip in tips)


def test_who_has_an_ecg_only_sees_it_at_once(reader: Reader, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: reader.place.reading.studies.known, timeout=10_000)
    place = take_in_an_ecg(reader, qtbot, others=False)
    place._hung = False
    place.open_at()
    assert place.pages.currentIndex() == 0
    assert [cell.hung for cell in place.grid.cells] == [Hung(ECG, f"{ECG}.1")]


def test_a_study_that_is_not_there_is_told_and_what_is_read_stays(opened: Reader) -> None:
    before = [(cell.hung, cell.viewport.here) for cell in opened.place.grid.cells]
    opened.place.open_at("1.2.3.4.5")
    assert "chưa có trong danh sách" in opened.place.told_words.text()
    assert [(cell.hung, cell.viewport.here) for cell in opened.place.grid.cells] == before


def test_an_empty_viewport_takes_the_keys_and_is_seen_to(opened: Reader) -> None:
    opened.place.grid.lay_out(3, 3)
    for _ in range(2):
        press(opened, Qt.Key.Key_F8)
    cell = opened.place.grid.active
    assert cell is opened.cell(2)
    assert cell.isAncestorOf(QApplication.focusWidget())
    edge = cell.grab().toImage().pixelColor(1, 1)
    assert edge == style.image_colour("reference")
    opened.cell(0).viewport.setFocus()
    KEYS.mouseClick(opened.cell(5).findChild(QLabel), Qt.MouseButton.LeftButton)
    assert opened.place.grid.active is opened.cell(5)


def test_marks_of_the_study_that_is_read_come_first_and_others_say_their_day(opened: Reader) -> None:
    marks = opened.place.reading.marks
    marks.put(Mark.new(Spot(CT, LUNG, f"{LUNG}.4", 1), Kind.LENGTH, ((10.0, 10.0), (40.0, 50.0))))
    marks.put(Mark.new(Spot(XRAY, PA, f"{PA}.1", 1), Kind.LENGTH, ((10.0, 10.0), (40.0, 50.0))))
    assert lines(opened) == ["Dài, chuỗi 1 lát 4", "Dài, 12/02/2025 chuỗi 1"]
    opened.place.grid.activate(3)
    assert lines(opened) == ["Dài, chuỗi 1", "Dài, 16/11/2026 chuỗi 1 lát 4"]


def test_the_series_that_is_opened_comes_into_sight_in_the_list(opened: Reader, qtbot: QtBot) -> None:
    place = take_in_an_ecg(opened, qtbot)
    strip = place.strip
    strip.setFixedHeight(170)
    place.open_at(ECG)
    item = strip.item(row_of(opened, f"{ECG}.1"))
    view = strip.viewport()
    assert view is not None
    assert view.rect().contains(strip.visualItemRect(item).center())
    place.open_at(CT)
    for number in (row_of(opened, LUNG) - 1, row_of(opened, LUNG)):
        assert view.rect().contains(strip.visualItemRect(strip.item(number)).center()), "the study's day is not seen"


def test_a_frame_of_a_series_that_hangs_moves_nothing_else(opened: Reader) -> None:
    opened.place.grid.lay_out(2, 3)
    opened.place.grid.viewport.gaze.look(opened.place.grid.viewport.state.windowed(Window(100, 300)))
    opened.place.open_at(spot=Spot(CT, LUNG, f"{LUNG}.9", 1))
    assert (opened.place.grid.viewport.state.place, opened.place.grid.viewport.state.voi) == (8, Window(100, 300))
    assert len(opened.place.grid.cells) == 6


def test_a_frame_that_a_signed_sheet_names_is_opened_though_its_series_comes_late(opened: Reader, qtbot: QtBot) -> None:
    opened.place.grid.put(Hung(XRAY, PA), 0)
    opened.place.grid.put(Hung(XRAY, PA), 2)
    opened.place.reading._stacks.pop(Hung(CT, LUNG))
    opened.shelf.late.add(LUNG)
    opened.place.grid.activate(0)
    opened.place.open_at(spot=Spot(CT, LUNG, f"{LUNG}.9", 1))
    assert opened.place.grid.viewport.here is None
    opened.shelf.opened.emit(LUNG, opened.shelf.stacks[LUNG])
    qtbot.waitUntil(lambda: opened.place.grid.viewport.gaze.seen == 8, timeout=5000)


def test_a_frame_of_a_study_that_is_not_there_says_so_with_nothing_beside_it(opened: Reader) -> None:
    """Destroyed, or another patient's by now: beside the words hung an ultrasound that nobody had asked for."""
    opened.shelf.late.add("1.2.77.1")
    opened.place.open_at(spot=Spot("1.2.77", "1.2.77.1", "1.2.77.1.1", 1))
    assert [cell.hung.series_uid for cell in opened.place.grid.cells] == ["1.2.77.1"]
    assert (opened.place.grid.hanging.rows, opened.place.grid.hanging.columns) == (1, 1)
    opened.place.open_at(CT)
    assert len(opened.place.grid.cells) == 4


def test_the_look_of_a_viewport_is_kept_with_its_marks(opened: Reader, qtbot: QtBot) -> None:
    place, kept_ = opened.place, Kept()
    place.reading.saver._client = kept_
    here = place.grid.viewport.here
    assert here is not None
    place.reading.marks.put(Mark.new(here.spot, Kind.LENGTH, [(10.0, 10.0), (40.0, 10.0)]))
    press(opened, Qt.Key.Key_O)
    opened.actions.trigger("images.keep_look")
    qtbot.waitUntil(lambda: place.told_words.text() == "Đã lưu cách trình bày của 1 ảnh.", timeout=10_000)
    [file] = kept_.files
    state = read_presentation(open_image(InMemory(file)).dataset)
    assert state.shows(here.spot.sop_instance_uid, 1)
    assert state.quarter_turns == 1
    assert len(state.annotations[0].graphics) == 1


def test_a_plane_that_was_built_here_has_no_file_to_keep_a_look_of(opened: Reader, qtbot: QtBot) -> None:
    opened.place.grid.activate(2)
    opened.actions.trigger("images.keep_look")
    qtbot.waitUntil(lambda: opened.place.told_words.text() == "Chưa có ảnh nào để lưu.", timeout=5_000)
