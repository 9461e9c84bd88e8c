"""What waits for a signature: partly signed versions and drafts of some wards, who can fill a slot, who signed what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from records.entries import EncounterState, FormRef, State
from records.forms import Role
from records.policy import SignedSlot

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
    WHERE st.latest AND st.state = 'partly_signed' AND {which}
"""
_OF_DRAFTS = """
    SELECT d.entry, d.encounter, d.form, d.edition, d.kind, d.person AS author, pe.full_name AS author_name,
        d.occurred_at, d.updated_at AS written_at, {place}, NULL AS signed
    FROM drafts AS d JOIN people AS pe ON pe.id = d.person
    JOIN encounters AS en ON en.id = d.encounter {stay}
    WHERE {which}
"""
_PLACE = {
    "place": "pa.full_name AS patient, en.state AS encounter_state, en.admitted_at, en.discharged_at, en.emergency, "
             "at.ward, at.bed",
    "stay": "AND en.state IN ('active', 'closed') JOIN patients AS pa ON pa.id = en.patient JOIN LATERAL (SELECT ward, "
            "bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true",
}
_WARDS = "at.ward = ANY(:wards)"
_VERSIONS, _DRAFTS = (text(sql.format(which=_WARDS, **_PLACE)) for sql in (_OF_VERSIONS, _OF_DRAFTS))
_THESE_VERSIONS = text(_OF_VERSIONS.format(which="st.entry = ANY(:entries)", **_PLACE))
_THESE_DRAFTS = text(_OF_DRAFTS.format(which="d.entry = ANY(:entries)", **_PLACE))
_KINDS = text("""
    SELECT st.encounter, e.form, e.kind, bool_or(st.state = 'signed') AS signed,
        bool_or(st.state = 'partly_signed') AS open
    FROM version_states AS st JOIN entries AS e ON e.id = st.entry
    WHERE st.latest AND st.encounter = ANY(:encounters) GROUP BY st.encounter, e.form, e.kind
""")
_SIGNERS = text("""
    SELECT p.id, p.full_name, p.roles, p.licence_no, p.licence_until, coalesce(array_agg(w.ward)
        FILTER (WHERE w.ward IS NOT NULL), '{}') AS wards
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
_SIGNED = text("""
    SELECT s.entry, s.encounter, e.form, e.edition, e.kind, s.slot, s.number, s.received_at, st.state,
        pa.full_name AS patient, at.bed
    FROM signatures AS s JOIN entries AS e ON e.id = s.entry
    JOIN version_states AS st ON st.entry = s.entry AND st.number = s.number
    JOIN encounters AS en ON en.id = s.encounter JOIN patients AS pa ON pa.id = en.patient
    JOIN LATERAL (SELECT bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    WHERE s.person = :person AND s.received_at >= :since ORDER BY s.received_at DESC
""")
_HOW_MANY = text("SELECT count(*) FROM signatures WHERE person = :person AND received_at >= :since")
_LYING = text("""
    SELECT en.id AS encounter, pa.full_name AS patient, at.ward, at.bed, en.admitted_at, en.emergency
    FROM ward_stays AS at JOIN encounters AS en ON en.id = at.encounter AND en.state = 'active'
    JOIN patients AS pa ON pa.id = en.patient WHERE at.ends IS NULL AND at.ward = ANY(:wards)
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
    licence_no: str = ""
    licence_until: date | None = None


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


def these(db: Connection, entries: Collection[UUID]) -> tuple[Open, ...]:
    """What of these entries is partly signed or a draft, wherever the patient lies."""
    asked = {"entries": list(entries)}
    return (*(_open(row, draft=False) for row in db.execute(_THESE_VERSIONS, asked)),
            *(_open(row, draft=True) for row in db.execute(_THESE_DRAFTS, asked)))


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
    return tuple(Signer(row.id, row.full_name, frozenset(map(Role, row.roles)), frozenset(row.wards),
                        row.licence_no, row.licence_until)
                 for row in db.execute(_SIGNERS))


def at_days_end(
    db: Connection, wards: Collection[UUID], days: Sequence[tuple[date, datetime]],
) -> tuple[tuple[date, int], ...]:
    """How many papers of these wards waited at each of these moments."""
    rows = db.execute(_DAYS, {"wards": list(wards), "days": [day for day, _ in days],
                              "ends": [moment for _, moment in days], "from": days[0][1]})
    return tuple((row.day, row.waiting) for row in rows)


@dataclass(frozen=True)
class Signed:
    """A signature that was received, and how its version stands now."""

    entry: UUID
    encounter: UUID
    form: FormRef
    slot: str
    version: int
    at: datetime
    state: State
    patient: str
    bed: str


def signed_by(db: Connection, person: UUID, since: datetime) -> tuple[Signed, ...]:
    """What the person signed since then, by the time at which the server received it; newest first."""
    return tuple(
        Signed(row.entry, row.encounter, _ref(row.form, row.edition, row.kind), row.slot, row.number, row.received_at,
               State(row.state), row.patient, row.bed)
        for row in db.execute(_SIGNED, {"person": person, "since": since}))


def how_many_signed(db: Connection, person: UUID, since: datetime) -> int:
    """The number of those."""
    return int(db.scalar(_HOW_MANY, {"person": person, "since": since}) or 0)


@dataclass(frozen=True)
class Lying:
    """A patient who lies in a ward now."""

    encounter: UUID
    patient: str
    ward: UUID
    bed: str
    admitted_at: datetime
    emergency: bool


def lying(db: Connection, wards: Collection[UUID]) -> tuple[Lying, ...]:
    """Everybody who lies in these wards."""
    return tuple(Lying(row.encounter, row.patient, row.ward, row.bed, row.admitted_at, row.emergency)
                 for row in db.execute(_LYING, {"wards": list(wards)}))


def _open(row: Any, *, draft: bool) -> Open:
    signed = tuple(SignedSlot(one["slot"], UUID(one["person"]), datetime.fromisoformat(one["at"]))
                   for one in row.signed or ())
    return Open(
        row.entry, row.encounter, _ref(row.form, row.edition, row.kind), row.author, row.author_name, row.occurred_at,
        row.written_at, signed, draft, row.patient, row.ward, row.bed, EncounterState(row.encounter_state),
        row.admitted_at, row.discharged_at, row.emergency)


@cache
def _ref(form: str, edition: str, kind: str) -> FormRef:
    """One value for all entries of a kind: there are few kinds, and thousands of entries wait."""
    return FormRef(code=form, edition=edition, kind=kind)
