"""What a ward board shows of many encounters at once: unsigned work, last vital signs, signed parts."""

from __future__ import annotations

import json
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, func, select, tuple_

from records.entries import State
from records.messages import VitalsPoint
from server.store import base
from server.store.entries import about
from server.store.keys import Keys
from server.store.reviews import Kind
from server.store.tables import entries, version_states, versions


def vitals(
    db: Connection, keys: Keys, encounters: Collection[UUID], kinds: Collection[Kind], *, many: int,
) -> dict[UUID, list[VitalsPoint]]:
    """The last `many` entries of these kinds of each encounter, oldest first, by the time they were measured."""
    if not encounters:
        return {}
    # Ranked without their contents: of a long stay there are hundreds, of which a few are shown.
    ranked = (
        select(entries.c.id, entries.c.encounter, version_states.c.number,
               func.row_number().over(partition_by=entries.c.encounter,
                                      order_by=versions.c.occurred_at.desc()).label("rank"))
        .join(version_states, (version_states.c.entry == entries.c.id) & version_states.c.latest)
        .join(versions, (versions.c.entry == entries.c.id) & (versions.c.number == version_states.c.number))
        .where(base.among(entries.c.encounter, encounters), tuple_(entries.c.form, entries.c.kind).in_(list(kinds)),
               version_states.c.state != State.CANCELLED.value)
    ).subquery()
    rows = db.execute(
        select(ranked.c.id, ranked.c.encounter, ranked.c.number, versions.c.body, versions.c.occurred_at)
        .join(versions, (versions.c.entry == ranked.c.id) & (versions.c.number == ranked.c.number))
        .where(ranked.c.rank <= many).order_by(versions.c.occurred_at)).all()
    opened = keys.of_many(db, {row.encounter for row in rows}) if rows else {}
    found: dict[UUID, list[VitalsPoint]] = {}
    for row in rows:
        if row.encounter in opened:
            content = json.loads(opened[row.encounter].decrypt(about(row.id, row.number), row.body))
            found.setdefault(row.encounter, []).append(VitalsPoint(at=row.occurred_at, values=content["values"]))
    return found
