"""The encrypted local store: drafts, outbox and cached charts of one person on this PC."""

from workstation.drafts.values import Cached, CommandState, LocalDraft, OutboxCommand, OutboxItem

__all__ = ["Cached", "CommandState", "LocalDraft", "OutboxCommand", "OutboxItem"]
