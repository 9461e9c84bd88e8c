"""Abbreviations that the hospital approves itself (R38), kept as dated settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, func, select

from records.deadlines import ZONE
from server.store.tables import settings

_NAME = "abbreviations"


def approved(db: Connection, on: date | None = None) -> dict[str, str]:
    """The hospital's own list as it is in force on that day (today, when none is named)."""
    day = on or func.timezone(ZONE.key, func.now()).cast(settings.c.valid_from.type)
    found: Mapping[str, str] | None = db.scalar(
        select(settings.c.value).where(settings.c.name == _NAME, settings.c.valid_from <= day)
        .order_by(settings.c.valid_from.desc(), settings.c.id.desc()).limit(1))
    return dict(found or {})


def put(db: Connection, words: Mapping[str, str], valid_from: date) -> None:
    """From that day on this list."""
    db.execute(settings.insert().values(name=_NAME, valid_from=valid_from, value=dict(words)))
