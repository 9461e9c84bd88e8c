"""Key images beside the pictures: K takes the frame with its measures, the list opens it again, Delete takes it out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from records.entries import FormRef
from records.pictures import LARGEST_SIDE, is_key_image, picture_of
from tests.imaging import samples
from tests.imaging.objects import test_report, test_waveform
from tests.workstation import hospital
from tests.workstation.models.desks import draft
from tests.workstation.views.images.shelf import CT, LUNG, PA, XRAY, Reader
from tests.workstation.views.keyboard import KEYS
from workstation.models.editor import EditorModel
from workstation.models.images.contents import contents_of
from workstation.models.images.hanging import Hung
from workstation.models.images.key_images import LONGEST_SIDE, spot_of
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.models.images.objects import Opened
from workstation.views.images.beside import LEAST
from workstation.views.images.reporting import Begun, Chart, Reporting


@pytest.fixture
def opened(reader: Reader, qtbot: QtBot) -> Reader:
    grid = reader.place.grid
    qtbot.waitUntil(lambda: len(grid.cells) == 4 and all(cell.viewport.here for cell in grid.cells), timeout=10_000)
    return reader


@pytest.fixture
def written() -> list[str]:
    """Each time that the report was asked for."""
    return []


@pytest.fixture
def reporting(opened: Reader, written: list[str]) -> Reporting:
    desk = opened.place.reading.desk

    def write(study: str, modalities: Sequence[str]) -> Begun:
        written.append(f"{study} {'+'.join(modalities)}")
        return Begun.ASKED

    return Reporting(desk, opened.place, opened.actions, Chart(write))


@pytest.mark.parametrize(("order", "said", "role"), [
    ("2600000011", "Chỉ định số 2600000011", "viewer_small"),
    ("2600000012", "Phiếu trả lời chỉ định số 2600000012, ảnh đang xem mang số 2600000011.", "viewer_alert"),
])
def test_the_report_that_is_open_says_which_order_it_answers_and_whether_these_are_its_pictures(
    opened: Reader, order: str, said: str, role: str,
) -> None:
    """Of two orders of one name, the words on one picture must not go into the report on the other."""
    desk = opened.place.reading.desk
    ref = FormRef(code="09/BV2", edition="2024-01-01", kind="result")
    model = EditorModel(desk, hospital.chart(), draft(values={"order": order}, form=ref), None, desk.sync)
    reporting = Reporting(desk, opened.place, opened.actions, Chart(lambda *_: Begun.OPEN, lambda: model))
    assert reporting.order.isHidden()
    opened.place.entered.emit()
    assert (reporting.order.text(), reporting.order.property("role")) == (said, role)
    assert not reporting.order.isHidden()


def press(reader: Reader, key: Qt.Key) -> None:
    KEYS.keyClick(QApplication.focusWidget() or reader.place.grid.viewport, key)


def test_k_takes_the_frame_in_with_its_file_its_measures_and_its_picture(
        opened: Reader, reporting: Reporting, qtbot: QtBot) -> None:
    opened.place.grid.viewport.gaze.scroll_to(5)
    here = opened.place.grid.viewport.here
    assert here is not None
    opened.place.reading.marks.put(measured(Mark.new(here.spot, Kind.LENGTH, ((20.0, 20.0), (60.0, 20.0))), here))
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    (item,) = reporting.choosing.chosen
    assert is_key_image(item)
    assert spot_of(item) == here.spot
    assert item["sha256"] == hashlib.sha256(here.spot.sop_instance_uid.encode()).hexdigest()
    assert item["words"].startswith("CT ngực, chuỗi 1 Phổi, lát 6: ")
    picture = picture_of(item)
    assert max(picture.width, picture.height) == LONGEST_SIDE
    assert picture.channels == 3  # the measure is yellow
    assert reporting.caption.text() == "ẢNH CHÍNH · 1 ảnh vào phiếu"
    press(opened, Qt.Key.Key_K)
    qtbot.wait(50)
    assert len(reporting.choosing.chosen) == 1


def test_k_says_what_it_did_where_there_is_no_room_for_the_list(
        opened: Reader, reporting: Reporting, qtbot: QtBot) -> None:
    opened.place.panel.hide()  # as at 125 %
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    assert opened.place.told_words.text() == "Đã chọn ảnh chính: 1 ảnh vào phiếu. F4 mở danh sách."


def test_while_the_report_is_written_the_key_line_names_no_letters(opened: Reader) -> None:
    desk = opened.place.reading.desk
    ref = FormRef(code="09/BV2", edition="2024-01-01", kind="result")
    model = EditorModel(desk, hospital.chart(), draft(values={}, form=ref), None, desk.sync)
    reporting = Reporting(desk, opened.place, opened.actions, Chart(lambda *_: Begun.OPEN, lambda: model))
    opened.place.entered.emit()
    opened.place.grid.active.take_keys()
    assert {"W", "D", "K"} <= {hint.key for hint in opened.actions.hints()}
    reporting.write()
    assert reporting.beside.has_keys
    keys = {hint.key for hint in opened.actions.hints()}
    assert "F3" in keys
    assert not {"W", "D", "K", "B", "L", "↑↓"} & keys


def test_the_list_goes_back_to_the_frame_and_delete_takes_it_out(
        opened: Reader, reporting: Reporting, qtbot: QtBot) -> None:
    viewport = opened.place.grid.viewport
    viewport.gaze.scroll_to(3)
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: reporting.images.count() == 1)
    viewport.gaze.scroll_to(9)
    reporting.images.setCurrentRow(0)
    KEYS.keyClick(reporting.images, Qt.Key.Key_Return)
    assert opened.place.grid.viewport.gaze.seen == 3
    assert opened.place.grid.active.hung.series_uid == LUNG
    KEYS.keyClick(reporting.images, Qt.Key.Key_Delete)
    assert reporting.choosing.chosen == ()
    assert reporting.images.isHidden()


def test_a_reconstructed_plane_is_refused_in_words(opened: Reader, reporting: Reporting, qtbot: QtBot) -> None:
    opened.place.grid.activate(2)
    assert opened.place.grid.active.hung.plane == "coronal"
    reporting.choose()
    assert "lát gốc" in opened.place.told_words.text()
    assert reporting.choosing.chosen == ()


def test_f6_asks_for_the_report_on_what_is_read(opened: Reader, reporting: Reporting, written: list[str]) -> None:
    opened.actions.trigger("images.report")
    assert opened.place.grid.cells[3].hung.prior
    opened.place.grid.activate(3)  # the X-ray of last year beside it: it is not what is reported on
    opened.actions.trigger("images.report")
    assert written == [f"{CT} CT"] * 2
    opened.place.grid.put(Hung(XRAY, PA), 0)
    opened.place.grid.activate(0)
    opened.actions.trigger("images.report")
    assert written[-1] == f"{XRAY} DX"
    assert reporting.parent() is opened.place


def test_f6_puts_the_cursor_into_the_words_beside_the_pictures_and_then_shows_the_whole_form(
        opened: Reader, tmp_path: Path) -> None:
    """«Viết tiếp F6» (screen 10): who reads goes on reading while writing."""
    desk, place, whole = opened.place.reading.desk, opened.place, list[str]()
    ref = FormRef(code="09/BV2", edition="2024-01-01", kind="result")
    model = EditorModel(desk, hospital.chart(), draft(values={"findings": "Đám mờ"}, form=ref), None, desk.sync)
    reporting = Reporting(desk, place, opened.actions,
                          Chart(lambda *_: Begun.OPEN, lambda: model, lambda: whole.append("form")))
    QApplication.processEvents()
    place.panel.hide()  # as on a narrow screen
    opened.actions.trigger("images.report")
    assert reporting.beside.fields["conclusion"].hasFocus(), "the first that is empty"
    assert (place.panel.isVisible(), whole, reporting.go_on.text()) == (True, [], "Cả phiếu")
    assert opened.window.grab().save(str(tmp_path / "writing.png"))
    opened.actions.trigger("images.report")
    assert whole == ["form"]
    press(opened, Qt.Key.Key_Escape)
    assert place.grid.viewport.hasFocus()
    assert reporting.go_on.text() == "Viết tiếp"


def test_an_ecgs_page_is_chosen_as_it_lies_on_the_paper_and_a_report_says_why_not(
        opened: Reader, reporting: Reporting, tmp_path: Path, qtbot: QtBot) -> None:
    grid, series = opened.place.grid, "1.2.1.9"
    of = test_report.report(test_report.entry("IMAGE", "Key", ReferencedSOPSequence=[test_report.image("1.2.3", 7)]))
    strip = test_waveform.recording(test_waveform.group(test_waveform.beats()))
    files = [Opened(f"{series}.{number}", number, contents_of(samples.opened(dataset)))
             for number, dataset in enumerate((of, strip), start=1)]

    def read() -> None:
        opened.place.reading.objects.opened.emit(series, files)

    grid.put(Hung(CT, series))
    read()
    grid.active.take_keys()
    press(opened, Qt.Key.Key_K)
    assert opened.place.told_words.text().startswith("Khung này đang hiện báo cáo, không phải ảnh. Ảnh chính là")
    press(opened, Qt.Key.Key_H)
    assert opened.place.told_words.text() == "Khung này đang hiện báo cáo, không phải ảnh."
    pane = grid.active.pane
    assert pane is not None
    assert [one.word for one in opened.actions.hints()][:3] == ["ảnh chính", "bố cục", "bảng bên"]
    for key in (Qt.Key.Key_V, Qt.Key.Key_W):  # a plane through a report was awaited for ever
        opened.place.told_words.setText("")
        press(opened, key)
        assert opened.place.told_words.text() == "Khung này đang hiện báo cáo, không phải ảnh."
        assert (grid.active.pane, grid.active.hung) == (pane, Hung(CT, series))
    head = [one.text() for one in pane.findChildren(QLabel) if not one.isHidden()]
    assert "16/11/2026 15:20 · CT ngực" in head, "of when it is, nothing says"
    pane.step(1)
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    (item,) = reporting.choosing.chosen
    assert (item["instance"], item["frame"]) == (f"{series}.2", 1)
    assert item["words"] == "CT ngực, chuỗi 9 SR, giây 0-10, 25 mm/s, 10 mm/mV"
    picture = picture_of(item)
    assert (picture.width, picture.channels) == (LARGEST_SIDE, 3)
    (tmp_path / "ecg.png").write_bytes(base64.b64decode(item["picture"]))
    grid.put(Hung(CT, LUNG))
    opened.place.show_spot(spot_of(item))
    read()
    again = grid.active.pane
    assert again is not None
    assert again.uid == f"{series}.2", "a click in the signed sheet opens the strip, not the report beside it"



@pytest.fixture
def beside(opened: Reader) -> tuple[Reporting, EditorModel]:
    """A report on the CT that is read is open beside it."""
    desk = opened.place.reading.desk
    ref = FormRef(code="09/BV2", edition="2024-01-01", kind="result")
    model = EditorModel(desk, hospital.chart(), draft(values={"order": "2600000011"}, form=ref), None, desk.sync)
    return Reporting(desk, opened.place, opened.actions, Chart(lambda *_: Begun.OPEN, lambda: model)), model


def frames(model: EditorModel) -> list[str]:
    return [item["instance"] for item in model.value("key_images") or ()]


def test_what_k_takes_is_in_the_report_beside_and_what_leaves_one_list_leaves_the_other(
        opened: Reader, beside: tuple[Reporting, EditorModel], qtbot: QtBot) -> None:
    """«2 ảnh vào phiếu» was said of pictures that no report held, and the report was signed without them."""
    reporting, model = beside
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    assert (frames(model), reporting.caption.text()) == ([], "ẢNH CHÍNH · 1 ảnh vào phiếu")
    opened.place.entered.emit()  # the report is begun: what was chosen of these pictures goes into it
    viewport = opened.place.grid.viewport
    viewport.gaze.scroll_to(5)
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 2)
    first, second = (item["instance"] for item in reporting.choosing.chosen)
    assert (frames(model), reporting.caption.text()) == ([first, second], "ẢNH CHÍNH · 2 ảnh trong phiếu")

    model.set_value("key_images", [{**model.value("key_images")[0], "words": "lời của bác sĩ"},
                                   model.value("key_images")[1]])
    viewport.gaze.scroll_to(7)
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(frames(model)) == 3)
    assert model.value("key_images")[0]["words"] == "lời của bác sĩ"
    model.set_value("key_images", model.value("key_images")[:2])  # left out in the form
    assert len(reporting.choosing.chosen) == 2
    reporting.images.setCurrentRow(0)
    KEYS.keyClick(reporting.images, Qt.Key.Key_Delete)
    assert (frames(model), len(reporting.choosing.chosen)) == ([second], 1)


def test_a_report_on_another_order_takes_no_picture(opened: Reader, beside: tuple[Reporting, EditorModel],
                                                    qtbot: QtBot) -> None:
    reporting, model = beside
    model.set_value("order", "2600000012")
    opened.place.entered.emit()
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    assert (frames(model), reporting.caption.text()) == ([], "ẢNH CHÍNH · 0/1 ảnh trong phiếu")


def test_the_panel_of_a_small_screen_holds_pictures_and_words_and_none_lies_over_another(
        opened: Reader, beside: tuple[Reporting, EditorModel], qtbot: QtBot, tmp_path: Path) -> None:
    reporting, _ = beside
    for at, wanted in enumerate((3, 5, 7), start=1):
        opened.place.grid.viewport.gaze.scroll_to(wanted)
        press(opened, Qt.Key.Key_K)
        qtbot.waitUntil(lambda count=at: len(reporting.choosing.chosen) == count)  # type: ignore[misc]
    opened.window.resize(1366, 636)
    opened.place.entered.emit()
    QApplication.processEvents()
    images = reporting.images
    tops = [images.visualItemRect(images.item(row)).top() for row in range(3)]
    assert tops[0] == tops[1] < tops[2], "two beside each other, the bar besides"
    words = reporting.beside.fields["conclusion"]
    assert words.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert opened.window.grab().save(str(tmp_path / "panel.png"))
    shown = [one for one in (reporting.caption, images, reporting.report, reporting.beside, reporting.go_on)
             if one.isVisible()]
    areas = [one.rect().translated(one.mapTo(opened.window, QPoint())) for one in shown]
    assert all(above.bottom() < below.top() for above, below in pairwise(areas))
    bar = opened.place.panel.findChild(QScrollArea).verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() == 0, timeout=5000)  # there is room for all of it: nothing is scrolled to


def test_on_a_low_screen_the_panel_is_scrolled_and_what_is_written_on_is_in_sight(
        opened: Reader, beside: tuple[Reporting, EditorModel], qtbot: QtBot) -> None:
    """At 150 % the list of key images, its button and the report's words lay over each other."""
    reporting, _ = beside
    press(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(reporting.choosing.chosen) == 1)
    opened.window.setFixedSize(910, 383)
    opened.place.panel.show()
    reporting.write()
    words = reporting.beside.fields["conclusion"]
    words.setFocus()
    QApplication.processEvents()
    parts = (reporting.caption, reporting.images, reporting.report, reporting.beside, reporting.go_on)
    areas = [one.rect().translated(one.mapTo(opened.window, QPoint())) for one in parts]
    assert all(above.bottom() < below.top() for above, below in pairwise(areas))
    assert all(field.height() >= LEAST for field in reporting.beside.fields.values())
    qtbot.waitUntil(lambda: words.visibleRegion().boundingRect().height() == words.height(), timeout=5000)


def test_f4_from_the_reports_words_gives_the_keys_back_to_the_pictures(
        opened: Reader, beside: tuple[Reporting, EditorModel]) -> None:
    reporting, _ = beside
    opened.place.entered.emit()
    reporting.write()
    assert reporting.beside.has_keys
    press(opened, Qt.Key.Key_F4)
    assert opened.place.panel.isHidden()
    assert opened.place.grid.active.isAncestorOf(QApplication.focusWidget())
