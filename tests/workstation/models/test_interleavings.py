"""Saving, sending, throwing away, signing here and on the phone, in every order that chance draws: the words stay."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from records.errors import Reason
from tests.workstation import hospital
from tests.workstation.models.desks import account, draft
from tests.workstation.models.lanes import Chance, SlowServer, WatchedStore, said_in, signed_file, words
from workstation.background import Background, Command
from workstation.client import Client, ServerEvent
from workstation.drafts import Awaited, AwaitedDocument, CommandState, LocalDraft, OutboxItem
from workstation.ids import new_id
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.sync import SyncModel

STEPS, ROUNDS, LONG = 60, 12, 400
SAMPLE, WHOLE = 20, 1500


class Story:
    """One person at one PC, with what else may happen in the world."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Chance(seed)
        self.server, self.store = SlowServer(self.chance), WatchedStore(folder / "store.db", self.chance)
        client, background = cast("Client", self.server), cast("Background", self.chance)
        self.at_server = self.server.kept
        self.sync = SyncModel(self.store, client, background, account())
        self.desk = Desk(account=account(), store=self.store, client=client, background=background, sync=self.sync)
        self.editors: dict[UUID, EditorModel] = {}
        self.asked: dict[UUID, UUID] = {}
        """Entry -> what is asked on the phone for it."""
        self.number = 0
        self.chance.acts = [self.begin, self.type, self.type, self.type, self.sign, self.ask, self.answer, self.drop,
                            self.leave, self.elsewhere, self.sync.flush, self.sync.retry_now, self.knock, self.look]
        self.chance.after = self.hold
        self.sync.start()

    # What the person does

    def open(self, text: LocalDraft) -> None:
        self.editors[text.entry] = editor = EditorModel(self.desk, hospital.chart(), text, None, self.sync)
        editor.conflict_changed.connect(lambda: self.choose(editor))

    @staticmethod
    def choose(editor: EditorModel) -> None:
        """Both texts; only mine once they have grown long, because each joining says both again."""
        if any(len(str(change.new)) > LONG for change in editor.conflict_fields):
            editor.keep_mine()
        elif editor.conflict_fields:
            editor.join()

    def begin(self) -> None:
        if len(self.editors) < 4:
            self.open(draft("", values={}))

    def editor(self) -> EditorModel | None:
        open_now = [one for one in self.editors.values() if not one.is_closed and one.draft.entry not in self.asked]
        return self.chance.draw.choice(open_now) if open_now else None

    def type(self) -> None:
        if (editor := self.editor()) is not None:
            self.number += 1
            editor.set_value("plan", f"{editor.value('plan') or ''} w{self.number}".strip())
            self.chance.log.append(f"typed w{self.number} into {editor.draft.entry.hex[-4:]}")

    def sign(self) -> None:
        if (editor := self.editor()) is not None and editor.values:
            self.chance.log.append(f"signed {editor.draft.entry.hex[-4:]}")
            editor.signed(signed_file(editor.values), "doctor")

    def drop(self) -> None:
        if self.chance.draw.random() < 0.5 and (editor := self.editor()) is not None:
            self.chance.log.append(f"threw away {editor.draft.entry.hex[-4:]}")
            editor.drop()

    def leave(self) -> None:
        """Another chart; and back to a draft, as the timeline has it."""
        if (editor := self.editor()) is not None and editor.values:
            editor.leave()
            self.editors.pop(editor.draft.entry).deleteLater()
            self.chance.log.append(f"left {editor.draft.entry.hex[-4:]}")
        elif (there := [held for held in self.store.drafts() if held.entry not in self.editors and not held.command]):
            self.open(self.chance.draw.choice(there))

    def ask(self) -> None:
        """F9 with a certificate on the phone: the words are saved, the question is kept, the dialog closes."""
        if (editor := self.editor()) is None or not editor.values:
            return
        entry, which = editor.draft.entry, new_id()
        command = editor.command("doctor", signed_file(editor.values))
        self.chance.log.append(f"asks on the phone for {entry.hex[-4:]}")
        self.sync.save(editor.draft)
        self.sync.flush()
        self.asked[entry] = which
        document = AwaitedDocument(command=command, closes=entry)
        awaited = Awaited(id=which, service="SmartCA", certificate=b"", begun_at=datetime.now(UTC),
                          documents=(document,))
        self._lane("ask", lambda: self.store.awaited.put(awaited), self._closed)

    def answer(self) -> None:
        """The phone: yes, no, or nothing in time."""
        waiting = [held for held in self.store.awaited.all() if not held.ended]
        if waiting and self.chance.draw.random() < 0.6:
            self._yes(waiting[0].documents[0])
        elif waiting:
            self._no(waiting[0].id, waiting[0].documents[0].closes)

    def _yes(self, one: AwaitedDocument) -> None:
        def done(item: OutboxItem | None) -> None:
            self._settled(one.closes)
            if item is not None:
                self.sync.queued(item)

        self._lane("phone says yes", lambda: self.store.awaited.finish(one.command.id, one.command.body), done)

    def _no(self, which: UUID, closes: UUID | None) -> None:
        def done(_: None) -> None:
            self._settled(closes)
            self.store.awaited.drop(which)

        self._lane("phone says no", lambda: self.store.awaited.end(which, [Reason("remote_not_asked", "x")]), done)

    def _lane(self, name: str, work: Callable[[], Any], done: Callable[[Any], Any]) -> None:
        self.chance.run(Command(name, work, done, lambda _: None), lane="signing" if name == "ask" else "awaited")

    def _settled(self, entry: UUID | None) -> None:
        if entry is not None:
            self.asked.pop(entry, None)
        self._closed()

    def _closed(self, _: object = None) -> None:
        self.sync.drafts_awaited.emit(frozenset(
            one.closes for held in self.store.awaited.all() if not held.ended for one in held.documents))

    # What the world does

    def elsewhere(self) -> None:
        """The same person goes on writing at another PC."""
        known = [view for view in self.at_server.values() if view.entry not in self.store.thrown]
        if not known or self.chance.draw.random() < 0.5:
            return
        self.number += 1
        view = self.chance.draw.choice(known)
        key = self.chance.draw.choice(["objective", "plan"])
        text = f"{view.values.get(key, '')} x{self.number}".strip()
        self.server.writes_elsewhere(view.model_copy(update={"values": {**view.values, key: text}}))
        self.sync.line.heard.emit(ServerEvent(topic="draft", entry=view.entry))

    def knock(self) -> None:
        self.sync.line.knocked.emit()

    def look(self) -> None:
        self.sync.line.heard.emit(ServerEvent(topic="draft"))

    # What must hold

    def hold(self) -> None:
        held = {one.entry: one for one in self.store.drafts()}
        files = self._files()
        for entry, one in held.items():
            standing = [item for item in files.get(entry, ()) if item.state in (CommandState.WAITING,
                                                                                CommandState.DONE)]
            assert one.command is not None or not standing, self._told(f"{entry} is signed and open")
            assert entry not in self.store.thrown, self._told(f"{entry} was thrown away and is here again")
        for entry, said in self.store.acknowledged.items():
            if entry in self.store.thrown:
                continue
            kept = words(held[entry].values) if entry in held else set()
            for item in files.get(entry, ()):
                if entry not in held or item.state in (CommandState.WAITING, CommandState.DONE):
                    kept |= words(said_in(self.store.command(item.number).command.body))
            assert said <= kept, self._told(f"{entry} has lost {said - kept}")

    def _files(self) -> dict[UUID, list[Any]]:
        files: dict[UUID, list[Any]] = {}
        for item in self.store.commands(*CommandState):
            if item.command.kind == "sign" and item.command.entry is not None:
                files.setdefault(item.command.entry, []).append(item)
        return files

    def end(self) -> None:
        """The line and the disk are well again: everything arrives, and both sides say the same."""
        self.chance.trouble, self.chance.acts = False, []
        for editor in self.editors.values():
            if not editor.is_closed:
                editor.leave()
        for _ in range(ROUNDS):
            self.sync.flush()
            self.sync.retry_now()
            self.look()
            self.chance.quiet()
        assert self.store.commands(CommandState.WAITING) == (), self._told("a command was never sent")
        for entry in self.store.thrown:
            assert entry not in self.at_server, self._told(f"{entry} was thrown away and the server has it")
        for entry in self.server.signed:
            assert entry not in self.at_server, self._told(f"{entry} is signed and a draft at the server")
        for one in self.store.drafts():
            waits_for_a_choice = one.theirs is not None
            if one.command is None and one.entry not in self.server.signed and not waits_for_a_choice:
                assert self.at_server[one.entry].values == one.values, self._told(f"{one.entry} is not mirrored")

    def _told(self, what: str) -> str:
        return "\n".join([what, *self.chance.log[-60:]])


def walked(folder: Path, seeds: range) -> None:
    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        story = Story(place, seed)
        try:
            for _ in range(STEPS):
                if story.chance.draw.random() < 0.4:
                    story.chance.act()
                else:
                    story.chance.step()
            story.end()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            story.sync.line.stop()
            story.store.close()


@pytest.mark.usefixtures("qapp")
def test_in_no_order_is_a_word_lost_or_a_signed_text_open(tmp_path: Path) -> None:
    walked(tmp_path, range(SAMPLE))


@pytest.mark.soak
@pytest.mark.usefixtures("qapp")
def test_in_many_orders_no_word_is_lost(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    begin = random.Random().randrange(10**6)
    walked(tmp_path, range(begin, begin + WHOLE))
    record_property("orders", WHOLE)
    record_property("the first", begin)
