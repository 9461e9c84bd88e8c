"""What is to be done, as devices ask it: the open imaging orders with their patients; who was given what is audited."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from records import worklists
from records.deadlines import ZONE
from records.image_identity import as_dicom
from records.imaging_orders import UNKNOWN, alike, procedure_id, step_id
from records.messages import EncounterView, PatientView
from records.worklists import Question, StepStatus
from server.services import imaging_orders
from server.services.hospital import Hospital
from server.store import audit, base, patients, stays
from server.store import imaging_orders as store
from server.store.imaging_orders import Order


@dataclass(frozen=True)
class Step:
    """One step that is to be done: the order, whose, and when it is due."""

    order: Order
    patient: PatientView
    stay: EncounterView
    due: datetime
    modality: str
    """As the device calls it, which may be one that is like the order's."""
    status: StepStatus


@dataclass(frozen=True)
class Asker:
    """The device that asks: its name, what it does, and for each station the modalities that it does."""

    aet: str
    modalities: Collection[str]
    stations: dict[str, Collection[str]]

    def stations_for(self, modality: str) -> list[str]:
        """On which stations an order may be done, itself first."""
        return sorted((name for name, does in self.stations.items() if _does(does, modality)),
                      key=lambda name: (name != self.aet, name))


def find(hospital: Hospital, asker: Asker, question: Question) -> tuple[Step, ...]:
    """The steps that fit the question, of those that the device may see; from now on they are known to be on it."""
    imaging_orders.refresh_all(hospital)
    with base.transaction(hospital.engine) as db:
        steps = tuple(one for one in _steps(hospital, db, asker, question) if _fits(one, asker, question))
        new = store.given(db, asker.aet, [one.order.id for one in steps])
        audit.note(db, "worklist.give", name=asker.aet, facts={
            "found": len(steps), "orders": [one.order.accession for one in steps][:1000]})
        for encounter in {one.order.encounter for one in steps if one.order.id in new}:
            base.notify(db, "imaging_orders", encounter=encounter)
    return steps


def _steps(hospital: Hospital, db: Connection, asker: Asker, question: Question) -> Iterator[Step]:
    """All that the device may see, the urgent first."""
    moment = base.now(db)
    rows = store.open_rows(
        db, worklists.oldest(moment), worklists.begun_since(moment), _seen(asker.modalities))
    keys = hospital.keys.of_many(db, {row.encounter for row in rows})
    people = {one.id: one for one in patients.read_many(db, list({row.patient for row in rows}))}
    lying = stays.views(db, {row.encounter for row in rows})
    for row in rows:
        if row.encounter in keys:
            order = store.opened(row, keys[row.encounter])
            yield Step(order, people[row.patient], lying[row.encounter],
                       worklists.due(order.asked.scheduled, moment, ZONE), _told(asker, question, order),
                       StepStatus.STARTED if row.is_started else StepStatus.SCHEDULED)


def _fits(step: Step, asker: Asker, question: Question) -> bool:
    order = step.order
    stations = asker.stations_for(order.asked.modality)
    return (worklists.same_name(question.patient_name, step.patient.full_name)
            and worklists.fits(question.patient_id, step.patient.patient_no)
            and worklists.fits(question.accession, order.accession)
            and worklists.fits(question.procedure_id, procedure_id(order.accession))
            and worklists.fits(question.step_id, step_id(order.accession))
            and worklists.fits(question.study_uid, order.study_uid)
            and worklists.fits(question.modality, step.modality)
            and worklists.fits(question.status, step.status)
            and (not question.station or any(worklists.fits(question.station, one) for one in stations))
            and worklists.within(question.date, step.due.strftime("%Y%m%d"))
            and worklists.within(question.time, step.due.strftime("%H%M%S"))
            and _of_person(step, question)
            and worklists.fits(question.admission, step.stay.record_no)
            and any(worklists.same_name(question.requester, one) for one in (
                order.asked.requester, f"{order.asked.requester} {order.asked.requester_title}")))


def _of_person(step: Step, question: Question) -> bool:
    """Whether it may be the person asked for: a birth date or a sex that is not known here speaks against nobody."""
    known = as_dicom(step.patient)
    return ((not known.birth_date or worklists.within(question.birth_date, known.birth_date))
            and (not known.sex or worklists.fits(question.sex, known.sex)))


def _told(asker: Asker, question: Question, order: Order) -> str:
    """The modality under which the device is told the order: its own word for the same."""
    own = order.asked.modality
    asked = [question.modality] if question.modality.isalnum() and (
        not asker.modalities or question.modality in asker.modalities) else []
    wanted = [*asked, *asker.modalities]
    if own == UNKNOWN:
        # Nobody knows which device makes it: each sees it as its own.
        return wanted[0] if wanted else UNKNOWN
    return next((one for one in wanted if one in alike(own)), own)


def _seen(modalities: Collection[str]) -> set[str]:
    return {UNKNOWN}.union(*(alike(one) for one in modalities)) if modalities else set()


def _does(modalities: Collection[str], modality: str) -> bool:
    return not modalities or modality in _seen(modalities)
