"""The server goes away in the middle of a doctor's work and comes back; two people write one entry."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from records.entries import State
from records.messages import Chart
from tests.journeys.conftest import Town
from tests.journeys.places import DOCTOR, Place, SitDown, begin, encounter_of, signed_by_token, sit_down
from workstation.models.chart import ItemState
from workstation.models.editor import EditorModel

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")


def fresh(town: Town) -> Chart:
    client = town.client(DOCTOR)
    chart = client.chart(encounter_of(town))
    client.close()
    return chart


def test_a_row_signed_while_the_server_is_away_arrives_once_and_is_marked(
    town: Town, qtbot: QtBot, sit_down: SitDown,
) -> None:
    place = sit_down()
    sync = place.desk.sync
    editor = begin(qtbot, place)
    editor.set_value("plan", "Tiếp tục kháng sinh")
    qtbot.waitUntil(lambda: editor.received_line != "", timeout=20_000)
    assert town.stop() == 0
    sync.retry_now()
    qtbot.waitUntil(lambda: place.desk.away, timeout=20_000)
    editor.set_value("plan", "Tiếp tục kháng sinh ngày 3")
    qtbot.waitUntil(lambda: editor.draft.waiting and editor.saved_line != "", timeout=20_000)
    version = editor.to_version()
    editor.signed(signed_by_token(town, place, version), "doctor")
    qtbot.waitUntil(lambda: len(sync.status.waiting) == 1, timeout=20_000)
    item = place.chart.item(version.entry)
    assert item is not None
    assert sync.status.offline_line.startswith("Mất kết nối từ ")
    town.start()
    sync.retry_now()
    qtbot.waitUntil(lambda: not sync.status.waiting, timeout=30_000)
    assert sync.status.refused == ()
    qtbot.waitUntil(lambda: getattr(place.chart.item(version.entry), "state", None) is ItemState.SIGNED,
                    timeout=20_000)
    there = [view for view in fresh(town).entries if view.id == version.entry]
    assert [(view.state, view.body["values"]["plan"]) for view in there] == [
        (State.SIGNED, "Tiếp tục kháng sinh ngày 3")]
    assert there[0].signatures[0].offline
    assert place.desk.store.draft(version.entry) is None


def test_the_same_person_finds_the_draft_on_the_next_pc_and_nothing_is_lost_when_both_write(
    town: Town, qtbot: QtBot, sit_down: SitDown,
) -> None:
    here = sit_down(pc="pc1")
    mine = begin(qtbot, here)
    mine.set_value("plan", "viết ở máy một")
    qtbot.waitUntil(lambda: mine.received_line != "", timeout=20_000)
    there = sit_down(pc="pc2")
    entry = mine.draft.entry
    qtbot.waitUntil(lambda: there.chart.item(entry) is not None, timeout=20_000)
    with qtbot.waitSignal(there.chart.draft_ready, timeout=20_000) as told:
        there.chart.open_draft(entry)
    assert told.args is not None
    other = there.chart.editor(told.args[0])
    assert other.value("plan") == "viết ở máy một"
    other.set_value("objective", "khám ở máy hai")
    qtbot.waitUntil(lambda: not other.draft.waiting and other.received_line != "", timeout=20_000)
    mine.set_value("plan", "viết tiếp ở máy một")
    both = {"plan": "viết tiếp ở máy một", "objective": "khám ở máy hai"}
    qtbot.waitUntil(lambda: both.items() <= dict(mine.values).items(), timeout=30_000)
    qtbot.waitUntil(lambda: both.items() <= dict(other.values).items(), timeout=30_000)
    mine.drop()
    qtbot.waitUntil(lambda: here.desk.sync.status.waiting_count == 0, timeout=20_000)


def test_two_doctors_correct_one_row_and_both_texts_are_kept_until_one_chooses(
    town: Town, qtbot: QtBot, sit_down: SitDown,
) -> None:
    first = sit_down(pc="pc1")
    row = begin(qtbot, first)
    row.set_value("plan", "Tiếp tục")
    version = row.to_version()
    with qtbot.waitSignal(first.desk.sync.entry_accepted, timeout=30_000):
        row.signed(signed_by_token(town, first, version), "doctor")
    second = sit_down("son.nguyenvan", pc="pc2")

    def correct(place: Place, plan: str) -> EditorModel:
        qtbot.waitUntil(lambda: getattr(place.chart.item(version.entry), "view", None) is not None, timeout=20_000)
        with qtbot.waitSignal(place.chart.draft_ready, timeout=20_000) as told:
            place.chart.correct(version.entry, "Ghi nhầm")
        assert told.args is not None
        editor = place.chart.editor(told.args[0])
        editor.set_value("plan", plan)
        return editor

    mine = correct(first, "Đổi thuốc")
    qtbot.waitUntil(lambda: mine.received_line != "", timeout=20_000)
    theirs = correct(second, "Ngừng thuốc")
    qtbot.waitUntil(lambda: theirs.conflict_fields != (), timeout=20_000)
    assert [(field.old, field.new) for field in theirs.conflict_fields] == [("Đổi thuốc", "Ngừng thuốc")]
    assert mine.value("plan") == "Đổi thuốc"
    theirs.join()
    qtbot.waitUntil(lambda: theirs.received_line != "" and not theirs.draft.waiting, timeout=20_000)
    assert theirs.value("plan") == "Đổi thuốc\nNgừng thuốc"
    for editor in (mine, theirs):
        editor.drop()
    qtbot.waitUntil(lambda: not any(place.desk.sync.status.waiting_count for place in (first, second)), timeout=20_000)
