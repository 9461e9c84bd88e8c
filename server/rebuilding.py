"""`benhan-server rebuild`: makes what charts show anew from the versions, when a projection is suspected."""

from __future__ import annotations

from server.services import imaging_orders
from server.services.hospital import Hospital
from server.settings import Settings
from server.store import base, entry_views


def rebuild(settings: Settings) -> int:
    """Throw every projection of the versions away and make it anew, beside the running server; how many entries."""
    hospital = Hospital.open(settings)
    try:
        with base.transaction(hospital.engine) as db:
            encounters = entry_views.forget(db)
        made = 0
        for encounter in encounters:
            with base.transaction(hospital.engine) as db:
                made += entry_views.rebuild(db, hospital.keys, encounter)
        imaging_orders.rebuild(hospital)
        return made
    finally:
        hospital.close()
