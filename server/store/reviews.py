"""What a record's clocks look back at (R20-R23): parts that are signed, and the ward head's last look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, any_, bindparam, func, literal, select, tuple_

from records.entries import State
from records.forms import Role
from server.store.base import among_bound
from server.store.tables import entries, people, signatures, version_states

Kind = tuple[str, str]
"""Form code and entry kind."""
_LAST = (
    select(signatures.c.encounter, func.max(signatures.c.signed_at).label("at"))
    .join(people, people.c.id == signatures.c.person)
    .where(among_bound(signatures.c.encounter, "which"),
           literal(Role.WARD_HEAD.value) == any_(people.c.roles))
    .group_by(signatures.c.encounter)
)
_SIGNED = (
    select(entries.c.encounter, entries.c.form, entries.c.kind, func.min(version_states.c.changed_at).label("at"))
    .join(version_states, (version_states.c.entry == entries.c.id) & version_states.c.latest)
    .where(among_bound(entries.c.encounter, "which"),
           tuple_(entries.c.form, entries.c.kind).in_(bindparam("kinds", expanding=True)),
           version_states.c.state == State.SIGNED.value)
    .group_by(entries.c.encounter, entries.c.form, entries.c.kind)
)


def last(db: Connection, encounters: Collection[UUID]) -> dict[UUID, datetime]:
    """The ward head's newest signature, by encounter; one without is left out."""
    if not encounters:
        return {}
    return {row.encounter: row.at for row in db.execute(_LAST, {"which": list(encounters)})}


def signed(db: Connection, encounters: Collection[UUID], kinds: Collection[Kind]) -> dict[UUID, dict[Kind, datetime]]:
    """By encounter, which of these kinds are fully signed, and since when by the server's clock."""
    found: dict[UUID, dict[Kind, datetime]] = {}
    if not encounters or not kinds:
        return found
    for row in db.execute(_SIGNED, {"which": list(encounters), "kinds": list(kinds)}):
        found.setdefault(row.encounter, {})[row.form, row.kind] = row.at
    return found
