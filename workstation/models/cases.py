"""From what the screen holds to what `records.policy` asks: cases, and the rules of an outage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from records import policy
from records.entries import Author, FormRef, State
from records.errors import Reason
from records.forms import EntryKind, SignatureSlot, form
from records.messages import Chart, DraftView, EntryView
from records.policy import Allowed, Answer, Case, Refused, SignedSlot
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.models.account import Account, utc_now
from workstation.models.consents import permission


def kind_of(ref: FormRef) -> EntryKind:
    """The kind that an entry is written on."""
    return form(ref.code, ref.edition).kind(ref.kind)


def ward_of(chart: Chart) -> UUID:
    """The ward where the patient lies (or lay last)."""
    return chart.encounter.stays[-1].ward.id


def case_of_view(chart: Chart, view: EntryView) -> Case:
    """The latest version of an entry that is at the server."""
    kind = kind_of(view.form)
    return Case(
        kind=kind, author=view.author, state=view.state, is_latest=True, encounter_state=chart.encounter.state,
        ward=ward_of(chart), signed=(*(SignedSlot(mark.slot, mark.person, mark.signed_at) for mark in view.signatures),
                                      *(SignedSlot(one.slot, one.person, one.confirmed_at)
                                        for one in view.confirmations if one.confirmed)),
        signed_kinds=_signed_kinds(chart, view.form), unsigned_children=_unsigned_children(chart, view.form, kind),
        form=view.form.code, written_at=view.written_at,
        permission=permission(chart, kind, view.form.code, view.id, view.body["values"]))


def case_of_draft(chart: Chart, draft: LocalDraft, account: Account, missing: Sequence[Reason]) -> Case:
    """The version that a draft is going to be."""
    kind = kind_of(draft.form)
    latest = next((view.version for view in chart.entries if view.id == draft.entry), 0)
    return Case(
        kind=kind, author=account.person.id, state=State.DRAFT, is_latest=draft.base_version == latest,
        encounter_state=chart.encounter.state, ward=ward_of(chart), signed_kinds=_signed_kinds(chart, draft.form),
        unsigned_children=_unsigned_children(chart, draft.form, kind), missing_fields=tuple(missing),
        form=draft.form.code,
        permission=permission(chart, kind, draft.form.code, draft.entry, draft.values))


def first_slot(kind: EntryKind) -> SignatureSlot:
    """The slot that waits for no other."""
    return next(slot for slot in kind.slots if not slot.after)


def may_take(view: DraftView, account: Account) -> bool:
    """My own draft, or one that another person wrote for me to sign first (the cover of 01/BV1: the ward head)."""
    slot, me = first_slot(kind_of(view.form)), account.person
    roles = {*me.roles, *(one.role for one in account.in_force(utc_now().astimezone(ZONE).date()))}
    given = not view.base_version and view.author is not None and not slot.author and bool({*slot.roles} & roles)
    return view.person == me.id or given


def author_of(chart: Chart, draft: LocalDraft, account: Account) -> Author:
    """Who wrote the draft that I hold: I, but for one that was written for me to sign."""
    kind, me = kind_of(draft.form), account.person
    for view in chart.drafts:
        if view.entry == draft.entry and view.person != me.id and view.author is not None and may_take(view, account):
            return view.author
    role = next((role for role in kind.writers if role in me.roles), kind.writers[0])
    return Author(id=me.id, full_name=me.full_name, title=me.title, role=role)


def while_away(kind: EntryKind, slot: str, *, begun_here: bool, base_version: int) -> tuple[Reason, ...]:
    """Without the server only the first slot of an entry begun on this workstation can be signed."""
    if not begun_here or base_version:
        return (Reason("offline_not_begun_here", slot),)
    if slot != first_slot(kind).key:
        return (Reason("offline_not_first_slot", kind.slot(slot).label),)
    return ()


def answer(account: Account, slot: str, case: Case, at: datetime, more: Sequence[Reason] = ()) -> Answer:
    """The policy's answer with the workstation's own reasons (clock, outage) before it."""
    said = policy.may_sign(account.for_policy(), slot, case, at.astimezone(ZONE).date())
    reasons = (*more, *(said.reasons if isinstance(said, Refused) else ()))
    return Refused(reasons) if reasons else Allowed()


def title_for(account: Account, slot: str, case: Case, at: datetime) -> str:
    """What the mark says under the name: the person's title, or in whose place they sign (R11, R29)."""
    return policy.title_of(account.for_policy(), slot, case, at.astimezone(ZONE).date())


def _signed_kinds(chart: Chart, ref: FormRef) -> frozenset[str]:
    return frozenset(view.form.kind for view in chart.entries
                     if view.form.code == ref.code and view.state is State.SIGNED)


def _unsigned_children(chart: Chart, ref: FormRef, kind: EntryKind) -> tuple[str, ...]:
    if not kind.gathers:
        return ()
    whole = form(ref.code, ref.edition)
    return tuple(whole.kind(view.form.kind).name for view in chart.entries
                 if view.form.code == ref.code and view.form.kind in kind.gathers
                 and view.state in (State.DRAFT, State.PARTLY_SIGNED))


def stands_at(reason: Reason, key: str) -> bool:
    """Whether a reason speaks of a field or of one of its rows; of anything, without a field."""
    return not key or reason.where == key or reason.where.startswith(f"{key}.")


def today() -> date:
    """The hospital's calendar day."""
    return utc_now().astimezone(ZONE).date()
