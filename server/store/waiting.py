"""What waits for a signature: partly signed versions and drafts of some wards, who can fill a slot, who signed what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from records.deadlines import StayFacts
from records.entries import EncounterState, FormRef, State
from records.forms import Role
from records.policy import SignedSlot

_OF_VERSIONS = """
    SELECT st.entry, st.encounter, e.form, e.edition, e.kind, v.author, v.author_name, v.occurred_at, v.written_at,
        s.slot, s.person, s.received_at
    FROM version_states AS st
    JOIN entries AS e ON e.id = st.entry
    JOIN versions AS v ON v.entry = st.entry AND v.number = st.number
    LEFT JOIN (SELECT entry, number, slot, person, received_at FROM signatures
               UNION ALL SELECT document_entry, document_number, slot, person, received_at FROM confirmations
               WHERE confirmed) AS s ON s.entry = st.entry AND s.number = st.number
    WHERE st.latest AND st.state = 'partly_signed' AND st.{which} = ANY(:which) ORDER BY st.entry, s.received_at
"""
_OF_DRAFTS = """
    SELECT d.entry, d.encounter, d.form, d.edition, d.kind, d.person AS author, pe.full_name AS author_name,
        d.occurred_at, d.updated_at AS written_at
    FROM drafts AS d JOIN people AS pe ON pe.id = d.person WHERE d.{which} = ANY(:which)
"""
_OF_STAYS = """
    SELECT en.id, pa.full_name, en.state, en.admitted_at, en.discharged_at, en.emergency, at.ward, at.bed
    FROM encounters AS en JOIN patients AS pa ON pa.id = en.patient
    JOIN LATERAL (SELECT ward, bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    WHERE en.state IN ('active', 'closed') AND {which}
"""
_STAYS = text(_OF_STAYS.format(which="en.id = ANY(:encounters)"))
_STAYS_WITH_OPEN = text(_OF_STAYS.format(which="""at.ward = ANY(:wards) AND en.id IN (
    SELECT encounter FROM version_states WHERE latest AND state = 'partly_signed' UNION SELECT encounter FROM drafts)
"""))
_VERSIONS, _DRAFTS = (text(sql.format(which="encounter")) for sql in (_OF_VERSIONS, _OF_DRAFTS))
_THESE_VERSIONS, _THESE_DRAFTS = (text(sql.format(which="entry")) for sql in (_OF_VERSIONS, _OF_DRAFTS))
_KINDS = text("""
    SELECT e.encounter, e.form, e.kind, bool_or(st.state = 'signed') AS signed,
        bool_or(st.state = 'partly_signed') AS open
    FROM entries AS e JOIN version_states AS st ON st.entry = e.id AND st.latest
    WHERE e.encounter = ANY(:encounters) AND e.form = ANY(:forms) GROUP BY e.encounter, e.form, e.kind
""")
_SIGNERS = text("""
    SELECT p.id, p.full_name, p.roles, p.licence_no, p.licence_until, coalesce(array_agg(w.ward)
        FILTER (WHERE w.ward IS NOT NULL), '{}') AS wards
    FROM people AS p LEFT JOIN person_wards AS w ON w.person = p.id WHERE p.active GROUP BY p.id ORDER BY p.full_name
""")
# A paper waits from its first signature until its last; a cancelled one until it was cancelled. Those that one person
# signs never wait. What was corrected while it waited is counted until its own last signature. Of what waits no more
# only that is read which ended since the first moment: a hospital's signatures of years are never gone through. How
# many moments lie before a span's beginning and before its end says at which of them it waited.
_DAYS = text("""
    WITH spans AS (
        SELECT st.encounter, min(s.received_at) AS begins, CAST('infinity' AS timestamptz) AS ends
        FROM version_states AS st JOIN signatures AS s ON s.entry = st.entry AND s.number = st.number
        WHERE st.state = 'partly_signed' GROUP BY st.entry, st.number
        UNION ALL
        SELECT st.encounter, min(s.received_at), CASE st.state
            WHEN 'cancelled' THEN coalesce(min(c.at), max(s.received_at)) ELSE max(s.received_at) END
        FROM version_states AS st JOIN signatures AS s ON s.entry = st.entry AND s.number = st.number
        LEFT JOIN cancellations AS c ON c.entry = st.entry AND c.number = st.number
        WHERE st.state <> 'partly_signed' AND (st.entry, st.number) IN (
            SELECT entry, number FROM signatures WHERE received_at >= :from
            UNION SELECT entry, number FROM cancellations WHERE at >= :from)
        GROUP BY st.entry, st.number
    ), stays AS (
        SELECT DISTINCT ON (encounter) encounter, ward FROM ward_stays
        WHERE encounter IN (SELECT encounter FROM spans) ORDER BY encounter, starts DESC
    )
    SELECT width_bucket(begins - tick, moments) AS begun, width_bucket(ends - tick, moments) AS over, count(*) AS papers
    FROM spans JOIN stays ON stays.encounter = spans.encounter AND stays.ward = ANY(:wards),
        (SELECT CAST(:moments AS timestamptz[]) AS moments, interval '1 microsecond' AS tick) AS asked
    GROUP BY begun, over
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
class Stay:
    """A stay as its open papers show it: the ward is where the patient lies, or lay last."""

    patient: str
    ward: UUID
    bed: str
    state: EncounterState
    facts: StayFacts
    """What the clocks of its papers run from."""


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
    stay: Stay


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


def of_wards(db: Connection, wards: Collection[UUID]) -> tuple[Open, ...]:
    """What is open of patients who lie (or lay last) in these wards: partly signed versions, and drafts (R4, R25)."""
    stays = _stays(db.execute(_STAYS_WITH_OPEN, {"wards": list(wards)}))
    asked = {"which": list(stays)}
    return (*_versions(db.execute(_VERSIONS, asked).all(), stays), *_drafts(db.execute(_DRAFTS, asked).all(), stays))


def these(db: Connection, entries: Collection[UUID]) -> tuple[Open, ...]:
    """What of these entries is partly signed or a draft, wherever the patient lies."""
    if not entries:
        return ()
    asked = {"which": list(entries)}
    versions, drafts = db.execute(_THESE_VERSIONS, asked).all(), db.execute(_THESE_DRAFTS, asked).all()
    stays = _stays(db.execute(_STAYS, {"encounters": list({row.encounter for row in (*versions, *drafts)})}))
    return (*_versions(versions, stays), *_drafts(drafts, stays))


def kinds(db: Connection, encounters: Collection[UUID], forms: Collection[str]) -> Mapping[tuple[UUID, str], Kinds]:
    """By encounter and form, of these forms."""
    found: dict[tuple[UUID, str], tuple[set[str], set[str]]] = {}
    if not encounters or not forms:
        return {}
    for row in db.execute(_KINDS, {"encounters": list(encounters), "forms": list(forms)}).all():
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
    """How many papers of these wards waited at each of these moments, which are in order."""
    spans = db.execute(_DAYS, {"wards": list(wards), "moments": [moment for _, moment in days],
                               "from": days[0][1]}).all()
    return tuple((day, sum(one.papers for one in spans if one.begun <= place < one.over))
                 for place, (day, _) in enumerate(days))


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


def _stays(rows: Iterable[Any]) -> dict[UUID, Stay]:
    """By encounter."""
    return {row.id: Stay(row.full_name, row.ward, row.bed, EncounterState(row.state), StayFacts(
        admitted_at=row.admitted_at, emergency=row.emergency, discharged_at=row.discharged_at)) for row in rows}


def _versions(rows: Iterable[Any], stays: Mapping[UUID, Stay]) -> Iterator[Open]:
    """One for the rows of each entry: a row is a signature, or none where nobody has signed."""
    for _, of_entry in groupby(rows, attrgetter("entry")):
        row, *more = of_entry
        if (stay := stays.get(row.encounter)) is not None:
            yield _open(row, stay, tuple(SignedSlot(one.slot, one.person, one.received_at)
                                         for one in (row, *more) if one.slot is not None), draft=False)


def _drafts(rows: Iterable[Any], stays: Mapping[UUID, Stay]) -> Iterator[Open]:
    return (_open(row, stay, (), draft=True) for row in rows if (stay := stays.get(row.encounter)) is not None)


def _open(row: Any, stay: Stay, signed: tuple[SignedSlot, ...], *, draft: bool) -> Open:
    return Open(row.entry, row.encounter, _ref(row.form, row.edition, row.kind), row.author, row.author_name,
                row.occurred_at, row.written_at, signed, draft, stay)


@cache
def _ref(form: str, edition: str, kind: str) -> FormRef:
    """One value for all entries of a kind: there are few kinds, and thousands of entries wait."""
    return FormRef(code=form, edition=edition, kind=kind)
