"""«Người bệnh xác nhận» in the chart: when it is offered, the reader's trouble in words, the paper that follows."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from records.confirmations import Method
from records.entries import FormRef, State, Version
from records.forms import Role
from records.messages import ConfirmationView, EntryView
from records.render import render_entry
from tests.sandbox.finger_reader import FingerReader, finger_reader
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press
from workstation.confirmation.webapi import WebApiReader
from workstation.models.printing import PrintModel
from workstation.views.actions import ALLOWED, NOT_NOW
from workstation.views.chart.confirming import ConfirmDialog
from workstation.views.chart.narrative_sheet import NarrativeSheet
from workstation.views.chart.signature_pad import SignaturePad

CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")
VALUES: dict[str, Any] = {
    "class": "2", "surgeon_name": "Lê Thu Hà", "anaesthetist_name": "Nguyễn Văn Sơn",
    "diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "procedure": "Chọc dò màng phổi dưới siêu âm",
    "counselled": ["1", "2", "3", "4", "5", "6"], "signer_name": "Nguyễn Văn Bình", "decision": "1"}


def consent(*open_slots: str, **changes: Any) -> EntryView:
    state = State.PARTLY_SIGNED if open_slots else State.SIGNED
    return charts.entry_of(UUID(int=77), CONSENT, charts.at(1, datetime.now(UTC)), VALUES, state=state,
                           open_slots=open_slots, **{"file": "cd" * 32, **changes})


def waiting(little: LittleServer) -> EntryView:
    """The consent whose file the server has."""
    view = consent("patient")
    pdf = render_entry(Version.model_validate(view.body))
    digest = hashlib.sha256(pdf).hexdigest()
    little.files[digest] = pdf
    return view.model_copy(update={"file": digest})


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[FingerReader]:
    with finger_reader(tmp_path) as played:
        yield played


def shown(opened: Open, desks: Desks, view: EntryView, reader: FingerReader | None = None) -> Opened:
    desk = desks.open()
    if reader is not None:
        desk = replace(desk, reader=partial(WebApiReader, reader.url, ca_file=reader.ca_file))
    chart = opened([view], desk=desk)
    chart.place.show_entry(view.id)
    return chart


def dialog_of(chart: Opened) -> ConfirmDialog:
    chart.actions.trigger("chart.confirm")
    return next(one for one in chart.window.findChildren(ConfirmDialog) if one.isVisible())


def read_to_the_end(dialog: ConfirmDialog, qtbot: QtBot) -> None:
    """As a patient does: page after page, with the big button."""
    page = dialog.page
    qtbot.waitUntil(lambda: page.pdf.document_.pageCount() > 0, timeout=10_000)

    def further() -> bool:
        page.on.click()
        return page.has_read

    qtbot.waitUntil(further, timeout=10_000)


def choose(dialog: ConfirmDialog, method: Method) -> None:
    dialog.methods[method].click()


@pytest.mark.parametrize(("open_slots", "answer"), [
    (("patient",), ALLOWED), (("surgeon", "patient"), NOT_NOW), ((), NOT_NOW),
])
def test_it_is_offered_when_the_patient_is_next(opened: Open, desks: Desks, open_slots: tuple[str, ...],
                                                answer: str) -> None:
    chart = shown(opened, desks, consent(*open_slots))
    assert chart.actions.why_not("chart.confirm") == answer


def test_the_chart_says_that_the_patient_is_waited_for_and_how_they_confirmed(opened: Open, desks: Desks) -> None:
    waiting = shown(opened, desks, consent("patient"))
    assert isinstance(waiting.place.sheet, NarrativeSheet)
    assert "Chờ người bệnh xác nhận" in waiting.place.sheet.text.toPlainText()
    one = ConfirmationView(entry=UUID(int=78), slot="patient", method="fingerprint", confirmed=True,
                           full_name="Nguyễn Văn Bình", person=charts.NURSE, person_name="Nguyễn Thị Mai",
                           confirmed_at=datetime(2026, 11, 25, 7, 5, tzinfo=UTC))
    done = shown(opened, desks, consent(confirmations=(one,)))
    assert isinstance(done.place.sheet, NarrativeSheet)
    assert ("Đã xác nhận, vân tay, 14:05 25/11, Nguyễn Văn Bình; lấy bởi Nguyễn Thị Mai"
            in done.place.sheet.text.toPlainText())


def test_nothing_is_confirmed_before_the_last_line_was_on_the_screen(
    opened: Open, desks: Desks, little: LittleServer, reader: FingerReader, qtbot: QtBot,
) -> None:
    dialog = dialog_of(shown(opened, desks, waiting(little), reader))
    assert "NGUYỄN VĂN BÌNH" in " ".join(one.text() for one in dialog.findChildren(QLabel))
    assert not dialog.go.isEnabled()
    qtbot.waitUntil(lambda: dialog.page.pdf.document_.pageCount() > 0, timeout=10_000)
    assert "đọc hết văn bản" in dialog.todo.text()
    assert not dialog.page.smaller.isEnabled()
    before = dialog.page.pdf.zoomFactor()
    dialog.page.larger.click()
    assert dialog.page.pdf.zoomFactor() > before
    assert not dialog.go.isEnabled()
    read_to_the_end(dialog, qtbot)
    assert dialog.go.isEnabled()
    dialog.page.back.click()
    assert dialog.go.isEnabled()


def test_another_file_than_the_signed_one_is_never_shown(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    view = waiting(little)
    little.files[view.file] += b"%"
    dialog = dialog_of(shown(opened, desks, view))
    qtbot.waitUntil(lambda: "không phải bản đã ký" in dialog.words.text(), timeout=10_000)
    assert dialog.page.pdf.document_.pageCount() < 1
    assert not dialog.go.isEnabled()


def test_who_stands_for_the_patient_says_in_what_relation_and_why(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    chart = shown(opened, desks, waiting(little))
    dialog = dialog_of(chart)
    read_to_the_end(dialog, qtbot)
    choose(dialog, Method.WITNESS)
    assert dialog.go.isEnabled()
    dialog.who.choices["2"].click()
    assert (dialog.who.full_name.text(), dialog.who.id_no.text()) == ("", "")
    assert not dialog.go.isEnabled()
    for field, words in ((dialog.who.full_name, "Nguyễn Thị Lan"), (dialog.who.relationship, "Con gái"),
                         (dialog.who.why, "Người bệnh đang thở máy"), (dialog.who.id_no, "052085001777")):
        field.setText(words)
    assert dialog.go.isEnabled()
    dialog.go.click()
    qtbot.waitUntil(lambda: chart.place.writing.is_open, timeout=10_000)
    told = {key: chart.editor.value(key) for key in ("who", "full_name", "relationship", "not_patient_why", "id_no")}
    assert told == {"who": "2", "full_name": "Nguyễn Thị Lan", "relationship": "Con gái",
                    "not_patient_why": "Người bệnh đang thở máy", "id_no": "052085001777"}


def test_what_the_reader_lacks_is_said_in_plain_words_and_can_be_tried_again(
    opened: Open, desks: Desks, little: LittleServer, reader: FingerReader, qtbot: QtBot,
) -> None:
    reader.mood = "no_finger"
    dialog = dialog_of(shown(opened, desks, waiting(little), reader))
    read_to_the_end(dialog, qtbot)
    assert dialog.go.text() == "Lấy vân tay"
    press(dialog.go, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Chưa thấy ngón tay" in dialog.words.text(), timeout=10_000)
    assert dialog.go.isEnabled()
    reader.mood = "unplugged"
    press(dialog.go, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Chưa cắm đầu đọc" in dialog.words.text(), timeout=10_000)


def test_a_pc_without_a_reader_says_so_and_a_witness_begins_the_paper(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    view = waiting(little)
    chart = shown(opened, desks, view)
    dialog = dialog_of(chart)
    assert dialog.method is Method.DRAWN
    read_to_the_end(dialog, qtbot)
    choose(dialog, Method.FINGERPRINT)
    dialog.go.click()
    qtbot.waitUntil(lambda: "chưa cài đầu đọc" in dialog.words.text(), timeout=10_000)
    choose(dialog, Method.WITNESS)
    dialog.go.click()
    qtbot.waitUntil(lambda: chart.place.writing.is_open, timeout=10_000)
    said = {key: chart.editor.value(key) for key in (
        "document_entry", "document_version", "document_sha256", "document_file_sha256", "method", "full_name")}
    assert said == {"document_entry": str(view.id), "document_version": 1, "document_sha256": view.sha256,
                    "document_file_sha256": view.file, "method": "witness", "full_name": "Nguyễn Văn Bình"}


def test_what_the_program_filled_in_is_read_and_never_typed(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    chart = shown(opened, desks, waiting(little))
    dialog = dialog_of(chart)
    read_to_the_end(dialog, qtbot)
    choose(dialog, Method.WITNESS)
    dialog.go.click()
    qtbot.waitUntil(lambda: chart.place.writing.lines is not None, timeout=10_000)
    lines = chart.place.writing.lines
    assert lines is not None
    for key in ("document_sha256", "method", "confirmed_at", "transaction_no", "workstation", "document_version"):
        line = lines.lines[key]
        before = chart.editor.value(key)
        line.blank.edited.emit("anything")
        assert chart.editor.value(key) == before
        typed = line.blank.findChildren(QLineEdit)
        assert not line.blank.isEnabled() or (typed and all(one.isReadOnly() for one in typed)), key
        assert line.note.text() == "chương trình ghi"
    chart.editor.set_value("full_name", "Nguyễn Văn Bình A")
    assert chart.editor.value("full_name") == "Nguyễn Văn Bình A"


def test_a_code_that_cannot_be_sent_is_not_offered_and_says_why(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    little.refusals["/confirmation-codes/offer"] = (409, "code_not_offered")
    dialog = dialog_of(shown(opened, desks, waiting(little)))
    button = dialog.methods[Method.CODE]
    qtbot.waitUntil(lambda: not button.isEnabled(), timeout=10_000)
    assert "chưa có cổng gửi tin nhắn" in button.toolTip()


def scrawl(pad: SignaturePad, *points: tuple[int, int]) -> None:
    """Press at the first point, move along the others, let go at the last."""
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 1), QEvent.Type.MouseButtonRelease]
    for kind, (x, y) in zip(kinds, (*points, points[-1]), strict=True):
        at, left = QPointF(x, y), Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        sent = QMouseEvent(kind, at, pad.mapToGlobal(at), left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(pad, sent)


def test_a_drawn_signature_is_strokes_with_times_and_a_picture_and_a_tap_is_none(
    opened: Open, desks: Desks, little: LittleServer, qtbot: QtBot,
) -> None:
    dialog = dialog_of(shown(opened, desks, waiting(little)))
    read_to_the_end(dialog, qtbot)
    choose(dialog, Method.DRAWN)
    assert not dialog.pad.isVisible()
    dialog.go.click()
    assert dialog.pad.isVisible()
    scrawl(dialog.pad, (40, 80))
    dialog.go.click()
    assert "Chưa thấy chữ ký" in dialog.words.text()
    dialog.wipe.click()
    assert dialog.pad.drawing.strokes == []
    scrawl(dialog.pad, *((40 + 12 * step, 80 + (-1) ** step * 25) for step in range(12)))
    scrawl(dialog.pad, (300, 60), (340, 110))
    assert dialog.pad.drawing.enough
    told = json.loads(dialog.pad.evidence())
    assert [len(stroke) for stroke in told["strokes"]] == [12, 2]
    times = [point[2] for stroke in told["strokes"] for point in stroke]
    assert times == sorted(times)
    assert told["strokes"][1][0][:2] == [300.0, 60.0]
    assert base64.b64decode(told["png"]).startswith(b"\x89PNG")
    assert dialog.pad.drawing.device == "Chuột"
    dialog.read_again.click()
    assert dialog.page.isVisible()


@pytest.mark.parametrize("act", ["chart.correct", "chart.cancel"])
def test_a_confirmation_itself_is_neither_corrected_nor_cancelled(opened: Open, desks: Desks, act: str) -> None:
    ref = FormRef(code="XN-NB", edition="2026-01-01", kind="confirmation")
    paper = charts.entry_of(UUID(int=79), ref, charts.at(1, datetime.now(UTC)), {"answer": "1", "method": "witness"})
    chart = shown(opened, desks, paper)
    assert "không được sửa hoặc hủy" in chart.actions.why_not(act)


def confirmed(method: str = "fingerprint") -> tuple[EntryView, EntryView]:
    """The consent, and the paper of its confirmation."""
    now = datetime.now(UTC)
    paper = charts.entry_of(UUID(int=79), FormRef(code="XN-NB", edition="2026-11-25", kind="confirmation"),
                            charts.at(1, now), {
        "document_name": "Giấy cam kết", "document_sha256": "ab" * 32, "answer": "1", "who": "1",
        "full_name": "Nguyễn Văn Bình", "method": method, "transaction_no": str(UUID(int=80)), "phone": "09*****678",
        "evidence_sha256": "12" * 32})
    one = ConfirmationView(entry=paper.id, slot="patient", method="fingerprint", confirmed=True,
                           full_name="Nguyễn Văn Bình", person=charts.NURSE, person_name="Nguyễn Thị Mai",
                           confirmed_at=now)
    return consent(confirmations=(one,)), paper


def test_document_and_confirmation_are_read_and_printed_together(
    opened: Open, desks: Desks, qtbot: QtBot, tmp_path: Path,
) -> None:
    view, paper = confirmed()
    chart = opened([view, paper], desk=desks.open())
    chart.place.show_entry(view.id)
    assert isinstance(chart.place.sheet, NarrativeSheet)
    words = chart.place.sheet.text.toPlainText()
    assert words.index("Chọc dò màng phổi") < words.index("Phiếu xác nhận của người bệnh") < words.index("12" * 32)
    print_model = PrintModel(chart.desk)
    assert chart.chart.chart is not None
    with qtbot.waitSignal(print_model.ready, timeout=20_000) as told:
        print_model.sheet(chart.chart.chart, "01/BV2")
    assert told.args is not None
    printed = told.args[0]
    assert [one.entry for one in printed.versions] == [view.id, paper.id]
    file = tmp_path / "print.pdf"
    file.write_bytes(printed.pdf)
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert "PHIẾU XÁC NHẬN CỦA NGƯỜI BỆNH" in text
    assert "SHA-256 của bằng chứng: " + "12" * 32 in " ".join(text.split())


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.RECORDS_OFFICE])
def test_only_the_records_office_is_offered_the_evidence(opened: Open, desks: Desks, role: Role) -> None:
    desk = desks.open()
    who = desk.account.person.model_copy(update={"roles": (role,)})
    view, paper = confirmed()
    chart = opened([view, paper], desk=replace(desk, account=desk.account.model_copy(update={"person": who})))
    chart.place.timeline.choose(paper.id)
    assert chart.actions.why_not("chart.capture") == (ALLOWED if role is Role.RECORDS_OFFICE else NOT_NOW)
    chart.place.timeline.choose(view.id)
    assert chart.actions.why_not("chart.capture") == NOT_NOW
