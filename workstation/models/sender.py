"""Outbox -> server: the first in line, until the server has said yes or no to it; beside it those of other stays."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal, Trouble
from records.messages import Accepted, EntryView, Quarantined
from workstation.background import Background, Command
from workstation.client import Client, ServerClock
from workstation.drafts import CommandState, OutboxItem
from workstation.ids import new_id
from workstation.models.account import utc_now

if TYPE_CHECKING:
    from workstation.drafts import Store

AT_ONCE = 3
"""While the server stores one file the next ones are on their way: a third fills the time that two wait for disks."""
WAITED = timedelta(seconds=60)
"""A file that is older has waited for the server."""


@dataclass(frozen=True)
class Sent:
    """What became of one command."""

    item: OutboxItem
    trouble: Trouble | None = None
    """It could not be sent; it stays in its place in line."""

    @property
    def entry(self) -> EntryView | None:
        """The entry as the server has it now, when a signed file was accepted."""
        if self.item.command.kind != "sign" or self.item.state is not CommandState.DONE:
            return None
        return Accepted.model_validate_json(self.item.answer).entry


def late_path(item: OutboxItem, refusal: Refusal, now: datetime, clock: ServerClock) -> str | None:
    """Where a file goes that was signed with the server at hand but could not be sent before it went away.

    The server finds it late («clock_off») though this PC's clock is right: it has waited here. The truth is then that
    it was signed in an outage, and of an entry begun here the server stores that, marked and settled by a person.
    """
    command = item.command
    waited = command.kind == "sign" and now - command.created_at > WAITED and not clock.reasons()
    if not waited or any(reason.code != "clock_off" for reason in refusal.reasons):
        return None
    if "offline=false" not in command.path or "begun_at=" not in command.path:
        return None
    return command.path.replace("offline=false", "offline=true")


class Outbox:
    """What waits, taken by up to `AT_ONCE` threads at a time; none takes what another has in hand."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store, self._client = store, client
        self._lock = threading.Lock()
        self._in_hand: set[int] = set()

    def send_next(self) -> Sent | None:
        """Send the first command that may go now; None when nothing may. Once: its id goes with it each time."""
        with self._lock:
            items = self._store.next_commands(AT_ONCE, but=self._in_hand)
            if not items:
                return None
            self._in_hand.add(items[0].number)
        try:
            return _send(self._store, self._client, items[0])
        finally:
            with self._lock:
                self._in_hand.discard(items[0].number)


class Sender(QObject):
    """Keeps `AT_ONCE` commands on their way for as long as any waits: none waits for the slower one of a pair."""

    sent = pyqtSignal(object)
    """Sent."""
    failed = pyqtSignal(object)
    """Refusal: of this PC's disk, or a bug."""

    def __init__(self, store: Store, client: Client, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outbox, self._background = Outbox(store, client), background
        self._idle = [f"send {number}" for number in range(AT_ONCE)]
        self._look_again = False

    def go_on(self) -> None:
        """Send what waits, if anything does."""
        # Whoever is looking at this moment may have looked before the newest command came.
        self._look_again = not self._idle
        while self._idle:
            lane = self._idle.pop()
            self._background.run(Command("send", self._outbox.send_next, partial(self._back, lane),
                                         partial(self._broken, lane)), lane=lane)

    def _back(self, lane: str, sent: Sent | None) -> None:
        self._idle.append(lane)
        if sent is not None:
            self.sent.emit(sent)
        elif self._look_again:
            self.go_on()

    def _broken(self, lane: str, refusal: Refusal) -> None:
        self._idle.append(lane)
        self.failed.emit(refusal)


def _send(store: Store, client: Client, item: OutboxItem) -> Sent:
    command = item.command
    try:
        answer = client.send(command.method, command.path, store.body(item), command.content_type, command.id)
    except Trouble as trouble:
        store.mark_tried(item.number, trouble.reasons)
        return Sent(item, trouble)
    except Refusal as refusal:
        if (path := late_path(item, refusal, utc_now(), client.clock)) is not None:
            store.send_anew(item.number, path, new_id())
            return _send(store, client, store.command(item.number))
        return Sent(store.mark_refused(item.number, refusal.reasons))
    if command.kind == "sign" and answer.status == 202:
        reasons = Quarantined.model_validate_json(answer.body).reasons
        return Sent(store.mark_done(item.number, answer.body, reasons))
    return Sent(store.mark_done(item.number, answer.body))
