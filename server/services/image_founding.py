"""A study that is new: matched to the patient whom its first image names, and to the order that it was made for."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import Connection

from records.image_identity import differences, order_differences
from server.ids import new_id
from server.services import imaging_orders as order_service
from server.services.hospital import Hospital
from server.services.image_headers import Study
from server.store import audit, base, images, imaging_orders, patients
from server.store.imaging_orders import Owner
from server.store.keys import Drawn


def study_for(hospital: Hospital, db: Connection, head: Study, sender: str, drawn: Drawn | None = None) -> UUID:
    """The study's id, with a key of its own (`drawn`, which names the id of a new one); it is matched to the patient
    whom it names.
    """
    known = images.study_id(db, head.uid)
    if known is not None:
        return known
    patient = images.patient_of(db, head.named.patient_no)
    view = patients.read(db, patient) if patient else None
    order = _order(hospital, db, head)
    differing = differences(head.named, view)
    if order is not None and view is not None:
        differing += order_differences(head.accession, view.patient_no, order.patient_no, live=order.live)
    encounter = images.open_encounter(db, patient) if patient else None
    if order is not None and order.patient == patient:
        encounter = order.encounter
    state = "open" if differing else "matched"
    drawn = drawn or hospital.keys.draw(new_id())
    which = drawn.key.scope
    study = images.add_study(db, which, head.uid, {
        **asdict(head.named), "sent": asdict(head.named), "patient": patient, "encounter": encounter, "state": state,
        "imaging_order": order.order if order else None, "accession": head.accession,
        "study_no": head.study_no, "study_date": head.date, "study_time": head.time, "description": head.description,
        "referring": head.referring}, differing)
    if study == which:
        hospital.keys.keep(db, drawn)
        audit.note(db, "images.arrive", name=sender, patient=patient, encounter=encounter,
                   facts={"study": head.uid, "state": state, "differs": [one.field for one in differing]})
        base.notify(db, "images", encounter=encounter)
        if order is not None:
            # A result that was there first may answer the order now; its chart shows that it was taken.
            imaging_orders.mark_stale(db, order.encounter)
            base.notify(db, "imaging_orders", encounter=order.encounter)
    return study


def _order(hospital: Hospital, db: Connection, head: Study) -> Owner | None:
    """The order that the study was made for, as its entry stands now."""
    found = imaging_orders.owner(db, accession=head.accession, study_uid=head.uid)
    key = hospital.keys.of_many(db, [found.encounter]).get(found.encounter) if found else None
    if key is None:
        return None
    order_service.refresh(db, key)
    return imaging_orders.owner(db, accession=head.accession, study_uid=head.uid)
