"""What each person was shown of an entry last, under the encounter's key; a look only ever moves forward."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from records.messages import Look
from server.store.base import as_json
from server.store.keys import ScopeKey
from server.store.tables import last_looks


def keep(db: Connection, key: ScopeKey, person: UUID, look: Look, seen_at: datetime) -> bool:
    """Keep this look unless a newer one stands there, or the entry lies in another encounter. Whether it was kept."""
    row = insert(last_looks).values(
        person=person, entry=look.entry, encounter=key.scope, version=look.version, seen_at=seen_at,
        content=key.encrypt(_about(person, look.entry), as_json(look.values).encode()))
    return db.scalar(row.on_conflict_do_update(
        index_elements=["person", "entry"],
        set_={"version": row.excluded.version, "seen_at": row.excluded.seen_at, "content": row.excluded.content,
              "received_at": func.clock_timestamp()},
        where=(last_looks.c.seen_at < row.excluded.seen_at) & (last_looks.c.encounter == row.excluded.encounter),
    ).returning(last_looks.c.entry)) is not None


def of_encounter(
    db: Connection, key: ScopeKey, person: UUID, entries: Collection[UUID] | None = None,
) -> tuple[Look, ...]:
    """The person's own last looks in an encounter, newest first; of these entries only, when they are named."""
    query = select(last_looks).where(last_looks.c.person == person, last_looks.c.encounter == key.scope)
    if entries is not None:
        query = query.where(last_looks.c.entry.in_(entries))
    return tuple(
        Look(entry=row.entry, version=row.version, seen_at=row.seen_at,
             values=json.loads(key.decrypt(_about(person, row.entry), row.content)))
        for row in db.execute(query.order_by(last_looks.c.seen_at.desc())))


def _about(person: UUID, entry: UUID) -> str:
    return f"look:{person}:{entry}"
