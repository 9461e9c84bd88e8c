"""Entries and the bytes of their versions, for people of the encounter's wards."""

from __future__ import annotations

from uuid import UUID

from records.errors import Refusal
from records.messages import EntryView
from server.services import rights
from server.services.hospital import Desk
from server.store import correction_notices, entry_views, stays
from server.store import entries as store
from server.store.stays import Place


def read(desk: Desk, entry: UUID) -> EntryView:
    """An entry with its latest version."""
    place = find_to_read(desk, entry)
    desk.note("entry.view", patient=place.patient, encounter=place.id, entry=entry)
    return shown(desk, place, entry)


def canonical(desk: Desk, entry: UUID, number: int) -> bytes:
    """The canonical bytes of one version, exactly as they were signed."""
    place = find_to_read(desk, entry)
    body = store.body(desk.db, desk.key(place.id), entry, number)
    desk.note("version.view", patient=place.patient, encounter=place.id, entry=entry, facts={"number": number})
    return body


def find(desk: Desk, entry: UUID) -> Place:
    """The encounter of an entry that the person may see."""
    place = _place(desk, entry)
    rights.demand_sight(desk, place.wards)
    return place


def find_to_read(desk: Desk, entry: UUID) -> Place:
    """The same; also for who was told that this entry was corrected: ordering it was care enough (R36, R39)."""
    place = _place(desk, entry)
    if not correction_notices.was_told(desk.db, entry, desk.person.id):
        rights.demand_sight(desk, place.wards)
    return place


def _place(desk: Desk, entry: UUID) -> Place:
    found = store.entry(desk.db, entry)
    place = stays.place(desk.db, found.encounter) if found else None
    if place is None:
        raise Refusal.because("thing_unknown", "entry")
    return place


def shown(desk: Desk, place: Place, entry: UUID) -> EntryView:
    """The entry as charts show it."""
    view = entry_views.of_entry(desk.db, desk.key(place.id), entry)
    if view is None:
        raise LookupError(f"the entry {entry} has no version")
    return view
