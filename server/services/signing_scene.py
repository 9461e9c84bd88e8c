"""Everything that waits for a signature in some wards, who can give it now, and the reviews that are due."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from records import deadlines, policy
from records.deadlines import ZONE, Clock, ClockKind, ClockState, DeadlineSettings, StayFacts, slot_due
from records.entries import State
from records.forms import EntryKind, Holder, Role, SignatureSlot, form
from records.messages import DelegationView, ReviewView, SlotView, WaitingView
from records.policy import Allowed, Case, SlotStanding, SlotState
from server.services import candidates
from server.services.candidates import NAMES
from server.services.hospital import Desk
from server.store import deadline_rules, delegations, reviews
from server.store import waiting as store
from server.store.waiting import Lying, Open, Signer

NOTHING = store.Kinds(frozenset(), frozenset())


@dataclass(frozen=True)
class Wanted:
    """One signature that can be given now."""

    paper: Open
    case: Case
    standing: SlotStanding
    mine: bool
    """Who asks may give it."""

    @property
    def since(self) -> datetime:
        """Since when."""
        return self.standing.since or self.paper.written_at


@dataclass(frozen=True)
class Scene:
    """What is open, and the people who can close it; each thing is read once."""

    desk: Desk
    open: tuple[Open, ...]

    @classmethod
    def of_wards(cls, desk: Desk, wards: Collection[UUID]) -> Scene:
        """What is open of the patients who lie, or lay last, in these wards."""
        return cls(desk, store.of_wards(desk.db, wards))

    @classmethod
    def of_entries(cls, desk: Desk, entries: Collection[UUID]) -> Scene:
        """What is open of these entries."""
        return cls(desk, store.these(desk.db, entries))

    @cached_property
    def people(self) -> tuple[Signer, ...]:
        """Everybody who works here."""
        return store.signers(self.desk.db)

    @cached_property
    def _kinds(self) -> dict[tuple[UUID, str], store.Kinds]:
        """Only of forms that have an order of their kinds: most have one kind."""
        asking = [one for one in self.open if (kind := kind_of(one)).after or kind.gathers]
        return dict(store.kinds(self.desk.db, {one.encounter for one in asking}, {one.form.code for one in asking}))

    @cached_property
    def _today(self) -> date:
        return self.desk.now.astimezone(ZONE).date()

    @cached_property
    def rules(self) -> tuple[DeadlineSettings, ...]:
        """The hospital's times."""
        return deadline_rules.rules(self.desk.db)

    @cached_property
    def _delegations(self) -> tuple[DelegationView, ...]:
        return delegations.listed(self.desk.db)

    @cached_property
    def _able(self) -> dict[tuple[tuple[Role, ...], UUID], tuple[Signer, ...]]:
        return {}

    def wanted(self) -> Iterator[Wanted]:
        """Each signature that can be given now."""
        for one in self.open:
            case = self.case(one)
            for standing in policy.wanted(case):
                yield Wanted(one, case, standing, self._mine(case, standing.slot))

    def case(self, one: Open) -> Case:
        """What the policy asks about it. Of a composition's children those count that stand open in the record."""
        kind, stay = kind_of(one), one.stay
        around = self._kinds.get((one.encounter, one.form.code), NOTHING) if kind.after or kind.gathers else NOTHING
        return Case(
            kind=kind, author=one.author, state=State.DRAFT if one.draft else State.PARTLY_SIGNED, is_latest=True,
            encounter_state=stay.state, ward=stay.ward, signed=one.signed, signed_kinds=around.signed,
            unsigned_children=_names(one, [key for key in kind.gathers if key in around.open]),
            form=one.form.code, written_at=one.written_at)

    def who(self, one: Open, standing: SlotStanding) -> tuple[Signer, ...]:
        """Who can fill the slot, but for those who do it in another's place; never one whom the policy would refuse."""
        if standing.slot.holder is not Holder.PERSON:
            return ()
        if standing.author is not None:
            return tuple(each for each in self.people if each.id == standing.author)
        return candidates.without(self._able_to(tuple(standing.slot.roles), one.stay.ward), standing.barred)

    def _able_to(self, wanted: tuple[Role, ...], ward: UUID) -> tuple[Signer, ...]:
        """Who has one of the roles there: the same few for thousands of papers."""
        found = self._able.get((wanted, ward))
        if found is None:
            found = self._able[wanted, ward] = candidates.able(self.people, wanted, ward, self._today)
        return found

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
            delegated=self._delegated(one, standing))

    def reviews(self, wards: Collection[UUID]) -> tuple[ReviewView, ...]:
        """Stays of these wards whose review is near or late (R22), the most pressing first."""
        lying = store.lying(self.desk.db, wards)
        last = reviews.last(self.desk.db, [one.encounter for one in lying])
        views = []
        for one in lying:
            stay = StayFacts(admitted_at=one.admitted_at, emergency=one.emergency, reviewed_at=last.get(one.encounter))
            clock = next(each for each in deadlines.clocks(stay, self.desk.now, self.rules)
                         if each.kind is ClockKind.REVIEW)
            if clock.state is not ClockState.OK:
                views.append(self._review(one, clock, stay))
        return tuple(sorted(views, key=lambda view: view.due))

    def _review(self, one: Lying, clock: Clock, stay: StayFacts) -> ReviewView:
        heads = self._able_to((Role.WARD_HEAD,), one.ward)
        head = heads[0] if len(heads) == 1 else None
        return ReviewView(
            encounter=one.encounter, patient=one.patient, ward=one.ward, bed=one.bed,
            holder=head.id if head else None, holder_name=head.name if head else "Trưởng khoa",
            reviewed_at=stay.reviewed_at, since=clock.started, due=clock.due,
            mine=self.desk.person.id in {each.id for each in heads})

    def _delegated(self, one: Open, standing: SlotStanding) -> tuple[str, ...]:
        """Who signs in the place of one of the role's holders, and until when; not whom the policy would refuse."""
        slot = standing.slot
        if standing.state is SlotState.SIGNED or standing.author is not None or slot.holder is not Holder.PERSON:
            return ()
        holders = {each.id for each in self._able_to(tuple(slot.roles), one.stay.ward)}
        hands = {each.id for each in candidates.without(self.people, standing.barred)
                 if candidates.may_practise(each, self._today)}
        return tuple(f"{view.receiver_name} ({view.delegation.manner} đến {view.delegation.ends:%d/%m/%Y})"
                     for view in self._delegations if view.delegation.giver in holders
                     and view.delegation.receiver in hands
                     and view.delegation.covers(slot, one.form.code, one.stay.ward, self._today))

    def due(self, wanted: Wanted) -> datetime | None:
        """Until when; None when no clock runs for it."""
        kind = wanted.case.kind
        return slot_due(kind.deadline, wanted.paper.stay.facts, wanted.since, repeatable=kind.repeatable,
                        settings=self.rules)

    def view(self, wanted: Wanted) -> WaitingView:
        """The line that a list shows."""
        one, slot = wanted.paper, wanted.standing.slot
        who = self.who(one, wanted.standing)
        holder = who[0] if len(who) == 1 else None
        return WaitingView(
            entry=one.entry, encounter=one.encounter, form=one.form, title=wanted.case.kind.name,
            patient=one.stay.patient, ward=one.stay.ward, bed=one.stay.bed, occurred_at=one.occurred_at,
            draft=one.draft, slot=slot.key, slot_label=slot.label, kind=slot.holder,
            holder=holder.id if holder else None, holder_name=holder.name if holder else slot.label,
            since=wanted.since, due=self.due(wanted), mine=wanted.mine, author=one.author)

    def _mine(self, case: Case, slot: SignatureSlot) -> bool:
        """Who asks may fill it; without role and without delegation nothing else need be asked, thousands of times."""
        person = self.desk.person
        able = person.roles & set(slot.roles) or person.delegations
        return bool(able) and isinstance(policy.may_sign(person, slot.key, case, self._today), Allowed)


def kind_of(one: Open) -> EntryKind:
    """The kind of an open entry."""
    return form(one.form.code, one.form.edition).kind(one.form.kind)


def by_deadline(one: WaitingView) -> tuple[bool, float, float]:
    """What is due first stands first; what has no deadline last, the oldest first."""
    since = one.since.timestamp()
    return (one.due is None, one.due.timestamp() if one.due is not None else since, since)


def _names(one: Open, kinds: Collection[str]) -> tuple[str, ...]:
    """What these kinds of the same form are called."""
    if not kinds:
        return ()
    names = {each.key: each.name for each in form(one.form.code, one.form.edition).kinds}
    return tuple(names[key] for key in kinds)
