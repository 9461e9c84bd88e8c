"""An X-ray result is corrected after it was released: the doctor who ordered it hears of it at once (R36)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from records.entries import Correction, Version
from records.forms import current_form
from records.messages import EntryHistory, EntryView
from records.render import render_entry
from records.succession import changed_fields
from tests.journeys.conftest import Town
from tests.journeys.hands import DOCTOR, HEAD, Hand, admitted
from tests.journeys.places import sit_down
from tests.journeys.test_signature_board import LONG, Open, at_screen
from tests.workstation.views.keyboard import press
from workstation.config import ZONE
from workstation.models.history import versions_of
from workstation.views.actions import ALLOWED, NOT_NOW
from workstation.views.chart.amending import told_words
from workstation.views.signing.corrections import CorrectionDialog

__all__ = ["at_screen", "sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
XRAY = current_form("08/BV2", datetime.now(UTC).date())
TECHNICIAN = "nghia.tranhuu"
PATIENT = "Người Bệnh Chụp Phim"
WHY = "Ghi nhầm bên; đọc lại phim"


def released(technician: Hand, specialist: Hand, version: Version) -> EntryView:
    made = technician.signs(version, "technician", render_entry(version))
    technician.hands_in(version, "technician", made)
    return specialist.hands_in(version, "specialist", specialist.signs(version, "specialist", made))


def corrected(old: Version, view: EntryView) -> Version:
    values = {**old.values, "conclusion": "Viêm phổi thùy dưới trái."}
    correction = Correction(reason=WHY, of_version=1, of_sha256=view.sha256)
    new = old.model_copy(update={"version": 2, "values": values, "correction": correction,
                                 "written_at": datetime.now(ZONE)})
    changed = changed_fields(old, new, XRAY.kind("result"))
    return new.model_copy(update={"correction": correction.model_copy(update={"changed": changed})})


def test_the_orderer_sees_both_texts_and_the_record_says_since_when(
    town: Town, at_screen: Open, qtbot: QtBot,
) -> None:
    technician, head, doctor = (Hand(town, name) for name in (TECHNICIAN, HEAD, DOCTOR))
    stay = admitted(doctor.client, PATIENT)
    taken = (datetime.now(ZONE) - timedelta(hours=1)).replace(microsecond=0).isoformat()
    first = technician.writes(stay, "result", of=XRAY, orderer="BS. Lê Thu Hà", performed_at=taken,
                              conclusion="Viêm phổi thùy dưới phải.")
    view = released(technician, head, first)
    asked, told_on = at_screen(DOCTOR, stay.id), at_screen(HEAD, stay.id)
    words: list[bool] = []
    asked.place.corrected_changed.connect(words.append)
    asked.place.leave()  # the doctor works elsewhere: the word finds its way to the top bar all the same
    assert asked.actions.why_not("signing.corrected") == NOT_NOW

    released(technician, head, corrected(first, view))
    qtbot.waitUntil(lambda: words[-1:] == [True], timeout=LONG)
    assert told_on.model.corrections == ()

    def told() -> list[str]:
        found: list[EntryHistory] = []
        versions_of(told_on.desk, first.entry, lambda one: found.append(one.value), lambda why: pytest.fail(str(why)))
        qtbot.waitUntil(lambda: bool(found), timeout=LONG)
        qtbot.wait(300)  # what this PC kept comes first, then what the server says
        return [told_words(one) for one in found[-1].versions[0].told]

    (before,) = told()
    assert before.startswith("Đã báo cho BS. Lê Thu Hà, người chỉ định, lúc ")
    assert before.endswith(": chưa xem")
    asked.place.enter()
    assert asked.actions.why_not("signing.corrected") == ALLOWED
    asked.press(asked.place.list, Qt.Key.Key_F7)
    dialog = asked.window.findChild(CorrectionDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.seen.isEnabled, timeout=LONG)
    assert PATIENT in asked.said()
    press(dialog.seen, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: words[-1:] == [False], timeout=LONG)
    with psycopg.connect(town.admin_dsn) as db:
        def acts() -> list[str]:
            asked_of = "SELECT action FROM audit_events WHERE entry = %s AND action LIKE 'correction.%%' ORDER BY id"
            return [row[0] for row in db.execute(asked_of, [first.entry])]

        qtbot.waitUntil(lambda: acts() == ["correction.told", "correction.known"], timeout=LONG)
    (after,) = told()
    assert ": đã xem lúc " in after
