"""Outbox -> server: the first in line, until the server has said yes or no to it."""

from __future__ import annotations

from dataclasses import dataclass

from records.errors import Refusal, Trouble
from records.messages import Accepted, EntryView, Quarantined
from workstation.client import Client
from workstation.drafts import CommandState, OutboxItem, Store


@dataclass(frozen=True)
class Sent:
    """What became of the first in line."""

    item: OutboxItem
    trouble: Trouble | None = None
    """It could not be sent; it stays the first in line."""

    @property
    def entry(self) -> EntryView | None:
        """The entry as the server has it now, when a signed file was accepted."""
        if self.item.command.kind != "sign" or self.item.state is not CommandState.DONE:
            return None
        return Accepted.model_validate_json(self.item.answer).entry


def send_next(store: Store, client: Client) -> Sent | None:
    """Send the first command that waits; None when nothing waits. Once: its id goes with it each time."""
    item = store.next_command()
    if item is None:
        return None
    command = item.command
    try:
        answer = client.send(command.method, command.path, command.body, command.content_type, command.id)
    except Trouble as trouble:
        store.mark_tried(item.number, trouble.reasons)
        return Sent(item, trouble)
    except Refusal as refusal:
        return Sent(store.mark_refused(item.number, refusal.reasons))
    if command.kind == "sign" and answer.status == 202:
        reasons = Quarantined.model_validate_json(answer.body).reasons
        return Sent(store.mark_done(item.number, answer.body, reasons))
    return Sent(store.mark_done(item.number, answer.body))
