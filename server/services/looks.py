"""What I looked at last: told by my workstation, kept for me alone; each look stands in the audit."""

from __future__ import annotations

from uuid import UUID

from records.errors import Refusal
from records.messages import Look, LooksGiven
from server.services import rights
from server.services.hospital import Desk
from server.store import entries, stays
from server.store import looks as store
from server.store.stays import Place


def mine(desk: Desk, encounter: UUID) -> tuple[Look, ...]:
    """My last look at each entry of an encounter, newest first."""
    place = _place(desk, encounter)
    return store.of_encounter(desk.db, desk.key(place.id), desk.person.id)


def keep(desk: Desk, encounter: UUID, given: LooksGiven) -> tuple[Look, ...]:
    """Keep what I was shown; what stands here now comes back, which may be newer, from another PC."""
    place = _place(desk, encounter)
    key = desk.key(place.id)
    for look in given.looks:
        found = entries.entry(desk.db, look.entry)
        if found is not None and found.encounter != place.id:
            raise Refusal.because("thing_unknown", "entry")
        seen_at = min(look.seen_at, desk.now)  # a clock that runs ahead must not shut out all later looks
        if store.keep(desk.db, key, desk.person.id, look, seen_at):
            desk.note("entry.look", patient=place.patient, encounter=place.id, entry=look.entry,
                      facts={"version": look.version, "seen_at": seen_at.isoformat()})
    return store.of_encounter(desk.db, key, desk.person.id, {look.entry for look in given.looks})


def _place(desk: Desk, encounter: UUID) -> Place:
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk, place.wards)
    return place
