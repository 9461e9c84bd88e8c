"""The hospital's times (R20-R26), kept as dated settings: a change counts for what begins from its day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from records.deadlines import DeadlineSettings, settings_on
from server.store.tables import settings

_NAME = "deadlines"
TIMES = tuple(name for name, value in asdict(DeadlineSettings()).items() if isinstance(value, int))
"""What can be set: hours, days and minutes, all whole."""
_READ = select(settings.c.valid_from, settings.c.value).where(settings.c.name == _NAME).order_by(settings.c.id)


def rules(db: Connection) -> tuple[DeadlineSettings, ...]:
    """All that were ever in force or will be; of one day the last word counts."""
    by_day = {DeadlineSettings().valid_from: DeadlineSettings()}
    for row in db.execute(_READ):
        by_day[row.valid_from] = DeadlineSettings(valid_from=row.valid_from, **row.value)
    return tuple(by_day.values())


def put(db: Connection, times: Mapping[str, int], valid_from: date) -> DeadlineSettings:
    """From that day on these times; those that are not named stay as they are on that day."""
    changed: dict[str, Any] = dict(times)
    now = replace(settings_on(rules(db), valid_from), **changed)
    db.execute(settings.insert().values(
        name=_NAME, valid_from=valid_from, value={name: getattr(now, name) for name in TIMES}))
    return replace(now, valid_from=valid_from)
