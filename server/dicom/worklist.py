"""Modality Worklist (PS3.4 annex K): a device asks what is to be done, and is told in letters that it can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydicom import DataElement, Dataset, Sequence
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue
from pynetdicom import evt

from records.image_identity import birth_date, person_name
from records.imaging_orders import procedure_id, step_id
from records.worklists import Question, plain
from server.dicom.settings import Letters, May, Peer
from server.dicom.statuses import CANCELLED, NOT_ALL_KEYS, PENDING, narrows
from server.services import image_worklist
from server.services.image_worklist import Asker, Step

if TYPE_CHECKING:
    from server.dicom.listener import Listener

_SEXES = {"1": "M", "2": "F"}
_LENGTHS = {"SH": 16, "LO": 64, "AE": 16, "LT": 10240}
_STEP = "ScheduledProcedureStepSequence"
_TEXTS = frozenset({"SH", "LO", "LT", "PN", "ST", "UT"})
"""What a device is told without diacritics when it knows no others."""


def find(listener: Listener, peer: Peer, event: evt.Event) -> Iterator[Any]:
    """Answers one by one, until there are none, or the device has enough."""
    asked: Dataset = event.identifier
    asker = Asker(peer.aet, peer.modalities, {
        one.aet: one.modalities for one in listener.settings.peers if May.WORKLIST in one.may})
    letters = _letters(peer, asked)
    pending = PENDING if _all_matched(asked) else NOT_ALL_KEYS
    for step in image_worklist.find(listener.hospital, asker, question_of(asked)):
        if event.is_cancelled:
            yield CANCELLED, None
            return
        yield pending, answer(step, asker, asked, letters)


def question_of(asked: Dataset) -> Question:
    """The matching keys of an identifier (PS3.4 table K.6-1)."""
    items = asked.get(_STEP)
    step = items[0] if items else Dataset()
    return Question(
        patient_name=_text(asked, "PatientName"), patient_id=_text(asked, "PatientID"),
        accession=_text(asked, "AccessionNumber"), procedure_id=_text(asked, "RequestedProcedureID"),
        step_id=_text(step, "ScheduledProcedureStepID"), study_uid=_text(asked, "StudyInstanceUID"),
        station=_text(step, "ScheduledStationAETitle"), modality=_text(step, "Modality"),
        date=_text(step, "ScheduledProcedureStepStartDate"), time=_text(step, "ScheduledProcedureStepStartTime"),
        status=_text(step, "ScheduledProcedureStepStatus"), birth_date=_text(asked, "PatientBirthDate"),
        sex=_text(asked, "PatientSex"), admission=_text(asked, "AdmissionID"),
        requester=_text(asked, "RequestingPhysician") or _text(asked, "ReferringPhysicianName"))


_MATCHED = frozenset({
    "PatientName", "PatientID", "AccessionNumber", "RequestedProcedureID", "StudyInstanceUID", "PatientBirthDate",
    "PatientSex", "AdmissionID", "RequestingPhysician", "ReferringPhysicianName", _STEP, "SpecificCharacterSet"})
_MATCHED_OF_STEP = frozenset({
    "ScheduledProcedureStepID", "ScheduledStationAETitle", "Modality", "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime", "ScheduledProcedureStepStatus"})


def _all_matched(asked: Dataset) -> bool:
    """Whether every value that was given narrows the answers; what is only to be returned counts for nothing."""
    of_step = _asked_of(asked.get(_STEP))
    return not any(narrows(one) for one in asked if one.keyword not in _MATCHED) and not any(
        narrows(one) for one in of_step if one.keyword not in _MATCHED_OF_STEP)


def answer(step: Step, asker: Asker, asked: Dataset, letters: Letters) -> Dataset:
    """One step: what was asked for, and what a device needs to write the right things into its images (type 1 keys)."""
    change = plain if letters is Letters.PLAIN else str
    inner = _filled(_asked_of(asked.get(_STEP)), _of_step(step, asker), _STEP_KEYS, change)
    told = _filled(asked, _of_procedure(step), _KEYS, change)
    told.ScheduledProcedureStepSequence = Sequence([inner])
    if letters is not Letters.PLAIN:
        told.SpecificCharacterSet = "ISO_IR 192"
    return told


_KEYS = ("AccessionNumber", "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID",
         "RequestedProcedureID", "RequestedProcedureDescription", "RequestedProcedurePriority")
_STEP_KEYS = ("Modality", "ScheduledStationAETitle", "ScheduledProcedureStepStartDate",
              "ScheduledProcedureStepStartTime", "ScheduledProcedureStepDescription", "ScheduledProcedureStepID")


def _of_procedure(step: Step) -> dict[str, Any]:
    order, patient, stay = step.order, step.patient, step.stay
    here = stay.stays[-1] if stay.stays else None
    return {
        "AccessionNumber": order.accession, "PatientName": person_name(patient.full_name),
        "PatientID": patient.patient_no, "PatientBirthDate": birth_date(patient.birth_date),
        "PatientSex": _SEXES.get(patient.sex, "O"), "StudyInstanceUID": order.study_uid,
        "RequestedProcedureID": procedure_id(order.accession), "RequestedProcedureDescription": order.asked.name,
        "RequestedProcedurePriority": "STAT" if order.asked.urgent else "ROUTINE",
        "RequestingPhysician": person_name(order.asked.requester, order.asked.requester_title),
        "ReferringPhysicianName": person_name(order.asked.requester, order.asked.requester_title),
        "RequestedProcedureComments": order.asked.remark, "ReasonForTheRequestedProcedure": order.asked.reason,
        "AdmissionID": stay.record_no,
        "CurrentPatientLocation": f"{here.ward.code} {here.room} {here.bed}".strip() if here else "",
        "RequestingService": here.ward.name if here else "",
        "Allergies": "\\".join(one.substance for one in patient.allergies),
        "IssueDateOfImagingServiceRequest": order.asked.ordered_at.strftime("%Y%m%d"),
    }


def _of_step(step: Step, asker: Asker) -> dict[str, Any]:
    order = step.order
    return {
        "Modality": step.modality, "ScheduledStationAETitle": asker.stations_for(order.asked.modality),
        "ScheduledProcedureStepStartDate": step.due.strftime("%Y%m%d"),
        "ScheduledProcedureStepStartTime": step.due.strftime("%H%M%S"),
        "ScheduledProcedureStepDescription": order.asked.name, "ScheduledProcedureStepID": step_id(order.accession),
        "ScheduledProcedureStepStatus": step.status.value,
    }


def _filled(asked: Dataset, values: dict[str, Any], always: tuple[str, ...], change: Callable[[str], str]) -> Dataset:
    """The keys that were asked for and those that always go out; what is not known stays empty (PS3.4 K.6.1.2.2)."""
    told = Dataset()
    for element in asked:
        if element.keyword not in ("SpecificCharacterSet", _STEP) and element.VR != "SQ":
            told.add(DataElement(element.tag, element.VR, ""))
        elif element.VR == "SQ" and element.keyword != _STEP:
            told.add(DataElement(element.tag, "SQ", Sequence()))
    for keyword, value in values.items():
        if keyword in always or keyword in told:
            setattr(told, keyword, _written(keyword, value, change))
    return told


def _written(keyword: str, value: Any, change: Callable[[str], str]) -> Any:
    kind = dictionary_VR(keyword)
    if kind not in _TEXTS:
        return value
    longest = _LENGTHS.get(kind, 1024)
    # A backslash would part the value in two: only those that we wrote stay.
    parts = str(value).split("\\") if keyword == "Allergies" else [str(value).replace("\\", "/")]
    return "\\".join(change(part)[:longest] for part in parts)


def _asked_of(items: Any) -> Dataset:
    return items[0] if items else Dataset()


def _letters(peer: Peer, asked: Dataset) -> Letters:
    if peer.letters is not Letters.ASKED:
        return peer.letters
    sets = asked.get("SpecificCharacterSet") or ""
    known = sets if isinstance(sets, (list, MultiValue)) else [sets]
    return Letters.UNICODE if "ISO_IR 192" in known else Letters.PLAIN


def _text(data: Dataset, keyword: str) -> str:
    """A key as DICOM writes it; a value list keeps its backslashes."""
    element = data.get(keyword)
    if element is None:
        return ""
    values = element if isinstance(element, (list, MultiValue)) else [element]
    return "\\".join(str(value).strip() for value in values)
