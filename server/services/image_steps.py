"""Performed steps as devices report them (MPPS): each message is judged, kept and tied to the orders it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from records import performed_steps as rules
from records.performed_steps import Fault, StepState
from server.services.hospital import Hospital
from server.store import audit, base, imaging_orders
from server.store import performed_steps as store
from server.store.keys import HOUSE, ScopeKey
from server.store.performed_steps import Message


def begin(hospital: Hospital, device: str, uid: str, attributes: Mapping[str, Any], status: str) -> Fault | None:
    """A device begins a step (N-CREATE); nothing when it is kept, else why it is not."""
    with base.transaction(hospital.engine) as db:
        base.lock(db, "performed-step", uid)
        if store.read(db, uid) is not None:
            return Fault.KNOWN_ALREADY
        after = rules.begun(attributes, status)
        if isinstance(after, Fault):
            return after
        owners = [found for accession, study in rules.orders_named(attributes)
                  if (found := imaging_orders.owner(db, accession=accession, study_uid=study)) is not None]
        key = _key(hospital, db, owners[0].encounter if owners else HOUSE)
        store.add(db, key, Message(uid, 0, after, device, [one.order for one in owners]), attributes)
        _tell(db, device, uid, after, {one.encounter for one in owners})
    return None


def change(hospital: Hospital, device: str, uid: str, attributes: Mapping[str, Any], status: str) -> Fault | None:
    """The device goes on, completes it or breaks it off (N-SET); nothing when it is kept, else why it is not."""
    with base.transaction(hospital.engine) as db:
        base.lock(db, "performed-step", uid)
        step = store.read(db, uid)
        if step is None or step.device != device:
            # What another device performs is none of this one's.
            return Fault.UNKNOWN
        key = _key(hospital, db, step.scope)
        known = rules.known_after(store.told(step, key), attributes)
        after = rules.changed(step.state, known, status)
        if isinstance(after, Fault):
            return after
        store.add(db, key, Message(uid, step.message + 1, after, device, step.orders), known)
        _tell(db, device, uid, after, imaging_orders.encounters_of(db, step.orders))
    return None


def _key(hospital: Hospital, db: Connection, scope: UUID) -> ScopeKey:
    return hospital.keys.house(db) if scope == HOUSE else hospital.keys.of(db, scope)


def _tell(db: Connection, device: str, uid: str, state: StepState, encounters: set[UUID]) -> None:
    audit.note(db, "step.told", name=device, encounter=next(iter(encounters), None),
               facts={"step": uid, "status": state.value, "orders_known": bool(encounters)})
    for encounter in encounters:
        base.notify(db, "imaging_orders", encounter=encounter)
