"""The place «Ký» and what opens over the window: by keyboard, from a list, with the words that belong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtPrintSupport import QPrinter
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from records.entries import State
from records.errors import Reason, Refusal
from records.messages import BoardRow, SettlementView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import draft
from tests.workstation.signing_room import Room
from tests.workstation.tokens import PIN
from tests.workstation.views.keyboard import press, write
from tests.workstation.views.signing.test_dialogs import texts
from workstation.models.account import utc_now
from workstation.models.enrolment import EnrolStage
from workstation.models.printing import Printed, as_shown
from workstation.models.signing import LineState
from workstation.models.signing_board import SigningBoardModel
from workstation.models.waiting import WaitingModel
from workstation.views.actions import ActionSet, Place
from workstation.views.preview import PreviewDialog
from workstation.views.prompts import Dialog
from workstation.views.signing.desk import SigningDesk
from workstation.views.signing.dialogs import SignDialog, StackDialog
from workstation.views.signing.explain import ExplainDialog
from workstation.views.signing.place import SigningPlace
from workstation.views.signing.shown import Shown
from workstation.views.widgets.top_bar import PlaceTab, TopBar


class Scene:
    """The place in a window, with its actions and its desk."""

    def __init__(self, room: Room, window: QMainWindow) -> None:
        self.room, self.window = room, window
        self.actions = ActionSet(window)
        self.waiting = WaitingModel(room.desk, parent=room.model)
        self.desk = SigningDesk(room.model, self.waiting, window)
        self.desk.bind(self.actions)
        self.board = SigningBoardModel(room.desk, room.model)
        self.place = SigningPlace(self.waiting, self.board, self.actions, self.desk.see)
        self.place.sign_wanted.connect(self.desk.sign)
        window.setCentralWidget(self.place)
        self.actions.enter(Place.SIGNING)

    def enter(self) -> None:
        self.place.enter()
        self.room.until(lambda: self.waiting.loaded and not self.waiting._asked)
        self.room.desks.settle()

    def dialog(self) -> Dialog:
        self.room.until(lambda: any(one.isVisible() for one in self.window.findChildren(Dialog)))
        return next(one for one in self.window.findChildren(Dialog) if one.isVisible())


@pytest.fixture
def scene(room: Room, window: QMainWindow, little: LittleServer) -> Iterator[Scene]:
    made = Scene(room, window)
    little.charts[UUID(int=21)] = little.charts[UUID(int=22)] = hospital.chart().model_dump_json().encode()
    yield made
    made.place.stop()
    made.waiting.let_go()


def with_drafts(scene: Scene, count: int) -> None:
    scene.room.desk.store.put_cache(f"chart:{hospital.ENCOUNTER}", hospital.chart().model_dump_json().encode())
    for _ in range(count):
        scene.room.desk.store.save_draft(draft(values=dict(hospital.GOOD)))


def test_nothing_to_sign_says_so(scene: Scene) -> None:
    scene.enter()
    scene.room.until(lambda: "Không có văn bản nào chờ bạn ký." in texts(scene.window))
    assert scene.actions.why_not("signing.sign") != ""


def test_f9_signs_what_is_chosen_and_the_list_gets_shorter(scene: Scene, little: LittleServer) -> None:
    with_drafts(scene, 3)
    counts: list[int] = []
    scene.place.count_changed.connect(counts.append)
    scene.enter()
    assert counts[-1] == 3
    press(scene.place.list, Qt.Key.Key_Space)
    assert scene.place.sign.text() == "Ký 2 văn bản"
    scene.actions.trigger("signing.sign")
    dialog = scene.dialog()
    assert isinstance(dialog, StackDialog)
    scene.room.until(dialog.bar.pin.isVisible)
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    scene.room.until(lambda: len(little.signed) == 2)
    scene.room.until(lambda: all(line.state is LineState.RECEIVED for line in dialog.act.chosen))
    press(dialog, Qt.Key.Key_Escape)
    scene.room.until(lambda: counts[-1] == 1)


def test_one_chosen_document_gets_the_small_dialog(scene: Scene) -> None:
    with_drafts(scene, 1)
    scene.enter()
    scene.actions.trigger("signing.sign")
    assert isinstance(scene.dialog(), SignDialog)


def test_what_others_wrote_is_chosen_only_after_it_was_shown(scene: Scene, little: LittleServer) -> None:
    views = [hospital.entry(UUID(int=number), signed=False, open_slots=("doctor",)) for number in (901, 902)]
    little.charts[hospital.ENCOUNTER] = hospital.chart(views).model_dump_json().encode()
    row = BoardRow(room="1", bed="9", encounter=hospital.ENCOUNTER, patient=hospital.patient(), unsigned=2)
    store = scene.room.desk.store
    store.put_cache(f"board:{hospital.WARD.id}", hospital.board([row]).model_dump_json().encode())
    store.put_cache(f"chart:{hospital.ENCOUNTER}", little.charts[hospital.ENCOUNTER])
    scene.room.desk.client.door.token = None
    sights = scene.place.findChildren(Shown)
    for sight in sights:  # the moment that a look takes may pass before a busy machine is here again
        sight._moment.setInterval(3_600_000)
    scene.enter()
    assert [(line.seen, line.chosen) for line in scene.place.lines()] == [(False, False), (False, False)]
    for sight in sights:
        sight._moment.start(0)
    scene.room.until(lambda: scene.place.lines()[0].seen)
    assert [(line.seen, line.chosen) for line in scene.place.lines()] == [(True, False), (False, False)]
    press(scene.place.list, Qt.Key.Key_Down)
    scene.room.until(lambda: scene.place.lines()[1].seen)
    press(scene.place.list, Qt.Key.Key_Space)
    assert [(line.seen, line.chosen) for line in scene.place.lines()] == [(True, False), (True, True)]
    scene.room.until(lambda: len(store.looks()) == 2)


def test_what_waits_for_another_persons_signature_is_listed_below(scene: Scene) -> None:
    cover = hospital.ROW.model_copy(update={"code": "01/BV1", "kind": "cover"})
    entry = hospital.entry(UUID(int=950), form=cover, open_slots=("director",), state=State.PARTLY_SIGNED)
    store = scene.room.desk.store
    store.put_cache(f"chart:{hospital.ENCOUNTER}", hospital.chart([entry]).model_dump_json().encode())
    store.save_draft(draft(values={}))
    scene.enter()
    scene.room.until(lambda: "Tôi đang chờ người khác" in texts(scene.window))
    assert "Giám đốc bệnh viện" in texts(scene.window)


def test_the_top_bar_says_in_one_word_that_somebody_asks(window: QMainWindow) -> None:
    bar = TopBar([PlaceTab(Place.SIGNING, "Ký", "signature", "Ctrl+3")])
    window.setCentralWidget(bar)
    tab = bar._tabs[Place.SIGNING]
    for count, reminded, said in (
            (3, True, "3 đang chờ, có lời nhắc"), (0, True, "có lời nhắc"), (2, False, "2 đang chờ")):
        bar.show_badge(Place.SIGNING, count)
        bar.show_reminded(Place.SIGNING, reminded)
        assert tab.accessibleDescription() == said


def test_enter_opens_the_chart_at_the_entry(scene: Scene) -> None:
    with_drafts(scene, 1)
    scene.enter()
    wanted: list[tuple[object, object]] = []
    scene.place.chart_wanted.connect(lambda encounter, entry: wanted.append((encounter, entry)))
    press(scene.place.list, Qt.Key.Key_Return)
    assert wanted == [(hospital.ENCOUNTER, scene.waiting.items[0].task.entry)]


def test_a_signed_file_is_explained_with_its_page_beside_it(
    scene: Scene, little: LittleServer, tmp_path: Path,
) -> None:
    act = scene.room.begin()
    from workstation.signing.base import Pin

    act.sign(Pin(PIN))
    scene.room.until(lambda: bool(little.signed))
    path = tmp_path / "signed.pdf"
    path.write_bytes(little.signed[0].pdf)
    dialog = ExplainDialog(scene.desk.explaining, scene.window)
    dialog.show_over()
    dialog.judge_file(path)
    scene.room.until(lambda: dialog.explained is not None)
    scene.room.until(lambda: "Còn nguyên vẹn?" in texts(dialog))
    assert dialog.pdf.document_.pageCount() == 1
    dialog.copy()
    press(dialog, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    scene.room.until(lambda: bool(scene.window.findChildren(PreviewDialog)))
    (report,) = scene.window.findChildren(PreviewDialog)
    assert "Phiếu kiểm tra chữ ký" in texts(report)
    assert report.pdf.document_.pageCount() >= 1
    press(report, Qt.Key.Key_Escape)
    scene.room.until(lambda: not report.isVisible())


def test_a_preview_is_saved_as_signed_and_printed_page_by_page(
    scene: Scene, little: LittleServer, tmp_path: Path,
) -> None:
    act = scene.room.begin()
    from workstation.signing.base import Pin

    act.sign(Pin(PIN))
    scene.room.until(lambda: bool(little.signed))
    pdf = little.signed[0].pdf
    refused: list[Refusal] = []
    out: list[str] = []
    printed = Printed(pdf, "Tờ điều trị", "a.pdf", "", as_shown(pdf), hospital.ENCOUNTER, "36/BV2")
    dialog = PreviewDialog(printed, scene.window, patient=hospital.patient(), on_out=out.append,
                           on_refused=refused.append)
    dialog.show_over()
    assert out == []  # looking at it is not a print
    dialog.save_as(tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == pdf
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "paper.pdf"))
    dialog.print_on(printer)
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")
    dialog.save_as(tmp_path / "nowhere" / "a.pdf")
    assert [reason.code for reason in refused[0].reasons] == ["file_not_saved"]
    assert out == ["saved", "printed"]
    press(dialog, Qt.Key.Key_Escape)


def test_a_file_saved_from_the_preview_is_told_to_the_server(
    scene: Scene, little: LittleServer, tmp_path: Path,
) -> None:
    printed = Printed(b"%PDF-1.7", "Tờ điều trị", "a.pdf", "", b"%PDF-1.7", hospital.ENCOUNTER, "36/BV2")
    scene.desk.printing.ready.emit(printed)
    (dialog,) = scene.window.findChildren(PreviewDialog)
    dialog.save_as(tmp_path / "a.pdf")
    scene.room.until(lambda: bool(little.prints))
    assert [told.what for told in little.prints] == ["saved"]
    press(dialog, Qt.Key.Key_Escape)


def test_enrolling_goes_by_pin_and_enter(scene: Scene, little: LittleServer) -> None:
    dialog = scene.desk.enrol()
    scene.room.until(lambda: scene.desk.enrolment.stage is EnrolStage.READY)
    write(dialog.pin, PIN)
    press(dialog.pin, Qt.Key.Key_Return)
    scene.room.until(lambda: len(little.enrolments) == 1)
    scene.room.until(lambda: scene.desk.enrolment.stage is EnrolStage.DONE)
    assert dialog.pin.text() == ""


def test_certificates_are_listed_with_their_state(scene: Scene) -> None:
    dialog = scene.desk.show_certificates("Chứng thư của tôi")
    scene.room.until(lambda: "Lê Thu Hà" in texts(dialog))


def test_a_late_file_is_shown_with_its_reasons_and_a_doctor_cannot_settle_it(
    scene: Scene, little: LittleServer,
) -> None:
    little.settlements = [SettlementView(
        id=UUID(int=700), kind="offline", entry=None, encounter=None, patient_name="Nguyễn Văn Bình",
        person=hospital.OTHER, person_name="Trần An", received_at=utc_now(), file="00",
        reasons=(Reason("licence_missing", "Trần An").as_json(),))]
    dialog = scene.desk.settle()
    scene.room.until(lambda: "NGUYỄN VĂN BÌNH" in texts(dialog))
    assert Reason("licence_missing", "Trần An").vietnamese in texts(dialog)
    assert not dialog.cards[UUID(int=700)].accept_.isEnabled()


def test_the_palette_offers_the_offices_work_to_the_office_only(scene: Scene, qtbot: QtBot) -> None:
    offered = {act.key for act in scene.actions.acts()}
    assert {"enrol", "token", "open_signed"} <= offered
    assert not {"certificates", "settlements"} & offered
