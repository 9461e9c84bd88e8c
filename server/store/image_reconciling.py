"""Studies whose patient a person settles: which wait, what was decided, and what counts from then on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, insert, or_, select, text, update

from server.store.keys import Keys, ScopeKey
from server.store.tables import image_decisions, image_studies

RECENT = 200
"""Studies about which somebody decided that are still shown, the newest first, so that it can be taken back."""


def listed(db: Connection) -> tuple[Row[Any], ...]:
    """Those that wait, oldest first, then those about which somebody decided lately."""
    decided = exists().where(image_decisions.c.study == image_studies.c.id)
    waiting = db.execute(select(image_studies).where(image_studies.c.state == "open")
                         .order_by(image_studies.c.received_at)).all()
    done = db.execute(select(image_studies).where(or_(image_studies.c.state == "set_aside", decided),
                                                  image_studies.c.state.in_(("matched", "set_aside")))
                      .order_by(image_studies.c.changed_at.desc()).limit(RECENT)).all()
    return (*waiting, *done)


def study(db: Connection, uid: str) -> Row[Any] | None:
    """The study of that UID, held until the transaction ends."""
    return db.execute(select(image_studies).where(image_studies.c.uid == uid, image_studies.c.state != "destroyed")
                      .with_for_update()).one_or_none()


@dataclass(frozen=True)
class Decided:
    """One decision about a study: whose it was said to be, why, and by whom."""

    decision: str
    patient_no: str
    patient_name: str
    reason: str
    person_name: str
    at: datetime


def decisions(db: Connection, keys: Keys, studies: Collection[UUID]) -> dict[UUID, list[Decided]]:
    """What was decided about each of them, oldest first."""
    rows = db.execute(_DECISIONS, {"studies": list(studies)}).all()
    ring = keys.of_many(db, {row.study for row in rows if row.sealed is not None})
    found: dict[UUID, list[Decided]] = {}
    for row in rows:
        reason = row.reason if row.sealed is None else ring[row.study].decrypt(_about(row.id), row.sealed).decode()
        found.setdefault(row.study, []).append(Decided(
            row.decision, row.patient_no, row.patient_name, reason, row.person_name, row.at))
    return found


def decide(db: Connection, key: ScopeKey, row: Mapping[str, Any], reason: str, now: Mapping[str, Any]) -> None:
    """Keep the decision, its reason under the study's key, and let the study stand as it says."""
    db.execute(insert(image_decisions).values(
        study=key.scope, sealed=key.encrypt(_about(row["id"]), reason.encode()), **row))
    db.execute(update(image_studies).where(image_studies.c.id == key.scope).values(
        changed_at=text("clock_timestamp()"), **now))


def _about(decision: UUID) -> str:
    return f"image-decision:{decision}"


_DECISIONS = text("""
    SELECT d.id, d.study, d.decision, d.reason, d.sealed, d.at, coalesce(p.patient_no, '') AS patient_no,
        coalesce(p.full_name, '') AS patient_name, btrim(w.title || ' ' || w.full_name) AS person_name
    FROM image_decisions AS d JOIN people AS w ON w.id = d.person LEFT JOIN patients AS p ON p.id = d.patient
    WHERE d.study = ANY(:studies) ORDER BY d.at, d.id
""")
