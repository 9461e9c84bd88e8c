"""Images of a disc from the palette to the eye: whose they are is seen first, and stays in sight; nothing is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from records.image_identity import Named, compared, is_somebody_else
from tests.workstation import hospital as a_hospital
from tests.workstation.models.images.discs import HERS, LUNG, SOFT, a_disc, spoil
from tests.workstation.views.conftest import at_work, dressed, hospital, program, ward
from tests.workstation.views.keyboard import CTRL, KEYS, press
from workstation.app import Program
from workstation.models.images.disc import DiscModel, DiscStage
from workstation.models.images.disc_words import fit_words
from workstation.views.actions import NOT_NOW, Place
from workstation.views.chart.place import ChartPlace
from workstation.views.images.disc import DiscDialog, SendDialog
from workstation.views.images.disc_place import DiscPlace
from workstation.views.images.export import ExportDialog
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.picture import PictureDialog
from workstation.views.prompts import Dialog
from workstation.views.ward.board import WardView
from workstation.views.work import NothingOpen, WorkPage

__all__ = ["at_work", "dressed", "hospital", "program", "ward"]


def read(dialog: DiscDialog, place: Path, qtbot: QtBot) -> DiscModel:
    model = dialog._model
    model.read(place)
    qtbot.waitUntil(lambda: model.stage is DiscStage.READ, timeout=20_000)
    return model


def asked(program: Program) -> DiscDialog:
    program.window.actions_.trigger("open_disc")
    found = [one for one in program.window.findChildren(DiscDialog) if one.isVisible()]
    return found[-1]


def opened(program: Program, action: str) -> PictureDialog | ExportDialog:
    program.window.actions_.trigger(action)
    [out] = [one for one in program.window.findChildren(Dialog) if one.isVisible()]
    assert isinstance(out, PictureDialog | ExportDialog)
    return out


def where(page: WorkPage) -> Place:
    return page.open_place


def seen(place: DiscPlace) -> bool:
    """A picture in each, or why there is none: a file of this disc is cut."""
    return all(cell.viewport.here is not None or cell.viewport.gaze.reason is not None
               for cell in place.grid.cells if cell.hung.series_uid and not cell.hung.plane)


def test_a_disc_is_read_beside_the_chart_and_never_mistaken_for_it(
        program: Program, at_work: WorkPage, ward: WardView, tmp_path: Path, qtbot: QtBot) -> None:
    press(ward.table, Qt.Key.Key_Return)
    chart = at_work.place(Place.CHART)
    assert isinstance(chart, ChartPlace)
    qtbot.waitUntil(lambda: chart.chart.chart is not None, timeout=20_000)
    press(program.window, Qt.Key.Key_O, CTRL)
    dialog = asked(program)
    assert dialog.verb.text() == "Chọn đĩa, thư mục…"
    read(dialog, spoil(a_disc(tmp_path / "cd")), qtbot)
    heads = [dialog.list.item(row).text() for row in (0, 2)]  # type: ignore[union-attr]  # both rows are there
    assert "NGUYEN VAN BINH, nam, sinh 12/03/1959, mã BVT-7731" in heads[0]
    assert "KHÁC" in heads[1]
    assert dialog.broken.text().startswith("1 tệp hỏng")
    assert dialog.grab().save(str(tmp_path / "list.png"))
    KEYS.keyClick(dialog.list, Qt.Key.Key_Return)
    place = at_work.place(Place.IMAGES)
    assert isinstance(place, DiscPlace)
    assert where(at_work) is Place.IMAGES
    qtbot.waitUntil(lambda: seen(place), timeout=20_000)
    assert {cell.hung.series_uid for cell in place.grid.cells} >= {LUNG, SOFT}
    assert program.window.windowTitle().startswith("Ảnh từ đĩa · NGUYEN VAN BINH")
    assert place.whose.text().startswith("ẢNH TỪ ĐĨA, không thuộc hồ sơ")
    assert chart.chart.chart is not None
    assert chart.chart.chart.patient.full_name.upper() in place.fits.text()
    press(place.grid.viewport, Qt.Key.Key_D)
    assert place.bar.buttons["images.length"].isChecked(), "every tool works here"
    press(place.grid.viewport, Qt.Key.Key_K)
    assert "gửi vào kho" in place.told_words.text()
    assert program.window.grab().save(str(tmp_path / "place.png"))
    program.window.actions_.trigger("images.send_disc")
    send = next(one for one in program.window.findChildren(SendDialog) if one.isVisible())
    assert send.verb.text() == "Gửi 17 tệp"
    assert send.grab().save(str(tmp_path / "send.png"))
    send.reject()
    qtbot.waitUntil(lambda: not program.window.findChildren(SendDialog), timeout=10_000)
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow, timeout=10_000)
    press(program.window, Qt.Key.Key_2, CTRL)
    assert where(at_work) is Place.CHART
    press(program.window, Qt.Key.Key_4, CTRL)
    assert where(at_work) is Place.IMAGES
    assert at_work.place(Place.IMAGES) is place, "the disc stays while its reader writes in the chart"
    press(program.window, Qt.Key.Key_4, CTRL)
    own = at_work.place(Place.IMAGES)
    assert isinstance(own, ImagesPlace)
    assert own.reading.patient == chart.chart.chart.patient
    assert program.window.actions_.why_not("images.leave_disc") == NOT_NOW


def test_without_a_chart_the_second_person_of_a_disc_may_be_opened_and_closed(
        program: Program, at_work: WorkPage, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = asked(program)
    read(dialog, a_disc(tmp_path / "cd"), qtbot)
    dialog.list.setCurrentRow(3)
    KEYS.keyClick(dialog.list, Qt.Key.Key_Return)
    place = at_work.place(Place.IMAGES)
    assert isinstance(place, DiscPlace)
    assert place.reading.person.name == "TRẦN THỊ HÒA"
    qtbot.waitUntil(lambda: place.grid.cells[0].viewport.here is not None, timeout=20_000)
    assert place.grid.cells[0].hung.series_uid == HERS
    qtbot.waitUntil(lambda: place.strip.picture(HERS) is not None, timeout=20_000)
    assert program.window.grab().save(str(tmp_path / "window.png"))
    for action in ("images.picture", "images.export"):
        out = opened(program, action)
        assert out.reason.isHidden(), "nobody keeps for whom a disc's images are"
        assert out.grab().save(str(tmp_path / f"{action}.png"))
        out.reject()
        qtbot.waitUntil(lambda: not [one for one in program.window.findChildren(Dialog) if one.isVisible()],
                        timeout=10_000)
    program.window.actions_.trigger("images.leave_disc")
    assert isinstance(at_work.place(Place.IMAGES), NothingOpen)
    QApplication.processEvents()


@pytest.mark.parametrize(("sent", "differs", "words"), [
    (Named("BVT-1", "NGUYEN^VAN BINH", "19590312", "M"), False,
     "tên khớp, ngày sinh khớp, giới khớp, mã KHÁC (mã của nơi chụp)"),
    (Named("0026-18842", "Nguyễn^Văn Bình", "", ""), False, "tên khớp, ngày sinh không ghi, giới không ghi, mã khớp"),
    (Named("", "NGUYEN VAN BINH", "19600101", "M"), True, "tên khớp, ngày sinh KHÁC, giới khớp, mã không ghi"),
    (Named("0026-18842", "TRAN VAN BA", "19590312", "M"), True, "tên KHÁC, ngày sinh khớp, giới khớp, mã khớp"),
])
def test_how_they_fit_is_said_field_by_field(sent: Named, differs: bool, words: str) -> None:
    of = compared(sent, a_hospital.patient())
    assert fit_words(of) == words
    assert is_somebody_else(of) is differs
