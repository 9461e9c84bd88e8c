"""What has become of a draft that is not here, or comes late: signed from here, asked for on the phone, thrown away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select

from workstation.drafts import tables
from workstation.drafts.awaited import closed_for
from workstation.drafts.values import CommandState, LocalDraft

DROP = "drop"
"""The kind of a command that tells the server that a draft was thrown away."""


def handed_in(db: Connection, draft: LocalDraft) -> bool:
    """Whether the server took this draft from here already: a save that comes after that must not bring it back."""
    return _signed(db, draft, CommandState.DONE) is not None


def closing(db: Connection, draft: LocalDraft) -> UUID | None:
    """The command whose file was made of this text before its first save came here: it closes the draft too."""
    return closed_for(db, draft.entry) or _signed(db, draft, CommandState.WAITING)


def thrown_away(db: Connection, entry: UUID, asked_at: datetime) -> bool:
    """Whether it was thrown away here, and what the server said at that time may not know of it."""
    outbox = tables.outbox.c
    drops = db.execute(select(outbox.done_at).where(
        outbox.entry == entry, outbox.kind == DROP,
        or_(outbox.state == CommandState.WAITING.value, outbox.state == CommandState.DONE.value))).scalars()
    return any(done_at is None or done_at > asked_at for done_at in drops)


def _signed(db: Connection, draft: LocalDraft, state: CommandState) -> UUID | None:
    outbox = tables.outbox.c
    return db.execute(select(outbox.id).where(
        outbox.entry == draft.entry, outbox.version > draft.base_version, outbox.kind == "sign",
        outbox.state == state.value)).scalar()
