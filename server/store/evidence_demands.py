"""The level of evidence that the hospital demands, kept as dated settings: who changed it, and when, stays readable."""

from __future__ import annotations

from sqlalchemy import Connection, select

from records.evidence_demand import Demand, Step
from records.signatures import EvidenceLevel
from server.store.tables import settings

_PREFIX = "evidence_level."


def read(db: Connection) -> tuple[Demand, ...]:
    """Everything that was ever set, the later said the later; of one day the last word counts."""
    rows = db.execute(select(settings.c.name, settings.c.valid_from, settings.c.value)
                      .where(settings.c.name.startswith(_PREFIX)).order_by(settings.c.valid_from, settings.c.id))
    said = {(row.name, row.valid_from): Demand(Step(row.name.removeprefix(_PREFIX)), row.valid_from,
                                               EvidenceLevel(row.value)) for row in rows}
    return tuple(said.values())


def put(db: Connection, demand: Demand) -> None:
    """From that day on."""
    db.execute(settings.insert().values(name=_PREFIX + demand.step.value, valid_from=demand.since,
                                        value=demand.level.value))
