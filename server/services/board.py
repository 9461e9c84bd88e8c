"""The ward board: every bed, who lies there, what is due and what is unsigned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from records import deadlines
from records.deadlines import Clock, DeadlineSettings, StayFacts, UnsignedRow
from records.entries import EncounterState
from records.errors import Refusal
from records.forms import all_forms, form
from records.messages import Board, BoardRow, ClockView, EncounterView, PatientView, VitalsPoint, WardView
from server.services import rights, signing_board
from server.services.hospital import Desk
from server.store import board as store
from server.store import deadline_rules, drafts, patients, people, reviews, stays
from server.store import wards as ward_store
from server.store.drafts import Unsigned
from server.store.reviews import Kind

VITALS_SECTION = "8716-3"
"""LOINC: vital signs. Its fields are the board's sparks, whichever form they stand on."""
LAST_VITALS = 8
_MORE_VITALS = frozenset({"oxygen", "ventilated", "consciousness"})
"""What the early warning score asks beside the section's own fields."""


NOTHING = signing_board.Unsigned(0, 0, 0)


@dataclass(frozen=True)
class Facts:
    """What stands in the store about the encounters of a board or a chart."""

    drafts: Mapping[UUID, Sequence[Unsigned]]
    signed: Mapping[UUID, Mapping[Kind, datetime]]
    reviewed: Mapping[UUID, datetime]
    rules: Sequence[DeadlineSettings]
    """The hospital's times."""


def wards(desk: Desk) -> tuple[WardView, ...]:
    """All wards of the hospital."""
    return people.all_wards(desk.db)


def of_ward(desk: Desk, ward: UUID) -> Board:
    """The board of a ward, for people who work there."""
    found = people.ward(desk.db, ward)
    if found is None:
        raise Refusal.because("thing_unknown", "ward")
    rights.demand_sight(desk, {ward})
    lying = stays.lying_in(desk.db, ward)
    encounters = list(lying.values())
    views = stays.views(desk.db, encounters)
    who = {patient.encounter: patient for patient in patients.read_many(
        desk.db, stays.patients_of(desk.db, encounters))}
    around = _Around(views, who, facts_of(desk, encounters), signing_board.unsigned(desk, ward),
                     _vitals(desk, encounters), desk.now)
    planned = ward_store.beds_of(desk.db, ward)
    places = [*planned, *(place for place in lying if place not in set(planned))]
    desk.note("board.view", facts={"ward": found.code})
    return Board(ward=found, at=desk.now, rows=tuple(_row(place, lying.get(place), around) for place in places))


def facts_of(desk: Desk, encounters: Sequence[UUID]) -> Facts:
    """Everything that the clocks need, for all encounters at once."""
    due = (*_kinds_due("admission"), *_kinds_due("discharge"))
    return Facts(
        drafts.unsigned(desk.db, encounters),
        reviews.signed(desk.db, encounters, due), reviews.last(desk.db, encounters),
        deadline_rules.rules(desk.db),
    )


def clocks(encounter: EncounterView, facts: Facts, now: datetime) -> tuple[ClockView, ...]:
    """The clocks that run for one encounter, the most pressing first, as they travel."""
    return tuple(_clock_view(clock) for clock in running(encounter, facts, now))


def running(encounter: EncounterView, facts: Facts, now: datetime) -> tuple[Clock, ...]:
    """The clocks that run for one encounter, the most pressing first."""
    if encounter.state in (EncounterState.ARCHIVED, EncounterState.DESTROYED):
        return ()
    signed = facts.signed.get(encounter.id, {})
    stay = StayFacts(
        admitted_at=encounter.admitted_at, emergency=encounter.emergency,
        record_signed_at=_complete(signed, _kinds_due("admission")), reviewed_at=facts.reviewed.get(encounter.id),
        discharged_at=encounter.discharged_at, handed_over_at=_complete(signed, _kinds_due("discharge")),
        unsigned=tuple(_unsigned(facts.drafts.get(encounter.id, ()))),
    )
    return deadlines.clocks(stay, now, facts.rules)


@cache
def vital_kinds() -> tuple[Kind, ...]:
    """Kinds of entry that hold vital signs."""
    return tuple(sorted({(form.code, kind.key) for form in all_forms() for kind in form.kinds
                         if any(section.code == VITALS_SECTION for section in kind.sections)}))


@cache
def _vital_keys() -> frozenset[str]:
    keys = {field.key for form in all_forms() for kind in form.kinds for section in kind.sections
            if section.code == VITALS_SECTION for field in section.fields}
    return frozenset(keys) | _MORE_VITALS


@cache
def _kinds_due(deadline: Literal["admission", "discharge"]) -> frozenset[Kind]:
    return frozenset((form.code, kind.key) for form in all_forms() for kind in form.kinds if kind.deadline == deadline)


def _complete(signed: Mapping[Kind, datetime], due: frozenset[Kind]) -> datetime | None:
    """When the last kind that is due was signed, once all kinds of a form are."""
    for code in sorted({code for code, _ in due}):
        kinds = {kind for kind in due if kind[0] == code}
        if kinds <= set(signed):
            return max(signed[kind] for kind in kinds)
    return None


def _unsigned(drafts: Iterable[Unsigned]) -> Iterable[UnsignedRow]:
    for draft in drafts:
        kind = form(draft.form.code, draft.form.edition).kind(draft.form.kind)
        if kind.repeatable:
            yield UnsignedRow(draft.entry, kind.name, draft.updated_at)


@dataclass(frozen=True)
class _Around:
    """What a row is put together from."""

    views: Mapping[UUID, EncounterView]
    who: Mapping[UUID | None, PatientView]
    facts: Facts
    unsigned: Mapping[UUID, signing_board.Unsigned]
    vitals: Mapping[UUID, tuple[VitalsPoint, ...]]
    now: datetime


def _row(place: tuple[str, str], encounter: UUID | None, around: _Around) -> BoardRow:
    room, bed = place[0], "" if place[1].startswith("\x00") else place[1]
    if encounter is None:
        return BoardRow(room=room, bed=bed)
    view = around.views[encounter]
    unsigned = around.unsigned.get(encounter, NOTHING)
    return BoardRow(
        room=room, bed=bed, encounter=encounter, patient=around.who.get(encounter), record_no=view.record_no,
        day=_day(view.admitted_at, around.now), diagnosis=view.diagnosis, diagnosis_code=view.diagnosis_code,
        attending=view.attending, clocks=clocks(view, around.facts, around.now),
        unsigned=unsigned.papers,
        unsigned_mine=unsigned.mine, unsigned_overdue=unsigned.overdue, vitals=around.vitals.get(encounter, ()),
    )


def _vitals(desk: Desk, encounters: Sequence[UUID]) -> dict[UUID, tuple[VitalsPoint, ...]]:
    """The last few measurements, whichever form they stand on, oldest first."""
    found = store.vitals(desk.db, desk.keys, encounters, vital_kinds(), many=LAST_VITALS)
    return {encounter: tuple(map(_signs, points)) for encounter, points in found.items()}


def _signs(point: VitalsPoint) -> VitalsPoint:
    values: dict[str, Any] = {key: value for key, value in point.values.items() if key in _vital_keys()}
    return VitalsPoint(at=point.at, values=values)


def _day(admitted_at: datetime, now: datetime) -> int:
    """Day of stay as a ward counts: the day of admission is the first."""
    zone = deadlines.ZONE
    return (now.astimezone(zone).date() - admitted_at.astimezone(zone).date()).days + 1


def _clock_view(clock: Clock) -> ClockView:
    return ClockView(kind=clock.kind.value, label=clock.label, due=clock.due, state=clock.state.value,
                     starts=clock.started)
