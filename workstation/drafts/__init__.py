"""The encrypted local store: drafts, outbox and cached charts of one person on this PC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workstation.drafts.keyfile import KeyFile
from workstation.drafts.shelf import Owner, Shelf
from workstation.drafts.values import (
    Awaited,
    AwaitedDocument,
    Cached,
    CommandState,
    LocalDraft,
    LocalLook,
    OutboxCommand,
    OutboxItem,
)

if TYPE_CHECKING:
    from workstation.drafts.store import Store

__all__ = [
    "Awaited",
    "AwaitedDocument",
    "Cached",
    "CommandState",
    "KeyFile",
    "LocalDraft",
    "LocalLook",
    "OutboxCommand",
    "OutboxItem",
    "Owner",
    "Shelf",
    "Store",
]


def __getattr__(name: str) -> Any:
    """`Store` on first use: SQLAlchemy takes a quarter of a second that the sign-in window need not wait for."""
    if name == "Store":
        from workstation.drafts.store import Store

        return Store
    raise AttributeError(name)
