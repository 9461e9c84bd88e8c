"""A draft that somebody else signed goes from this PC, and never one whose words would be lost with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from records.entries import Correction
from records.messages import EntryView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import ENTRY, Desks, draft
from workstation.drafts import LocalDraft
from workstation.models.desk import Desk
from workstation.models.letting_go import stands_in

AT = datetime(2026, 11, 17, 3, 12, tzinfo=UTC)


def written(**changes: Any) -> LocalDraft:
    return draft(**{"entry": ENTRY, "occurred_at": AT, "values": dict(hospital.GOOD), **changes})


def signed(**changes: Any) -> EntryView:
    return hospital.entry(ENTRY, **{"occurred_at": AT, **changes})


def test_the_same_words_stand_in_the_signed_version() -> None:
    assert stands_in(written(), signed())


def test_what_the_signer_added_takes_nothing_from_the_writer() -> None:
    fewer = dict(hospital.GOOD)
    fewer.popitem()
    assert stands_in(written(values=fewer), signed())


@pytest.mark.parametrize("changes", [
    {"values": {**hospital.GOOD, "plan": "Một kế hoạch khác."}},
    {"values": {**hospital.GOOD, "nobody_knows": "chữ của tôi"}},
    {"base_version": 1},
    {"occurred_at": AT + timedelta(minutes=1)},
    {"correction_reason": "Ghi nhầm mạch"},
    {"form": hospital.PART_A},
])
def test_a_text_that_differs_stays(changes: dict[str, Any]) -> None:
    assert not stands_in(written(**changes), signed())


def test_a_correction_goes_when_its_reason_was_signed_too() -> None:
    reason = Correction(reason="Ghi nhầm mạch", of_version=1, of_sha256="0" * 64)
    mine = written(base_version=1, correction_reason="Ghi nhầm mạch ")
    assert stands_in(mine, signed(version=2, correction=reason))
    assert not stands_in(mine, signed(version=2, correction=reason.model_copy(update={"reason": "Lý do khác"})))


def mirrored(qtbot: QtBot, desk: Desk, text: LocalDraft) -> None:
    with qtbot.waitSignal(desk.sync.draft_received, timeout=10_000):
        desk.sync.save(text)


def someone_signs(little: LittleServer, **changes: Any) -> None:
    """What the server does when it takes the file: the version is there, the drafts are gone."""
    little.drafts.clear()
    little.entries[ENTRY] = signed(**changes)


def test_it_goes_when_the_news_come_that_somebody_signed_it(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    mirrored(qtbot, desk, written())
    qtbot.waitUntil(lambda: bool(little.streams), timeout=10_000)
    someone_signs(little)
    with qtbot.waitSignal(desk.sync.draft_dropped, timeout=10_000) as told:
        little.tell("entry", entry=ENTRY, encounter=hospital.ENCOUNTER)
    assert told.args == [ENTRY]
    assert desk.store.drafts() == ()


def test_it_goes_when_this_pc_comes_back_after_it_was_signed(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    mirrored(qtbot, desk, written())
    desk.sync.stop()
    someone_signs(little)
    again = desks.open()
    qtbot.waitUntil(lambda: again.store.drafts() == (), timeout=10_000)


def test_words_that_nobody_signed_are_kept_and_asked_about_again(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    mirrored(qtbot, desk, written(values={**hospital.GOOD, "plan": "Một kế hoạch khác."}))
    qtbot.waitUntil(lambda: bool(little.streams), timeout=10_000)
    someone_signs(little)
    little.tell("entry", entry=ENTRY, encounter=hospital.ENCOUNTER)
    qtbot.waitUntil(lambda: little.times("GET", f"/entries/{ENTRY}") == 1, timeout=10_000)
    desks.settle()
    (held,) = desk.store.drafts()
    assert held.values["plan"] == "Một kế hoạch khác."


def test_what_is_open_in_an_editor_is_not_taken_out_of_its_hands(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    mirrored(qtbot, desk, written())
    qtbot.waitUntil(lambda: bool(little.streams), timeout=10_000)
    desk.sync.claim(ENTRY)
    someone_signs(little)
    little.tell("entry", entry=ENTRY, encounter=hospital.ENCOUNTER)
    with qtbot.waitSignal(desk.sync.chart_stale, timeout=10_000):
        little.tell("board", encounter=hospital.ENCOUNTER)
    desks.settle()
    assert [held.entry for held in desk.store.drafts()] == [ENTRY]


def test_words_saved_after_the_look_stay(desks: Desks) -> None:
    store = desks.open(start=False).store
    seen = store.save_draft(written())
    newer = store.save_draft(written(values={"plan": "thêm một chữ"}))
    assert not store.drop_unchanged(seen)
    assert store.draft(ENTRY) == newer
    assert store.drop_unchanged(newer)
    assert store.draft(ENTRY) is None
