"""Discharged records as the closing check sees them, and what was done with each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text

from records.closing import Act, Paper
from records.entries import FormRef, State
from records.errors import Reason
from records.policy import SignedSlot
from records.signatures import EvidenceLevel
from server.store.tables import encounters, people, record_acts, settlement_decisions, settlements

_PAPERS = text("""
    SELECT st.encounter, st.entry, st.number, e.form, e.edition, e.kind, v.author, v.author_name, v.written_at,
        v.occurred_at, st.state, st.file, ev.level, ev.state AS evidence, ev.reasons,
        (SELECT json_agg(json_build_object('slot', s.slot, 'person', s.person, 'at', s.received_at)
                         ORDER BY s.received_at)
         FROM (SELECT entry, number, slot, person, received_at FROM signatures
               UNION ALL SELECT document_entry, document_number, slot, person, received_at FROM confirmations
               WHERE confirmed) AS s
         WHERE s.entry = st.entry AND s.number = st.number) AS signed
    FROM version_states AS st
    JOIN entries AS e ON e.id = st.entry
    JOIN versions AS v ON v.entry = st.entry AND v.number = st.number
    LEFT JOIN evidence_tasks AS ev ON ev.file = st.file AND st.state = 'signed'
    WHERE st.latest AND st.state <> 'cancelled' AND st.encounter = ANY(:encounters)
    UNION ALL
    SELECT d.encounter, d.entry, 0, d.form, d.edition, d.kind, d.person, p.full_name, d.updated_at, d.occurred_at,
        'draft', '', NULL, NULL, NULL, NULL
    FROM drafts AS d JOIN people AS p ON p.id = d.person WHERE d.encounter = ANY(:encounters)
    ORDER BY occurred_at
""")
_OPEN = text("""
    SELECT en.id FROM encounters AS en
    JOIN LATERAL (SELECT ward FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    WHERE en.state = 'closed' AND at.ward = ANY(:wards) ORDER BY en.discharged_at LIMIT :most
""")
_ARCHIVED = text("""
    SELECT en.id FROM encounters AS en JOIN record_acts AS a ON a.encounter = en.id AND a.act = 'archived'
    JOIN LATERAL (SELECT ward FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    WHERE at.ward = ANY(:wards) ORDER BY a.at DESC LIMIT :most
""")


@dataclass(frozen=True)
class Done:
    """One act on a record."""

    act: Act
    person: UUID
    person_name: str
    at: datetime
    content: str
    level: EvidenceLevel
    demanded: EvidenceLevel
    remark: bytes
    """Encrypted; empty when nothing was said."""


def hold(db: Connection, encounter: UUID, *, alone: bool = False) -> None:
    """Until this transaction ends the encounter's state stays as it is; `alone`: nobody else holds it meanwhile.

    Whoever adds to a record holds it, whoever archives it holds it alone: nothing slips in behind an archive.
    """
    db.execute(select(encounters.c.id).where(encounters.c.id == encounter).with_for_update(read=not alone))


def papers(db: Connection, which: Collection[UUID]) -> Mapping[UUID, tuple[Paper, ...]]:
    """Every latest version and every draft of these encounters, oldest first."""
    found: dict[UUID, list[Paper]] = {encounter: [] for encounter in which}
    for row in db.execute(_PAPERS, {"encounters": list(which)}):
        found[row.encounter].append(_paper(row))
    return {encounter: tuple(each) for encounter, each in found.items()}


def waiting(db: Connection, wards: Collection[UUID], most: int = 200) -> tuple[UUID, ...]:
    """Discharged and not archived, who left first first."""
    return tuple(db.scalars(_OPEN, {"wards": list(wards), "most": most}))


def archived(db: Connection, wards: Collection[UUID], most: int = 20) -> tuple[UUID, ...]:
    """What was archived last, newest first."""
    return tuple(db.scalars(_ARCHIVED, {"wards": list(wards), "most": most}))


def unsettled(db: Connection, which: Collection[UUID]) -> Mapping[UUID, int]:
    """How many files of each encounter came late or wrong and are not decided on."""
    rows = db.execute(
        select(settlements.c.encounter, func.count().label("many"))
        .outerjoin(settlement_decisions, settlement_decisions.c.settlement == settlements.c.id)
        .where(settlements.c.encounter.in_(which), settlement_decisions.c.settlement.is_(None))
        .group_by(settlements.c.encounter))
    return {row.encounter: row.many for row in rows}


def add(db: Connection, encounter: UUID, done: Done) -> None:
    """Keep an act."""
    db.execute(insert(record_acts).values(
        encounter=encounter, act=done.act.value, person=done.person, at=done.at, content=done.content,
        level=done.level.value, demanded=done.demanded.value, remark=done.remark))


def acts(db: Connection, which: Collection[UUID]) -> Mapping[UUID, tuple[Done, ...]]:
    """What was done with each of these records, in order."""
    found: dict[UUID, list[Done]] = {encounter: [] for encounter in which}
    rows = db.execute(select(record_acts, people.c.full_name).join(people, people.c.id == record_acts.c.person)
                      .where(record_acts.c.encounter.in_(which)).order_by(record_acts.c.id))
    for row in rows:
        found[row.encounter].append(Done(
            Act(row.act), row.person, row.full_name, row.at, row.content, EvidenceLevel(row.level),
            EvidenceLevel(row.demanded), row.remark))
    return {encounter: tuple(each) for encounter, each in found.items()}


def _paper(row: Any) -> Paper:
    signed = tuple(SignedSlot(one["slot"], UUID(one["person"]), datetime.fromisoformat(one["at"]))
                   for one in row.signed or ())
    failed = tuple(Reason.from_json(item) for item in row.reasons or ()) if row.evidence == "failed" else ()
    return Paper(
        row.entry, row.number, FormRef(code=row.form, edition=row.edition, kind=row.kind), row.author, row.author_name,
        row.written_at, row.occurred_at, State(row.state), row.file, signed,
        EvidenceLevel(row.level) if row.level else None, failed)
