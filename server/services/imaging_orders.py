"""Imaging orders kept in step with the signed entries: made anew for each stay whose entries changed."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import Connection

from records import imaging_orders as rules
from records.errors import Refusal
from records.messages import ImagingOrderStanding, ImagingOrderView
from records.order_states import OrderState, state_of
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk, Hospital
from server.store import base, stays
from server.store import imaging_orders as store
from server.store.keys import ScopeKey


def of_encounter(desk: Desk, encounter: UUID) -> tuple[ImagingOrderView, ...]:
    """The orders of a stay with their states, for people who may read its chart."""
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk, place.wards)
    return read(desk.db, desk.key(encounter))


def read(db: Connection, key: ScopeKey) -> tuple[ImagingOrderView, ...]:
    """The orders of a stay, made anew when something of it changed, newest first."""
    if store.is_stale(db, key.scope):
        refresh(db, key)
    return tuple(view(one) for one in store.of_encounter(db, key))


def standing(db: Connection, key: ScopeKey) -> tuple[ImagingOrderStanding, ...]:
    """Where the orders of a stay stand, made anew when something of it changed, newest first."""
    if store.is_stale(db, key.scope):
        refresh(db, key)
    return store.standing(db, key.scope)


def refresh_all(hospital: Hospital) -> int:
    """Make the orders anew of every stay that changed, each in a transaction of its own; how many stays."""
    with base.single(hospital.engine) as db:
        changed = store.stale(db)
    for encounter in changed:
        with base.transaction(hospital.engine) as db:
            key = hospital.keys.of_many(db, [encounter]).get(encounter)
            if key is None:
                # Its key was destroyed: there is nothing to read, and nobody to take a picture of.
                store.take_stale(db, encounter)
            else:
                refresh(db, key)
    return len(changed)


def rebuild(hospital: Hospital) -> int:
    """Throw the orders' projection away and make it anew; numbers that were given stay. How many stays."""
    with base.transaction(hospital.engine) as db:
        store.all_stale(db)
    return refresh_all(hospital)


def refresh(db: Connection, key: ScopeKey) -> None:
    """Make the orders of a stay anew, if anything of it changed."""
    if not store.take_stale(db, key.scope):
        return
    orders, reports = [], []
    for versions in store.standings(db, key):
        orders += [(store.number(db, new_id(), key.scope, one), one) for one in rules.asked(versions)]
        found = rules.report(versions)
        reports += [found] if found is not None else []
    store.keep(db, key, orders, rules.answered(store.answerable(db, orders), reports))


def view(order: store.Order) -> ImagingOrderView:
    """The order as it travels."""
    state, asked = state_of(order.facts), order.asked
    return ImagingOrderView(
        id=order.id, status=_status(state), state=state, priority="urgent" if asked.urgent else "routine",
        accession=order.accession, study_uid=order.study_uid, modality=asked.modality, code=asked.code,
        display=asked.name, reason=asked.reason, reason_code=asked.reason_code, note=asked.remark,
        requester=f"{asked.requester_title} {asked.requester}".strip(), authored_on=asked.ordered_at,
        occurrence=asked.scheduled, subject=order.patient,
        encounter=order.encounter, entry=asked.entry, version=asked.version, row=asked.at_row, result=order.result)


def _status(state: OrderState) -> Literal["active", "completed", "revoked"]:
    """FHIR's request status: an order is done with once its result is signed."""
    if state is OrderState.CANCELLED:
        return "revoked"
    return "completed" if state is OrderState.SIGNED else "active"

