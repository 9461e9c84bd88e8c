"""Plays a working day by itself through the real windows, with keys and clicks, and photographs each step.

A doctor writes a treatment row that orders an X-ray and signs it with her token. The X-ray room (`demo_device`) takes
it from its worklist and sends the picture, while she has a signature explained and corrects the row; she sees that it
was taken, the picture too, and looks at the signature board by day and by night. A nurse signs a care column; another
doctor signs a row on the phone, where the demo plays a remote signing service. Leaves pictures and signed PDFs in the
output folder. A step that does not come through is named, photographed, and ends the play.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLineEdit, QMenu

from records.entries import State
from records.messages import Chart, EntryView
from scripts.demo_images import look_at_images, see_what_was_taken, taken, xray_room
from scripts.demo_theatre import KEYS, StepFailed, Theatre
from workstation.app import Program
from workstation.client import Client
from workstation.config import Config, read_config
from workstation.models.signing import SigningAct, Stage
from workstation.models.signing_board import BoardScope
from workstation.models.signing_certificates import elsewhere
from workstation.views.chart.correction_side import CorrectionSide
from workstation.views.chart.place import ChartPlace
from workstation.views.sign_in import DemoPanel
from workstation.views.signing.dialogs import SignDialog
from workstation.views.signing.place import SigningPlace
from workstation.views.ward.board import WardView
from workstation.views.widgets.buttons import KeyButton

PATIENT = "Nguyễn Văn Bình"
DOCTOR, NURSE = "ha.lethu", "mai.nguyenthi"
ACCOUNTS = """
Demo people: ha.lethu (doctor), mai.nguyenthi (nurse), thanh.dovan (ward head), lan.vuthi (records office), …
Password of all: benh-an-demo   PIN of all tokens: 246810   (demo-home/accounts.json has the whole list)"""
SIZE = (1366, 728)
"""A ward's screen, less the system's bar."""


def main() -> int:
    """Play the day; 0 when every step came through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True, parents=True)
    config = read_config(options.home / "workstation.toml")
    since = datetime.now(UTC)
    application = QApplication(sys.argv[:1])
    theatre = Theatre(application, Program(application, config), options.out, options.home)
    try:
        play(theatre)
        if (options.home / "keys" / "remote_signing.toml").exists():
            play_the_phone(theatre)
    except StepFailed as failed:
        theatre.photograph("dung-o-day")
        print(f"The day stopped: {failed}", file=sys.stderr)
        return 1
    finally:
        theatre.window.close()
        KEYS.qWait(200)
    collect(config, options.out, since)
    print(ACCOUNTS)
    return 0


def play(theatre: Theatre) -> None:
    """The day, scene by scene."""
    theatre.window.resize(*SIZE)
    theatre.window.show()
    theatre.window.activateWindow()
    theatre.wait("the sign-in window and the server's answer", lambda: theatre.program.machine.facility)
    theatre.photograph("dang-nhap")
    sign_in(theatre, "BS. Lê Thu Hà")
    theatre.photograph("bang-khoa")
    open_chart(theatre, "binh")
    look_at_vital_signs(theatre)
    theatre.photograph("chuc-nang-song")
    look_at_images(theatre)
    entry = write_a_treatment_row(theatre)
    with xray_room(theatre.home) as room:
        explain(theatre)
        correct(theatre, entry)
        see_what_was_taken(theatre, entry, taken(theatre, room))
    look_at_the_signature_board(theatre)
    leave(theatre)
    sign_in(theatre, "ĐD. Nguyễn Thị Mai")
    open_chart(theatre, "binh")
    column = write_a_care_column(theatre)
    explain_what_lasts(theatre, column)


def play_the_phone(theatre: Theatre) -> None:
    """Another doctor left the token at home: the same F9, and a tap on the phone."""
    leave(theatre)
    sign_in(theatre, "BS. Nguyễn Văn Sơn")
    open_chart(theatre, "binh")
    begin(theatre, "36/BV2")
    place = theatre.chart()
    model = place.writing.model
    if model is None:
        raise StepFailed("the editor has no draft")
    for key, text in {"assessment": "Viêm phổi ngày 3, ổn định sau giao ban.",
                      "plan": "Theo dõi tiếp, đo SpO₂ mỗi 6 giờ."}.items():
        focus_field(place, key)
        theatre.write(text)
    theatre.wait("the server to have the draft", lambda: model.received_line)
    theatre.press(Qt.Key.Key_F9)
    theatre.wait("the certificates", lambda: isinstance(theatre.dialog(), SignDialog)
                 and act_of(theatre).stage is Stage.READY)
    choose_the_phone(theatre)
    theatre.photograph("ky-tu-xa")
    theatre.press(Qt.Key.Key_Return)
    theatre.wait("the phone to be asked", lambda: theatre.dialog() is None or act_of(theatre).stage is Stage.SIGNING)
    theatre.photograph("cho-dien-thoai")
    theatre.wait("the signing dialog to close", lambda: theatre.dialog() is None or failed_to_sign(theatre))
    if theatre.dialog() is not None:
        raise StepFailed("the phone did not sign")
    entry: UUID = model.draft.entry
    theatre.wait("the server to accept the row", lambda: accepted(place, entry, 1))
    place.show_entry(entry)
    theatre.photograph("ky-tu-xa-xong")


def choose_the_phone(theatre: Theatre) -> None:
    """The certificate at the service, not the one on the token."""
    act = act_of(theatre)
    found = act.found.identities if act.found is not None else ()
    remote = next((one for one in found if elsewhere(one)), None)
    if remote is None:
        raise StepFailed("the remote signing service offers no certificate")
    act.choose(remote)
    KEYS.qWait(300)


def act_of(theatre: Theatre) -> SigningAct:
    """The act of the signing dialog that is open."""
    dialog = theatre.dialog()
    if not isinstance(dialog, SignDialog):
        raise StepFailed("no signing dialog is open")
    return dialog.act


def sign_in(theatre: Theatre, name: str) -> None:
    """A click on one of the demo people: a button, or a line of the list of the others."""
    panel = theatre.window.findChild(DemoPanel)
    if panel is None:
        raise StepFailed("the sign-in window offers no demo people")
    button = next((one for one in panel.findChildren(KeyButton) if name in one.accessibleName()), None)
    others = panel.others
    line = next((at for at in range(others.count()) if others.itemText(at).startswith(name)), 0)
    if button is not None:
        KEYS.mouseClick(button, Qt.MouseButton.LeftButton)
    elif line:
        others.setCurrentIndex(line)
        others.activated.emit(line)
    else:
        raise StepFailed(f"the sign-in window does not offer {name}")
    theatre.wait(f"the work page of {name}", lambda: theatre.program.window.work is not None)
    KEYS.qWait(2500)


def open_chart(theatre: Theatre, words: str) -> None:
    """Type a name without diacritics on the board, Enter."""
    board = next(one for one in theatre.window.findChildren(WardView) if one.isVisible())
    board.table.setFocus()
    KEYS.keyClicks(board.table, words)
    KEYS.qWait(600)
    theatre.press(Qt.Key.Key_Return)
    theatre.wait("the chart", lambda: theatre.chart().chart.chart is not None)
    KEYS.qWait(800)


def look_at_vital_signs(theatre: Theatre) -> None:
    """The newest measurement in the time line, and with it the chart in red and blue."""
    place = theatre.chart()
    newest = next((item for item in place.chart.items if item.form.code == "EX-SINHHIEU"), None)
    if newest is None:
        return  # a demo without its past (`--history none`)
    place.show_entry(newest.entry)
    KEYS.qWait(500)


def begin(theatre: Theatre, code: str) -> None:
    """Open the sheet of that form in the time line, then F6: its next entry begins at once, or a menu asks."""
    place = theatre.chart()
    earlier = next((item for item in place.chart.items if item.form.code == code), None)
    if earlier is not None:
        place.show_entry(earlier.entry)
        KEYS.qWait(500)
    theatre.press(Qt.Key.Key_F6)
    menu = theatre.application.activePopupWidget()
    if isinstance(menu, QMenu):
        menu.setActiveAction(next((act for act in menu.actions() if code in act.text()), None))
        KEYS.keyClick(menu, Qt.Key.Key_Return)
    theatre.wait(f"the editor of {code}", lambda: place.writing.is_open)
    KEYS.qWait(400)


def write_a_treatment_row(theatre: Theatre) -> UUID:
    """S, O, A, P with Tab between them; saved by itself; F9 and the PIN."""
    begin(theatre, "36/BV2")
    place = theatre.chart()
    model = place.writing.model
    if model is None:
        raise StepFailed("the editor has no draft")
    for key, text in {
        "subjective": "Đỡ khó thở, ngủ được 3 giờ. Ho đờm vàng còn ít, không đau ngực.",
        "objective": "Tỉnh. Mạch 96, nhiệt độ 38,2 °C, HA 145/85, thở 22, SpO₂ 94 % khí trời. Phổi phải ran nổ ít hơn.",
        "assessment": "Viêm phổi thùy dưới phải ngày 3, đang đáp ứng kháng sinh. CURB-65: 2.",
        "plan": "Tiếp tục levofloxacin. Xem lại sau 24 giờ, nếu còn sốt thì cấy đờm.",
    }.items():
        focus_field(place, key)
        theatre.write(text)
    model.take_over({"orders": [{"kind": "imaging", "name": "X-quang ngực thẳng", "note": "Kiểm tra ngày thứ 3"}]})
    theatre.wait("the draft to be saved here", lambda: model.saved_line)
    theatre.wait("the server to have the draft", lambda: model.received_line)
    theatre.photograph("to-dieu-tri")
    theatre.press(Qt.Key.Key_F9)
    sign(theatre, "ky-to-dieu-tri")
    entry: UUID = model.draft.entry
    theatre.wait("the server to accept the signed row", lambda: accepted(place, entry, 1))
    place.show_entry(entry)
    theatre.photograph("to-dieu-tri-da-ky")
    return entry


def write_a_care_column(theatre: Theatre) -> UUID:
    """The nurse's column of 38/BV2: a few values, F9, PIN."""
    begin(theatre, "38/BV2")
    place = theatre.chart()
    model = place.writing.model
    if model is None:
        raise StepFailed("the editor has no draft")
    for key, value in {"care_level": "2", "pulse": 94, "temperature": "37.9", "systolic": 140, "diastolic": 84,
                       "breaths": 21, "spo2": 95}.items():
        if key in {field.key for field in model.kind.fields}:
            model.take_over({key: value})
    KEYS.qWait(600)
    theatre.wait("the draft to be saved here", lambda: model.saved_line)
    theatre.photograph("phieu-cham-soc")
    theatre.press(Qt.Key.Key_F9)
    sign(theatre, "ky-phieu-cham-soc")
    entry: UUID = model.draft.entry
    theatre.wait("the server to accept the signed column", lambda: accepted(place, entry, 1))
    place.show_entry(entry)
    theatre.photograph("phieu-cham-soc-da-ky")
    return entry


def sign(theatre: Theatre, name: str) -> None:
    """The PIN and Enter; the dialog closes when the file is signed."""
    theatre.wait("the signing dialog to ask for the PIN",
               lambda: isinstance(theatre.dialog(), SignDialog) and pin_of(theatre).isVisible())
    theatre.photograph(name)
    pin = pin_of(theatre)
    KEYS.keyClicks(pin, "246810")
    KEYS.keyClick(pin, Qt.Key.Key_Return)
    theatre.wait("the signing dialog to close", lambda: theatre.dialog() is None or failed_to_sign(theatre))
    if theatre.dialog() is not None:
        raise StepFailed("the token did not sign")


def pin_of(theatre: Theatre) -> QLineEdit:
    """The PIN's field."""
    dialog = theatre.dialog()
    if not isinstance(dialog, SignDialog):
        raise StepFailed("no signing dialog is open")
    return dialog.bar.pin


def failed_to_sign(theatre: Theatre) -> bool:
    """The dialog stays open because something went wrong."""
    dialog = theatre.dialog()
    return isinstance(dialog, SignDialog) and dialog.act.stage is Stage.PAUSED


def explain(theatre: Theatre) -> None:
    """Ctrl+I: can this signature be trusted?"""
    theatre.press(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    theatre.wait("the explanation", lambda: theatre.dialog() is not None)
    KEYS.qWait(2500)
    theatre.photograph("giai-thich-chu-ky")
    theatre.press(Qt.Key.Key_Escape)
    theatre.wait("the explanation to close", lambda: theatre.dialog() is None)


def explain_what_lasts(theatre: Theatre, entry: UUID) -> None:
    """The server has put what proves the signature for ten years into a further file, where it has services."""
    place = theatre.chart()
    found = accepted(place, entry, 1)
    if found is None or found.evidence == "B":
        return
    theatre.wait("the server's evidence", lambda: (view := accepted(place, entry, 1)) and view.evidence == "LT")
    place.show_entry(entry)
    theatre.press(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    theatre.wait("the explanation", lambda: theatre.dialog() is not None)
    KEYS.qWait(2500)
    theatre.photograph("bang-chung-lau-dai")
    theatre.press(Qt.Key.Key_Escape)


def correct(theatre: Theatre, entry: UUID) -> None:
    """Ctrl+E: the signed row gets a second version, with its reason and a new signature."""
    place = theatre.chart()
    place.show_entry(entry)
    theatre.press(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    theatre.wait("the correction", lambda: place.writing.is_open)
    model = place.writing.model
    if model is None:
        raise StepFailed("the correction has no draft")
    model.take_over({"plan": "Tiếp tục levofloxacin. Xem lại sau 12 giờ, nếu còn sốt thì cấy đờm và cấy máu."})
    side = next(one for one in theatre.window.findChildren(CorrectionSide) if one.isVisible())
    side.text.setFocus()
    theatre.write("Ghi nhầm thời hạn xem lại")
    KEYS.qWait(1500)
    theatre.photograph("dinh-chinh")
    theatre.press(Qt.Key.Key_F9)
    sign(theatre, "ky-dinh-chinh")
    theatre.wait("the server to accept the correction", lambda: accepted(place, entry, 2))
    place.show_entry(entry)
    theatre.photograph("da-dinh-chinh")


def look_at_the_signature_board(theatre: Theatre) -> None:
    """«Ký»: who holds up what in the ward (key 2), what I signed today (key 4); each by day and by night."""
    theatre.press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    place = next((one for one in theatre.window.findChildren(SigningPlace) if one.isVisible()), None)
    if place is None:
        raise StepFailed("the place «Ký» did not open")
    for key, scope, name in ((Qt.Key.Key_2, BoardScope.WARD, "bang-chu-ky"),
                             (Qt.Key.Key_4, BoardScope.SIGNED, "da-ky-hom-nay")):
        place.list.setFocus()
        theatre.press(key)
        theatre.wait(f"the server's board of the scope {scope}", partial(place.shows, scope))
        for night in ("", "-dem"):
            theatre.photograph(name + night)
            theatre.press(Qt.Key.Key_F11, Qt.KeyboardModifier.ControlModifier)


def leave(theatre: Theatre) -> None:
    """The doctor goes; the PC is free for the next person."""
    theatre.program.window.actions_.trigger("change_person")
    theatre.wait("the sign-in window", lambda: theatre.program.window.work is None)
    KEYS.qWait(800)


def focus_field(place: ChartPlace, key: str) -> None:
    """Put the cursor into a field of the editor."""
    lines = place.writing.lines
    if lines is None or key not in lines.lines:
        raise StepFailed(f"the editor has no field {key}")
    lines.lines[key].blank.target().setFocus()
    KEYS.qWait(80)


def accepted(place: ChartPlace, entry: UUID, version: int) -> EntryView | None:
    """The entry, once the server shows that version as signed."""
    chart = place.chart.chart
    for view in chart.entries if chart is not None else ():
        if view.id == entry and view.version == version and view.state is State.SIGNED:
            return view
    return None


def collect(config: Config, out: Path, since: datetime) -> None:
    """The files that were signed in the play, as anybody may have them."""
    client = Client(config.server_url, config.ca_file, workstation="demo")
    client.sign_in(DOCTOR, "benh-an-demo")
    patient = client.patients(PATIENT)[0]
    if patient.encounter is None:
        raise StepFailed(f"{PATIENT} has no open encounter")
    chart: Chart = client.chart(patient.encounter)
    for view in sorted(chart.entries, key=lambda view: view.received_at):
        if view.received_at < since:
            continue
        name = f"{view.form.code.replace('/', '-')}-{view.form.kind}-v{view.version}-{str(view.id)[-6:]}.pdf"
        (out / name).write_bytes(client.file(view.file))
        print(f"   {name}: {', '.join(mark.full_name for mark in view.signatures)}")
    client.sign_out()
    client.close()


if __name__ == "__main__":
    sys.exit(main())
