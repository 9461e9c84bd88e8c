"""What a ward board shows of many encounters at once: unsigned work, last vital signs, signed parts."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from records.entries import State
from records.messages import VitalsPoint
from server.store.entries import about
from server.store.keys import Keys
from server.store.tables import entries, signatures, version_states, versions


def vitals(
    db: Connection, keys: Keys, encounters: Collection[UUID], form: str, kind: str, *, many: int,
) -> dict[UUID, tuple[VitalsPoint, ...]]:
    """The last `many` entries of that kind of each encounter, oldest first, by the time they were measured."""
    if not encounters:
        return {}
    ranked = (
        select(entries.c.id, entries.c.encounter, version_states.c.number, versions.c.body, versions.c.occurred_at,
               func.row_number().over(partition_by=entries.c.encounter,
                                      order_by=versions.c.occurred_at.desc()).label("rank"))
        .join(version_states, (version_states.c.entry == entries.c.id) & version_states.c.latest)
        .join(versions, (versions.c.entry == entries.c.id) & (versions.c.number == version_states.c.number))
        .where(entries.c.encounter.in_(encounters), entries.c.form == form, entries.c.kind == kind,
               version_states.c.state != State.CANCELLED.value)
    ).subquery()
    rows = db.execute(select(ranked).where(ranked.c.rank <= many).order_by(ranked.c.occurred_at)).all()
    opened = keys.of_many(db, {row.encounter for row in rows})
    found: dict[UUID, list[VitalsPoint]] = {}
    for row in rows:
        if row.encounter in opened:
            content = json.loads(opened[row.encounter].decrypt(about(row.id, row.number), row.body))
            found.setdefault(row.encounter, []).append(VitalsPoint(at=row.occurred_at, values=content["values"]))
    return {encounter: tuple(points) for encounter, points in found.items()}


def signed_at(db: Connection, encounters: Collection[UUID], form: str, kind: str) -> dict[UUID, datetime]:
    """When an entry of that kind had all its signatures, for encounters that have one."""
    if not encounters:
        return {}
    last = (
        select(entries.c.encounter, func.max(signatures.c.signed_at).label("at"))
        .join(version_states, version_states.c.entry == entries.c.id)
        .join(signatures, (signatures.c.entry == entries.c.id) & (signatures.c.number == version_states.c.number))
        .where(entries.c.encounter.in_(encounters), entries.c.form == form, entries.c.kind == kind,
               version_states.c.state.in_((State.SIGNED.value, State.AMENDED.value, State.REPLACED.value)))
        .group_by(entries.c.encounter, entries.c.id, version_states.c.number)
    ).subquery()
    first = select(last.c.encounter, func.min(last.c.at).label("at")).group_by(last.c.encounter)
    return {row.encounter: row.at for row in db.execute(first)}
