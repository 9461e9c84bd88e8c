"""Cancelling an entry: it is marked and stays readable (R33)."""

from __future__ import annotations

from uuid import UUID

from records import confirmations, lifecycle
from records.entries import EncounterState
from records.errors import Refusal
from records.forms import Role
from records.lifecycle import Event
from records.messages import Cancellation, EntryView
from records.succession import REASON_LENGTH
from server.services import correction_notices, entries, rights
from server.services.hospital import Desk
from server.store import base, closing
from server.store import entries as store


def cancel(desk: Desk, entry: UUID, command: Cancellation) -> EntryView:
    """Cancel the latest version, by its author or the ward's head, with a reason."""
    base.lock(desk.db, "entry", entry)
    closing.hold(desk.db, entries.find(desk, entry).id)
    place = entries.find(desk, entry)
    rights.demand_work(desk.person, place.wards)
    latest = store.standings(desk.db, entry)[-1]
    if command.version != latest.number:
        raise Refusal.because("version_not_latest", latest=latest.number)
    found = store.entry(desk.db, entry)
    if found is not None and confirmations.is_confirmation(found.form):
        raise Refusal.because("confirmation_stays")
    reason = command.reason.strip()
    if len(reason) < REASON_LENGTH:
        raise Refusal.because("cancellation_reason_missing", least=REASON_LENGTH)
    if desk.person.id != latest.author and Role.WARD_HEAD not in desk.person.roles:
        raise Refusal.because("right_missing", "cancel")
    if place.state in (EncounterState.ARCHIVED, EncounterState.DESTROYED):
        raise Refusal.because("record_archived")
    lifecycle.after(latest.state, Event.CANCEL)
    key = desk.key(place.id)
    store.cancel(desk.db, key, entry, latest.number, person=desk.person.id, reason=reason)
    correction_notices.cancelled(desk, place, key, latest, reason)
    desk.note("entry.cancel", patient=place.patient, encounter=place.id, entry=entry,
              facts={"number": latest.number})
    desk.tell("entry", encounter=place.id, entry=entry, ward=place.ward)
    desk.scope = place.id
    return entries.shown(desk, place, entry)
