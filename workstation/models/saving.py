"""Into the local store, in the order in which it was done: texts within the second, signed files, what is thrown away.

One lane, so that nothing comes before what was done before it. What the disk does not take stays in memory, and the
disk is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from records.messages import DraftView
from workstation.background import Background, Command
from workstation.drafts import LocalDraft, OutboxCommand, OutboxItem
from workstation.emitting import emitter
from workstation.models.mirror import drop_command

if TYPE_CHECKING:
    from workstation.drafts import Store

log = logging.getLogger(__name__)
LANE = "store"
SAVE_AFTER_MS = 600
"""After the first unsaved letter; never put off by the next ones, so that a second is always enough."""


@dataclass(frozen=True)
class _Handed:
    """A text on its way to the disk; with `theirs` it holds both texts, joined."""

    draft: LocalDraft
    theirs: DraftView | None = None
    of: int | None = None
    """The revision that was joined, where no editor had the newest words."""


class Saver(QObject):
    """What one person does, on its way to the disk."""

    saved = pyqtSignal(object)
    """LocalDraft."""
    queued = pyqtSignal(object)
    """OutboxItem."""
    resolved = pyqtSignal(object)
    """LocalDraft that holds both texts."""
    dropped = pyqtSignal(object, bool)
    """UUID of the entry, and whether it went: a text that is signed, or about to be, does not."""
    put_away = pyqtSignal()
    failed = pyqtSignal(object)
    """Refusal: the disk."""

    def __init__(self, store: Store, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self._background = store, background
        self._unsaved: dict[UUID, _Handed] = {}
        self._newest: dict[UUID, _Handed] = {}
        """The last text of each entry, until the disk has it: an older one that the disk refused is not tried again."""
        self._on_disk: dict[UUID, LocalDraft] = {}
        """As the disk has told it last."""
        self._signed: set[UUID] = set()
        """Entries whose signed files are on their way to the outbox."""
        self._unqueued: list[tuple[OutboxCommand, UUID | None]] = []
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    def save(self, draft: LocalDraft) -> None:
        """Within the second."""
        before = self._unsaved.get(draft.entry)
        self._hand(_Handed(draft, before.theirs if before is not None else None))
        if not self._timer.isActive():
            self._timer.start(SAVE_AFTER_MS)

    def newest(self, read: LocalDraft) -> LocalDraft:
        """The draft with its newest words: some may have come since it was read, or be on their way to the disk."""
        if (handed := self._newest.get(read.entry)) is not None:
            return handed.draft
        held = self._on_disk.get(read.entry, read)
        return held if held.revision > read.revision and held.base_version == read.base_version else read

    def flush(self) -> None:
        """Now."""
        self._timer.stop()
        unsaved, self._unsaved = self._unsaved, {}
        for handed in unsaved.values():
            self._run("save", partial(self._write, handed), partial(self._is_saved, handed),
                      partial(self._not_saved, handed))
        unqueued, self._unqueued = self._unqueued, []
        for command, closes in unqueued:
            self._queue(command, closes)

    def stop(self) -> None:
        """A last time; nothing is tried again after that."""
        self.flush()
        self._stopped = True

    def send(self, command: OutboxCommand, closes: UUID | None) -> None:
        """Into the outbox, after every word that was written before it."""
        self.flush()
        self._queue(command, closes)

    def drop(self, draft: LocalDraft) -> None:
        """Thrown away: no word of it that is still on its way comes back."""
        for texts in (self._unsaved, self._newest, self._on_disk):
            texts.pop(draft.entry, None)
        self._run("drop", lambda: self._store.throw_away(draft.entry, drop_command(draft)),
                  partial(emitter(self, self.dropped), draft.entry), emitter(self, self.failed))

    def gone(self, entry: UUID) -> None:
        """Signed, or let go: what begins anew under that entry begins with its own words."""
        self._on_disk.pop(entry, None)

    def resolve(self, mine: LocalDraft, theirs: DraftView) -> None:
        """An editor, which has the newest words, has joined two texts."""
        self._join(mine, theirs, None)

    def join(self, read: LocalDraft, values: Mapping[str, Any], theirs: DraftView) -> None:
        """No editor is open: joined as it was read; words that came since are not written over. They are joined when
        the disk has them. A text that is signed stays as it was signed.
        """
        if self.newest(read) is read and read.entry not in self._signed:
            self._join(read.model_copy(update={"values": dict(values)}), theirs, read.revision)

    def put_aside(self, item: OutboxItem) -> None:
        """The person has seen a refusal."""
        self._run("put away", lambda: self._store.put_away(item.number), lambda _: self.put_away.emit(),
                  emitter(self, self.failed))

    def _queue(self, command: OutboxCommand, closes: UUID | None) -> None:
        if closes is not None:
            self._signed.add(closes)
        self._run("queue", lambda: self._store.put_command(command, closes), partial(self._is_queued, closes),
                  partial(self._not_queued, command, closes))

    def _join(self, mine: LocalDraft, theirs: DraftView, of: int | None) -> None:
        """At once: an editor that is opened meanwhile begins with both texts."""
        both = mine.model_copy(update={"theirs": None, "server_revision": theirs.revision,
                                       "server_values": theirs.values})
        self._hand(_Handed(both, theirs, of))
        self.flush()

    def _hand(self, handed: _Handed) -> None:
        self._unsaved[handed.draft.entry] = self._newest[handed.draft.entry] = handed

    def _write(self, handed: _Handed) -> LocalDraft | None:
        if handed.theirs is None:
            return self._store.save_draft(handed.draft)
        return self._store.resolve(handed.draft, handed.theirs, handed.of)

    def _is_saved(self, handed: _Handed, saved: LocalDraft | None) -> None:
        if self._newest.get(handed.draft.entry) is handed:
            del self._newest[handed.draft.entry]
        if saved is not None:
            self._on_disk[saved.entry] = saved
            (self.saved if handed.theirs is None else self.resolved).emit(saved)

    def _not_saved(self, handed: _Handed, refusal: Refusal) -> None:
        entry = handed.draft.entry
        newest = self._newest.get(entry)
        if isinstance(refusal, Trouble) and newest is not None and (newest is handed or handed.theirs is not None):
            # Newer words came from the same hand: they hold both texts too, and say so in the place of these.
            self._hand(_Handed(newest.draft, newest.theirs or handed.theirs, newest.of))
            self._again()
        elif newest is handed:
            del self._newest[entry]
        if any(reason.code == "draft_closed" for reason in refusal.reasons):
            log.info("A save of a draft came after its signature.")
        else:
            self.failed.emit(refusal)

    def _is_queued(self, closes: UUID | None, item: OutboxItem) -> None:
        if closes is not None:
            self._signed.discard(closes)
        self.queued.emit(item)

    def _not_queued(self, command: OutboxCommand, closes: UUID | None, refusal: Refusal) -> None:
        # A signature that was made is not lost to a full disk.
        if isinstance(refusal, Trouble):
            self._unqueued.append((command, closes))
            self._again()
        elif closes is not None:
            self._signed.discard(closes)
        self.failed.emit(refusal)

    def _again(self) -> None:
        if not self._stopped:
            self._timer.start(SAVE_AFTER_MS * 5)

    def _run(self, name: str, work: Any, done: Any, failed: Any) -> None:
        self._background.run(Command(name, work, done, failed), lane=LANE)
