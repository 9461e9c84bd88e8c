"""A ward head goes away: another ward's head is given the slot, sees the ward, signs in the head's place, loses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from records.entries import FormRef
from records.messages import Admission, Cancellation, DraftSave, EncounterView, PatientDraft
from tests.journeys.conftest import Town
from tests.journeys.hands import DOCTOR, FORM, HEAD, Hand, refused
from tests.journeys.places import SitDown, sit_down
from tests.workstation.views.keyboard import CTRL, press, write
from workstation.ids import new_id
from workstation.models.chart import ChartModel
from workstation.models.delegations import DelegationsModel
from workstation.models.signing import LineState, SigningModel, Stage
from workstation.models.waiting import WaitingModel
from workstation.models.worklist import BoardModel
from workstation.signing.base import Pin
from workstation.views.signing.delegations import DelegationsDialog

pytestmark = pytest.mark.xdist_group("journeys")
__all__ = ["sit_down"]
DEPUTY = "long.phamduc"
LONG = 20_000


def admitted(hand: Hand, name: str) -> EncounterView:
    patient = hand.client.register(PatientDraft(full_name=name, birth_date="1961", sex="2"), new_id())
    return hand.client.admit(Admission(patient=patient.id, ward=hand.client.me().wards[0].id, emergency=False,
                                       admitted_at=datetime.now(UTC) - timedelta(days=3)), new_id())


def test_the_head_of_another_ward_signs_by_a_paper_and_only_while_it_counts(
    town: Town, sit_down: SitDown, qtbot: QtBot,
) -> None:
    doctor, deputy = Hand(town, DOCTOR), Hand(town, DEPUTY)
    stay, own = admitted(doctor, "Người Bệnh Khoa Nội"), admitted(deputy, "Người Bệnh Khoa Ngoại")
    parts = [doctor.signs_part(stay, "part_a", systolic=120), doctor.signs_part(stay, "part_b")]
    written = doctor.writes(stay, "cover")
    doctor.client.save_draft(written.entry, DraftSave(
        encounter=stay.id, form=FormRef(code=FORM.code, edition=FORM.edition, kind="cover"), base_version=0,
        occurred_at=written.occurred_at, values=written.values, known_revision=0), new_id())

    there = sit_down(DEPUTY, "ngoai", encounter=own.id).desk
    mine, board = DelegationsModel(there, there.sync), BoardModel(there, there.sync)
    chart = ChartModel(there, stay.id, there.sync)
    with qtbot.waitSignal(chart.refused, timeout=LONG) as told:
        chart.load()
    assert told.args is not None
    assert told.args[0].reasons[0].code == "ward_closed_to_person"

    head = sit_down(HEAD, "noi", encounter=stay.id).desk
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    giving = DelegationsModel(head, window)
    dialog = DelegationsDialog(giving, window)
    dialog.show_over()
    qtbot.waitUntil(lambda: bool(giving.colleagues), timeout=LONG)
    dialog.write()
    write(dialog.paper.name, "duc long")
    dialog.paper.paper.setText("5/QĐ-K ngày 20/11/2026")
    with qtbot.waitSignal(mine.account_changed, timeout=LONG):
        press(dialog, Qt.Key.Key_Return, CTRL)
    assert [one.giver_name for one in mine.mine] == [head.account.person.full_name]

    ward = head.account.person.wards[0]
    assert board.is_given(ward)
    with qtbot.waitSignal(board.loaded, timeout=LONG):
        board.open_ward(ward.id)
    assert board.board is not None
    assert stay.id in {row.encounter for row in board.board.rows}
    with qtbot.waitSignal(chart.loaded, timeout=LONG):
        chart.load()
    waiting = WaitingModel(there, parent=there.sync)
    waiting.watch()

    def cover_waits() -> bool:
        return any(item.task.entry == written.entry for item in waiting.items)

    if not cover_waits():
        chart.open_draft(written.entry)
    qtbot.waitUntil(cover_waits, timeout=LONG)
    task = next(item.task for item in waiting.items if item.task.entry == written.entry)
    assert task.sign_as == f"TUQ. Trưởng khoa, {there.account.person.title}"
    signing = SigningModel(there, town.config)
    act = signing.begin([task])
    qtbot.waitUntil(lambda: act.stage is Stage.READY, timeout=LONG)
    act.sign(Pin(town.account(DEPUTY)["pin"]))
    qtbot.waitUntil(lambda: act.lines[0].state is LineState.RECEIVED, timeout=LONG)
    entry = doctor.client.entry(written.entry)
    assert [(mark.full_name, mark.title) for mark in entry.signatures] == [
        (there.account.person.full_name, task.sign_as)]
    with refused("ward_closed_to_person"):
        deputy.client.cancel(parts[0].id, Cancellation(version=1, reason="Không phải khoa mình"), new_id())

    view = next(one for one in giving.views if one.delegation.receiver == there.account.person.id)
    with qtbot.waitSignal(mine.account_changed, timeout=LONG):
        giving.revoke(view, "Trưởng khoa đã về")
    assert mine.mine == ()
    with qtbot.waitSignal(chart.refused, timeout=LONG) as told:
        chart.load()
    assert told.args is not None
    assert told.args[0].reasons[0].code == "ward_closed_to_person"
    looks = [one for one in town.client("lan.vuthi").audit(stay_patient(doctor, stay)) if one.action == "chart.view"
             and one.person_name == there.account.person.full_name]
    assert looks
    assert all(one.facts["in_place_of"] == head.account.person.full_name for one in looks)
    signing.close()
    waiting.let_go()
    dialog.reject()


def stay_patient(hand: Hand, stay: EncounterView) -> UUID:
    return hand.client.chart(stay.id).patient.id
