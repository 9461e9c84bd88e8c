"""Into the local store, in the order in which it was done: texts within the second, signed files, what is thrown away.

One lane, so that nothing comes before what was done before it. What the disk does not take stays in memory, and the
disk is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from records.messages import DraftView
from workstation.background import Background, Command
from workstation.drafts import LocalDraft, OutboxCommand, OutboxItem
from workstation.models.mirror import drop_command

if TYPE_CHECKING:
    from workstation.drafts import Store

log = logging.getLogger(__name__)
LANE = "store"
SAVE_AFTER_MS = 600
"""After the first unsaved letter; never put off by the next ones, so that a second is always enough."""


class Saver(QObject):
    """What one person does, on its way to the disk."""

    saved = pyqtSignal(object)
    """LocalDraft."""
    queued = pyqtSignal(object)
    """OutboxItem."""
    resolved = pyqtSignal(object)
    """LocalDraft, or None: it is gone."""
    dropped = pyqtSignal(object, bool)
    """UUID of the entry, and whether it went: a text that is signed, or about to be, does not."""
    put_away = pyqtSignal()
    failed = pyqtSignal(object)
    """Refusal: the disk."""

    def __init__(self, store: Store, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self._background = store, background
        self._unsaved: dict[UUID, LocalDraft] = {}
        self._newest: dict[UUID, LocalDraft] = {}
        """The last text of each entry, until the disk has it: an older one that the disk refused is not tried again."""
        self._unqueued: list[tuple[OutboxCommand, UUID | None]] = []
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    def save(self, draft: LocalDraft) -> None:
        """Within the second."""
        self._unsaved[draft.entry] = self._newest[draft.entry] = draft
        if not self._timer.isActive():
            self._timer.start(SAVE_AFTER_MS)

    def flush(self) -> None:
        """Now."""
        self._timer.stop()
        unsaved, self._unsaved = self._unsaved, {}
        for draft in unsaved.values():
            self._run("save", partial(self._store.save_draft, draft), partial(self._is_saved, draft),
                      partial(self._not_saved, draft))
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
        self._forget(draft.entry)
        self._run("drop", lambda: self._store.throw_away(draft.entry, drop_command(draft)),
                  partial(self.dropped.emit, draft.entry), self.failed.emit)

    def resolve(self, entry: UUID, values: Mapping[str, Any], theirs: DraftView) -> None:
        """An editor, which has the newest words, has joined two texts."""
        self._forget(entry)
        self._run("resolve", lambda: self._store.resolve(entry, values, theirs), self.resolved.emit, self.failed.emit)

    def join(self, read: LocalDraft, values: Mapping[str, Any], theirs: DraftView) -> None:
        """No editor is open: joined as it was read; words that came since are not written over. They are joined when
        the disk has them.
        """
        if read.entry in self._newest:
            return
        self._run("join", lambda: self._store.resolve(read.entry, values, theirs, read.revision), self.resolved.emit,
                  self.failed.emit)

    def put_aside(self, item: OutboxItem) -> None:
        """The person has seen a refusal."""
        self._run("put away", lambda: self._store.put_away(item.number), lambda _: self.put_away.emit(),
                  self.failed.emit)

    def _queue(self, command: OutboxCommand, closes: UUID | None) -> None:
        self._run("queue", lambda: self._store.put_command(command, closes), self.queued.emit,
                  partial(self._not_queued, command, closes))

    def _is_saved(self, draft: LocalDraft, saved: LocalDraft) -> None:
        if self._newest.get(draft.entry) is draft:
            del self._newest[draft.entry]
        self.saved.emit(saved)

    def _not_saved(self, draft: LocalDraft, refusal: Refusal) -> None:
        newest = self._newest.get(draft.entry) is draft
        if isinstance(refusal, Trouble) and newest:
            self._unsaved[draft.entry] = draft
            self._again()
        elif newest:
            del self._newest[draft.entry]
        if any(reason.code == "draft_closed" for reason in refusal.reasons):
            log.info("A save of a draft came after its signature.")
        else:
            self.failed.emit(refusal)

    def _not_queued(self, command: OutboxCommand, closes: UUID | None, refusal: Refusal) -> None:
        # A signature that was made is not lost to a full disk.
        if isinstance(refusal, Trouble):
            self._unqueued.append((command, closes))
            self._again()
        self.failed.emit(refusal)

    def _forget(self, entry: UUID) -> None:
        """What is done now stands for every word before it."""
        self._unsaved.pop(entry, None)
        self._newest.pop(entry, None)

    def _again(self) -> None:
        if not self._stopped:
            self._timer.start(SAVE_AFTER_MS * 5)

    def _run(self, name: str, work: Any, done: Any, failed: Any) -> None:
        self._background.run(Command(name, work, done, failed), lane=LANE)
