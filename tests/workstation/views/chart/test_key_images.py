"""Key images in a report: taken from the choice, said, ordered, left out, read; a click on one opens its frame."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from records.entries import FormRef
from records.errors import Refusal
from records.forms import form
from records.pictures import MOST
from tests.workstation import hospital
from tests.workstation.models.desks import Desks, draft
from tests.workstation.views.keyboard import write
from workstation.models.chart import TimelineItem
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.images.key_images import KeyImages, key_image, spot_of
from workstation.models.images.stack import Spot
from workstation.models.timeline import lay_over
from workstation.views import style
from workstation.views.chart.form_editor import FormEditor
from workstation.views.chart.images_blank import ImagesBlank
from workstation.views.chart.narrative_sheet import NarrativeSheet

RESULT = FormRef(code="08/BV2", edition="2024-01-01", kind="result")
FORM = form(RESULT.code, RESULT.edition)


def image(number: int) -> dict[str, Any]:
    spot = Spot("1.2.3", "1.2.3.4", f"1.2.3.4.{number}", 1)
    return dict(key_image(spot, f"{number:02x}" * 32, f"Lát {number}", np.full((48, 64), number * 20, np.uint8)))


@pytest.fixture
def desk(desks: Desks, qapp: QApplication) -> Desk:
    style.apply(qapp, "day")
    return desks.open(start=False)


def blank_of(desk: Desk, values: dict[str, Any]) -> tuple[EditorModel, ImagesBlank, FormEditor]:
    model = EditorModel(desk, hospital.chart(), draft(values=values, form=RESULT), None)
    editor = FormEditor(model)
    blank = editor.lines["key_images"].blank
    assert isinstance(blank, ImagesBlank)
    return model, blank, editor


def test_what_was_chosen_in_the_viewer_goes_into_the_report_once(desk: Desk) -> None:
    patient = hospital.chart().patient.id
    for number in (1, 2):
        desk.key_images.choose(patient, image(number))
    model, blank, editor = blank_of(desk, {})
    assert blank.take.text() == "Lấy 2 ảnh chính đã chọn"
    blank.take.click()
    assert [item["words"] for item in model.value("key_images")] == ["Lát 1", "Lát 2"]
    editor.refresh()
    assert not blank.take.isEnabled()


def test_words_order_and_leaving_out(desk: Desk) -> None:
    model, blank, _editor = blank_of(desk, {"key_images": [image(1), image(2), image(3)]})
    write(blank.said[1], " mo")
    blank._move(1, -1)
    assert [item["words"] for item in model.value("key_images")] == ["Lát 2 mo", "Lát 1", "Lát 3"]
    blank._remove(0)
    blank._remove(1)
    assert [item["words"] for item in model.value("key_images")] == ["Lát 1"]
    blank._remove(0)
    assert model.value("key_images") is None
    assert not model.problems("key_images")


def test_a_broken_picture_is_named_and_nothing_else_is_lost(desk: Desk) -> None:
    broken = {**image(1), "picture": "AAAA"}
    model, blank, _editor = blank_of(desk, {"key_images": [broken], "findings": "Mờ đáy phổi phải."})
    assert [reason.code for reason in model.problems("key_images")] == ["picture_unreadable"]
    assert blank.said[0].text() == "Lát 1"
    assert model.value("findings") == "Mờ đáy phổi phải."


def test_the_choice_outlives_the_program_and_a_signed_report_takes_it(desk: Desk, qtbot: QtBot) -> None:
    patient = hospital.chart().patient.id
    for number in (1, 2):
        desk.key_images.choose(patient, image(number))
    qtbot.waitUntil(lambda: len(desk.store.kept(f"key-images:{patient}") or ()) == 2)
    again = KeyImages(desk)
    assert [item["words"] for item in again.of(patient)] == ["Lát 1", "Lát 2"]
    model, _blank, _editor = blank_of(desk, {"key_images": [image(1)]})
    model.pictures.taken(model.kind, model.values)
    assert [item["words"] for item in desk.key_images.of(patient)] == ["Lát 2"]


def test_one_of_a_frame_and_no_more_than_a_report_takes(desk: Desk) -> None:
    patient = hospital.chart().patient.id
    for number in range(1, MOST + 1):
        desk.key_images.choose(patient, image(number))
    desk.key_images.choose(patient, {**image(1), "words": "Đo lại"})
    assert [item["words"] for item in desk.key_images.of(patient)][:2] == ["Đo lại", "Lát 2"]
    with pytest.raises(Refusal) as caught:
        desk.key_images.choose(patient, image(9))
    assert caught.value.reasons[0].code == "value_too_many_images"


def test_a_click_on_the_signed_sheet_asks_for_the_frame(desk: Desk, qtbot: QtBot) -> None:
    sheet = NarrativeSheet(FORM)
    qtbot.addWidget(sheet)
    written = draft(values={"findings": "Mờ.", "key_images": [image(1), image(2)]}, form=RESULT)
    sheet.show_items(_items(desk, written))
    html = sheet.text.toHtml()
    assert html.count("<img") == 2
    with qtbot.waitSignal(sheet.image_wanted) as asked:
        sheet.text.anchorClicked.emit(QUrl("image:1.2.3.4.2/1"))
    assert spot_of(asked.args[0]) == Spot("1.2.3", "1.2.3.4", "1.2.3.4.2", 1)


def test_a_picture_on_the_sheet_loses_no_line_and_is_larger_where_it_is_alone(desk: Desk, qtbot: QtBot) -> None:
    """Rows and columns were left out: of an ECG's paper half of the lines, of a measure's figures parts."""
    lines = np.full((320, 512), 255, np.uint8)
    lines[:, 20::40] = 0
    spot = Spot("1.2.3", "1.2.3.4", "1.2.3.4.9", 1)
    drawn = dict(key_image(spot, "ab" * 32, "Điện tim", lines))
    for count, wide, room in ((1, 512, 900), (3, 240, 900), (1, 440, 500)):
        sheet = NarrativeSheet(FORM)
        qtbot.addWidget(sheet)
        sheet.resize(room, 400)
        sheet.show()
        sheet.show_items(_items(desk, draft(values={"key_images": [drawn, image(1), image(2)][:count]}, form=RESULT)))
        picture = sheet.text.loadResource(2, QUrl(re.findall(r'src="([^"]+)"', sheet.text.toHtml())[0]))
        assert isinstance(picture, QImage)
        assert wide - 12 <= picture.width() <= wide
        wide = picture.width()
        across = sheet.text.horizontalScrollBar()
        assert across is not None
        assert across.maximum() == 0, "on a ward's screen at 125 % the sheet is read without going across"
        row = [picture.pixelColor(x, picture.height() // 2).lightness() for x in range(wide)]
        seen = [min(row[max(0, round(at * wide / 512) - 2):round(at * wide / 512) + 3]) for at in range(20, 512, 40)]
        assert max(seen) < 200


def test_two_reports_of_one_frame_show_each_its_own_picture(desk: Desk, qtbot: QtBot) -> None:
    sheet = NarrativeSheet(FORM)
    qtbot.addWidget(sheet)
    spot, drawn = Spot("1.2.3", "1.2.3.4", "1.2.3.4.1", 1), list[Any]()
    for grey in (40, 200):
        own = dict(key_image(spot, "ab" * 32, f"Đo {grey}", np.full((48, 64), grey, np.uint8)))
        drawn += _items(desk, draft(values={"key_images": [own]}, form=RESULT))
    sheet.show_items(tuple(drawn))
    seen = [sheet.text.loadResource(2, QUrl(src)) for src in re.findall(r'src="([^"]+)"', sheet.text.toHtml())]
    assert [picture.pixelColor(5, 5).lightness() for picture in seen] == [40, 200]


def test_reading_goes_on_at_the_same_line_when_something_of_the_sheet_changes(desk: Desk, qtbot: QtBot) -> None:
    sheet = NarrativeSheet(FORM)
    qtbot.addWidget(sheet)
    sheet.resize(600, 300)
    sheet.show()
    one, bar = draft(values={"findings": "Mờ.\n" * 80}, form=RESULT), sheet.text.verticalScrollBar()
    assert bar is not None
    sheet.show_items(_items(desk, one))
    sheet.choose(one.entry)
    bar.setValue(700)
    sheet.show_items(_items(desk, one.model_copy(update={"values": {**one.values, "conclusion": "Viêm phổi."}})))
    assert bar.value() == 700


def _items(desk: Desk, written: Any) -> tuple[TimelineItem, ...]:
    chart = hospital.chart()
    return lay_over(chart, (written.model_copy(update={"encounter": chart.encounter.id}),), (), desk.account)
