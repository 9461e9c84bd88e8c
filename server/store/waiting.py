"""What waits for a signature: partly signed versions and drafts of some wards, who can fill a slot, and reminders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, text

from records.entries import EncounterState, FormRef
from records.forms import Role
from records.policy import SignedSlot
from server.store.tables import signing_reminders

_OF_VERSIONS = """
    SELECT st.entry, st.encounter, e.form, e.edition, e.kind, v.author, v.author_name, v.occurred_at, v.written_at,
        {place}, (SELECT json_agg(json_build_object('slot', s.slot, 'person', s.person, 'at', s.received_at)
                                  ORDER BY s.received_at)
                  FROM (SELECT entry, number, slot, person, received_at FROM signatures
                        UNION ALL SELECT document_entry, document_number, slot, person, received_at FROM confirmations
                        WHERE confirmed) AS s
                  WHERE s.entry = st.entry AND s.number = st.number) AS signed
    FROM version_states AS st
    JOIN entries AS e ON e.id = st.entry
    JOIN versions AS v ON v.entry = st.entry AND v.number = st.number
    JOIN encounters AS en ON en.id = st.encounter {stay}
    WHERE st.latest AND st.state = 'partly_signed' AND at.ward = ANY(:wards)
"""
_OF_DRAFTS = """
    SELECT d.entry, d.encounter, d.form, d.edition, d.kind, d.person AS author, pe.full_name AS author_name,
        d.occurred_at, d.updated_at AS written_at, {place}, NULL AS signed
    FROM drafts AS d JOIN people AS pe ON pe.id = d.person
    JOIN encounters AS en ON en.id = d.encounter {stay}
    WHERE at.ward = ANY(:wards)
"""
_PLACE = {
    "place": "pa.full_name AS patient, en.state AS encounter_state, en.admitted_at, en.discharged_at, en.emergency, "
             "at.ward, at.bed",
    "stay": "AND en.state IN ('active', 'closed') JOIN patients AS pa ON pa.id = en.patient JOIN LATERAL (SELECT ward, "
            "bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true",
}
_VERSIONS, _DRAFTS = text(_OF_VERSIONS.format(**_PLACE)), text(_OF_DRAFTS.format(**_PLACE))
_WARD = text("""
    SELECT at.ward FROM (SELECT encounter FROM version_states WHERE entry = :entry AND latest
                         UNION SELECT encounter FROM drafts WHERE entry = :entry) AS home
    JOIN LATERAL (SELECT ward FROM ward_stays WHERE encounter = home.encounter
                  ORDER BY starts DESC LIMIT 1) AS at ON true LIMIT 1
""")
_KINDS = text("""
    SELECT st.encounter, e.form, e.kind, bool_or(st.state = 'signed') AS signed,
        bool_or(st.state = 'partly_signed') AS open
    FROM version_states AS st JOIN entries AS e ON e.id = st.entry
    WHERE st.latest AND st.encounter = ANY(:encounters) GROUP BY st.encounter, e.form, e.kind
""")
_SIGNERS = text("""
    SELECT p.id, p.full_name, p.roles, coalesce(array_agg(w.ward) FILTER (WHERE w.ward IS NOT NULL), '{}') AS wards
    FROM people AS p LEFT JOIN person_wards AS w ON w.person = p.id WHERE p.active GROUP BY p.id ORDER BY p.full_name
""")
# A paper waits from its first signature until its last; a cancelled one until it was cancelled. Those that one person
# signs never wait. What was corrected while it waited is counted until its own last signature.
_DAYS = text("""
    WITH spans AS (
        SELECT s.encounter, min(s.received_at) AS begins, CASE st.state WHEN 'partly_signed' THEN 'infinity'
            WHEN 'cancelled' THEN coalesce(min(c.at), max(s.received_at)) ELSE max(s.received_at) END AS ends
        FROM signatures AS s JOIN version_states AS st ON st.entry = s.entry AND st.number = s.number
        LEFT JOIN cancellations AS c ON c.entry = s.entry AND c.number = s.number
        GROUP BY s.entry, s.number, s.encounter, st.state
        HAVING st.state = 'partly_signed' OR max(s.received_at) >= :from
    )
    SELECT day::date AS day, count(spans.encounter) AS waiting
    FROM unnest(CAST(:days AS date[]), CAST(:ends AS timestamptz[])) AS asked(day, moment)
    LEFT JOIN (spans JOIN LATERAL (SELECT ward FROM ward_stays WHERE encounter = spans.encounter
                                   ORDER BY starts DESC LIMIT 1) AS at ON at.ward = ANY(:wards))
        ON spans.begins <= asked.moment AND asked.moment < spans.ends
    GROUP BY day ORDER BY day
""")
_REMINDED = text("""
    SELECT r.entry, r.slot, r.recipient, r.at, p.full_name AS by FROM signing_reminders AS r
    JOIN people AS p ON p.id = r.person
    WHERE r.recipient = :to AND r.at >= :since ORDER BY r.at DESC
""")


@dataclass(frozen=True)
class Open:
    """A partly signed version or a draft, with the stay that it belongs to."""

    entry: UUID
    encounter: UUID
    form: FormRef
    author: UUID
    author_name: str
    occurred_at: datetime
    written_at: datetime
    signed: tuple[SignedSlot, ...]
    draft: bool
    patient: str
    ward: UUID
    bed: str
    encounter_state: EncounterState
    admitted_at: datetime
    discharged_at: datetime | None
    emergency: bool


@dataclass(frozen=True)
class Signer:
    """Somebody who works here, as a slot asks."""

    id: UUID
    name: str
    roles: frozenset[Role]
    wards: frozenset[UUID]


@dataclass(frozen=True)
class Kinds:
    """Of one form in one encounter: kinds with a fully signed entry, and kinds with an open one."""

    signed: frozenset[str]
    open: frozenset[str]


def versions(db: Connection, wards: Collection[UUID]) -> tuple[Open, ...]:
    """Partly signed versions of patients who lie (or lay last) in these wards."""
    return tuple(_open(row, draft=False) for row in db.execute(_VERSIONS, {"wards": list(wards)}))


def drafts(db: Connection, wards: Collection[UUID]) -> tuple[Open, ...]:
    """Drafts, without their text (R4, R25)."""
    return tuple(_open(row, draft=True) for row in db.execute(_DRAFTS, {"wards": list(wards)}))


def ward_of(db: Connection, entry: UUID) -> UUID | None:
    """The ward where the patient of an entry or draft lies, or lay last."""
    ward: UUID | None = db.scalar(_WARD, {"entry": entry})
    return ward


def kinds(db: Connection, encounters: Collection[UUID]) -> Mapping[tuple[UUID, str], Kinds]:
    """By encounter and form."""
    found: dict[tuple[UUID, str], tuple[set[str], set[str]]] = {}
    for row in db.execute(_KINDS, {"encounters": list(encounters)}):
        signed, waiting = found.setdefault((row.encounter, row.form), (set(), set()))
        if row.signed:
            signed.add(row.kind)
        if row.open:
            waiting.add(row.kind)
    return {key: Kinds(frozenset(signed), frozenset(waiting)) for key, (signed, waiting) in found.items()}


def signers(db: Connection) -> tuple[Signer, ...]:
    """Everybody who works here now."""
    return tuple(Signer(row.id, row.full_name, frozenset(map(Role, row.roles)), frozenset(row.wards))
                 for row in db.execute(_SIGNERS))


def at_days_end(
    db: Connection, wards: Collection[UUID], days: Sequence[tuple[date, datetime]],
) -> tuple[tuple[date, int], ...]:
    """How many papers of these wards waited at each of these moments."""
    rows = db.execute(_DAYS, {"wards": list(wards), "days": [day for day, _ in days],
                              "ends": [moment for _, moment in days], "from": days[0][1]})
    return tuple((row.day, row.waiting) for row in rows)


def remind(db: Connection, which: UUID, *, entry: UUID, slot: str, person: UUID, to: UUID) -> None:
    """Keep a reminder."""
    db.execute(insert(signing_reminders).values(id=which, entry=entry, slot=slot, person=person, recipient=to))


@dataclass(frozen=True)
class Reminded:
    """A reminder that somebody got."""

    entry: UUID
    slot: str
    to: UUID
    at: datetime
    by: str


def reminders(db: Connection, to: UUID, since: datetime) -> tuple[Reminded, ...]:
    """Reminders to a person since then, newest first."""
    return tuple(Reminded(row.entry, row.slot, row.recipient, row.at, row.by)
                 for row in db.execute(_REMINDED, {"to": to, "since": since}))


def _open(row: Any, *, draft: bool) -> Open:
    signed = tuple(SignedSlot(one["slot"], UUID(one["person"]), datetime.fromisoformat(one["at"]))
                   for one in row.signed or ())
    return Open(
        row.entry, row.encounter, FormRef(code=row.form, edition=row.edition, kind=row.kind), row.author,
        row.author_name, row.occurred_at, row.written_at, signed, draft, row.patient, row.ward, row.bed,
        EncounterState(row.encounter_state), row.admitted_at, row.discharged_at, row.emergency)
