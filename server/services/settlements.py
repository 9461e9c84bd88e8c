"""The work list of files that came late or wrong: a named person settles each, with a reason."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from records import lifecycle
from records.entries import ENDED
from records.errors import Refusal
from records.lifecycle import Event
from records.messages import SettlementDecision, SettlementView
from records.succession import REASON_LENGTH
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import base, entries, stays
from server.store import settlements as store


def waiting(desk: Desk) -> tuple[SettlementView, ...]:
    """What nobody has decided yet in the wards where the person may decide; one's own files for everyone."""
    may = rights.has(desk.person, Right.SETTLE)
    return tuple(item for item in store.waiting(desk.db)
                 if item.person == desk.person.id or (may and rights.works_in(desk.person, _wards(desk, item))))


def settle(desk: Desk, which: UUID, command: SettlementDecision) -> SettlementView:
    """Accept or reject.

    A rejected late signature cancels its version, which stays readable. A quarantined file becomes no signature either
    way: the decision says whether it is kept as evidence or as a mistake.
    """
    rights.demand(desk.person, Right.SETTLE)
    view = store.view(desk.db, which)
    rights.demand_work(desk.person, _wards(desk, view))
    if view.person == desk.person.id:
        raise Refusal.because("settles_own_file")
    reason = command.reason.strip()
    if len(reason) < REASON_LENGTH:
        raise Refusal.because("settlement_reason_missing", least=REASON_LENGTH)
    if view.entry is not None:
        base.lock(desk.db, "entry", view.entry)
    store.decide(desk.db, which, command.decision, reason, person=desk.person.id, at=desk.now)
    if view.kind == "offline" and command.decision == "reject":
        _cancel(desk, which, view, reason)
    desk.note("settlement.decide", encounter=view.encounter, entry=view.entry,
              facts={"settlement": str(which), "decision": command.decision})
    desk.tell("settlement", encounter=view.encounter, entry=view.entry)
    if view.entry is not None:
        desk.tell("entry", encounter=view.encounter, entry=view.entry)
    return store.view(desk.db, which)


def _wards(desk: Desk, view: SettlementView) -> Collection[UUID]:
    place = stays.place(desk.db, view.encounter) if view.encounter else None
    return place.wards if place else ()


def _cancel(desk: Desk, which: UUID, view: SettlementView, reason: str) -> None:
    if view.entry is None or view.encounter is None:
        return
    _, _, number, _ = store.address(desk.db, which)
    standing = next((one for one in entries.standings(desk.db, view.entry) if one.number == number), None)
    if standing is None or standing.state in ENDED:
        return
    lifecycle.after(standing.state, Event.CANCEL)
    key = desk.key(view.encounter)
    entries.cancel(desk.db, key, view.entry, standing.number, person=desk.person.id, reason=reason)
