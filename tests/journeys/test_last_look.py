"""A doctor looks at her draft on one PC; a colleague writes in it; on the next PC she is told what changed, by whom."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.messages import DraftSave, DraftView
from tests.journeys.conftest import Town
from tests.journeys.places import Place, SitDown, begin, sit_down
from workstation.ids import new_id
from workstation.models.looking import LooksModel
from workstation.models.signing_tasks import Task
from workstation.models.waiting import WaitingModel

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
Until = Callable[[Callable[[], bool]], None]


def waiting_for(place: Place, entry: UUID, until: Until) -> tuple[WaitingModel, Callable[[], Task]]:
    """Her list, and the document in it as it stands whenever it is asked for."""
    model = WaitingModel(place.desk, parent=place.desk.sync)
    model.watch()

    def task() -> Task:
        return next(item.task for item in model.items if item.task.entry == entry)

    until(lambda: entry in {item.task.entry for item in model.items})
    return model, task


def written_into(town: Town, mine: DraftView, plan: str) -> None:
    """A colleague's hand in the same draft, as her PC hands it in."""
    save = DraftSave(encounter=mine.encounter, form=mine.form, occurred_at=mine.occurred_at,
                     values={**mine.values, "plan": plan}, known_revision=mine.revision)
    answer = town.client("son.nguyenvan").save_draft(mine.entry, save, new_id())
    assert isinstance(answer, DraftView)


def test_what_changed_since_she_looked_is_told_on_her_next_pc(town: Town, sit_down: SitDown, qtbot: QtBot) -> None:
    def until(so: Callable[[], bool]) -> None:
        qtbot.waitUntil(so, timeout=30_000)

    here = sit_down(pc="here")
    editor = begin(qtbot, here)
    editor.set_value("plan", "Meropenem 1 g truyền TM.")
    entry = editor.draft.entry
    editor.leave()
    until(lambda: any(view.entry == entry and view.values["plan"] == "Meropenem 1 g truyền TM."
                      for view in here.desk.client.drafts()))
    _, task = waiting_for(here, entry, until)
    assert (task().sight.last, task().seen) == (None, True)
    LooksModel(here.desk, here.desk.sync).see(task())
    known = here.desk.client.looks
    until(lambda: entry in {look.entry for look in known(here.chart.encounter)})
    (look,) = [look for look in known(here.chart.encounter) if look.entry == entry]

    there = sit_down(pc="there")
    until(lambda: there.desk.store.draft(entry) is not None)
    her_list, elsewhere = waiting_for(there, entry, until)
    until(lambda: elsewhere().sight.last == look.seen_at)
    assert (elsewhere().seen, elsewhere().sight.changes) == (True, ())

    (mine,) = [view for view in there.desk.client.drafts() if view.entry == entry]
    written_into(town, mine, "Meropenem 1 g truyền TM. Đã thực hiện liều 1.")
    draft = there.desk.store.draft(entry)
    assert draft is not None
    there.desk.sync.save(draft.model_copy(update={"values": {**draft.values, "subjective": "Đỡ mệt."}}))
    until(lambda: len(elsewhere().sight.changes) == 2)
    found = {one.field.key: one for one in elsewhere().sight.changes}
    colleague = found["plan"]
    assert colleague.field.old == "Meropenem 1 g truyền TM."
    assert colleague.field.new == "Meropenem 1 g truyền TM. Đã thực hiện liều 1."
    assert colleague.hand is not None
    assert colleague.hand.by.endswith("Nguyễn Văn Sơn")
    assert found["subjective"].by_reader
    assert not elsewhere().seen, "the colleague's words were on none of her screens"
    LooksModel(there.desk, there.desk.sync).see(elsewhere())
    until(lambda: len(there.desk.store.looks()) > 0 and there.desk.store.looks()[entry].values == elsewhere().values)
    her_list.watch()
    until(lambda: elsewhere().seen)
