"""Closing a discharged record: the check, the ward head's look, taking in, giving back, and the archive (R23, R27-R30).

What is archived does not change: this module says so to people, the database refuses it to everybody else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from records import closing, lifecycle, policy
from records.closing import Act, Paper, Point, Record
from records.deadlines import ClockKind
from records.entries import EncounterState
from records.errors import Refusal
from records.evidence_demand import Step
from records.forms import Holder, Role
from records.lifecycle import EncounterEvent
from records.messages import ClosingAct, ClosingCommand, ClosingList, ClosingPoint, ClosingRow, ClosingView
from records.signatures import EvidenceLevel
from records.succession import REASON_LENGTH
from server.services import board, candidates, evidence, rights
from server.services.candidates import EVERYWHERE, NAMES
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import closing as store
from server.store import evidence as evidence_store
from server.store import people, stays, waiting
from server.store.closing import Done
from server.store.waiting import Signer

_RIGHT = {Act.CHECKED: Right.LOOK_THROUGH, Act.RETURNED: Right.TAKE_IN, Act.COMPLETED: Right.TAKE_IN,
          Act.ARCHIVED: Right.ARCHIVE}
_STEP = {Act.COMPLETED: Step.COMPLETE, Act.ARCHIVED: Step.ARCHIVE}
_CNTT, _OFFICE = "Bộ phận CNTT", "Phòng Kế hoạch - Nghiệp vụ"


@dataclass(frozen=True)
class _Checked:
    """One record with everything that was found about it."""

    record: Record
    points: tuple[Point, ...]
    acts: tuple[Done, ...]
    row: ClosingRow


def listed(desk: Desk) -> ClosingList:
    """Discharged records of the wards that the person sees, and what was archived last."""
    rights.demand(desk.person, Right.SEE_CLOSING)
    every = [one.id for one in people.all_wards(desk.db)]
    wards = every if desk.person.roles & EVERYWHERE else sorted(desk.person.wards)
    found = _checked(desk, (*store.waiting(desk.db, wards), *store.archived(desk.db, wards)))
    demands = _demands(desk)
    desk.note("closing.list")
    return ClosingList(at=desk.now, complete=demands[Step.COMPLETE].value, archive=demands[Step.ARCHIVE].value,
                       rows=tuple(one.row for one in found.values()))


def of(desk: Desk, encounter: UUID) -> ClosingView:
    """The whole check of one record."""
    rights.demand(desk.person, Right.SEE_CLOSING)
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk, place.wards)
    desk.note("closing.check", patient=place.patient, encounter=encounter)
    return _view(desk, encounter, _checked(desk, [encounter])[encounter])


def act(desk: Desk, encounter: UUID, command: ClosingCommand) -> ClosingView:
    """Do it, or refuse with everything that must be mended first (R30)."""
    does = Act(command.act)
    rights.demand(desk.person, _RIGHT[does])
    store.hold(desk.db, encounter, alone=True)
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_work(desk.person, {place.ward} if does is Act.CHECKED else place.wards)
    if place.state in (EncounterState.ARCHIVED, EncounterState.DESTROYED):
        raise Refusal.because("record_archived")
    here = _checked(desk, [encounter])[encounter]
    _demand(here, does, command)
    demanded = _demands(desk)[_STEP.get(does, Step.COMPLETE)]
    remark = desk.key(encounter).encrypt(_about(encounter), command.remark.strip().encode()) if command.remark else b""
    store.add(desk.db, encounter, Done(does, desk.person.id, desk.person.full_name, desk.now, here.record.content,
                                       here.record.level, demanded, remark))
    if does is Act.ARCHIVED:
        # Evidence belongs into the files before: from now on none of them changes, and none is added (R27).
        stays.set_state(desk.db, encounter, lifecycle.encounter_after(place.state, EncounterEvent.ARCHIVE))
        evidence_store.drop_of(desk.db, encounter)
    desk.note(f"record.{does.value}", patient=place.patient, encounter=encounter, facts={
        "content": here.record.content, "level": here.record.level.value, "demanded": demanded.value})
    desk.tell("board", encounter=encounter, ward=place.ward)
    desk.scope = encounter
    return _view(desk, encounter, _checked(desk, [encounter])[encounter])


def _demand(here: _Checked, does: Act, command: ClosingCommand) -> None:
    if here.record.state is EncounterState.ACTIVE:
        raise Refusal.because("closing_not_discharged")
    if command.content and command.content != here.record.content:
        raise Refusal.because("closing_seen_before_change")
    if does is Act.RETURNED and len(command.remark.strip()) < REASON_LENGTH:
        raise Refusal.because("closing_remark_missing", least=REASON_LENGTH)
    if does in _STEP and (blocking := closing.blocking(here.points, _STEP[does])):
        raise Refusal(*closing.names(blocking))


def _checked(desk: Desk, which: Sequence[UUID]) -> dict[UUID, _Checked]:
    """The check of several records, with as many questions to the database as for one."""
    if not which:
        return {}
    papers, acts = store.papers(desk.db, which), store.acts(desk.db, which)
    late, views, facts = store.unsettled(desk.db, which), stays.views(desk.db, which), board.facts_of(desk, which)
    names, demands, found = stays.names(desk.db, which), _demands(desk), {}
    for encounter in which:
        view, done = views[encounter], acts[encounter]
        clocks = board.running(view, facts, desk.now)
        record = Record(state=view.state, ward=view.stays[-1].ward.id, papers=papers[encounter], clocks=clocks,
                        unsettled=late.get(encounter, 0), looked_at=_looked(done), taken_in=_taken_in(done))
        points = closing.points(record, demands, desk.now)
        row = ClosingRow(
            encounter=encounter, patient=names.get(encounter, ""), record_no=view.record_no,
            ward=view.stays[-1].ward.name, state=view.state, discharged_at=view.discharged_at,
            due=next((one.due for one in clocks if one.kind is ClockKind.DISCHARGE), None),
            mend=len(closing.blocking(points, Step.COMPLETE)), look=sum(one.gravity == "look" for one in points),
            level=_level(record, done).value, last=done[-1].act.value if done else "")
        found[encounter] = _Checked(record, points, done, row)
    return found


def _demands(desk: Desk) -> Mapping[Step, EvidenceLevel]:
    return {step: evidence.demanded_now(desk, step) for step in Step}


def _level(record: Record, done: Sequence[Done]) -> EvidenceLevel:
    """An archived record is as strong as it was when it was archived."""
    return next((one.level for one in done if one.act is Act.ARCHIVED), record.level)


def _looked(done: Sequence[Done]) -> datetime | None:
    return max((one.at for one in done if one.act is Act.CHECKED), default=None)


def _taken_in(done: Sequence[Done]) -> str:
    last = next((one for one in reversed(done) if one.act in (Act.COMPLETED, Act.RETURNED)), None)
    return last.content if last is not None and last.act is Act.COMPLETED else ""


def _view(desk: Desk, encounter: UUID, here: _Checked) -> ClosingView:
    stay = stays.views(desk.db, [encounter])[encounter]
    shown = () if here.record.state is EncounterState.ARCHIVED else here.points
    who = waiting.signers(desk.db) if shown else ()
    demands, signed = _demands(desk), [paper for paper in here.record.papers if paper.level is not None]
    pending = evidence_store.pending_of(desk.db, encounter)
    return ClosingView(
        row=here.row, at=desk.now, admitted_at=stay.admitted_at, diagnosis=stay.diagnosis,
        papers=len(here.record.papers), pending=pending, content=here.record.content,
        proved={level.value: sum(paper.level is level for paper in signed) for level in EvidenceLevel},
        complete=demands[Step.COMPLETE].value, archive=demands[Step.ARCHIVE].value,
        points=tuple(_point(one, here.record, _Hands(who, desk.today)) for one in shown),
        acts=tuple(_act(desk, encounter, one) for one in here.acts), may=_may(desk, here))


def _may(desk: Desk, here: _Checked) -> tuple[str, ...]:
    if here.record.state is not EncounterState.CLOSED:
        return ()
    return tuple(does.value for does, right in _RIGHT.items() if rights.has(desk.person, right)
                 and (does is not Act.CHECKED or rights.works_in(desk.person, {here.record.ward})))


def _act(desk: Desk, encounter: UUID, one: Done) -> ClosingAct:
    remark = desk.key(encounter).decrypt(_about(encounter), one.remark).decode() if one.remark else ""
    return ClosingAct(act=one.act.value, person_name=one.person_name, at=one.at, level=one.level.value,
                      demanded=one.demanded.value, remark=remark)


def _about(encounter: UUID) -> str:
    return f"record act {encounter}"


def _point(point: Point, record: Record, hands: _Hands) -> ClosingPoint:
    blocks = "" if point.gravity == "look" else (point.only or Step.COMPLETE).value
    return ClosingPoint(rule=point.rule, gravity=point.gravity, reason=point.reason.as_json(), entry=point.entry,
                        slot=point.slot, since=point.since, blocks=blocks, who=_who(point, record, hands))


@dataclass(frozen=True)
class _Hands:
    """Everybody who works here, as a slot asks about them on that day."""

    everybody: tuple[Signer, ...]
    on: date

    def names(self, roles: frozenset[Role], ward: UUID, barred: Collection[UUID] = ()) -> tuple[str, ...]:
        """The first few who can do it."""
        found = candidates.without(candidates.able(self.everybody, roles, ward, self.on), barred)
        return tuple(one.name for one in found)[:NAMES]


def _who(point: Point, record: Record, hands: _Hands) -> tuple[str, ...]:
    """Who can mend it: a name or the first few; else whose affair it is."""
    paper = next((one for one in record.papers if one.entry == point.entry), None)
    if point.rule in ("R14", "R16"):
        return (_CNTT,)
    if paper is not None and point.slot:
        return _of_slot(paper, point.slot, record.ward, hands)
    if point.rule == "R28":
        return hands.names(frozenset({Role.WARD_HEAD}), record.ward)
    if paper is not None:
        return (paper.author_name,)
    return (_OFFICE,) if point.rule == "R23" else ("Khoa điều trị",)


def _of_slot(paper: Paper, key: str, ward: UUID, hands: _Hands) -> tuple[str, ...]:
    slot = paper.kind.slot(key)
    if slot.holder is Holder.PATIENT:
        return ("Người bệnh",)
    if slot.holder is Holder.ORGANISATION:
        return (_OFFICE,)
    if slot.author:
        return (paper.author_name,)
    return hands.names(frozenset(slot.roles), ward, policy.barred(slot, paper.kind, paper.author, paper.signed))


__all__ = ["act", "listed", "of"]
