"""The signature board: what waits for whom, since when, until when; who holds up what; what I signed today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from records import policy
from records.deadlines import ZONE, DeadlineSettings, settings_on
from records.entries import State
from records.errors import Refusal
from records.forms import form
from records.messages import (
    ChainView,
    DayCount,
    HolderView,
    ReviewView,
    SignedView,
    SigningBoard,
    TimesView,
    WaitingView,
)
from records.messages.signing import Scope
from server.services import correction_notices, reminders, rights
from server.services.candidates import EVERYWHERE
from server.services.hospital import Desk
from server.services.signing_scene import Scene, Wanted, by_deadline, kind_of
from server.store import people
from server.store import waiting as store

DAYS = 14
REVIEW = "Duyệt hồ sơ"


def of_scope(desk: Desk, scope: Scope, ward: UUID | None) -> SigningBoard:
    """The board for one's own signatures, for a ward, for the house; or what one signed today."""
    wards, shown = _wards(desk, scope, ward)
    scene = Scene.of_wards(desk, wards)
    wanted = tuple(scene.wanted())
    mine = [one for one in wanted if one.mine]
    held: dict[Scope, list[Wanted]] = {"me": mine, "signed": []}
    inside = held[scope] if scope in held else [one for one in wanted if one.paper.stay.ward in shown]
    waiting = sorted(map(scene.view, inside), key=by_deadline)
    reviews = [one for one in scene.reviews(shown) if one.mine or scope != "me"] if scope != "signed" else []
    signed = _signed(desk, scene, wanted) if scope == "signed" else ()
    return SigningBoard(
        scope=scope, at=desk.now, waiting=tuple(waiting), holders=_holders(waiting, reviews, desk.now),
        days=_days(desk, shown) if scope in ("ward", "house") else (), reminders=reminders.to_me(desk, mine),
        mine=len(mine), in_scope=len(signed) if scope == "signed" else len(waiting) + len(reviews),
        reviews=tuple(reviews), signed=signed, times=_times(scene.rules, desk.now),
        signed_today=store.how_many_signed(desk.db, desk.person.id, _midnight(desk.now)),
        corrections=correction_notices.to_me(desk))


def chain(desk: Desk, entry: UUID) -> ChainView:
    """Every slot of an entry that waits, for people who may see its patient."""
    scene, found = reminders.found_open(desk, entry)
    slots = tuple(scene.slot_view(found, standing) for standing in policy.standing(scene.case(found)))
    return ChainView(entry=entry, title=kind_of(found).name, patient=found.stay.patient, bed=found.stay.bed,
                     slots=slots, reminders=reminders.of_open(desk, found))


@dataclass(frozen=True)
class Unsigned:
    """How many papers of a stay want a signature."""

    papers: int
    """Drafts and partly signed ones."""
    mine: int
    """Those that who asks can sign now."""
    overdue: int


def unsigned(desk: Desk, ward: UUID) -> Mapping[UUID, Unsigned]:
    """By encounter, for the ward board: counted from the same lines as the signature board."""
    scene = Scene.of_wards(desk, [ward])
    papers, mine, late = (defaultdict[UUID, set[UUID]](set) for _ in range(3))
    for paper in scene.open:
        papers[paper.encounter].add(paper.entry)
    for one in scene.wanted():
        paper, due = one.paper, scene.due(one)
        if one.mine:
            mine[paper.encounter].add(paper.entry)
        if due is not None and due < desk.now:
            late[paper.encounter].add(paper.entry)
    return {where: Unsigned(len(found), len(mine[where]), len(late[where])) for where, found in papers.items()}


def _signed(desk: Desk, scene: Scene, wanted: Sequence[Wanted]) -> tuple[SignedView, ...]:
    """What who asks signed since midnight by the server's clock, and what each paper waits for now."""
    given = store.signed_by(desk.db, desk.person.id, _midnight(desk.now))
    waits = {one.entry for one in given if one.state is State.PARTLY_SIGNED}
    # A patient may have left for a ward that this scene does not show.
    elsewhere = Scene.of_entries(desk, waits.difference(one.entry for one in scene.open))
    following: dict[UUID, list[WaitingView]] = defaultdict(list)
    before: dict[UUID, tuple[str, ...]] = {}
    for here, lines in ((scene, wanted), (elsewhere, elsewhere.wanted())):
        for line in lines:
            if line.paper.entry in waits and not line.paper.draft:
                following[line.paper.entry].append(here.view(line))
        for paper in here.open:
            if paper.entry in waits and not paper.draft and paper.entry not in following:
                before[paper.entry] = tuple(reason.vietnamese for standing in policy.standing(here.case(paper))
                                            for reason in standing.waits_for)
    views = []
    for one in given:
        kind = form(one.form.code, one.form.edition).kind(one.form.kind)
        open_still = one.state is State.PARTLY_SIGNED
        views.append(SignedView(
            entry=one.entry, encounter=one.encounter, form=one.form, title=kind.name, patient=one.patient,
            bed=one.bed, slot_label=kind.slot(one.slot).label, version=one.version, at=one.at, state=one.state,
            next=tuple(following.get(one.entry, ())) if open_still else (),
            waits_for=before.get(one.entry, ()) if open_still else ()))
    return tuple(views)


def _midnight(now: datetime) -> datetime:
    """When the local day began."""
    return datetime.combine(now.astimezone(ZONE).date(), time(), ZONE)


def _times(rules: Sequence[DeadlineSettings], now: datetime) -> TimesView:
    rule = settings_on(rules, now.astimezone(ZONE).date())
    return TimesView(**{name: getattr(rule, name) for name in TimesView.model_fields})


def _wards(desk: Desk, scope: Scope, ward: UUID | None) -> tuple[list[UUID], frozenset[UUID]]:
    """The wards to look into, and those of the scope; refuses a ward that is not the person's (R39)."""
    every = [one.id for one in people.all_wards(desk.db)]
    given = {where for where in every for one in desk.person.delegations if one.reaches({where}, desk.today)}
    sees = every if desk.person.roles & EVERYWHERE else sorted(desk.person.wards | given)
    if scope == "ward":
        if ward is None or not rights.sees_ward(desk.person, {ward}, desk.today):
            raise Refusal.because("ward_closed_to_person")
        return sorted({*sees, ward}), frozenset({ward})
    if scope == "house" and not desk.person.roles & EVERYWHERE:
        raise Refusal.because("right_missing", "whole_house")
    return sees, frozenset(sees)


def _holders(waiting: Iterable[WaitingView], reviews: Iterable[ReviewView], now: datetime) -> tuple[HolderView, ...]:
    """By person, or by slot where several can fill it."""
    groups: dict[tuple[UUID | None, str], list[_Held]] = defaultdict(list)
    for one in waiting:
        groups[one.holder, one.holder_name].append(_Held(one.slot_label, one.since, one.due))
    for review in reviews:
        groups[review.holder, review.holder_name].append(_Held(REVIEW, review.since, review.due))
    found = [_holder(key, held, now) for key, held in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, -one.overdue, one.name)))


@dataclass(frozen=True)
class _Held:
    """One thing that somebody holds up: a signature, or a review."""

    label: str
    since: datetime
    due: datetime | None


def _holder(key: tuple[UUID | None, str], held: Sequence[_Held], now: datetime) -> HolderView:
    tonight = _midnight(now) + timedelta(days=1)
    dues = [one.due for one in held if one.due is not None]
    overdue = sum(due < now for due in dues)
    return HolderView(
        holder=key[0], name=key[1], role=", ".join(dict.fromkeys(one.label for one in held)), count=len(held),
        overdue=overdue, today=sum(due < tonight for due in dues) - overdue,
        oldest=min(one.since for one in held), nearest=min(dues, default=None))


def _days(desk: Desk, wards: frozenset[UUID]) -> tuple[DayCount, ...]:
    """The last days' ends, today until now."""
    today = desk.now.astimezone(ZONE).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    ends = [(day, min(desk.now, datetime.combine(day + timedelta(days=1), time(), ZONE))) for day in days]
    return tuple(DayCount(day=day, waiting=count) for day, count in store.at_days_end(desk.db, wards, ends))
