"""From the chart to its images and back: one person's at a time, whoever's chart is open."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QLabel, QMenu, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from tests.workstation.views.conftest import at_work, dressed, hospital, program, ward
from tests.workstation.views.keyboard import CTRL, press
from workstation.app import Program
from workstation.models.images.stack import Spot
from workstation.views.actions import Place
from workstation.views.chart.blanks import TextBlank
from workstation.views.chart.place import ChartPlace
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.reporting import Begun, Reporting
from workstation.views.ward.board import WardView
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, InTrouble
from workstation.views.widgets.text import column
from workstation.views.work import NothingOpen, WorkPage

__all__ = ["at_work", "dressed", "hospital", "program", "ward"]


def where(page: WorkPage) -> Place:
    return page.open_place


def opened(page: WorkPage, ward: WardView, qtbot: QtBot) -> ChartPlace:
    """The chart of the first patient on the board."""
    press(ward.table, Qt.Key.Key_Return)
    chart = page.place(Place.CHART)
    assert isinstance(chart, ChartPlace)
    qtbot.waitUntil(lambda: chart.chart.chart is not None, timeout=20_000)
    return chart


def reporting_of(program: Program, page: WorkPage) -> tuple[ImagesPlace, Reporting]:
    """The images that F7 opens, and what writes the report beside them."""
    press(program.window, Qt.Key.Key_F7)
    place = page.place(Place.IMAGES)
    assert isinstance(place, ImagesPlace)
    reporting = place.findChild(Reporting)
    assert reporting is not None
    return place, reporting


def test_without_a_chart_the_place_says_whose_it_waits_for(at_work: WorkPage, program: Program) -> None:
    press(program.window, Qt.Key.Key_4, CTRL)
    assert where(at_work) is Place.IMAGES
    assert isinstance(at_work.place(Place.IMAGES), NothingOpen)
    assert program.window.windowTitle() == "Hình ảnh — Bệnh Án"


def test_f7_opens_the_images_of_whose_chart_is_open(program: Program, at_work: WorkPage, ward: WardView,
                                                    qtbot: QtBot) -> None:
    chart = opened(at_work, ward, qtbot)
    press(program.window, Qt.Key.Key_F7)
    place = at_work.place(Place.IMAGES)
    assert isinstance(place, ImagesPlace)
    assert where(at_work) is Place.IMAGES
    assert chart.chart.chart is not None
    assert place.reading.patient == chart.chart.chart.patient
    assert place.title().startswith(f"Hình ảnh · {place.reading.patient.full_name.upper()}")
    qtbot.waitUntil(lambda: isinstance(place.pages.currentWidget(), Empty | InTrouble), timeout=20_000)
    press(program.window, Qt.Key.Key_2, CTRL)
    assert where(at_work) is Place.CHART
    desk = program.desk
    assert desk is not None
    spot = Spot("1.2", "1.2.3", "1.2.3.4", 1)
    desk.key_images.wanted.emit(place.reading.patient.id, spot)
    assert where(at_work) is Place.IMAGES
    assert at_work.place(Place.IMAGES) is place, "the same person's images stay as they are read"


class Tall(PlaceView):
    """A sheet below a banner."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QTextBrowser()
        self.text.setPlainText("\n".join(map(str, range(300))))
        self.head = QLabel("NGUYỄN VĂN BÌNH")
        self.head.setFixedHeight(50)
        self.setLayout(column(self.text, gap=0))

    def banner(self) -> QWidget:
        return self.head


def test_a_sheet_is_at_the_same_line_after_its_images_were_seen(program: Program, at_work: WorkPage,
                                                                qtbot: QtBot) -> None:
    """It was higher for a moment, without its banner, and its last lines went out of sight."""
    sheet = Tall()
    at_work.put(Place.SIGNING, lambda: sheet)
    at_work.show_place(Place.SIGNING)
    bar = sheet.text.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: sheet.head.isVisible() and bar.maximum() > 0)
    qtbot.wait(0)
    bar.setValue(bar.maximum())
    at = bar.value()
    press(program.window, Qt.Key.Key_4, CTRL)
    assert where(at_work) is Place.IMAGES
    qtbot.waitUntil(lambda: not sheet.isVisible())
    press(program.window, Qt.Key.Key_3, CTRL)
    qtbot.waitUntil(sheet.isVisible)
    assert (bar.value(), bar.maximum()) == (at, at)


def test_the_place_of_closing_records_is_opened_by_its_key(program: Program, at_work: WorkPage) -> None:
    """Ctrl+5 stood on its tab and did nothing."""
    at_work.put(Place.REVIEW, Tall)
    program.window._bind_work(at_work)
    press(program.window, Qt.Key.Key_5, CTRL)
    assert where(at_work) is Place.REVIEW


def test_a_click_on_the_tab_opens_the_images_of_whose_chart_is_open(
        program: Program, at_work: WorkPage, ward: WardView, qtbot: QtBot) -> None:
    """As its key does. A click showed whoever's images were seen before, beside another patient's chart."""
    click = QTest
    images, board = (next(tab for tab in at_work.top_bar.findChildren(QAbstractButton) if tab.text() == words)
                     for words in ("Hình ảnh", "Khoa"))
    seen = []
    for number in (0, 1):
        click.mouseClick(board, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]
        ward.table.choose(number)
        chart = opened(at_work, ward, qtbot)
        click.mouseClick(images, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]
        place = at_work.place(Place.IMAGES)
        assert isinstance(place, ImagesPlace)
        assert where(at_work) is Place.IMAGES
        assert chart.chart.chart is not None
        assert place.reading.patient == chart.chart.chart.patient
        seen.append(place.reading.patient.id)
    assert len(set(seen)) == 2


def test_esc_goes_from_the_images_to_the_chart_that_is_open(program: Program, at_work: WorkPage, ward: WardView,
                                                            qtbot: QtBot) -> None:
    press(program.window, Qt.Key.Key_4, CTRL)
    press(program.window, Qt.Key.Key_Escape)
    assert where(at_work) is Place.WARD
    opened(at_work, ward, qtbot)
    press(program.window, Qt.Key.Key_F7)
    press(program.window, Qt.Key.Key_Escape)
    assert where(at_work) is Place.CHART
    press(program.window, Qt.Key.Key_Escape)
    assert where(at_work) is Place.WARD


def test_f6_writes_on_the_devices_form_and_asks_when_the_device_does_not_say(
    program: Program, at_work: WorkPage, ward: WardView, qtbot: QtBot,
) -> None:
    chart = opened(at_work, ward, qtbot)
    _, reporting = reporting_of(program, at_work)
    assert reporting._chart.write("1.2", ("OT",)) is Begun.ASKED
    assert where(at_work) is Place.CHART
    menu = chart.head.findChild(QMenu)
    assert menu is not None
    assert len(menu.actions()) == 7
    next(act for act in menu.actions() if "Kết quả nội soi" in act.text()).trigger()
    qtbot.waitUntil(lambda: chart.writing.is_open, timeout=20_000)
    model = chart.writing.model
    assert model is not None
    assert (model.form.code, model.kind.key) == ("14/BV2", "result")
    menu.close()
    assert reporting._chart.write("1.2", ("US", "SR")) is Begun.OPEN
    qtbot.waitUntil(lambda: chart.writing.model is not None and chart.writing.model.form.code == "11/BV2",
                    timeout=20_000)


def test_the_reports_words_are_written_beside_the_pictures_and_stand_in_the_form(
    program: Program, at_work: WorkPage, ward: WardView, qtbot: QtBot,
) -> None:
    chart = opened(at_work, ward, qtbot)
    place, reporting = reporting_of(program, at_work)
    beside = reporting.beside
    assert (beside.form, beside.fields, reporting.sign.isHidden()) == ("", {}, True)
    assert reporting._chart.write("1.2", ("CT",)) is Begun.OPEN
    assert where(at_work) is Place.IMAGES, "the pictures stay in sight"
    model, lines = chart.writing.model, chart.writing.lines
    assert model is not None
    assert lines is not None
    model.take_over({"conclusion": "Viêm phổi"})
    press(program.window, Qt.Key.Key_2, CTRL)
    press(program.window, Qt.Key.Key_F7)
    assert (where(at_work), beside.form, list(beside.fields)) == (Place.IMAGES, "09/BV2", ["findings", "conclusion"])
    assert beside.fields["conclusion"].toPlainText() == "Viêm phổi"
    beside.fields["findings"].insertPlainText("Đám đông đặc, W D K")
    assert model.value("findings") == "Đám đông đặc, W D K"
    blank = lines.lines["findings"].blank
    assert isinstance(blank, TextBlank)
    assert blank.text.toPlainText() == "Đám đông đặc, W D K"
    assert not beside.isHidden()
    assert reporting.order.isHidden(), "it names no order"
    model.take_over({"order": "2600000099"})
    place.entered.emit()
    assert not reporting.order.isHidden()
    assert reporting.order.text() == "Chỉ định số 2600000099"
    beside.fields["findings"].setFocus()
    reporting.write()
    assert where(at_work) is Place.CHART, "from the words F6 goes on to the whole form"
    press(program.window, Qt.Key.Key_F7)
    gone: list[bool] = []
    beside.left.connect(lambda: gone.append(True))
    press(beside.fields["findings"], Qt.Key.Key_Escape)
    assert (gone, where(at_work)) == ([True], Place.IMAGES), "Esc in the words left the place"
    press(program.window, Qt.Key.Key_F9)
    assert where(at_work) is Place.CHART, "the whole paper is seen before it is signed"
    model.drop()
    press(program.window, Qt.Key.Key_F7)
    assert (beside.form, beside.isHidden(), reporting.sign.isHidden()) == ("", True, True)


def test_signing_out_leaves_nothing_of_the_images(program: Program, at_work: WorkPage, ward: WardView,
                                                  qtbot: QtBot) -> None:
    opened(at_work, ward, qtbot)
    press(program.window, Qt.Key.Key_F7)
    program.session.sign_out()
    qtbot.waitUntil(lambda: program.window.work is None, timeout=10_000)
    assert not program.window.actions_.bound("images.link")
    assert not program.window.actions_.bound("place.images")
