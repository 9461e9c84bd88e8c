"""A row that was cancelled by mistake: the ward head lets it be restored, its doctor signs it again (R33, R34)."""

from __future__ import annotations

import psycopg
import pytest
from pytestqt.qtbot import QtBot

from records.messages import EntryHistory
from tests.journeys.conftest import Town
from tests.journeys.hands import DOCTOR, HEAD, Hand, admitted
from tests.journeys.places import Place, SitDown, begin, signed_by_token, sit_down
from workstation.drafts import LocalDraft
from workstation.models.chart import ItemState, TimelineItem
from workstation.models.editor import EditorModel
from workstation.models.history import cancel_entry, restorable, restore_entry, versions_of

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
LONG = 30_000
PATIENT = "Người Bệnh Khôi Phục"


def sign(town: Town, place: Place, editor: EditorModel) -> None:
    editor.signed(signed_by_token(town, place, editor.to_version()), "doctor")


def test_a_cancelled_row_comes_back_as_a_new_version_and_everything_before_stays(
    town: Town, sit_down: SitDown, qtbot: QtBot,
) -> None:
    stay = admitted(Hand(town, DOCTOR).client, PATIENT)
    doctor = sit_down(DOCTOR, "pc-doctor", encounter=stay.id)
    editor = begin(qtbot, doctor)
    editor.set_value("subjective", "Đỡ khó thở, ngủ được.")
    entry = editor.draft.entry
    sign(town, doctor, editor)

    def item() -> TimelineItem | None:
        return doctor.chart.item(entry)

    def stands(state: ItemState, version: int) -> bool:
        found = item()
        return found is not None and found.view is not None and (found.state, found.view.version) == (state, version)

    qtbot.waitUntil(lambda: stands(ItemState.SIGNED, 1), timeout=LONG)
    found = item()
    assert found is not None
    assert found.view is not None
    cancel_entry(doctor.desk, found.view, "Ghi nhầm người bệnh", PATIENT)
    qtbot.waitUntil(lambda: stands(ItemState.CANCELLED, 1), timeout=LONG)
    head = sit_down(HEAD, "pc-head", encounter=stay.id)
    at_head = head.chart.item(entry)
    assert at_head is not None
    assert at_head.view is not None
    assert restorable(at_head.view) == (1,)
    restore_entry(head.desk, at_head.view, 1, "Hủy nhầm, lần ghi vẫn đúng", PATIENT)

    def laid_before() -> LocalDraft | None:
        found = item()
        draft = found.draft if found is not None else None
        return draft if draft is not None and draft.restoration is not None else None

    qtbot.waitUntil(lambda: laid_before() is not None, timeout=LONG)
    draft = laid_before()
    assert draft is not None
    again = doctor.chart.editor(draft)
    again.set_value("subjective", "Sửa lén trong lúc khôi phục")
    sign(town, doctor, again)
    qtbot.waitUntil(lambda: stands(ItemState.AMENDED, 2), timeout=LONG)

    told: list[EntryHistory] = []
    versions_of(doctor.desk, entry, lambda one: told.append(one.value), lambda why: pytest.fail(str(why)))
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    newest, oldest = told[-1].versions
    assert (newest.state.value, oldest.state.value) == ("signed", "cancelled")
    assert newest.correction is not None
    assert (newest.correction.restores, newest.correction.reason) == (1, "Hủy nhầm, lần ghi vẫn đúng")
    assert newest.correction.permitted_by is not None
    assert "Đỗ Văn Thành" in newest.correction.permitted_by
    final = item()
    assert final is not None
    assert final.view is not None
    assert final.view.body["values"]["subjective"] == "Đỡ khó thở, ngủ được."
    with psycopg.connect(town.admin_dsn) as db:
        actions = {row[0] for row in db.execute("SELECT action FROM audit_events WHERE entry = %s", [entry])}
    assert {"entry.cancel", "entry.restore", "entry.restored", "entry.history"} <= actions
