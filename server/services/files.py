"""Signed files and the server's receipts for them."""

from __future__ import annotations

from records.errors import Refusal
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import files as store
from server.store import stays
from server.store.files import Whereabouts


def read(desk: Desk, sha256: str) -> bytes:
    """The file as it was received."""
    where = _find(desk, sha256, "file.view")
    key = desk.key(where.scope)
    return desk.hospital.blobs.get(key, sha256)


def receipt(desk: Desk, sha256: str) -> bytes:
    """The receipt as the file `NAME.pdf.receipt.json`."""
    _find(desk, sha256, "receipt.view")
    found = store.receipt(desk.db, sha256)
    if found is None:
        raise Refusal.because("thing_unknown", "receipt")
    return found.to_file()


def _find(desk: Desk, sha256: str, action: str) -> Whereabouts:
    """Where the file belongs, for people of the encounter's wards and those who settle."""
    where = store.whereabouts(desk.db, sha256)
    place = stays.place(desk.db, where.encounter) if where and where.encounter else None
    if where is None:
        raise Refusal.because("thing_unknown", "file")
    if place is not None:
        rights.demand_sight(desk, place.wards)
    else:
        rights.demand(desk.person, Right.SETTLE)
    desk.note(action, patient=place.patient if place else None, encounter=where.encounter, entry=where.entry,
              facts={"file": sha256})
    return where
