"""From the hand to the disk: an editor begins with the newest words, and no joining is lost to the disk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from records.messages import DraftView
from tests.workstation import hospital
from tests.workstation.models.desks import account, draft
from tests.workstation.models.lanes import Chance, SlowServer, WatchedStore
from workstation.background import Background
from workstation.client import Client
from workstation.drafts import LocalDraft
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.sync import SyncModel

pytestmark = pytest.mark.usefixtures("qapp")


class Pc:
    """One PC whose disk works when the test lets it."""

    def __init__(self, folder: Path) -> None:
        self.chance = Chance(0)
        self.chance.trouble = False
        self.store = WatchedStore(folder / "store.db", self.chance)
        client, background = cast("Client", SlowServer(self.chance)), cast("Background", self.chance)
        self.sync = SyncModel(self.store, client, background, account())
        self.desk = Desk(account=account(), store=self.store, client=client, background=background, sync=self.sync)

    def open(self, text: LocalDraft) -> EditorModel:
        return EditorModel(self.desk, hospital.chart(), text, None, self.sync)

    def kept(self, entry: UUID) -> LocalDraft:
        held = self.store.draft(entry)
        assert held is not None
        return held

    def written(self, **values: str) -> LocalDraft:
        """A draft on the disk and at the server, no editor open."""
        editor = self.open(draft("", values={}))
        for key, value in values.items():
            editor.set_value(key, value)
        editor.leave()
        self.chance.quiet()
        held = self.kept(editor.draft.entry)
        self.store.mark_mirrored(held.entry, held.revision, theirs_of(held, 4, **values))
        return self.kept(held.entry)


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    return Pc(tmp_path)


def theirs_of(held: LocalDraft, revision: int = 5, **values: str) -> DraftView:
    return DraftView(
        entry=held.entry, encounter=held.encounter, person=hospital.DOCTOR, person_name="Lê Thu Hà", form=held.form,
        base_version=0, occurred_at=held.occurred_at, values=values, revision=revision, updated_at=held.occurred_at)


def test_who_comes_back_at_once_finds_the_words_that_are_on_their_way_to_the_disk(pc: Pc) -> None:
    read = pc.written(plan="một")
    before = pc.open(read)
    before.set_value("plan", "một hai")
    before.leave()
    again = pc.open(read)
    assert again.value("plan") == "một hai"
    again.set_value("objective", "thêm")
    again.leave()
    pc.chance.quiet()
    assert pc.kept(read.entry).values == {"plan": "một hai", "objective": "thêm"}


def test_who_comes_back_with_an_older_list_finds_the_words_that_the_disk_has(pc: Pc) -> None:
    read = pc.written(plan="một")
    before = pc.open(read)
    before.set_value("plan", "một hai")
    before.leave()
    pc.chance.quiet()
    assert pc.open(read).value("plan") == "một hai"


def test_an_editor_that_is_opened_while_two_texts_are_joined_begins_with_both(pc: Pc) -> None:
    read = pc.written(plan="của tôi")
    held = pc.store.mark_conflict(read.entry, theirs_of(read, plan="của tôi", objective="ở máy kia"))
    assert held is not None
    pc.sync._met(held)
    editor = pc.open(held)
    assert dict(editor.values) == {"plan": "của tôi", "objective": "ở máy kia"}
    pc.chance.quiet()
    assert (editor.theirs, pc.kept(read.entry).theirs) == (None, None)


def test_an_editor_that_was_left_does_not_answer_with_its_old_words(pc: Pc) -> None:
    read = pc.written(plan="một")
    left = pc.open(read)
    left.leave()
    now = pc.open(read)
    now.set_value("plan", "một hai")
    held = pc.store.mark_conflict(read.entry, theirs_of(read, plan="một", objective="ở máy kia"))
    pc.sync.draft_conflict.emit(held)
    pc.chance.quiet()
    assert dict(left.values) == {"plan": "một"}
    assert pc.kept(read.entry).values == {"plan": "một hai", "objective": "ở máy kia"}


def test_a_joining_that_the_disk_refused_is_written_when_it_is_well_again(
    pc: Pc, monkeypatch: pytest.MonkeyPatch) -> None:
    read = pc.written(plan="của tôi")
    editor = pc.open(read)
    held = pc.store.mark_conflict(read.entry, theirs_of(read, plan="của tôi", objective="ở máy kia"))
    monkeypatch.setattr(pc.chance, "fails", lambda _: True)
    pc.sync.draft_conflict.emit(held)
    editor.set_value("plan", "của tôi nữa")
    pc.sync.flush()
    pc.chance.quiet()
    assert pc.kept(read.entry).values == {"plan": "của tôi"}
    monkeypatch.undo()
    pc.sync.flush()
    pc.chance.quiet()
    kept = pc.kept(read.entry)
    assert (kept.values, kept.theirs) == ({"plan": "của tôi nữa", "objective": "ở máy kia"}, None)


def test_a_changed_hour_stays_when_two_texts_are_joined(pc: Pc) -> None:
    read = pc.written(plan="của tôi")
    editor = pc.open(read)
    editor.set_occurred_at(read.occurred_at - timedelta(hours=1))
    held = pc.store.mark_conflict(read.entry, theirs_of(read, plan="của tôi", objective="ở máy kia"))
    pc.sync.draft_conflict.emit(held)
    pc.chance.quiet()
    assert pc.kept(read.entry).occurred_at == read.occurred_at - timedelta(hours=1)


def test_what_came_from_elsewhere_is_met_by_the_editor_that_was_opened_without_it(pc: Pc) -> None:
    read = pc.written(plan="của tôi")
    editor = pc.open(read)
    pc.store.mark_conflict(read.entry, theirs_of(read, plan="của tôi", objective="ở máy kia"))
    editor.set_value("plan", "của tôi nữa")
    pc.sync.flush()
    pc.chance.quiet()
    assert dict(editor.values) == {"plan": "của tôi nữa", "objective": "ở máy kia"}


def test_a_new_text_of_an_entry_that_is_done_begins_with_its_own_words(pc: Pc) -> None:
    read = pc.written(plan="đã ký")
    pc.sync._let_go(read.entry)
    fresh = draft("bản mới", entry=read.entry)
    assert pc.open(fresh).value("plan") == "bản mới"


def test_what_is_signed_is_not_joined(pc: Pc) -> None:
    read = pc.written(plan="của tôi")
    held = pc.store.mark_conflict(read.entry, theirs_of(read, plan="của tôi", objective="ở máy kia"))
    assert held is not None
    pc.open(held.model_copy(update={"theirs": None})).signed(b"pdf", "doctor")
    pc.sync._met(held)
    pc.chance.quiet()
    assert pc.store.draft(read.entry) is None or pc.kept(read.entry).values == {"plan": "của tôi"}
