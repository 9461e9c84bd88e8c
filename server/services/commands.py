"""Commands are done once: the answer is kept with its effect and given again."""

from __future__ import annotations

from uuid import UUID

from server.services.hospital import Desk
from server.store import commands as store
from server.store.commands import Kept


def kept(desk: Desk, command: UUID, digest: str) -> Kept | None:
    """The answer of this command when it was done before."""
    return store.kept(desk.db, desk.keys, command, desk.person.id, digest)


def keep(desk: Desk, command: UUID, digest: str, answer: Kept) -> None:
    """Keep the answer in the transaction of its effect."""
    store.keep(desk.db, desk.key(desk.scope), command, answer, person=desk.person.id, digest=digest)


__all__ = ["Kept", "keep", "kept"]
