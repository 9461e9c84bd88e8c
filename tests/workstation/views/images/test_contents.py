"""Panes of files that are no pictures, under real events: paper to scale, a ruler, texts that lead to images, pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QTextCursor
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from imaging.image import open_image
from imaging.objects.key_objects import written_key_objects
from imaging.objects.references import ImageReference
from imaging.sources import InMemory, OnDisk
from tests.imaging.objects import test_document, test_key_objects, test_presentation, test_report, test_waveform
from tests.imaging.samples import opened, phantom, public_files
from tests.workstation.views.keyboard import PLAIN, press
from workstation.models.images.contents import contents_of
from workstation.views.images.broken import BrokenPane
from workstation.views.images.contents import pane_for
from workstation.views.images.document import DocumentPane
from workstation.views.images.paper import Paper
from workstation.views.images.report import ReportPane
from workstation.views.images.waveform import HINT, WaveformPane


def shown(qtbot: QtBot, pane: QWidget) -> QWidget:
    qtbot.addWidget(pane)
    pane.resize(1000, 600)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


def ecg(qtbot: QtBot, **attributes: Any) -> WaveformPane:
    image = opened(test_waveform.recording(test_waveform.group(test_waveform.beats(), **attributes)))
    pane = shown(qtbot, pane_for(contents_of(image)))
    assert isinstance(pane, WaveformPane)
    return pane


def drag(paper: Paper, start: QPointF, end: QPointF) -> None:
    for kind, place, button in ((QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton),
                                (QEvent.Type.MouseMove, end, Qt.MouseButton.NoButton),
                                (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.LeftButton)):
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        QApplication.sendEvent(paper, QMouseEvent(
            kind, place, paper.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier))


def test_an_ecg_lies_on_paper_and_a_ruler_measures_it(dressed: QApplication, qtbot: QtBot) -> None:
    pane = ecg(qtbot)
    sheet, scale = pane.paper.sheet, pane.paper.scale
    assert sheet is not None
    assert pane.standard
    assert pane.paper.width() == pytest.approx(270 * scale, abs=1)
    rhythm = sheet.traces[-1]
    beat = QPointF((rhythm.left + 12.5) * scale, rhythm.middle * scale)
    drag(pane.paper, beat, beat + QPointF(25 * scale, -10 * scale))
    assert pane.reading.text() == "1000 ms · 60/phút · +1,00 mV"
    drag(pane.paper, beat, beat)
    assert pane.reading.text() == HINT


def test_the_ruler_is_laid_by_keyboard_alone(dressed: QApplication, qtbot: QtBot) -> None:
    """Nothing is by drag alone: Enter, arrows, Enter, arrows, Enter; Esc takes it away."""
    pane = ecg(qtbot)

    def keys(key: Qt.Key, times: int = 1, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        for _ in range(times):
            press(pane, key, modifier)

    keys(Qt.Key.Key_Return)
    assert pane.reading.text().startswith("Mũi tên đưa tới điểm đầu")
    keys(Qt.Key.Key_Left, 4)
    keys(Qt.Key.Key_Return)
    keys(Qt.Key.Key_Right, 5, Qt.KeyboardModifier.ShiftModifier)
    keys(Qt.Key.Key_Up, 20)
    assert pane.reading.text().startswith("1000 ms · 60/phút · +1,00 mV · Mũi tên đưa tới điểm cuối")
    keys(Qt.Key.Key_Return)
    assert pane.reading.text() == "1000 ms · 60/phút · +1,00 mV"
    assert pane.words.endswith("; 1000 ms · 60/phút · +1,00 mV")
    keys(Qt.Key.Key_Escape)
    assert pane.reading.text() == HINT


def test_the_trace_is_painted_where_the_samples_say(dressed: QApplication, qtbot: QtBot) -> None:
    pane = ecg(qtbot)
    sheet, scale = pane.paper.sheet, pane.paper.scale
    assert sheet is not None
    picture = pane.paper.grab().toImage()
    ratio = picture.devicePixelRatio()
    rhythm = sheet.traces[-1]

    def dark(x_mm: float, y_mm: float) -> bool:
        at_x, at_y = round(x_mm * scale * ratio), round(y_mm * scale * ratio)
        return any(picture.pixelColor(x, y).lightness() < 110 for x in range(at_x - 2, at_x + 3)
                   for y in range(at_y - 2, at_y + 3))

    assert dark(rhythm.left + 12.5, rhythm.middle - 9.5)  # the spike at 0,5 s, nearly 1 mV high
    assert not dark(rhythm.left + 18, rhythm.middle - 9.5)


def test_speed_gain_leads_and_size_are_chosen(dressed: QApplication, qtbot: QtBot) -> None:
    pane = ecg(qtbot)
    assert [button.text() for button in (pane.speed, pane.gain, pane.leads, pane.fit)] == [
        "25 mm/s", "10 mm/mV", "Từng kênh", "Vừa khung"]
    pane.speed.click()
    pane.gain.click()
    assert (pane.scale.mm_per_s, pane.scale.mm_per_mv) == (50, 20)
    assert pane.paper.sheet is not None
    assert pane.paper.sheet.width == 520
    pane.leads.click()
    assert not pane.standard
    assert len(pane.paper.sheet.traces) == 12
    pane.fit.click()
    assert pane.paper.width() <= 1000
    assert not pane.back.isVisible()


def test_a_long_recording_is_turned_page_by_page(dressed: QApplication, qtbot: QtBot) -> None:
    image = opened(test_waveform.recording(test_waveform.group(
        np.zeros((12_500, 1), "<i2"), labels=("CM5",)), test_waveform.group(np.zeros((500, 1), "<i2"), labels=("V1",))))
    pane = shown(qtbot, pane_for(contents_of(image)))
    assert isinstance(pane, WaveformPane)
    starts = []
    for button in (pane.on, pane.on, pane.on, pane.back, pane.back):
        button.click()
        assert pane.paper.sheet is not None
        starts.append(pane.paper.sheet.start_s)
    assert starts == [10, 15, 15, 5, 0]
    pane.group.click()
    assert pane.shown.channels[0].label == "V1"
    assert not pane.on.isVisible()


def test_the_real_recording_of_two_groups_opens(dressed: QApplication, qtbot: QtBot) -> None:
    pane = shown(qtbot, pane_for(contents_of(open_image(OnDisk(public_files()["waveform_ecg.dcm"])))))
    assert isinstance(pane, WaveformPane)
    assert pane.standard
    assert pane.group.text() == "Nhóm 1/2: RHYTHM"
    pane.group.click()
    assert pane.group.text().startswith("Nhóm 2/2")


def test_a_report_leads_to_its_images(dressed: QApplication, qtbot: QtBot) -> None:
    image = opened(test_report.report(
        test_report.entry("TEXT", "Finding", TextValue="hai\r\ndòng"),
        test_report.entry("IMAGE", "Key", ReferencedSOPSequence=[test_report.image("1.2.3", 7)])))
    pane = shown(qtbot, pane_for(contents_of(image)))
    assert isinstance(pane, ReportPane)
    assert "Finding: hai\ndòng\nKey: ảnh 1, khung hình 7 ↗" in pane.text.toPlainText()
    asked: list[ImageReference] = []
    pane.wanted.connect(asked.append)
    pane.text.setFocus()
    press(pane.text, Qt.Key.Key_Return)
    assert asked == []
    pane.text.moveCursor(QTextCursor.MoveOperation.End)
    press(pane.text, Qt.Key.Key_Return)
    assert [(found.instance_uid, found.frames) for found in asked] == [("1.2.3", (7,))]


def test_key_objects_and_states_say_which_images_they_are_about(dressed: QApplication, qtbot: QtBot) -> None:
    selected = written_key_objects(test_key_objects.chosen(), test_key_objects.picture(), test_key_objects.making())
    pane = shown(qtbot, pane_for(contents_of(open_image(InMemory(selected)))))
    assert isinstance(pane, ReportPane)
    assert pane.report.title == "Ảnh then chốt: Đáng chú ý"
    assert "Người chọn: Trần Hữu Nghĩa" in pane.text.toPlainText()
    assert "Ảnh 2: khung hình 3, 12 ↗" in pane.text.toPlainText()
    state = test_presentation.written(test_presentation.taken(opened(test_presentation.slice_()), drawn=True))
    pane = shown(qtbot, pane_for(contents_of(open_image(InMemory(state)))))
    assert isinstance(pane, ReportPane)
    assert "Trên ảnh: 48,3 mm" in pane.text.toPlainText()


def pdf(**how: Any) -> bytes:
    canvas = Canvas("x", **how)
    for _ in range(2):
        canvas.drawString(100, 700, "Siêu âm")
        canvas.showPage()
    return bytes(canvas.getpdfdata())


def test_a_document_shows_its_pages(dressed: QApplication, qtbot: QtBot) -> None:
    pane = shown(qtbot, pane_for(contents_of(opened(test_document.encapsulated(pdf())))))
    assert isinstance(pane, DocumentPane)
    assert not pane.broken
    assert pane.pdf.document_.pageCount() == 2
    pane.stop()


@pytest.mark.parametrize("data", [b"%PDF-1.4 nothing behind it", pdf()[:200]])
def test_a_document_that_is_none_says_so(data: bytes, dressed: QApplication, qtbot: QtBot) -> None:
    pane = shown(qtbot, pane_for(contents_of(opened(test_document.encapsulated(data)))))
    assert isinstance(pane, DocumentPane)
    assert pane.broken
    pane.stop()


def test_what_cannot_be_shown_says_why_and_what_to_do(dressed: QApplication, qtbot: QtBot) -> None:
    broken = test_waveform.group(test_waveform.beats(), NumberOfWaveformSamples=9000)
    pane = shown(qtbot, pane_for(contents_of(opened(test_waveform.recording(broken)))))
    assert isinstance(pane, BrokenPane)
    assert pane.reason.code == "waveform_cut"
    assert pane.accessibleName() == "Nhóm sóng 1 bị cắt: chỉ có 5000 trong 9000 mẫu. Hãy gửi lại từ máy ghi."
    picture = contents_of(opened(phantom(np.zeros((4, 4), np.uint8))))
    assert isinstance(pane_for(picture), BrokenPane)
