"""What is asked on the phone outlives the dialog, the program and the server; then it is signed, or said not to be."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from sqlalchemy import text

from records.messages import RemoteSigningView
from server.store import base
from tests.journeys.phones import Room, Server, choose, room, sandbox, server, states
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import SECRET
from tests.server.remote import conduct
from workstation.drafts import CommandState
from workstation.models.signing import LineState, SigningAct, Stage
from workstation.models.timeline import ItemState
from workstation.models.waiting import WaitingModel
from workstation.signing.base import Pin

__all__ = ["room", "sandbox", "server"]
KIND = "smartca"


def asked(room: Room, sandbox: Sandbox, count: int) -> SigningAct:
    """So many rows wait for her tap, and nobody taps."""
    conduct(sandbox, KIND).phone = "silent"
    act = room.rows(count)
    choose(act, KIND)
    act.sign(Pin(""))
    room.until(lambda: len(sandbox.calls(KIND, "/status")) > 0)
    return act


def entries(act: SigningAct) -> set[UUID]:
    return {line.task.entry for line in act.lines}


def signatures(server: Server) -> int:
    with base.transaction(server.house.hospital.engine) as db:
        return int(db.execute(text("SELECT count(*) FROM signatures")).scalar_one())


def waiting_list(room: Room) -> WaitingModel:
    model = WaitingModel(room.place.desk, parent=room.model)
    model.watch()
    room.until(lambda: model.loaded)
    return model


def test_a_closed_program_goes_on_waiting_when_she_signs_in_again(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    act = asked(room, sandbox, 3)
    wanted = entries(act)
    room.close()
    room.open()
    room.until(lambda: bool(room.model.awaited.waiting) and room.model.awaited.waiting[0].ends_at is not None)
    (one,) = room.model.awaited.waiting
    assert {document.command.entry for document in one.documents} == wanted
    assert one.service == "Dịch vụ smartca"
    assert one.ends_at is not None
    assert 250 < (one.ends_at - one.begun_at).total_seconds() < 310
    room.until(lambda: {item.state for item in room.place.chart.items if item.entry in wanted} == {ItemState.AWAITED})
    assert waiting_list(room).items == ()  # asked for once, so not offered to be signed a second time
    conduct(sandbox, KIND).phone = "approve"
    room.until(lambda: signatures(server) == 3)
    room.until(lambda: room.model.awaited.items == ())
    room.until(lambda: room.place.desk.store.drafts() == ())
    assert len(sandbox.calls(KIND, "/v1/signatures/sign")) == 1
    for file in (file for file in room.folder.rglob("*") if file.is_file()):
        assert SECRET.encode() not in file.read_bytes(), "the hospital's account on a workstation's disk"


def test_what_was_confirmed_while_the_program_was_closed_is_fetched_and_handed_in(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    asked(room, sandbox, 2)
    room.close()
    conduct(sandbox, KIND).phone = "approve"
    with base.transaction(server.house.hospital.engine) as db:
        states_now = text("SELECT state FROM remote_signings")
        assert db.execute(states_now).scalars().all() == ["waiting"]
    room.until(lambda: _states(server) == ["signed"])
    room.open()
    room.until(lambda: signatures(server) == 2)
    room.until(lambda: [item.state for item in room.place.desk.store.commands(*CommandState)]
               == [CommandState.DONE] * 2)


def test_both_are_restarted_while_she_thinks(room: Room, server: Server, sandbox: Sandbox) -> None:
    asked(room, sandbox, 2)
    room.close()
    server.stop()
    server.start()
    room.open()
    room.until(lambda: bool(room.model.awaited.waiting))
    conduct(sandbox, KIND).phone = "approve"
    room.until(lambda: signatures(server) == 2)
    assert len(sandbox.calls(KIND, "/v1/signatures/sign")) == 1


@pytest.mark.parametrize(("phone", "code"), [
    ("refuse", "remote_refused_on_phone"), ("late", "remote_too_late"),
])
def test_when_nothing_comes_the_documents_are_unsigned_and_she_reads_why(
    room: Room, server: Server, sandbox: Sandbox, phone: str, code: str,
) -> None:
    act = asked(room, sandbox, 2)
    wanted = entries(act)
    room.close()
    room.open()
    room.until(lambda: bool(room.model.awaited.waiting))
    conduct(sandbox, KIND).phone = phone
    room.until(lambda: any(one.ended for one in room.model.awaited.items))
    (one,) = room.model.awaited.items
    assert [reason["code"] for reason in one.reasons] == [code]
    assert len(one.unsigned) == 2
    drafts = room.place.desk.store.drafts()
    assert {draft.entry for draft in drafts} == wanted
    assert all(draft.command is None for draft in drafts)
    assert signatures(server) == 0
    waits = waiting_list(room)
    room.until(lambda: {item.task.entry for item in waits.items} == wanted)
    room.model.awaited.put_away(one.id)
    room.until(lambda: room.model.awaited.items == ())


def test_she_takes_the_question_back_after_the_restart(room: Room, server: Server, sandbox: Sandbox) -> None:
    asked(room, sandbox, 1)
    room.close()
    room.open()
    room.until(lambda: bool(room.model.awaited.waiting))
    room.model.awaited.cancel(room.model.awaited.waiting[0].id)
    room.until(lambda: room.model.awaited.items == ())
    conduct(sandbox, KIND).phone = "approve"
    assert _states(server) == ["cancelled"]
    assert all(draft.command is None for draft in room.place.desk.store.drafts())
    assert signatures(server) == 0


def test_half_a_list_after_the_restart_signs_half_and_names_the_rest(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    asked(room, sandbox, 4)
    room.close()
    room.open()
    conduct(sandbox, KIND).gives, conduct(sandbox, KIND).phone = "half", "approve"
    room.until(lambda: signatures(server) == 2)
    room.until(lambda: any(one.ended for one in room.model.awaited.items))
    (one,) = room.model.awaited.items
    assert ([reason["code"] for reason in one.reasons], len(one.unsigned)) == (["remote_signatures_missing"], 2)
    room.until(lambda: len(room.place.desk.store.drafts()) == 2)


def test_a_question_that_never_reached_the_server_is_said_to_be_unsigned(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    asked(room, sandbox, 1)
    room.close()
    with base.transaction(server.house.hospital.engine) as db:
        db.execute(text("UPDATE remote_signings SET id = gen_random_uuid()"))
    room.open()
    room.until(lambda: any(one.ended for one in room.model.awaited.items))
    assert [reason["code"] for reason in room.model.awaited.items[0].reasons] == ["remote_not_asked"]
    assert all(draft.command is None for draft in room.place.desk.store.drafts())


def test_with_live_events_the_server_is_asked_once_and_without_them_by_the_clock(
    room: Room, server: Server, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[UUID] = []
    client = room.place.desk.client
    state = client.remote_state

    def counted(which: UUID) -> RemoteSigningView:
        times.append(which)
        return state(which)

    monkeypatch.setattr(client, "remote_state", counted)
    room.until(lambda: room.place.desk.sync.line.is_live)
    act = asked(room, sandbox, 2)
    time.sleep(3)
    assert times == []  # nobody asks while there is nothing to hear
    before = time.monotonic()
    conduct(sandbox, KIND).phone = "approve"
    room.until(lambda: act.stage is Stage.DONE)
    assert len(times) == 1
    assert time.monotonic() - before < 30, "by the clock it would be asked when the five minutes are over"
    room.until(lambda: states(act) == [LineState.RECEIVED] * 2)

    sandbox.asked.clear()
    act = asked(room, sandbox, 1)
    times.clear()
    room.place.desk.sync.line._unlisten()
    room.until(lambda: len(times) >= 2)
    conduct(sandbox, KIND).phone = "approve"
    room.until(lambda: act.stage is Stage.DONE)


def test_a_closed_dialog_leaves_the_question_and_the_draft_shut_until_the_answer(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    act = asked(room, sandbox, 1)
    act.end()  # the dialog goes, she works on
    room.until(lambda: bool(room.model.awaited.waiting))
    room.until(lambda: all(draft.command is not None for draft in room.place.desk.store.drafts()))
    conduct(sandbox, KIND).phone = "approve"
    room.until(lambda: signatures(server) == 1)
    room.until(lambda: room.place.desk.store.drafts() == ())


def _states(server: Server) -> list[str]:
    with base.transaction(server.house.hospital.engine) as db:
        return list(db.execute(text("SELECT state FROM remote_signings ORDER BY begun_at")).scalars())
