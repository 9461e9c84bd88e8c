"""Outbox -> server: the first in line, until the server has said yes or no to it; beside it one of another stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from records.errors import Refusal, Trouble
from records.messages import Accepted, EntryView, Quarantined
from workstation.client import Client, ServerClock
from workstation.drafts import CommandState, OutboxItem
from workstation.ids import new_id
from workstation.models.account import utc_now

if TYPE_CHECKING:
    from workstation.drafts import Store

AT_ONCE = 2
"""While the server stores one file, the next is on its way: a signed stack leaves half as fast again."""
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


def send_next(store: Store, client: Client) -> tuple[Sent, ...]:
    """Send the first command that waits, and beside it the first of another encounter; empty when nothing waits.

    Once: its id goes with it each time.
    """
    items = store.next_commands(AT_ONCE)
    if len(items) < 2:
        return tuple(_send(store, client, item) for item in items)
    with ThreadPoolExecutor(len(items), "outbox") as pool:
        return tuple(pool.map(partial(_send, store, client), items))


def _send(store: Store, client: Client, item: OutboxItem) -> Sent:
    command = item.command
    try:
        answer = client.send(command.method, command.path, command.body, command.content_type, command.id)
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
