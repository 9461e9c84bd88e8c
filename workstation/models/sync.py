"""Autosave, mirror, outbox and live events: nothing that was written is lost, and the screen says where it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal
from records.messages import DraftView
from workstation.background import Background, Command, Query
from workstation.client import Client, ServerEvent
from workstation.drafts import CommandState, LocalDraft, OutboxCommand, OutboxItem
from workstation.models.account import Account
from workstation.models.connection import Connection
from workstation.models.letting_go import let_go
from workstation.models.merge import merge
from workstation.models.mirror import Adopted, Mirrored, adopt_mine, mirror_all
from workstation.models.saving import Saver
from workstation.models.sender import Sender, Sent
from workstation.models.status import SyncStatus

if TYPE_CHECKING:
    from workstation.drafts import Store

__all__ = ["SyncModel", "SyncStatus"]

log = logging.getLogger(__name__)
MIRROR_MARGIN_MS = 2000
"""Of the hospital's five seconds, what saving and sending may take."""
DISK = frozenset({"disk_trouble", "store_damaged", "unexpected"})
"""Failures of this PC, which no waiting for the server mends."""


class SyncModel(QObject):
    """One signed-in person's saving and sending; `start()` after sign-in, `stop()` before sign-out."""

    status_changed = pyqtSignal(object)
    """SyncStatus."""
    draft_saved = pyqtSignal(object)
    """LocalDraft: in the local store now."""
    draft_received = pyqtSignal(object)
    """LocalDraft: the server has it now."""
    draft_merged = pyqtSignal(object)
    """LocalDraft whose values changed without the person: joined with another text, or taken from another PC."""
    draft_conflict = pyqtSignal(object)
    """LocalDraft with `theirs`."""
    draft_refused = pyqtSignal(object, object)
    """LocalDraft, Refusal: the server does not mirror it; it is safe here."""
    draft_dropped = pyqtSignal(object)
    """UUID of the entry."""
    command_queued = pyqtSignal(object)
    """OutboxItem: on the disk, waits to be sent."""
    command_done = pyqtSignal(object)
    """OutboxItem that was done or quarantined."""
    entry_accepted = pyqtSignal(object)
    """EntryView: a signed file of mine was accepted."""
    command_refused = pyqtSignal(object)
    """OutboxItem with reasons; its draft is open again."""
    chart_stale = pyqtSignal(object)
    """UUID of an encounter whose chart changed, or None: all."""
    drafts_stale = pyqtSignal(object)
    """UUID of an encounter where somebody else goes on writing; no hurry."""
    board_stale = pyqtSignal(object)
    """UUID of a ward whose board changed, or None: all."""
    reminders_stale = pyqtSignal()
    """Somebody was reminded of a signature or told of a corrected result, or has read it."""
    settlements_stale, images_stale = pyqtSignal(), pyqtSignal()
    drafts_awaited = pyqtSignal(object)
    """frozenset of UUIDs of entries whose drafts are closed until somebody confirms on the phone."""
    delegations_stale = pyqtSignal()

    def __init__(self, store: Store, client: Client, background: Background, account: Account,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = SyncStatus()
        self._store, self._client, self._background, self._account = store, client, background, account
        self._claimed: set[UUID] = set()
        self._refused_drafts: set[tuple[UUID, int]] = set()
        self._fresh: tuple[OutboxItem, ...] = ()
        """Queued since the last count began."""
        self._running = False
        self._mirroring = self._mirror_again = self._counting = self._count_again = False
        self._line = Connection(client, background, self)
        self._sender = Sender(store, client, background, self)
        self._sender.sent.connect(self._sent)
        self._sender.failed.connect(self._failed)
        self._saver = Saver(store, background, self)
        self._saver.saved.connect(self._saved)
        self._saver.queued.connect(self.queued)
        self._saver.resolved.connect(self._resolved)
        self._saver.dropped.connect(self._dropped)
        self._saver.put_away.connect(self._count)
        self._saver.failed.connect(self._disk)
        self._mirror_timer = self._timer(self._mirror)
        self._line.changed.connect(self._line_changed)
        self._line.online.connect(self._online)
        self._line.live_changed.connect(self._live)
        self._line.knocked.connect(self._go_on)
        self._line.heard.connect(self._heard)

    # For the views

    def start(self) -> None:
        """Begin: read what waits, take over drafts from other PCs, listen to events, send."""
        self._running = True
        self._background.run(Command("prune", self._store.prune, lambda _: None, self._disk), lane="store")
        self._count()
        self._line.start()

    def stop(self) -> None:
        """Save what is not saved yet, stop sending and listening."""
        self._saver.stop()
        self._running = False
        self._mirror_timer.stop()
        self._line.stop()

    @property
    def line(self) -> Connection:
        """Whether the server is there, and what it tells by itself."""
        return self._line

    @property
    def is_listening(self) -> bool:
        return self._line.is_listening

    def renewed(self) -> None:
        """A fresh server session is there (connect `SessionModel.renewed`)."""
        self._line.renewed()

    def save(self, draft: LocalDraft) -> None:
        """The text changed: into the store within a second, to the server within five."""
        self._saver.save(draft)

    def flush(self) -> None:
        """Save now what waits for its second (before signing, locking, closing)."""
        self._saver.flush()

    def drop(self, draft: LocalDraft) -> None:
        """Throw a draft away, here and at the server."""
        self._saver.drop(draft)

    def claim(self, entry: UUID) -> None:
        """An editor is open on this draft: two texts that meet are the editor's to join."""
        self._claimed.add(entry)

    def release(self, entry: UUID) -> None:
        """The editor is closed."""
        self._claimed.discard(entry)

    def newest(self, read: LocalDraft) -> LocalDraft:
        """A draft that was read a moment ago, with the words that came since."""
        return self._saver.newest(read)

    def resolve(self, mine: LocalDraft, theirs: DraftView) -> None:
        """These words hold both texts (joined, or chosen by the person): they go on from the server's revision."""
        self._saver.resolve(mine, theirs)

    def send(self, command: OutboxCommand, *, closes: UUID | None = None) -> None:
        """Put a command into the outbox; `closes` is the entry whose draft the signed file is made of."""
        self._saver.send(command, closes)

    def put_away(self, item: OutboxItem) -> None:
        """The person has seen a refusal; its draft is open again already."""
        self._saver.put_aside(item)

    def retry_now(self) -> None:
        """Try the server now (Ctrl+R)."""
        self._line.retry_now()

    # Saving

    def _saved(self, draft: LocalDraft) -> None:
        self._refused_drafts = {held for held in self._refused_drafts if held[0] != draft.entry}
        self._show(saved_at=draft.saved_at, disk_trouble="")
        self.draft_saved.emit(draft)
        if self._running and not self._mirror_timer.isActive():
            self._mirror_timer.start(max(500, self._account.settings.mirror_after_ms - MIRROR_MARGIN_MS))
        self._count()
        self._met(draft)  # what came from elsewhere waited until the newest words were on the disk

    def _dropped(self, entry: UUID, gone: bool) -> None:
        if gone:
            self.draft_dropped.emit(entry)
        self._count()
        self._send()

    def _resolved(self, draft: LocalDraft) -> None:
        self.draft_merged.emit(draft)
        self._saved(draft)

    # Mirroring and sending

    def _mirror(self) -> None:
        if self._mirroring or not self._line.is_open:
            self._mirror_again = self._mirroring
            return
        self._mirroring = True
        mirror = partial(mirror_all, self._store, self._client, frozenset(self._refused_drafts))
        self._background.run(Command("mirror", mirror, self._mirrored, self._not_mirrored), lane="mirror")

    def _mirrored(self, done: Mirrored) -> None:
        self._mirroring = False
        for draft in done.received:
            self._show(received_at=draft.mirrored_at)
            self.draft_received.emit(draft)
        for draft in done.met:
            self._met(draft)
        for draft, refusal in done.refused:
            self._refused_drafts.add((draft.entry, draft.revision))
            self.draft_refused.emit(draft, refusal)
        self._count()
        if done.trouble is not None:
            self._failed(done.trouble)
        elif self._mirror_again:
            self._mirror_again = False
            self._mirror()

    def _met(self, draft: LocalDraft) -> None:
        if draft.theirs is None:
            return
        merged = merge(draft.server_values, draft.values, draft.theirs.values)
        if merged.clashes or draft.entry in self._claimed or draft.command is not None:
            self.draft_conflict.emit(draft)
        else:
            self._saver.join(draft, merged.values, draft.theirs)

    def _not_mirrored(self, refusal: Refusal) -> None:
        self._mirroring = False
        self._failed(refusal)

    def queued(self, item: OutboxItem) -> None:
        """Something lies in the outbox since now; the status says so at once, and not only after the next count."""
        self.command_queued.emit(item)
        if item.state is CommandState.WAITING:
            bare = item.command.model_copy(update={"body": b""})
            self._fresh += (item.model_copy(update={"command": bare}),)
            self._show(waiting=self._with_fresh(self.status.waiting))
        self._count()
        self._send()

    def _send(self) -> None:
        if self._line.is_open:
            self._sender.go_on()

    def _sent(self, sent: Sent) -> None:
        if not self._running:
            return
        if sent.trouble is None:
            self._tell_sent(sent)
        self._count()
        if sent.trouble is not None:
            self._failed(sent.trouble)
        else:
            self._send()

    def _tell_sent(self, sent: Sent) -> None:
        if sent.item.state is CommandState.REFUSED:
            self.command_refused.emit(sent.item)
        else:
            if sent.item.command.entry is not None:
                self._saver.gone(sent.item.command.entry)
            self.command_done.emit(sent.item)
        if (entry := sent.entry) is not None:
            self.entry_accepted.emit(entry)
        if sent.item.command.encounter is not None:
            self.chart_stale.emit(sent.item.command.encounter)

    # Online and away

    def _online(self, was_away: bool) -> None:
        self._adopt()
        self._go_on()
        if was_away:
            self._all_stale()

    def _live(self, live: bool) -> None:
        """What happened before the stream was open, or while it was not, is told by nobody: it is asked anew."""
        if live and self._running:
            self._adopt()
            self._all_stale()

    def _all_stale(self) -> None:
        self.chart_stale.emit(None)
        self.board_stale.emit(None)
        for stale in (self.reminders_stale, self.delegations_stale, self.settlements_stale, self.images_stale):
            stale.emit()

    def _go_on(self) -> None:
        self._mirror()
        self._send()

    def _line_changed(self) -> None:
        line = self._line
        self._show(offline_since=line.offline_since, next_try_at=line.next_try_at, needs_sign_in=line.needs_sign_in)

    def _failed(self, refusal: Refusal) -> None:
        if refusal.reasons[0].code in DISK:
            self._disk(refusal)
            self._line.later()
        else:
            self._line.failed(refusal)

    def _adopt(self) -> None:
        # The mirror's lane: my own save, seen again in the list, must have been answered before.
        person, claimed = self._account.person.id, frozenset(self._claimed)
        self._background.run(Command("adopt", lambda: adopt_mine(self._store, self._client, person, claimed),
                                     self._adopted, self._failed), lane="mirror")

    def _let_go(self, gone: UUID | None) -> None:
        if gone is not None:
            self._saver.gone(gone)
            self.draft_dropped.emit(gone)
            self._count()

    def _adopted(self, adopted: Adopted) -> None:
        for entry in adopted.gone:
            self._let_go(entry)
        for draft in adopted.drafts:
            if draft.theirs is not None:
                self._met(draft)
            else:
                self.draft_merged.emit(draft)
        if adopted.drafts:
            self._count()
            self._mirror()

    def _heard(self, event: ServerEvent) -> None:
        bare = {"settlement": self.settlements_stale, "delegation": self.delegations_stale, "images": self.images_stale,
                "reminder": self.reminders_stale, "correction": self.reminders_stale}
        if event.topic in bare:
            bare[event.topic].emit()
        mine = event.entry in self._claimed
        if event.topic == "draft" and (mine or event.encounter is None):  # R34: one that was laid before me names none
            self._adopt()
        elif event.topic == "draft" and event.encounter is not None:
            self.drafts_stale.emit(event.encounter)
        if event.topic == "entry" and event.entry is not None and not mine:
            self._background.run(Command("let go", partial(let_go, self._store, self._client, event.entry),
                                         self._let_go, self._failed), lane="mirror")
        if event.topic in ("entry", "board", "imaging_orders") and event.encounter is not None:
            self.chart_stale.emit(event.encounter)
        if event.topic in ("entry", "board"):
            self.board_stale.emit(event.ward)

    # Status

    def _count(self) -> None:
        if not self._running:
            return
        if self._counting:
            self._count_again = True
            return
        self._counting = True
        self._background.run(Query("count", self._read_waiting, self._counted, self._not_counted), lane="read")

    def _read_waiting(self) -> dict[str, Any]:
        return {
            "waiting": self._store.commands(CommandState.WAITING),
            "refused": self._store.commands(CommandState.REFUSED, CommandState.QUARANTINED),
            "waiting_drafts": tuple(draft for draft in self._store.drafts() if draft.waiting and not draft.command),
        }

    def _counted(self, waiting: dict[str, Any]) -> None:
        self._counting = False
        if not self._count_again:
            self._fresh = ()  # all of them were there when it was counted
        self._show(**{**waiting, "waiting": self._with_fresh(waiting["waiting"])})
        if self._count_again:
            self._count_again = False
            self._count()

    def _with_fresh(self, waiting: tuple[OutboxItem, ...]) -> tuple[OutboxItem, ...]:
        numbers = {item.number for item in waiting}
        return (*waiting, *(item for item in self._fresh if item.number not in numbers))

    def _not_counted(self, refusal: Refusal) -> None:
        self._counting = False
        self._disk(refusal)

    def _disk(self, refusal: Refusal) -> None:
        log.error("The local store: %s", refusal)
        self._show(disk_trouble=refusal.vietnamese)

    def _show(self, **news: Any) -> None:
        status = self.status.model_copy(update=news)
        if status != self.status:
            self.status = status
            self.status_changed.emit(status)

    def _timer(self, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(act)
        return timer
