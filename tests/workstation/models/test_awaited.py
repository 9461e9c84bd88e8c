"""What is asked on the phone closes its draft in the moment when the dialog goes, and opens it when nothing came."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from pytestqt.qtbot import QtBot

from records.identities import Identity
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from workstation.ids import new_id
from workstation.models.awaited import AwaitedModel, Handing
from workstation.models.editor import EditorModel


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
