"""Whose images are they, at the keyboard: nobody is guessed, a reason is asked for, and what was decided is shown."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow, QScrollArea
from pytestqt.qtbot import QtBot

from records.messages import (
    ImageDecisionView,
    ImageDifferenceView,
    ImageNamesView,
    StrayDecisionView,
    StrayImagesView,
    StraySeriesView,
    UnsettledStudyView,
)
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from tests.workstation.views.keyboard import press, write
from tests.workstation.views.signing.conftest import desks, window
from workstation.models.image_owners import ImageOwnersModel
from workstation.views import style
from workstation.views.review.image_owners import ImageOwnersDialog, StudyCard, difference_words
from workstation.views.review.image_strays import StrayCard

__all__ = ["desks", "window"]

AT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
WHY = "Máy gõ nhầm mã, đã hỏi kỹ thuật viên"


def study(uid: str, **changes: Any) -> UnsettledStudyView:
    good: dict[str, Any] = {
        "uid": uid, "state": "open", "patient_no": "WRONG-9", "full_name": "NGUYEN^VAN BINHH", "birth_date": "19590312",
        "sex": "M", "accession": "2600000007", "modalities": ("CT",), "description": "CT ngực",
        "study_date": "20261125", "instances": 312, "received_at": AT,
        "differences": (ImageDifferenceView(field="patient_no", sent="WRONG-9", known=""),)}
    return UnsettledStudyView(**{**good, **changes})


OTHER = ImageNamesView(patient_no="0026-77120", full_name="TRAN^THI SAU", birth_date="19590312", sex="F")


def stray(study_uid: str, **changes: Any) -> StrayImagesView:
    good: dict[str, Any] = {
        "study": study_uid, "why": "other_patient", "patient_no": "0026-18842", "full_name": "NGUYEN^VAN BINH",
        "birth_date": "19590312", "sex": "M", "patient": None if changes.get("study_state") else hospital.patient(),
        "description": "CT sọ", "study_date": "20261125", "modalities": ("CT",), "count": 12, "senders": ("CT1",),
        "first_at": AT, "last_at": AT}
    return StrayImagesView(**{**good, **changes})


@pytest.fixture
def dialog(
    qapp: QApplication, desks: Desks, window: QMainWindow, little: LittleServer, qtbot: QtBot,
) -> ImageOwnersDialog:
    style.apply(qapp, "day")
    little.unsettled = [
        study("1.1"),
        study("1.2", patient_no="0026-18842", patient=hospital.patient(), differences=(
            ImageDifferenceView(field="full_name", sent="NGUYEN^VAN BINHH", known="Nguyễn Văn Bình"),
            ImageDifferenceView(field="order", sent="2600000007", known="0026-18377"))),
        study("1.3", state="matched", patient=hospital.patient(), decisions=(ImageDecisionView(
            decision="tie", patient_no="0026-18842", patient_name="Nguyễn Văn Bình", reason=WHY,
            person_name="CN. Vũ Thị Lan", at=AT),))]
    little.strays = [
        stray("1.9", why="other_content", patient_no="0026-1", full_name="TRAN^THI SAU"),
        stray("1.1", patient_no="WRONG-9", full_name="NGUYEN^VAN BINHH", study_state="open",
              names=ImageNamesView(patient_no="0026-18842", full_name="NGUYEN^VAN BINH", birth_date="19590312",
                                   sex="M"),
              differs=("patient_no", "full_name"),
              series=(StraySeriesView(number=2, modality="CT", description="Trung thất", count=12),)),
        stray("1.8", names=OTHER, differs=("patient_no", "full_name", "sex"), here=2, series=(
            StraySeriesView(number=4, modality="CT", description="Nhu mô", count=11),
            StraySeriesView(number=None, modality="SR", count=1)))]
    made = ImageOwnersDialog(ImageOwnersModel(desks.open(start=False), window), window)
    made.show_over()
    qtbot.waitUntil(lambda: set(made.cards) == {"1.1", "1.2", "1.3"}, timeout=10_000)
    return made


def told(card: StudyCard | StrayCard) -> str:
    return "\n".join(words.text() for words in card.findChildren(QLabel) if words.isVisible())


@pytest.mark.parametrize(("field", "sent", "known", "words"), [
    ("birth_date", "19800101", "1959-03-12", "Ngày sinh: trên ảnh «01/01/1980», hồ sơ ghi «12/03/1959»."),
    ("birth_date", "1980", "1959", "Ngày sinh: trên ảnh «1980», hồ sơ ghi «1959»."),
    ("sex", "F", "M", "Giới: trên ảnh «nữ», hồ sơ ghi «nam»."),
    ("sex", "O", "F", "Giới: trên ảnh «khác», hồ sơ ghi «nữ»."),
    ("patient_no", "", "", "Ảnh không ghi mã người bệnh."),
])
def test_what_differs_is_said_in_the_same_words_on_both_sides(field: str, sent: str, known: str, words: str) -> None:
    assert difference_words(ImageDifferenceView(field=field, sent=sent, known=known)) == words


@pytest.mark.parametrize("width", [895, 1040])
def test_no_verb_lies_beside_the_window_however_long_a_name_is(
    qapp: QApplication, desks: Desks, window: QMainWindow, little: LittleServer, qtbot: QtBot, width: int,
) -> None:
    """One name of nine words pushed the verbs of every card out of sight; 895 is what 150 % leaves."""
    style.apply(qapp, "night")
    name = "CONG TANG TON NU^NGUYEN PHUC HOANG PHUONG QUYNH TRAM ANH"
    what = "X-quang cột sống thắt lưng thẳng, nghiêng, cúi và ngửa tối đa"
    little.unsettled = [study("1.1", full_name=name, description=what)]
    little.strays = [stray("1.8", full_name=name, description=what, names=OTHER, differs=("patient_no",))]
    made = ImageOwnersDialog(ImageOwnersModel(desks.open(start=False), window), window)
    made.setFixedWidth(width)
    made.show_over()
    qtbot.waitUntil(lambda: bool(made.cards and made.strays), timeout=10_000)
    area = made.findChild(QScrollArea)
    view = area.viewport()
    assert view is not None
    [stray_card] = made.strays
    card = made.cards["1.1"]
    qtbot.waitUntil(lambda: card.width() == view.width(), timeout=10_000)
    for verb in (card.tie, card.aside, stray_card.release, stray_card.apart):
        right = verb.mapTo(view, QPoint(verb.width(), 0)).x()
        assert verb.width() >= verb.sizeHint().width()
        assert right <= view.width(), verb.text()


def test_each_study_says_what_differs_and_what_was_decided(dialog: ImageOwnersDialog) -> None:
    if folder := os.environ.get("BENHAN_PICTURES"):
        dialog.grab().save(f"{folder}/anh-chua-ro-cua-ai.png")
    first, second, third = (told(dialog.cards[uid]) for uid in ("1.1", "1.2", "1.3"))
    assert "Trên ảnh: NGUYEN VAN BINHH, nam, 12/03/1959, mã WRONG-9, chỉ định 2600000007." in first
    assert "Mã người bệnh «WRONG-9» không có ở đây." in first
    assert "Chưa biết của ai" in first
    assert "Họ tên: trên ảnh «NGUYEN VAN BINHH», hồ sơ ghi «NGUYỄN VĂN BÌNH»." in second
    assert "Chỉ định 2600000007 là của người bệnh 0026-18377." in second
    assert "Sẽ gắn cho: NGUYỄN VĂN BÌNH" in second
    assert f"CN. Vũ Thị Lan gắn cho Nguyễn Văn Bình (0026-18842): {WHY}" in third
    assert dialog.cards["1.3"].again.isVisible()
    assert not dialog.cards["1.3"].tie.isVisible()


def test_single_images_that_contradict_others_are_told_with_what_to_do(dialog: ImageOwnersDialog) -> None:
    card = next(one for one in dialog.strays if one.view.why == "other_content")
    words = told(card)
    assert "TRAN THI SAU" in words
    assert "12 ảnh" in words
    assert "từ CT1" in words
    assert "Kho giữ cả hai tệp" in words
    assert not card.release.isVisible(), "the first stands"


def test_whom_images_name_that_were_kept_apart_is_beside_whom_their_study_names(dialog: ImageOwnersDialog) -> None:
    laid = [dialog.rows.itemAt(place) for place in range(dialog.rows.count())]
    cards = [one.widget() for one in laid if one is not None and one.widget() is not None]
    ours = next(one for one in dialog.strays if one.view.study == "1.1")
    assert cards[:2] == [dialog.cards["1.1"], ours], "beside the study, while it waits"
    assert cards[-1] is dialog.cards["1.3"], "what is done comes last"
    words = told(next(one for one in dialog.strays if one.view.study == "1.8"))
    assert "NGUYEN VAN BINH, nam, 12/03/1959, mã 0026-18842" in words
    assert "TRAN THI SAU, nữ, 12/03/1959, mã 0026-77120  ·  chuỗi 4 CT Nhu mô (11 ảnh); chuỗi SR (1 ảnh)" in words
    assert "Khác: mã người bệnh, họ tên, giới." in words
    assert "2 ảnh trong số này không đưa vào được" in words
    assert "chưa rõ của ai" in told(ours)


def test_images_that_were_kept_apart_go_into_their_study_with_a_reason(
    dialog: ImageOwnersDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    card = next(one for one in dialog.strays if one.view.study == "1.8")
    card.release.click()
    qtbot.waitUntil(dialog.words.isVisible)
    assert little.stray_decisions == []
    card.reason.setPlainText(WHY)
    card.release.click()
    card.release.click()
    qtbot.waitUntil(lambda: any(one.view.settled and one.isVisible() for one in dialog.strays), timeout=10_000)
    [given] = little.stray_decisions
    assert (given.decision, given.why, given.names, given.known, given.reason) == (
        "release", "other_patient", OTHER, 12, WHY)
    done = next(one for one in dialog.strays if one.view.settled)
    assert not done.release.isVisible()
    assert not done.reason.isVisible()
    other = next(one for one in dialog.strays if one.view.study == "1.1")
    other.reason.setPlainText(WHY)
    other.apart.click()
    qtbot.waitUntil(lambda: len(little.stray_decisions) == 2, timeout=10_000)
    assert little.stray_decisions[1].decision == "apart"


def test_images_of_a_second_patient_become_a_study_of_their_own(
    dialog: ImageOwnersDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    card = next(one for one in dialog.strays if one.view.study == "1.8")
    card.reason.setPlainText(WHY)
    card.parting.click()
    qtbot.waitUntil(lambda: any(one.view.settled and one.isVisible() for one in dialog.strays), timeout=10_000)
    [given] = little.stray_decisions
    assert (given.decision, given.names, given.known) == ("move", OTHER, 12)
    done = next(one for one in dialog.strays if one.view.settled)
    assert "Thành lần chụp riêng với mã mới" in told(done)
    assert not any(one.isVisible() for one in (done.release, done.parting, done.apart, done.reason))


def test_images_that_name_the_patient_of_their_study_are_offered(
    dialog: ImageOwnersDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    little.strays = [
        stray("1.3", patient_no="WRONG-9", full_name="NGUYEN^VAN BINHH", fits=True, names=ImageNamesView(
            patient_no="0026-18842", full_name="NGUYEN^VAN BINH", birth_date="19590312", sex="M"),
            series=(StraySeriesView(number=1, modality="CT", count=12),)),
        stray("1.8", names=OTHER, here=12, settled="apart", decisions=(StrayDecisionView(
            decision="apart", reason=WHY, person_name="CN. Vũ Thị Lan", at=AT),))]
    card = dialog.cards["1.2"]
    card.reason.setPlainText(WHY)
    card.aside.click()
    qtbot.waitUntil(lambda: len(dialog.strays) == 2 and dialog.strays[1].isVisible(), timeout=10_000)
    fitting, apart = dialog.strays
    assert "Ghi đúng người bệnh mà lần chụp đã gắn." in told(fitting)
    assert fitting.release.isEnabled()
    assert not fitting.parting.isVisible(), "they are no other's"
    assert f"CN. Vũ Thị Lan để riêng: {WHY}" in told(apart)
    assert not apart.release.isEnabled(), "all of their UIDs are here by now"
    if folder := os.environ.get("BENHAN_PICTURES"):
        dialog.grab().save(f"{folder}/anh-lac-da-gan.png")


def test_nobody_is_tied_before_the_person_was_found_and_named(
    dialog: ImageOwnersDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    card = dialog.cards["1.1"]
    card.reason.setPlainText(WHY)
    card.tie.click()
    assert little.image_decisions == []
    write(card.number, "0026-18842")
    press(card.number, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Sẽ gắn cho: NGUYỄN VĂN BÌNH" in told(dialog.cards["1.1"]), timeout=10_000)
    card = dialog.cards["1.1"]
    assert card.reason.toPlainText() == WHY, "what was written stays"
    card.tie.click()
    qtbot.waitUntil(lambda: len(little.image_decisions) == 1, timeout=10_000)
    [given] = little.image_decisions
    assert (given.decision, given.patient, given.reason, given.known) == ("tie", hospital.patient().id, WHY, 0)


def test_a_reason_is_asked_for_and_what_is_set_aside_can_be_taken_up_again(
    dialog: ImageOwnersDialog, little: LittleServer, qtbot: QtBot,
) -> None:
    dialog.cards["1.2"].aside.click()
    qtbot.waitUntil(dialog.words.isVisible)
    assert little.image_decisions == []
    dialog.cards["1.2"].reason.setPlainText(WHY)
    dialog.cards["1.2"].aside.click()
    qtbot.waitUntil(lambda: "1.2" in dialog.cards and dialog.cards["1.2"].again.isVisible(), timeout=10_000)
    assert (little.image_decisions[0].decision, little.image_decisions[0].patient) == ("set_aside", None)
    dialog.cards["1.3"].reason.setPlainText(WHY)
    dialog.cards["1.3"].again.click()
    qtbot.waitUntil(lambda: len(little.image_decisions) == 2, timeout=10_000)
    assert (little.image_decisions[1].decision, little.image_decisions[1].known) == ("reopen", 1)
