"""Commands that were carried out: what was asked, as a digest, and the answer, encrypted like what it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from records.errors import Refusal
from server.store.base import lock
from server.store.keys import HOUSE, Keys, ScopeKey
from server.store.tables import commands


@dataclass(frozen=True)
class Kept:
    """An answer as it went out."""

    status: int
    body: bytes


def kept(db: Connection, keys: Keys, command: UUID, person: UUID, digest: str) -> Kept | None:
    """The answer of a command that was done before; a second sender waits here for the first.

    The same id for another content, or from another person, is refused.
    """
    lock(db, "command", command)
    row = db.execute(select(commands).where(commands.c.id == command)).one_or_none()
    if row is None:
        return None
    if (row.person, row.digest) != (person, digest):
        raise Refusal.because("command_replayed_differently")
    key = keys.house(db) if row.scope == HOUSE else keys.of(db, row.scope)
    return Kept(row.status, key.decrypt(f"command:{command}", row.answer))


def keep(db: Connection, key: ScopeKey, command: UUID, answer: Kept, *, person: UUID, digest: str) -> None:
    """Keep the answer in the transaction of its effect."""
    db.execute(commands.insert().values(
        id=command, person=person, digest=digest, status=answer.status, scope=key.scope,
        answer=key.encrypt(f"command:{command}", answer.body)))
