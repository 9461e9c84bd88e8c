"""The encrypted local store: drafts, outbox and cached charts of one person on this PC."""

from workstation.drafts.keyfile import KeyFile
from workstation.drafts.shelf import Owner, Shelf
from workstation.drafts.store import Store
from workstation.drafts.values import Cached, CommandState, LocalDraft, OutboxCommand, OutboxItem

__all__ = [
    "Cached",
    "CommandState",
    "KeyFile",
    "LocalDraft",
    "OutboxCommand",
    "OutboxItem",
    "Owner",
    "Shelf",
    "Store",
]
