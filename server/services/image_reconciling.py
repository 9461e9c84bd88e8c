"""Whose images are they: what differs from the order or the patient is settled by a person, never by the program.

Each decision is kept with its reason and may be followed by another; the images' bytes stay what they are, and what is
shown and answered follows the last decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from records.errors import Refusal
from records.image_identity import Named, as_dicom, differences, order_differences
from records.messages import (
    ImageDecisionGiven,
    ImageDecisionView,
    ImageDifferenceView,
    PatientView,
    UnsettledStudyView,
)
from records.succession import REASON_LENGTH
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import image_reconciling as store
from server.store import images, imaging_orders, patients


def unsettled(desk: Desk) -> tuple[UnsettledStudyView, ...]:
    """What waits, and what was decided lately."""
    rights.demand(desk.person, Right.RECONCILE_IMAGES)
    rows = store.listed(desk.db)
    desk.note("images.unsettled", facts={"found": len(rows)})
    return _views(desk, rows)


def reason_of(desk: Desk, written: str) -> str:
    """Why somebody who may settle whose images are decides as they do; refuses anybody else, and words too few."""
    rights.demand(desk.person, Right.RECONCILE_IMAGES)
    reason = written.strip()
    if len(reason) < REASON_LENGTH:
        raise Refusal.because("image_decision_reason_missing", least=REASON_LENGTH)
    return reason


def decide(desk: Desk, uid: str, given: ImageDecisionGiven) -> UnsettledStudyView:
    """It is this patient's, it is wrong, or what was decided is taken back."""
    reason = reason_of(desk, given.reason)
    row = store.study(desk.db, uid)
    if row is None:
        raise Refusal.because("thing_unknown", "study")
    # The answer speaks of the study: it is kept under the study's key, as the reason is.
    desk.scope = row.id
    before = store.decisions(desk.db, desk.keys, [row.id]).get(row.id, [])
    if not before and row.state != "open":
        raise Refusal.because("image_study_not_open")
    if len(before) != given.known:
        raise Refusal.because("image_decided_meanwhile")
    now = _standing(desk, row, given)
    patient, encounter = now["patient"] if given.decision == "tie" else None, now["encounter"]
    store.decide(desk.db, desk.key(row.id), {
        "id": new_id(), "decision": given.decision, "patient": patient,
        "encounter": encounter if given.decision == "tie" else None, "person": desk.person.id}, reason, now)
    _tell(desk, row, given, now)
    again = store.study(desk.db, uid)
    return _views(desk, [again] if again is not None else [])[0]


def _standing(desk: Desk, row: Row[Any], given: ImageDecisionGiven) -> dict[str, Any]:
    """What the study is from now on."""
    sent = Named(**row.sent)
    order = imaging_orders.owner(desk.db, accession=row.accession, study_uid=row.uid)
    as_sent = {"patient_no": sent.patient_no, "full_name": sent.full_name, "birth_date": sent.birth_date,
               "sex": sent.sex, "imaging_order": order.order if order else None}
    if given.decision == "set_aside":
        return {**as_sent, "state": "set_aside", "patient": None, "encounter": None}
    if given.decision == "reopen":
        patient = images.patient_of(desk.db, sent.patient_no)
        view = patients.read(desk.db, patient) if patient else None
        differing = differences(sent, view)
        if view is not None and order is not None:
            differing += order_differences(row.accession, view.patient_no, order.patient_no, live=order.live)
        return {**as_sent, "state": "open", "patient": patient, "encounter": None,
                "differences": [{"field": one.field, "sent": one.sent, "known": one.known} for one in differing]}
    view = patients.read(desk.db, given.patient) if given.patient else None
    if view is None:
        raise Refusal.because("thing_unknown", "patient")
    theirs = order is not None and order.patient == view.id
    known = as_dicom(view)
    return {"patient_no": known.patient_no, "full_name": known.full_name, "birth_date": known.birth_date,
            "sex": known.sex, "state": "matched", "patient": view.id,
            "encounter": order.encounter if order is not None and theirs else images.open_encounter(desk.db, view.id),
            "imaging_order": order.order if order is not None and theirs else None}


def _tell(desk: Desk, row: Row[Any], given: ImageDecisionGiven, now: Mapping[str, Any]) -> None:
    desk.note("images.decide", patient=now["patient"] or row.patient, encounter=now["encounter"] or row.encounter,
              facts={"study": row.uid, "decision": given.decision, "before": row.state})
    for encounter in {row.encounter, now["encounter"]} - {None}:
        desk.tell("images", encounter=encounter)
    for encounter in imaging_orders.encounters_of(
            desk.db, [one for one in (row.imaging_order, now["imaging_order"]) if one is not None]):
        imaging_orders.mark_stale(desk.db, encounter)
        desk.tell("imaging_orders", encounter=encounter)
    desk.tell("images_unsettled")


def _views(desk: Desk, rows: Any) -> tuple[UnsettledStudyView, ...]:
    decided = store.decisions(desk.db, desk.keys, [row.id for row in rows])
    owners = {row.id: imaging_orders.owner(desk.db, accession=row.accession, study_uid=row.uid) for row in rows}
    wanted: set[UUID] = {row.patient for row in rows if row.patient} | {one.patient for one in owners.values() if one}
    people = {one.id: one for one in patients.read_many(desk.db, list(wanted))}

    def whose(which: UUID | None) -> PatientView | None:
        return people.get(which) if which else None

    return tuple(UnsettledStudyView(
        uid=row.uid, state=row.state, patient_no=row.sent["patient_no"], full_name=row.sent["full_name"],
        birth_date=row.sent["birth_date"], sex=row.sent["sex"], patient=whose(row.patient),
        order_patient=whose(owner.patient if (owner := owners[row.id]) else None),
        differences=tuple(ImageDifferenceView(**one) for one in row.differences), accession=row.accession,
        modalities=tuple(row.modalities), description=row.description, study_date=row.study_date,
        instances=row.instances, received_at=row.received_at,
        decisions=tuple(ImageDecisionView(
            decision=one.decision, patient_no=one.patient_no, patient_name=one.patient_name, reason=one.reason,
            person_name=one.person_name, at=one.at) for one in decided.get(row.id, ()))) for row in rows)
