"""Images that were kept apart: whom they name, which of them somebody decided about, and what was said of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text

from records.image_identity import Named
from server.store.base import among
from server.store.keys import Keys, ScopeKey
from server.store.tables import image_stray_decisions, image_stray_settlements, image_strays, image_studies

RECENT = 200
"""So many studies are told of; those of which an image still waits come first."""


@dataclass(frozen=True)
class OfSeries:
    """The series that an image says it is of."""

    number: int | None
    modality: str
    description: str


@dataclass(frozen=True)
class Said:
    """Whom and which series an image names that is kept apart."""

    named: Named
    series: OfSeries


@dataclass(frozen=True)
class Stray:
    """One of them; `decided` is `release`, `apart` or nothing, `here` when an image of its UID is in a study by now."""

    id: UUID
    study: UUID
    uid: str
    why: str
    file: str
    length: int
    sender: str
    told: bytes | None
    received_at: datetime
    here: bool
    decision: UUID | None
    decided: str


@dataclass(frozen=True)
class Decided:
    """What somebody said of those that name `named` (nothing: of those of which that is not known)."""

    decision: str
    named: Named | None
    reason: str
    person_name: str
    at: datetime


def seal(key: ScopeKey, file: str, said: Said) -> bytes:
    """What an image says, as its row keeps it; `file` is its SHA-256."""
    return key.encrypt(_about(file), json.dumps(asdict(said)).encode())


def opened(key: ScopeKey, stray: Stray) -> Said | None:
    """The same, read; nothing for one that came before it was kept."""
    if stray.told is None:
        return None
    told = json.loads(key.decrypt(_about(stray.file), stray.told))
    return Said(Named(**told["named"]), OfSeries(**told["series"]))


def study(db: Connection, uid: str) -> Row[Any] | None:
    """The study of that UID."""
    return db.execute(select(image_studies).where(image_studies.c.uid == uid, image_studies.c.state != "destroyed")
                      ).one_or_none()


def studies(db: Connection) -> tuple[Row[Any], ...]:
    """Studies whose UID such images name, the newest first."""
    newest = {row.study: place for place, row in enumerate(db.execute(_STUDIES, {"most": RECENT}))}
    rows = db.execute(select(image_studies).where(among(image_studies.c.id, newest))).all()
    return tuple(sorted(rows, key=lambda row: newest[row.id]))


def of_studies(db: Connection, which: Collection[UUID]) -> tuple[Stray, ...]:
    """Those that name these studies, in the order in which they came; one that was filed when it came again is none."""
    return tuple(Stray(**row._mapping) for row in db.execute(_STRAYS, {"studies": list(which)}))


def files_of(db: Connection, uid: str) -> tuple[tuple[UUID, str], ...]:
    """The study and the SHA-256 of what is kept apart under that SOP Instance UID, the newest first."""
    return tuple((row.study, row.file) for row in db.execute(
        select(image_strays.c.study, image_strays.c.file).where(image_strays.c.uid == uid)
        .order_by(image_strays.c.received_at.desc())))


def decide(
    db: Connection, key: ScopeKey, row: dict[str, Any], strays: Sequence[UUID], *, named: Named | None, reason: str,
) -> None:
    """Keep what was decided about them."""
    told = {"named": None if named is None else asdict(named), "reason": reason}
    db.execute(insert(image_stray_decisions).values(
        study=key.scope, sealed=key.encrypt(_decision_about(row["id"]), json.dumps(told).encode()), **row))
    settle(db, row["id"], strays)


def settle(db: Connection, decision: UUID, strays: Sequence[UUID]) -> None:
    """That decision is about them."""
    db.execute(insert(image_stray_settlements), [{"stray": one, "decision": decision} for one in strays])


def decisions(db: Connection, keys: Keys, which: Collection[UUID]) -> dict[UUID, Decided]:
    """What was decided about images of these studies, by the decision's id, oldest first."""
    rows = db.execute(_DECISIONS, {"studies": list(which)}).all()
    ring = keys.of_many(db, {row.study for row in rows})
    return {row.id: _decided(ring[row.study], row) for row in rows if row.study in ring}


def said_same(db: Connection, key: ScopeKey, named: Named) -> bool:
    """Whether a person said of images of the study that name exactly these words that they are of its patient."""
    return last_said(db, key, named)[1] == "release"


def last_said(db: Connection, key: ScopeKey, named: Named) -> tuple[UUID | None, str]:
    """What a person decided last of images of the study that name exactly these words; nothing where nobody did."""
    told = [(row.id, _decided(key, row)) for row in db.execute(_DECISIONS, {"studies": [key.scope]})]
    about = [(which, one.decision) for which, one in told if one.named == named]
    return about[-1] if about else (None, "")


def _decided(key: ScopeKey, row: Row[Any]) -> Decided:
    told = json.loads(key.decrypt(_decision_about(row.id), row.sealed))
    named = None if told["named"] is None else Named(**told["named"])
    return Decided(row.decision, named, told["reason"], row.person_name, row.at)


def _about(file: str) -> str:
    return f"image-stray:{file}"


def _decision_about(which: UUID) -> str:
    return f"image-stray-decision:{which}"


_STUDIES = text("""
    SELECT t.study FROM image_strays AS t JOIN image_studies AS s ON s.id = t.study WHERE s.state <> 'destroyed'
    GROUP BY t.study
    ORDER BY bool_and(EXISTS (SELECT FROM image_stray_settlements AS d WHERE d.stray = t.id)), max(t.received_at) DESC
    LIMIT :most
""")
_STRAYS = text("""
    SELECT t.id, t.study, t.uid, t.why, t.file, t.length, t.sender, t.told, t.received_at, i.id IS NOT NULL AS here,
        d.id AS decision, coalesce(d.decision, '') AS decided
    FROM image_strays AS t LEFT JOIN image_instances AS i ON i.uid = t.uid
    LEFT JOIN LATERAL (
        SELECT d.id, d.decision FROM image_stray_settlements AS s JOIN image_stray_decisions AS d ON d.id = s.decision
        WHERE s.stray = t.id ORDER BY d.at DESC LIMIT 1) AS d ON true
    WHERE t.study = ANY(:studies) AND (i.file IS DISTINCT FROM t.file OR d.decision = 'release')
    ORDER BY t.received_at, t.id
""")
_DECISIONS = text("""
    SELECT d.id, d.study, d.decision, d.sealed, d.at, btrim(w.title || ' ' || w.full_name) AS person_name
    FROM image_stray_decisions AS d JOIN people AS w ON w.id = d.person WHERE d.study = ANY(:studies)
    ORDER BY d.at, d.id
""")
