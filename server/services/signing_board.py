"""The signature board: what waits for whom, since when, until when; who holds up what; reminders that do not shout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from records import policy
from records.deadlines import ZONE, DeadlineSettings, StayFacts, slot_due
from records.entries import State
from records.errors import Refusal
from records.forms import EntryKind, Holder, Role, SignatureSlot, form
from records.messages import (
    ChainView,
    DayCount,
    DelegationView,
    HolderView,
    ReminderSent,
    ReminderView,
    SigningBoard,
    SlotView,
    WaitingView,
)
from records.messages.signing import Scope
from records.policy import Allowed, Case, SlotStanding, SlotState
from server.services import rights
from server.services.hospital import Desk, new_id
from server.store import base, deadline_rules, delegations, people
from server.store import waiting as store
from server.store.waiting import Open, Signer

DAYS = 14
REMIND_AGAIN = timedelta(hours=4)
"""The same person is asked for the same signature no more often."""
REMEMBERED = timedelta(days=3)
NAMES = 3
_EVERYWHERE = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})


def of_scope(desk: Desk, scope: Scope, ward: UUID | None) -> SigningBoard:
    """The board for one's own signatures, for a ward, or for the house."""
    wards, shown = _wards(desk, scope, ward)
    scene = _Scene(desk, wards)
    waiting = sorted(scene.waiting(), key=_by_deadline)
    mine = [one for one in waiting if one.mine]
    inside = mine if scope == "me" else [one for one in waiting if one.ward in shown]
    return SigningBoard(
        scope=scope, at=desk.now, waiting=tuple(inside), holders=_holders(inside, desk.now),
        days=() if scope == "me" else _days(desk, shown), reminders=scene.reminders(waiting), mine=len(mine),
        in_scope=len(inside))


def chain(desk: Desk, entry: UUID) -> ChainView:
    """Every slot of an entry that waits, for people who may see its patient."""
    scene, found = _found(desk, entry)
    kind = _kind(found)
    slots = tuple(scene.slot_view(found, standing) for standing in policy.standing(scene.case(found)))
    return ChainView(entry=entry, title=kind.name, patient=found.patient, bed=found.bed, slots=slots)


def remind(desk: Desk, command: ReminderSent) -> ReminderView:
    """Ask somebody for a signature that they can give now; kept, told quietly, and not said again for some hours."""
    scene, found = _found(desk, command.entry)
    standing = next((one for one in policy.standing(scene.case(found)) if one.slot.key == command.slot), None)
    if standing is None or standing.state is not SlotState.OPEN or command.to not in {
            one.id for one in scene.who(found, standing)}:
        raise Refusal.because("reminder_not_theirs")
    base.lock(desk.db, "reminder", command.to)
    for earlier in store.reminders(desk.db, command.to, desk.now - REMIND_AGAIN):
        if (earlier.entry, earlier.slot) == (command.entry, command.slot):
            raise Refusal.because("reminded_already", at=f"{earlier.at.astimezone(ZONE):%H:%M}",
                                  hours=REMIND_AGAIN.seconds // 3600)
    store.remind(desk.db, new_id(), entry=command.entry, slot=command.slot, person=desk.person.id, to=command.to)
    desk.note("signature.remind", encounter=found.encounter, entry=found.entry,
              facts={"slot": command.slot, "to": str(command.to)})
    desk.tell("board", encounter=found.encounter, ward=found.ward)
    return ReminderView(entry=command.entry, slot=command.slot, by=desk.person.full_name, to=command.to, at=desk.now,
                        title=_kind(found).name, patient=found.patient)


def _found(desk: Desk, entry: UUID) -> tuple[_Scene, Open]:
    """What waits under that id, for people who may see its patient."""
    ward = store.ward_of(desk.db, entry)
    scene = _Scene(desk, [ward] if ward is not None else [])
    found = next((one for one in scene.open if one.entry == entry), None)
    if found is None:
        raise Refusal.because("thing_unknown", "entry")
    rights.demand_sight(desk.person, {found.ward})
    return scene, found


def _wards(desk: Desk, scope: Scope, ward: UUID | None) -> tuple[list[UUID], frozenset[UUID]]:
    """The wards to look into, and those of the scope; refuses a ward that is not the person's (R39)."""
    every = [one.id for one in people.all_wards(desk.db)]
    given = {where for one in desk.person.delegations for where in (one.wards or every)}
    sees = every if desk.person.roles & _EVERYWHERE else sorted(desk.person.wards | given)
    if scope == "ward":
        if ward is None or not rights.sees_ward(desk.person, {ward}):
            raise Refusal.because("ward_closed_to_person")
        return sorted({*sees, ward}), frozenset({ward})
    if scope == "house" and not desk.person.roles & _EVERYWHERE:
        raise Refusal.because("right_missing", "whole_house")
    return sees, frozenset(sees)


@dataclass(frozen=True)
class _Scene:
    """Everything that is open in some wards, and the people who can close it."""

    desk: Desk
    wards: Sequence[UUID]

    @cached_property
    def open(self) -> tuple[Open, ...]:
        versions = store.versions(self.desk.db, self.wards)
        return (*versions, *store.drafts(self.desk.db, self.wards))

    @cached_property
    def people(self) -> tuple[Signer, ...]:
        return store.signers(self.desk.db)

    @cached_property
    def kinds(self) -> dict[tuple[UUID, str], store.Kinds]:
        return dict(store.kinds(self.desk.db, {one.encounter for one in self.open}))

    def waiting(self) -> Iterator[WaitingView]:
        """One line for each signature that can be given now."""
        for one in self.open:
            for standing in policy.standing(self.case(one)):
                if standing.state is SlotState.OPEN and not standing.slot.optional:
                    yield self._view(one, standing)

    def case(self, one: Open) -> Case:
        """What the policy asks about it. Of a composition's children those count that stand open in the record."""
        kind = _kind(one)
        around = self.kinds.get((one.encounter, one.form.code), store.Kinds(frozenset(), frozenset()))
        names = {each.key: each.name for each in form(one.form.code, one.form.edition).kinds}
        return Case(
            kind=kind, author=one.author, state=State.DRAFT if one.draft else State.PARTLY_SIGNED, is_latest=True,
            encounter_state=one.encounter_state, ward=one.ward, signed=one.signed, signed_kinds=around.signed,
            unsigned_children=tuple(names[key] for key in kind.gathers if key in around.open),
            form=one.form.code, written_at=one.written_at)

    def who(self, one: Open, standing: SlotStanding) -> tuple[Signer, ...]:
        """Who can fill the slot, but for those who do it in another's place."""
        if standing.slot.holder is not Holder.PERSON:
            return ()
        if standing.author is not None:
            return tuple(each for each in self.people if each.id == standing.author)
        roles = set(standing.slot.roles)
        return tuple(each for each in self.people if each.roles & roles and (
            one.ward in each.wards or each.roles & roles & _EVERYWHERE))

    def slot_view(self, one: Open, standing: SlotStanding) -> SlotView:
        """The slot in its chain, with the names that belong to it."""
        names = {each.id: each.name for each in self.people}
        signed = standing.signed
        who = self.who(one, standing) if standing.state is not SlotState.SIGNED else ()
        return SlotView(
            slot=standing.slot.key, label=standing.slot.label, state=standing.state.value,
            signed_by=names.get(signed.person, "") if signed else "", signed_at=signed.at if signed else None,
            since=standing.since, who=tuple(each.name for each in who[:NAMES]),
            waits_for=tuple(reason.vietnamese for reason in standing.waits_for),
            delegated=self._delegated(one, standing.slot, who))

    def reminders(self, waiting: Iterable[WaitingView]) -> tuple[ReminderView, ...]:
        """Those to who asks, as long as the signature is still wanted of them."""
        wanted = {(one.entry, one.slot): one for one in waiting if one.mine}
        told = store.reminders(self.desk.db, self.desk.person.id, self.desk.now - REMEMBERED)
        return tuple(ReminderView(entry=one.entry, slot=one.slot, by=one.by, to=one.to, at=one.at,
                                  title=wanted[one.entry, one.slot].title, patient=wanted[one.entry, one.slot].patient)
                     for one in told if (one.entry, one.slot) in wanted)

    def _delegated(self, one: Open, slot: SignatureSlot, who: Iterable[Signer]) -> tuple[str, ...]:
        today, holders = self.desk.now.astimezone(ZONE).date(), {each.id for each in who}
        return tuple(f"{view.receiver_name} ({view.delegation.manner} đến {view.delegation.ends:%d/%m/%Y})"
                     for view in self._delegations if view.delegation.giver in holders
                     and view.delegation.covers(slot, one.form.code, one.ward, today))

    @cached_property
    def _rules(self) -> tuple[DeadlineSettings, ...]:
        return deadline_rules.rules(self.desk.db)

    @cached_property
    def _delegations(self) -> tuple[DelegationView, ...]:
        return delegations.listed(self.desk.db)

    def _view(self, one: Open, standing: SlotStanding) -> WaitingView:
        kind, slot, since = _kind(one), standing.slot, standing.since or one.written_at
        who = self.who(one, standing)
        stay = StayFacts(admitted_at=one.admitted_at, emergency=one.emergency, discharged_at=one.discharged_at)
        holder = who[0] if len(who) == 1 else None
        return WaitingView(
            entry=one.entry, encounter=one.encounter, form=one.form, title=kind.name, patient=one.patient,
            ward=one.ward, bed=one.bed, occurred_at=one.occurred_at, draft=one.draft, slot=slot.key,
            slot_label=slot.label, kind=slot.holder, holder=holder.id if holder else None,
            holder_name=holder.name if holder else slot.label, since=since,
            due=slot_due(kind.deadline, stay, since, repeatable=kind.repeatable,
                         settings=self._rules), mine=self._mine(one, standing),
            author=one.author)

    def _mine(self, one: Open, standing: SlotStanding) -> bool:
        answer = policy.may_sign(self.desk.person, standing.slot.key, self.case(one),
                                 self.desk.now.astimezone(ZONE).date())
        return isinstance(answer, Allowed)


def _kind(one: Open) -> EntryKind:
    return form(one.form.code, one.form.edition).kind(one.form.kind)


def _by_deadline(one: WaitingView) -> tuple[bool, datetime, datetime]:
    return (one.due is None, one.due or one.since, one.since)


def _holders(waiting: Iterable[WaitingView], now: datetime) -> tuple[HolderView, ...]:
    """By person, or by slot where several can fill it."""
    groups: dict[tuple[UUID | None, str], list[WaitingView]] = defaultdict(list)
    for one in waiting:
        groups[one.holder, one.holder_name].append(one)
    found = [_holder(key, held, now) for key, held in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, -one.overdue, one.name)))


def _holder(key: tuple[UUID | None, str], held: Sequence[WaitingView], now: datetime) -> HolderView:
    tonight = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=1), time(), ZONE)
    dues = [one.due for one in held if one.due is not None]
    overdue = sum(due < now for due in dues)
    return HolderView(
        holder=key[0], name=key[1], role=", ".join(dict.fromkeys(one.slot_label for one in held)), count=len(held),
        overdue=overdue, today=sum(due < tonight for due in dues) - overdue,
        oldest=min(one.since for one in held), nearest=min(dues, default=None))


def _days(desk: Desk, wards: frozenset[UUID]) -> tuple[DayCount, ...]:
    """The last days' ends, today until now."""
    today = desk.now.astimezone(ZONE).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    ends = [(day, min(desk.now, datetime.combine(day + timedelta(days=1), time(), ZONE))) for day in days]
    return tuple(DayCount(day=day, waiting=count) for day, count in store.at_days_end(desk.db, wards, ends))
