"""When a ward's head last looked at a record (R22): their newest signature in it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, any_, func, literal, select

from records.forms import Role
from server.store.tables import people, signatures


def last(db: Connection, encounters: Collection[UUID]) -> dict[UUID, datetime]:
    """By encounter; one without a ward head's signature is left out."""
    if not encounters:
        return {}
    rows = db.execute(
        select(signatures.c.encounter, func.max(signatures.c.signed_at).label("at"))
        .join(people, people.c.id == signatures.c.person)
        .where(signatures.c.encounter.in_(encounters), literal(Role.WARD_HEAD.value) == any_(people.c.roles))
        .group_by(signatures.c.encounter))
    return {row.encounter: row.at for row in rows}
