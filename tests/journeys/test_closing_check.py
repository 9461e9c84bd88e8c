"""The records office closes a record at its screen: what is missing, return, take in, archive, print."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.messages import ClosingView, EncounterView
from records.render import render_entry
from tests.journeys.conftest import Town, opened
from tests.journeys.hands import DIRECTOR, DOCTOR, HEAD, OFFICE, Hand, admitted, drawn, everybody, gathered, left
from tests.journeys.places import SitDown, sit_down
from tests.workstation.views.keyboard import CTRL, press
from workstation.models.closing import ClosingModel
from workstation.models.closing_report import verdict_words
from workstation.views import style
from workstation.views.actions import ALLOWED, ActionSet, Place
from workstation.views.preview import PreviewDialog
from workstation.views.prompts import AskText, Dialog, Question
from workstation.views.review.place import ReviewPlace

pytestmark = pytest.mark.xdist_group("journeys in towns of their own")
__all__ = ["sit_down"]
LONG = 30_000


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A hospital with no other discharged record."""
    with opened() as running:
        running.proofs.down.add("tsa")
        yield running


@pytest.fixture
def hands(town: Town) -> dict[str, Hand]:
    return everybody(town)


class Desk:
    """The place in a window of a ward's screen."""

    def __init__(self, desk: object, qtbot: QtBot) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        style.apply(application)
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.actions = ActionSet(self.window)
        self.model = ClosingModel(desk)  # type: ignore[arg-type]  # a journey's desk
        self.place = ReviewPlace(self.model, self.actions)
        self.window.setCentralWidget(self.place)
        self.window.resize(1366, 674)
        self.window.show()
        self.actions.enter(Place.REVIEW)
        self.place.enter()
        self.qtbot = qtbot

    @property
    def view(self) -> ClosingView:
        assert self.model.view is not None
        return self.model.view

    def until(self, what: object) -> None:
        self.qtbot.waitUntil(what, timeout=LONG)  # type: ignore[arg-type]  # a function

    def dialog(self) -> Dialog:
        self.until(lambda: any(one.isVisible() for one in self.window.findChildren(Dialog)))
        return next(one for one in self.window.findChildren(Dialog) if one.isVisible())

    def standing(self) -> tuple[object, str]:
        """Where the cursor is."""
        point = self.place.points.point
        return (point.entry, point.slot) if point is not None else (None, "")

    def codes(self) -> list[str]:
        return [point.reason["code"] for point in self.view.points if point.gravity == "mend"]

    def said(self) -> str:
        return "\n".join(one.text() for one in self.place.findChildren(QLabel))


def before_the_cover(hands: dict[str, Hand]) -> EncounterView:
    """Part A and B signed, the patient gone home."""
    doctor = hands[DOCTOR]
    stay = admitted(doctor.client, "Lưu Thị Tâm")
    doctor.signs_part(stay, "part_a", systolic=120)
    doctor.signs_part(stay, "part_b")
    left(doctor.client, stay)
    return stay


def test_the_records_office_closes_a_record_at_its_screen(
    town: Town, hands: dict[str, Hand], sit_down: SitDown, qtbot: QtBot, tmp_path: Path,
) -> None:
    doctor, head, director, office = (hands[name] for name in (DOCTOR, HEAD, DIRECTOR, OFFICE))
    stay = before_the_cover(hands)
    at = Desk(sit_down(OFFICE, "office", encounter=stay.id).desk, qtbot)
    at.until(lambda: at.model.view is not None)
    assert at.codes() == ["closing_part_missing", "closing_part_missing", "closing_not_taken_in"]
    assert at.model.next_act == "completed"
    assert at.actions.why_not("review.go_on") == "Còn 2 điểm phải sửa"
    assert not at.place.go_on.isEnabled()

    at.actions.trigger("review.return")
    asked = at.dialog()
    assert isinstance(asked, AskText)
    asked.field.insertPlainText("Thiếu bìa bệnh án, khoa bổ sung")  # as an input method commits it
    press(asked.field, Qt.Key.Key_Return, CTRL)
    at.until(lambda: at.view.row.last == "returned")
    assert "«Thiếu bìa bệnh án, khoa bổ sung»" in at.said()

    cover = head.writes(stay, "cover")
    by_head = head.signs(cover, "ward_head", render_entry(cover))
    head.hands_in(cover, "ward_head", by_head)
    at.model.load()
    at.until(lambda: "closing_slot_open" in at.codes())
    waits = next(point for point in at.view.points if point.reason["code"] == "closing_slot_open")
    assert (waits.rule, waits.who) == ("R29", ("Hoàng Minh Tuấn",))
    at.place.points.setFocus()
    for _ in at.view.points:
        if at.standing() == (waits.entry, waits.slot):
            break
        at.actions.trigger("review.next")
    assert at.standing() == (waits.entry, waits.slot), "F8 goes to each point in turn"
    with qtbot.waitSignal(at.place.chart_wanted, timeout=LONG) as gone:
        press(at.place.points, Qt.Key.Key_Return)
    assert gone.args is not None
    assert gone.args[0] == stay.id
    if folder := os.environ.get("BENHAN_PICTURES"):
        at.window.grab().save(f"{folder}/soat-ho-so.png")

    director.hands_in(cover, "director", director.signs(cover, "director", by_head))
    parts = [view for view in doctor.client.chart(stay.id).entries if view.form.code == "01/BV1"]
    closing = doctor.writes(stay, "closing", gathered=gathered(*parts))
    given = doctor.signs(closing, "giver", drawn(doctor, closing, parts))
    doctor.hands_in(closing, "giver", given)
    office.hands_in(closing, "receiver", office.signs(closing, "receiver", given))
    at.model.load()
    at.until(lambda: at.codes() == ["closing_not_taken_in"])
    for act, last in (("completed", "completed"), ("archived", "archived")):
        at.until(lambda act=act: at.model.next_act == act and at.actions.why_not("review.go_on") == ALLOWED)
        at.actions.trigger("review.go_on")
        sure = at.dialog()
        assert isinstance(sure, Question)
        sure.accept()
        at.until(lambda last=last: at.view.row.last == last)
    if folder := os.environ.get("BENHAN_PICTURES"):
        at.window.grab().save(f"{folder}/soat-ho-so-da-luu-tru.png")
    at.until(lambda: "Đã lưu trữ" in verdict_chip(at))
    assert "B-B: thời điểm ký theo đồng hồ máy trạm" in at.said(), "the level stays with the record, and is said"
    at.until(lambda: not at.place.go_on.isVisible())

    at.actions.trigger("review.print")
    preview = at.dialog()
    assert isinstance(preview, PreviewDialog)
    assert verdict_words(at.view).startswith("Hồ sơ đã lưu trữ ở mức bằng chứng B-B")
    preview.reject()
    at.place.stop()


def verdict_chip(at: Desk) -> str:
    from workstation.views.widgets.chip import Chip

    return " ".join(chip.accessibleName() for chip in at.place.findChildren(Chip) if chip.isVisible())


def test_the_printed_check_says_the_level_and_what_is_missing(hands: dict[str, Hand], tmp_path: Path) -> None:
    from workstation.models.closing_report import report_of

    stay = before_the_cover(hands)
    office = hands[OFFICE]
    printed = report_of(office.client.closing(stay.id), office.account, datetime.now(UTC))
    (tmp_path / "check.pdf").write_bytes(printed.pdf)
    words = subprocess.run(["pdftotext", "-layout", str(tmp_path / "check.pdf"), "-"], capture_output=True, text=True,
                           check=True).stdout
    for said in ("PHIẾU SOÁT HỒ SƠ BỆNH ÁN", "Còn 3 điểm phải sửa", "B-B: thời điểm ký theo đồng hồ máy trạm",
                 "Thiếu Bìa bệnh án", "Lưu Thị Tâm"):
        assert said in words, words
    assert printed.file_name == f"phieu-soat-{stay.record_no}.pdf"
