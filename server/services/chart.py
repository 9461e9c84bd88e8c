"""The chart: one answer with everything of one encounter, for people of its wards."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from records.errors import Refusal
from server.services import board, imaging_orders, rights
from server.services.hospital import Desk
from server.store import drafts, entry_views, patients, stays


def of(desk: Desk, encounter: UUID) -> bytes:
    """`records.messages.Chart` as JSON.

    Signed bodies go out as they lie in the store: a chart of 1,000 entries is neither parsed nor written again.
    """
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk, place.wards)
    key = desk.key(encounter)
    view = stays.views(desk.db, [encounter])[encounter]
    patient = patients.read(desk.db, place.patient)
    if patient is None:
        raise LookupError(f"encounter {encounter} has no patient")
    clocks = board.clocks(view, board.facts_of(desk, [encounter]), desk.now)
    desk.note("chart.view", patient=place.patient, encounter=encounter)
    parts = {
        "encounter": view.model_dump_json().encode(),
        "patient": patient.model_dump_json().encode(),
        "entries": entry_views.json_of_encounter(desk.db, key, encounter),
        "drafts": _array(draft.model_dump_json() for draft in drafts.of_encounter(desk.db, key)),
        "clocks": _array(clock.model_dump_json() for clock in clocks),
        "imaging_orders": _array(order.model_dump_json() for order in imaging_orders.standing(desk.db, key)),
        "at": f'"{desk.now.isoformat()}"'.encode(),
    }
    # Joined once: the entries of a long stay are megabytes, and each copy of them costs half a millisecond.
    pieces = [piece for name, value in parts.items() for piece in (b',"%s":' % name.encode(), value)]
    return b"".join([b"{", pieces[0].removeprefix(b","), *pieces[1:], b"}"])


def _array(items: Iterable[str]) -> bytes:
    return b"[" + ",".join(items).encode() + b"]"
