"""Hours of access by role (R39), kept as dated settings: who changed them, and when, can be read for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, any_, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from records.access_hours import Hours
from records.deadlines import ZONE
from records.forms import Role
from server.store.tables import people, settings

_PREFIX = "access_hours."
# A name that comes twice keeps its last value: the newest that is valid already.
_NEWEST = func.jsonb_object_agg(settings.c.name, aggregate_order_by(
    settings.c.value, settings.c.valid_from, settings.c.id), type_=JSONB)
_IN_FORCE = settings.c.valid_from <= func.timezone(ZONE.key, func.now()).cast(settings.c.valid_from.type)
OF_PERSON = (
    select(_NEWEST)
    .where(settings.c.name.startswith(_PREFIX), _IN_FORCE,
           func.substr(settings.c.name, len(_PREFIX) + 1) == any_(people.c.roles))
    .correlate(people).scalar_subquery().label("role_hours")
)
"""A column beside a person: what is set for their roles, for `read`."""


def read(found: Mapping[str, Any] | None) -> dict[Role, Hours]:
    """Hours by role, of the roles for which there are any."""
    return {Role(name.removeprefix(_PREFIX)): Hours.model_validate(value)
            for name, value in (found or {}).items() if value is not None}


def all_set(db: Connection) -> dict[Role, Hours]:
    """What holds now."""
    return read(db.scalar(select(_NEWEST).where(settings.c.name.startswith(_PREFIX), _IN_FORCE)))


def put(db: Connection, role: Role, hours: Hours | None, at: datetime) -> None:
    """From today on these hours for the role; None: at any time."""
    db.execute(settings.insert().values(
        name=_PREFIX + role.value, valid_from=at.astimezone(ZONE).date(),
        value=hours.model_dump(mode="json") if hours else None))
