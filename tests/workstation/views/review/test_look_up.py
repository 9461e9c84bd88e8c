"""A paper is looked up at the keyboard or with a scanner; the answer says at once whether it still holds."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.messages import PrintedDocument, PrintRun, PrintView
from records.prints import address
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from tests.workstation.views.keyboard import press, write
from tests.workstation.views.signing.conftest import desks, window
from workstation.models.look_up import LookUpModel, verdict
from workstation.views.review.look_up import LookUpDialog

__all__ = ["desks", "window"]

CODE = "26-900001/36/BV2/0123456789AB"
AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def document(number: int, **changes: object) -> PrintedDocument:
    good = {"entry": UUID(int=number), "name": "Lần ghi điều trị", "author": "Lê Thu Hà", "occurred_at": AT,
            "version": 1, "newest": 1}
    return PrintedDocument.model_validate({**good, **changes})


def paper(*documents: PrintedDocument, added: int = 0) -> PrintView:
    return PrintView(
        look_up_code=CODE, form_code="36/BV2", form_name="Tờ điều trị", record_no="26-900001", added=added,
        patient_name="Nguyễn Văn Bình", documents=documents,
        runs=(PrintRun(at=AT, person_name="Nguyễn Thị Mai", what="printed"),))


@pytest.fixture
def dialog(desks: Desks, window: QMainWindow, little: LittleServer) -> LookUpDialog:
    little.papers = {CODE: paper(document(1), document(2, newest=2), document(3, cancelled=True), added=1)}
    made = LookUpDialog(LookUpModel(desks.open(start=False)), window)
    made.show_over()
    return made


def told(dialog: LookUpDialog) -> str:
    return "\n".join(words.text() for words in dialog.findChildren(QLabel) if words.isVisible())


@pytest.mark.parametrize("typed", [CODE, f"  {CODE} ", address("https://benhan.example.vn:8443", CODE)])
def test_a_code_typed_or_scanned_with_enter_is_answered(dialog: LookUpDialog, qtbot: QtBot, typed: str) -> None:
    write(dialog.field, typed)
    press(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "NGUYỄN VĂN BÌNH" in told(dialog), timeout=10_000)
    words = told(dialog)
    assert "Bản in này không còn mới nhất: 1 lần ghi đã đính chính, 1 lần ghi đã hủy, 1 lần ghi ký sau khi in." in words
    assert "In lúc 09:30 22/11/2026, Nguyễn Thị Mai" in words
    assert "nay là phiên bản 2" in words


def test_an_unknown_code_is_said_in_words_and_can_be_typed_over(dialog: LookUpDialog, qtbot: QtBot) -> None:
    write(dialog.field, "26-1/36/BV2/AAAA")
    press(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Không có bản in nào" in told(dialog), timeout=10_000)
    assert dialog.field.selectedText() == dialog.field.text()


def test_a_paper_that_still_holds_says_so() -> None:
    assert verdict(paper(document(1), document(2))) == "Bản in này vẫn đúng với hồ sơ hiện nay."
