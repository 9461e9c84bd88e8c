"""Saving and sending: within the second, once, in order, through outages and lost answers, and nothing lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import QElapsedTimer, QTimer
from pytestqt.qtbot import QtBot

from records.errors import Refusal
from records.messages import DraftView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import ENTRY, Desks, draft
from workstation.drafts import CommandState, OutboxCommand, OutboxItem
from workstation.models.account import utc_now
from workstation.models.handing_in import hand_in
from workstation.models.saving import SAVE_AFTER_MS
from workstation.models.sync import SyncModel, SyncStatus


def signed_file(entry: UUID = ENTRY, pdf: bytes = b"%PDF-1.7", **changes: Any) -> OutboxCommand:
    good: dict[str, Any] = {
        "form": hospital.ROW, "entry": entry, "version": 1, "encounter": hospital.ENCOUNTER, "slot": "doctor",
        "pdf": pdf, "patient_name": "Nguyễn Văn Bình", "occurred_at": utc_now(), "begun_at": utc_now(),
        "offline": False,
    }
    return hand_in(**{**good, **changes})


def wait_for(qtbot: QtBot, sync: SyncModel, condition: Any) -> None:
    def met() -> bool:
        return bool(condition(sync.status))

    qtbot.waitUntil(met, timeout=15_000)


def test_what_is_typed_is_saved_within_the_second_however_long_the_typing_goes_on(
    qtbot: QtBot, desks: Desks,
) -> None:
    assert SAVE_AFTER_MS < 1000
    desk = desks.open()
    saved: list[str] = []
    desk.sync.draft_saved.connect(lambda held: saved.append(held.values["plan"]))
    text = draft("")
    typing = QTimer()
    letters: list[str] = []

    def type_one() -> None:
        letters.append("a")
        desk.sync.save(text.model_copy(update={"values": {"plan": "".join(letters)}}))

    typing.timeout.connect(type_one)
    typing.start(20)
    # Saved while the hand still types: the second is counted from the first unsaved letter, not from the last.
    qtbot.waitUntil(lambda: len(saved) >= 2, timeout=15_000)
    typing.stop()
    desk.sync.flush()
    qtbot.waitUntil(lambda: saved[-1] == "".join(letters))
    assert desk.store.drafts()[0].values == {"plan": "".join(letters)}
    assert len(saved) < len(letters)


def test_the_mirror_has_it_soon_after_and_the_screen_says_both(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft()
    with qtbot.waitSignal(desk.sync.draft_received, timeout=10_000):
        desk.sync.save(text)
    assert little.drafts[text.entry].values == text.values
    assert desk.sync.status.saved_line.startswith("Đã lưu nháp ")
    assert desk.sync.status.received_line.startswith("Máy chủ đã nhận ")
    wait_for(qtbot, desk.sync, lambda status: status.waiting_line == "")


def test_the_draft_is_there_on_the_next_pc(qtbot: QtBot, desks: Desks) -> None:
    first = desks.open("pc1")
    text = draft("viết ở máy một")
    with qtbot.waitSignal(first.sync.draft_received, timeout=10_000):
        first.sync.save(text)
    second = desks.open("pc2")
    qtbot.waitUntil(lambda: second.store.draft(text.entry) is not None)
    held = second.store.draft(text.entry)
    assert held is not None
    assert (held.values, held.begun_here, held.waiting) == ({"plan": "viết ở máy một"}, False, False)


def test_an_answer_that_was_lost_makes_no_second_text(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    text = draft("một")
    little.lose_answers.append(f"/drafts/{text.entry}")
    conflicts: list[object] = []
    desk.sync.draft_conflict.connect(conflicts.append)
    desk.sync.save(text)
    qtbot.waitUntil(lambda: text.entry in little.drafts)
    desk.sync.save(text.model_copy(update={"values": {"plan": "một hai"}}))
    desk.sync.flush()
    qtbot.waitUntil(lambda: little.drafts[text.entry].values == {"plan": "một hai"}, timeout=15_000)
    assert conflicts == []
    assert little.drafts[text.entry].revision == 2


def test_signed_files_are_sent_in_order_and_once(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    for number in range(5):
        desk.sync.send(signed_file(UUID(int=number), pdf=f"%PDF {number}".encode()))
    qtbot.waitUntil(lambda: len(little.signed) == 5)
    desks.settle()
    assert [file.pdf for file in little.signed] == [f"%PDF {number}".encode() for number in range(5)]
    assert desk.store.commands(CommandState.WAITING) == ()


def test_what_was_just_queued_waits_in_the_status_too_however_late_it_is_counted(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the outbox and the count nobody may read that nothing waits: not before the count nor by an old one."""
    desk = desks.open()
    desks.settle()
    little.held["/signatures"] = threading.Event()
    read, begun, let_go = desk.store.commands, threading.Event(), threading.Event()

    def slow(*states: CommandState) -> tuple[OutboxItem, ...]:
        found = read(*states)
        begun.set()
        let_go.wait(20)
        return found

    monkeypatch.setattr(desk.store, "commands", slow)
    desk.sync._count()
    assert begun.wait(20)
    told: list[int] = []
    with qtbot.waitSignal(desk.sync.command_queued, timeout=15_000):
        desk.sync.send(signed_file())
    desk.sync.status_changed.connect(lambda status: told.append(len(status.waiting)))
    assert [(item.command.body, item.size) for item in desk.sync.status.waiting] == [(b"", len(b"%PDF-1.7"))]
    let_go.set()
    qtbot.waitUntil(lambda: not desk.sync._counting, timeout=15_000)
    assert (set(told) | {1}, len(desk.sync.status.waiting)) == ({1}, 1)
    little.held["/signatures"].set()
    wait_for(qtbot, desk.sync, lambda status: status.waiting == ())
    assert len(little.signed) == 1


def test_a_file_that_takes_long_holds_up_its_own_stay_and_no_other(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    let_go = little.held[f"/entries/{UUID(int=0)}/versions/1/signatures"] = threading.Event()
    stays = [hospital.ENCOUNTER, hospital.ENCOUNTER, *(UUID(int=number) for number in range(900, 904))]
    for number, stay in enumerate(stays):
        desk.sync.send(signed_file(UUID(int=number), pdf=f"%PDF {number}".encode(), encounter=stay))
    qtbot.waitUntil(lambda: len(little.signed) == 4, timeout=15_000)
    assert sorted(file.pdf for file in little.signed) == [f"%PDF {number}".encode() for number in range(2, 6)]
    let_go.set()
    qtbot.waitUntil(lambda: len(little.signed) == 6, timeout=15_000)
    desks.settle()
    assert [file.pdf for file in little.signed[4:]] == [b"%PDF 0", b"%PDF 1"]
    assert desk.store.commands(CommandState.WAITING) == ()
    assert little.times("POST", "/signatures") == 6


def test_a_server_that_dies_after_storing_and_before_answering_stores_once(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    little.lose_answers += ["/signatures"]
    done: list[object] = []
    desk.sync.command_done.connect(done.append)
    desk.sync.send(signed_file(pdf=b"%PDF first"))
    desk.sync.send(signed_file(UUID(int=78), pdf=b"%PDF second"))
    qtbot.waitUntil(lambda: len(done) == 2, timeout=15_000)
    assert [file.pdf for file in little.signed] == [b"%PDF first", b"%PDF second"]
    assert little.times("POST", "/signatures") == 3


def test_while_the_server_is_away_everything_waits_and_then_goes_by_itself(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    desks.settle()
    little.down()
    text = draft("lúc mất mạng")
    desk.sync.save(text)
    desk.sync.send(signed_file(pdf=b"%PDF one"))
    desk.sync.send(signed_file(UUID(int=78), pdf=b"%PDF two"))
    wait_for(qtbot, desk.sync, lambda status: status.offline_since and status.waiting_count == 3)
    assert desk.sync.status.waiting_line == "Chờ gửi 3"
    assert desk.sync.status.offline_line.startswith("Mất kết nối từ ")
    assert desk.sync.status.next_try_at is not None
    little.up()
    with qtbot.waitSignal(desk.sync.chart_stale, timeout=10_000):
        desk.sync.retry_now()
    wait_for(qtbot, desk.sync, lambda status: status.waiting_count == 0)
    assert [file.pdf for file in little.signed] == [b"%PDF one", b"%PDF two"]
    assert little.drafts[text.entry].values == {"plan": "lúc mất mạng"}
    assert desk.sync.status.offline_line == ""


def test_what_waited_is_sent_after_the_program_was_started_again(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    little.down()
    first = desks.open()
    first.sync.send(signed_file(pdf=b"%PDF kept"))
    wait_for(qtbot, first.sync, lambda status: len(status.waiting) == 1)
    first.sync.stop()
    desks.settle()
    little.up()
    second = desks.open()
    wait_for(qtbot, second.sync, lambda status: not status.waiting)
    qtbot.waitUntil(lambda: [file.pdf for file in little.signed] == [b"%PDF kept"])


def test_a_refused_file_is_shown_with_its_reasons_and_the_next_one_goes_on(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft()
    desk.sync.save(text)
    little.refusals[f"/entries/{text.entry}/versions/1/signatures"] = (422, "two_texts_open")
    with qtbot.waitSignal(desk.sync.command_refused, timeout=10_000) as told:
        desk.sync.send(signed_file(text.entry), closes=text.entry)
    desk.sync.send(signed_file(UUID(int=78), pdf=b"%PDF next"))
    qtbot.waitUntil(lambda: [file.pdf for file in little.signed] == [b"%PDF next"])
    wait_for(qtbot, desk.sync, lambda status: len(status.refused) == 1)
    assert told.args is not None
    assert told.args[0].reasons[0]["code"] == "two_texts_open"
    held = desk.store.draft(text.entry)
    assert held is not None
    assert (held.values, held.command) == (text.values, None)
    assert desk.store.command(desk.sync.status.refused[0].number).command.body == b"%PDF-1.7"
    desk.sync.put_away(desk.sync.status.refused[0])
    wait_for(qtbot, desk.sync, lambda status: status.refused == ())


def test_a_file_that_could_not_be_sent_before_the_server_went_away_arrives_as_signed_in_the_outage(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    desks.settle()
    little.down()
    text = draft()
    desk.sync.save(text)
    signed = signed_file(text.entry, offline=False)
    desk.sync.send(signed.model_copy(update={"created_at": utc_now() - timedelta(minutes=5)}), closes=text.entry)
    wait_for(qtbot, desk.sync, lambda status: status.offline_since and status.waiting)
    little.late = True
    little.up()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: [file.query["offline"] for file in little.signed] == ["true"], timeout=10_000)
    qtbot.waitUntil(lambda: desk.store.draft(text.entry) is None)


def test_a_file_that_is_late_without_an_outage_is_refused(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    little.late = True
    with qtbot.waitSignal(desk.sync.command_refused, timeout=10_000) as told:
        desk.sync.send(signed_file())
    assert told.args is not None
    assert told.args[0].reasons[0]["code"] == "clock_off"


def test_a_file_that_the_server_keeps_apart_leaves_its_text_open(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    little.quarantine = True
    text = draft()
    desk.sync.save(text)
    with qtbot.waitSignal(desk.sync.command_done, timeout=10_000) as told:
        desk.sync.send(signed_file(text.entry), closes=text.entry)
    assert told.args is not None
    assert told.args[0].state is CommandState.QUARANTINED
    assert desk.store.draft(text.entry) is not None


def test_when_the_session_ends_it_waits_for_the_password_and_goes_on(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    desks.settle()
    little.tokens.clear()
    desk.sync.send(signed_file())
    wait_for(qtbot, desk.sync, lambda status: status.needs_sign_in and status.waiting)
    desk.client.sign_in("ha", "mat khau 1")
    desk.sync.renewed()
    wait_for(qtbot, desk.sync, lambda status: not status.waiting and not status.needs_sign_in)
    assert len(little.signed) == 1


def test_what_the_server_says_late_of_the_session_before_does_not_end_the_new_one(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    """The person has typed the password; a file that set out before comes back with «not signed in»."""
    desk = desks.open()
    desks.settle()
    let_go = little.held["/signatures"] = threading.Event()
    desk.sync.send(signed_file())
    qtbot.waitUntil(lambda: little.times("POST", "/signatures") == 1, timeout=10_000)
    little.tokens.clear()
    desk.client.sign_in("ha", "mat khau 1")
    desk.sync.renewed()
    qtbot.waitUntil(lambda: desk.sync.line.is_live, timeout=10_000)
    let_go.set()
    wait_for(qtbot, desk.sync, lambda status: not status.waiting)
    assert not desk.sync.status.needs_sign_in
    assert len(little.signed) == 1


def test_a_draft_that_was_thrown_away_goes_at_the_server_too(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft()
    with qtbot.waitSignal(desk.sync.draft_received, timeout=10_000):
        desk.sync.save(text)
    with qtbot.waitSignal(desk.sync.draft_dropped):
        desk.sync.drop(text)
    qtbot.waitUntil(lambda: text.entry not in little.drafts)
    assert desk.store.drafts() == ()


def test_a_draft_that_was_thrown_away_while_the_server_was_away_stays_away_when_it_is_back(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft()
    with qtbot.waitSignal(desk.sync.draft_received, timeout=10_000):
        desk.sync.save(text)
    little.down()
    desk.sync.send(signed_file(UUID(int=78)))
    wait_for(qtbot, desk.sync, lambda status: status.offline_since)
    with qtbot.waitSignal(desk.sync.draft_dropped):
        desk.sync.drop(text)
    little.up()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: text.entry not in little.drafts, timeout=15_000)
    desks.settle()
    assert desk.store.drafts() == ()


def theirs(entry: UUID, revision: int, **values: str) -> DraftView:
    return DraftView(entry=entry, encounter=hospital.ENCOUNTER, person=hospital.OTHER, person_name="Phạm Thị Nga",
                     form=hospital.ROW, base_version=0, occurred_at=utc_now(), values=values, revision=revision,
                     updated_at=utc_now())


def test_texts_that_changed_different_fields_are_joined_by_themselves(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft("kế hoạch")
    with qtbot.waitSignal(desk.sync.draft_received, timeout=10_000):
        desk.sync.save(text)
    little.drafts[text.entry] = theirs(text.entry, 2, plan="kế hoạch", objective="Phổi ran nổ")
    desk.sync.save(text.model_copy(update={"values": {"plan": "kế hoạch mới"}}))
    both = {"plan": "kế hoạch mới", "objective": "Phổi ran nổ"}
    qtbot.waitUntil(lambda: little.drafts[text.entry].values == both, timeout=15_000)
    held = desk.store.draft(text.entry)
    assert held is not None
    assert (held.values, held.theirs) == (both, None)


def test_texts_that_changed_the_same_field_are_both_kept_for_the_person(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft("của tôi")
    little.drafts[text.entry] = theirs(text.entry, 3, plan="của Nga")
    with qtbot.waitSignal(desk.sync.draft_conflict, timeout=10_000):
        desk.sync.save(text)
    held = desk.store.draft(text.entry)
    assert held is not None
    assert held.theirs is not None
    assert (held.values, held.theirs.values) == ({"plan": "của tôi"}, {"plan": "của Nga"})
    desk.sync.resolve(text.model_copy(update={"values": {"plan": "của Nga\ncủa tôi"}}), held.theirs)
    qtbot.waitUntil(lambda: little.drafts[text.entry].values == {"plan": "của Nga\ncủa tôi"}, timeout=15_000)


def test_news_of_the_server_makes_what_is_shown_stale(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    qtbot.waitUntil(lambda: len(little.streams) == 1)
    with qtbot.waitSignals([desk.sync.chart_stale, desk.sync.board_stale]):
        little.tell("entry", encounter=hospital.ENCOUNTER, entry=ENTRY, ward=hospital.WARD.id)
    with qtbot.waitSignal(desk.sync.settlements_stale):
        little.tell("settlement")


def test_what_happened_before_the_servers_stream_was_open_is_asked_anew(qtbot: QtBot, desks: Desks) -> None:
    """What was loaded at the sign-in may have changed before anybody listened."""
    desk = desks.open(start=False)
    sync = desk.sync
    before: list[bool] = []
    sync.line.live_changed.connect(before.append)
    stale = [sync.chart_stale, sync.board_stale, sync.delegations_stale, sync.settlements_stale, sync.images_stale]
    with qtbot.waitSignals(stale, timeout=10_000):
        sync.start()
    assert before == [True]
    with qtbot.waitSignals([*stale, sync.reminders_stale], timeout=10_000):
        sync.line._turn_live(live=False)
        sync.line._turn_live(live=True)


def test_a_mirror_that_is_refused_is_told_once_and_the_text_stays(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    text = draft()
    little.refusals[f"/drafts/{text.entry}"] = (403, "two_texts_open")
    with qtbot.waitSignal(desk.sync.draft_refused, timeout=10_000) as told:
        desk.sync.save(text)
    assert told.args is not None
    assert isinstance(told.args[1], Refusal)
    before = little.times("PUT", str(text.entry))
    desk.sync.retry_now()
    desks.settle()
    assert little.times("PUT", str(text.entry)) == before
    assert desk.store.draft(text.entry) is not None


def test_a_slow_server_leaves_typing_smooth(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    desks.settle()
    little.delay_s = 5.0
    ticks: list[int] = []
    clock = QElapsedTimer()
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(clock.elapsed()))
    saved: list[object] = []
    desk.sync.draft_saved.connect(saved.append)
    timer.start(10)
    clock.start()
    text = draft()
    desk.sync.send(signed_file())
    desk.sync.retry_now()
    desk.sync.save(text)
    qtbot.waitUntil(lambda: len(little.signed) == 1, timeout=20_000)
    timer.stop()
    assert saved, "the local save does not wait for the server"
    # The loop turned all the time: most ticks that were due came, and no gap is near the server's five seconds.
    assert len(ticks) > 0.5 * clock.elapsed() / 10
    assert max(after - before for before, after in pairwise(ticks)) < 0.1 * clock.elapsed()
    little.delay_s = 0.0


def test_the_status_speaks_the_screens_words() -> None:
    at = utc_now().replace(hour=20, minute=12, second=41)
    status = SyncStatus(saved_at=at, received_at=at, offline_since=at)
    assert status.saved_line == "Đã lưu nháp 03:12:41"
    assert status.received_line == "Máy chủ đã nhận 03:12:41"
    assert status.offline_line == "Mất kết nối từ 03:12"
    assert SyncStatus().waiting_line == ""
