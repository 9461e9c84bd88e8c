"""What is asked on the phone closes its draft in the moment when the dialog goes, and opens it when nothing came."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from PyQt6 import sip
from pytestqt.qtbot import QtBot

from records.errors import Refusal, Trouble
from records.identities import Identity
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from tests.workstation.models.test_sync import signed_file
from workstation.drafts import Awaited, AwaitedDocument, CommandState
from workstation.ids import new_id
from workstation.models import awaited
from workstation.models.awaited import AwaitedModel, Handing
from workstation.models.editor import EditorModel


def held(act: UUID, entry: UUID) -> Awaited:
    """A question that a program which is gone has kept."""
    return Awaited(id=act, service="SmartCA", certificate=b"", begun_at=datetime.now(UTC), documents=(
        AwaitedDocument(command=signed_file(entry), closes=entry),))


def asked(desks: Desks, qtbot: QtBot, act: UUID) -> tuple[EditorModel, AwaitedModel, Any]:
    """A draft in an editor, and the question for it on the shelf of its act."""
    desk = desks.open()
    desks.settle()
    editor = EditorModel(desk, hospital.chart(), draft(values=dict(hospital.GOOD)), None, desk.sync)
    editor.set_value("plan", "Tiếp tục kháng sinh.")
    desk.sync.flush()
    desks.settle()
    model = AwaitedModel(desk, desk.sync)
    shelf = model.shelf({"one": Handing(editor.command("doctor"), editor.draft.entry)})
    identity = Identity(b"", (), token_label="SmartCA")
    document, prepared = SimpleNamespace(key="one"), SimpleNamespace(to_sign=b"x", file=b"y", room=(0, 1))
    shelf.keep(act, identity, cast("Any", [(document, prepared)]))
    return editor, model, shelf


def test_not_a_letter_more_goes_into_a_draft_that_is_asked_for(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    act = new_id()
    little.refusals[f"/transactions/{act}"] = (503, "server_away")
    editor, model, shelf = asked(desks, qtbot, act)
    shelf.leave()
    assert editor.is_closed, "not only when the shelf was read again"
    editor.set_value("plan", "Tiếp tục kháng sinh. Thêm lúc đóng cửa sổ.")
    assert editor.value("plan") == "Tiếp tục kháng sinh."
    shelf.let_go()
    qtbot.waitUntil(lambda: bool(model.waiting), timeout=10_000)
    assert editor.is_closed
    model.stop()


def test_a_file_that_is_signed_when_its_desk_is_gone_waits_in_the_outbox(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    """Whoever finished it on a thread of the stack failed when it said so: as a bug, in the face of who had signed."""
    act, threw = new_id(), list[BaseException]()
    little.refusals[f"/transactions/{act}"] = (503, "server_away")
    editor, model, _ = asked(desks, qtbot, act)
    store, command = model._desk.store, model._desk.store.awaited.all()[0].documents[0].command.id
    model.stop()
    desks.settle()
    sip.delete(model)

    def finish() -> None:
        try:
            model.finish(command, b"signed")
        except RuntimeError as why:
            threw.append(why)

    thread = threading.Thread(target=finish)
    thread.start()
    thread.join(20)
    assert threw == []
    assert [item.command.entry for item in store.commands(CommandState.WAITING)] == [editor.draft.entry]


def test_the_draft_is_open_again_when_the_question_never_arrived(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    act = new_id()
    little.refusals[f"/transactions/{act}"] = (404, "thing_unknown")
    editor, model, shelf = asked(desks, qtbot, act)
    shelf.leave()
    with qtbot.waitSignal(editor.reopened, timeout=10_000):
        shelf.let_go()
    qtbot.waitUntil(lambda: [item.ended for item in model.items] == [True], timeout=10_000)
    assert not editor.is_closed
    model.stop()


def test_one_question_that_fails_holds_up_no_other_and_is_told_once(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(awaited, "ASKS_AGAIN_S", 0.05)
    first, second, text = new_id(), new_id(), draft()
    little.refusals[f"/transactions/{first}"] = (403, "right_missing")
    little.refusals[f"/transactions/{second}"] = (404, "thing_unknown")
    desk = desks.open()
    desk.store.save_draft(text)
    desk.store.awaited.put(held(first, new_id()))
    desk.store.awaited.put(held(second, text.entry))
    model = AwaitedModel(desk, desk.sync)
    told: list[Refusal] = []
    model.refused.connect(told.append)
    qtbot.waitUntil(lambda: [one.ended for one in model.items] == [False, True], timeout=10_000)
    assert desk.store.drafts()[0].command is None
    little.refusals[f"/transactions/{first}"] = (404, "thing_unknown")
    qtbot.waitUntil(lambda: all(one.ended for one in model.items), timeout=10_000)  # asked again by the clock
    assert [refusal.reasons[0].code for refusal in told] == ["right_missing"]
    model.stop()


def test_a_disk_that_fails_when_the_program_starts_is_read_again(
    qtbot: QtBot, desks: Desks, little: LittleServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was not until the server said something by itself: the draft stayed shut."""
    monkeypatch.setattr(awaited, "ASKS_AGAIN_S", 0.05)
    which, text = new_id(), draft()
    little.refusals[f"/transactions/{which}"] = (404, "thing_unknown")
    desk = desks.open()
    desk.store.save_draft(text)
    desk.store.awaited.put(held(which, text.entry))
    desks.settle()
    read, failures = desk.store.awaited.all, [True, True]

    def failing() -> tuple[Awaited, ...]:
        if failures and failures.pop():
            raise Trouble.because("disk_trouble", detail="drawn")
        return read()

    monkeypatch.setattr(desk.store.awaited, "all", failing)
    model = AwaitedModel(desk, desk.sync)
    told: list[Refusal] = []
    model.refused.connect(told.append)
    qtbot.waitUntil(lambda: [one.ended for one in model.items] == [True], timeout=10_000)
    assert desk.store.drafts()[0].command is None
    assert len(told) == 1
    model.stop()
