"""What was printed or saved as a file, of whom and by whom (R40, R42)."""

from __future__ import annotations

from uuid import UUID

from records.errors import Refusal
from records.messages import PrintNotice
from server.services import rights
from server.services.hospital import Desk
from server.store import entries as store
from server.store import stays


def note(desk: Desk, encounter: UUID, notice: PrintNotice) -> None:
    """Write the print into the audit; it may have happened while the server was away, and then says when."""
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk.person, place.wards)
    if notice.entry is not None:
        found = store.entry(desk.db, notice.entry)
        if found is None or found.encounter != encounter:
            raise Refusal.because("thing_unknown", "entry")
    desk.note("print", patient=place.patient, encounter=encounter, entry=notice.entry,
              facts={"form": notice.form_code, "what": notice.what, "look_up_code": notice.look_up_code,
                     "at": notice.at.isoformat()})
    desk.scope = encounter
