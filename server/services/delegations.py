"""Giving somebody one's own role to sign with, in writing and within limits, and taking it back (R29)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from records.delegation import Delegation
from records.errors import Reason, Refusal
from records.forms import Role, all_forms
from records.messages import ColleagueView, DelegationGiven, DelegationView, Revocation
from records.succession import REASON_LENGTH
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk
from server.services.live import DELEGATION
from server.services.rights import Right
from server.store import delegations as store
from server.store import people, sessions

GIVABLE = frozenset({Role.DIRECTOR, Role.WARD_HEAD})
"""What a doctor or a nurse signs as an author nobody signs for them."""
LONGEST = timedelta(days=366)


def listed(desk: Desk) -> tuple[DelegationView, ...]:
    """All of them for those who keep the hospital's papers; for others what they gave or got."""
    return store.listed(desk.db, None if rights.has(desk.person, Right.SEE_DELEGATIONS) else desk.person.id)


def colleagues(desk: Desk) -> tuple[ColleagueView, ...]:
    """Everybody who works here now, by name."""
    return people.colleagues(desk.db)


def give(desk: Desk, command: DelegationGiven) -> DelegationView:
    """Give a role of one's own to somebody, from today on at the earliest."""
    receiver = sessions.person(desk.db, command.receiver)
    if receiver is None:
        raise Refusal.because("thing_unknown", "person")
    today = desk.today
    reasons = [*_about_giver(desk, command), *_about_paper(command, today)]
    if receiver.id == desk.person.id or not receiver.active:
        reasons.append(Reason("delegation_receiver", receiver.full_name))
    if reasons:
        raise Refusal(*reasons)
    given = Delegation(
        id=new_id(), giver=desk.person.id, giver_name=desk.person.full_name, paper=command.paper.strip(),
        wards=command.wards or _all_wards_of(desk, command.role),
        **command.model_dump(include={"receiver", "role", "manner", "starts", "ends", "forms"}))
    store.add(desk.db, given)
    desk.note("delegation.give", facts={
        "delegation": str(given.id), "receiver": receiver.full_name, "role": given.role.value,
        "from": f"{given.starts}", "until": f"{given.ends}", "paper": given.paper})
    desk.tell_person(DELEGATION, receiver.id)
    return store.one(desk.db, given.id)


def revoke(desk: Desk, which: UUID, command: Revocation) -> DelegationView:
    """Take one back, from today on, by who gave it or by the director, with a reason."""
    view = store.one(desk.db, which)
    if desk.person.id != view.delegation.giver and Role.DIRECTOR not in desk.person.roles:
        raise Refusal.because("right_missing", "revoke_delegation")
    reason = command.reason.strip()
    if len(reason) < REASON_LENGTH:
        raise Refusal.because("revocation_reason_missing", least=REASON_LENGTH)
    store.revoke(desk.db, which, desk.today, person=desk.person.id, reason=reason)
    desk.note("delegation.revoke", facts={"delegation": str(which), "receiver": view.receiver_name, "reason": reason})
    desk.tell_person(DELEGATION, view.delegation.receiver)
    return store.one(desk.db, which)


def _about_giver(desk: Desk, command: DelegationGiven) -> Iterator[Reason]:
    """One gives only what one has, for the wards that one has."""
    if command.role not in GIVABLE & desk.person.roles:
        yield Reason("delegation_of_other_role", command.role.value)
    elif command.role is Role.WARD_HEAD and not set(command.wards) <= desk.person.wards:
        yield Reason("delegation_of_other_ward")


def _about_paper(command: DelegationGiven, today: date) -> Iterator[Reason]:
    if not command.paper.strip():
        yield Reason("delegation_paper_missing")
    if not today <= command.starts <= command.ends <= command.starts + LONGEST:
        yield Reason("delegation_days", facts={"today": f"{today:%d/%m/%Y}", "days": LONGEST.days})
    for code in sorted(set(command.forms) - {form.code for form in all_forms()}):
        yield Reason("form_unknown", code, {"edition": "-"})


def _all_wards_of(desk: Desk, role: Role) -> tuple[UUID, ...]:
    """A director's reaches every ward; a ward head's only the head's own, also when the receiver works in others."""
    return tuple(sorted(desk.person.wards)) if role is Role.WARD_HEAD else ()
