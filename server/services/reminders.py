"""Asking somebody for a signature, quietly: once in some hours, and no more once it is answered or put away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from records import policy
from records.deadlines import REMIND_AGAIN, ZONE
from records.errors import Refusal
from records.messages import ReminderSent, ReminderView
from records.policy import SlotState
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk
from server.services.signing_scene import Scene, Wanted, kind_of
from server.store import base
from server.store import reminders as store
from server.store.reminders import Reminded
from server.store.waiting import Open

REMEMBERED = timedelta(days=3)


def remind(desk: Desk, command: ReminderSent) -> ReminderView:
    """Ask somebody for a signature that they can give now; kept, told quietly, and not said again for some hours."""
    scene, found = found_open(desk, command.entry)
    standing = next((one for one in policy.standing(scene.case(found)) if one.slot.key == command.slot), None)
    if standing is None or standing.state is not SlotState.OPEN or command.to not in {
            one.id for one in scene.who(found, standing)}:
        raise Refusal.because("reminder_not_theirs")
    base.lock(desk.db, "reminder", command.to)
    for earlier in store.to_person(desk.db, command.to, desk.now - REMIND_AGAIN):
        if (earlier.entry, earlier.slot) == (command.entry, command.slot):
            raise Refusal.because("reminded_already", at=f"{earlier.at.astimezone(ZONE):%H:%M}",
                                  hours=REMIND_AGAIN.seconds // 3600)
    which = new_id()
    store.remind(desk.db, which, entry=command.entry, slot=command.slot, person=desk.person.id, to=command.to)
    desk.note("signature.remind", encounter=found.encounter, entry=found.entry,
              facts={"slot": command.slot, "to": str(command.to)})
    desk.tell("reminder", encounter=found.encounter, entry=found.entry, ward=found.stay.ward)
    return next(one for one in of_open(desk, found) if one.id == which)


def put_away(desk: Desk, which: UUID) -> None:
    """The person who was asked has read it: it is shown no more, and who asked sees that."""
    base.lock(desk.db, "reminder", desk.person.id)
    found = store.one(desk.db, which, desk.now - REMEMBERED)
    if found is None or found.to != desk.person.id:
        raise Refusal.because("thing_unknown", "reminder")
    if found.put_away_at is None:
        store.put_away(desk.db, which, desk.person.id)
        desk.tell("reminder", entry=found.entry)


def of_open(desk: Desk, found: Open) -> tuple[ReminderView, ...]:
    """Every reminder of an open entry, newest first."""
    return tuple(_view(one, kind_of(found).name, found.stay.patient)
                 for one in store.of_entry(desk.db, found.entry, desk.now - REMEMBERED))


def to_me(desk: Desk, mine: Iterable[Wanted]) -> tuple[ReminderView, ...]:
    """Those to who asks, as long as the signature is wanted of them and they have not put it away."""
    told = [one for one in store.to_person(desk.db, desk.person.id, desk.now - REMEMBERED) if one.put_away_at is None]
    if not told:
        return ()
    asked = {one.entry for one in told}
    wanted = {(one.paper.entry, one.standing.slot.key): one.paper for one in mine if one.paper.entry in asked}
    return tuple(_view(one, kind_of(paper).name, paper.stay.patient) for one in told
                 if (paper := wanted.get((one.entry, one.slot))) is not None)


def found_open(desk: Desk, entry: UUID) -> tuple[Scene, Open]:
    """What waits under that id, for people who may see its patient."""
    scene = Scene.of_entries(desk, [entry])
    found = next(iter(scene.open), None)
    if found is None:
        raise Refusal.because("thing_unknown", "entry")
    rights.demand_sight(desk, {found.stay.ward})
    return scene, found


def _view(one: Reminded, title: str, patient: str) -> ReminderView:
    return ReminderView(id=one.id, entry=one.entry, slot=one.slot, by=one.by, to=one.to, to_name=one.to_name,
                        at=one.at, title=title, patient=patient, put_away_at=one.put_away_at)
