"""Patients, their stays, and the ward board."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from records.entries import EncounterState, Instant, Sex
from records.forms import Frozen
from records.messages.people import WardView


class AllergyView(Frozen):
    """An allergy or intolerance of the patient."""

    substance: str
    reaction: str = ""
    year: int | None = None


class PatientDraft(Frozen):
    """POST /api/patients: registering a patient; the server gives id and number."""

    full_name: str
    birth_date: str
    sex: Sex
    national_id: str = ""
    insurance_no: str = ""
    insurance_percent: int | None = None
    address: str = ""
    phone: str = ""
    ethnicity: str = ""
    occupation: str = ""
    kin: str = ""
    allergies: tuple[AllergyView, ...] = ()


class PatientView(PatientDraft):
    """A patient as registered."""

    id: UUID
    patient_no: str
    allergies_asked_at: Instant | None = None
    encounter: UUID | None = None
    """The encounter that is open now, if any."""




class Admission(Frozen):
    """POST /api/encounters: a patient is admitted to a bed of a ward."""

    patient: UUID
    ward: UUID
    room: str = ""
    bed: str = ""
    emergency: bool
    admitted_at: Instant
    diagnosis: str = ""
    diagnosis_code: str = ""
    attending: UUID | None = None



class Transfer(Frozen):
    """POST /api/encounters/{id}/transfers: another ward or bed from that moment on."""

    ward: UUID
    room: str = ""
    bed: str = ""
    at: Instant



class Discharge(Frozen):
    """POST /api/encounters/{id}/discharge."""

    at: Instant
    outcome: str
    discharge_type: str



class WardStayView(Frozen):
    """One stretch of the stay in one bed."""

    ward: WardView
    room: str
    bed: str
    starts: Instant
    ends: Instant | None = None



class EncounterView(Frozen):
    """An encounter as the chart's banner and the entries' header need it."""

    id: UUID
    record_no: str
    state: EncounterState
    emergency: bool
    admitted_at: Instant
    discharged_at: Instant | None = None
    stays: tuple[WardStayView, ...]
    diagnosis: str = ""
    diagnosis_code: str = ""
    attending: str = ""
    archived_at: Instant | None = None
    archived_level: Literal["", "B", "T", "LT"] = ""
    """What an archived record can be proved by; it stays what it was on that day."""



class ClockView(Frozen):
    """A deadline that runs (R20-R25)."""

    kind: str
    label: str
    due: Instant
    state: Literal["ok", "near", "past", "done"]
    starts: Instant | None = None



class VitalsPoint(Frozen):
    """One time's vital signs by field key, for sparks and the early warning score."""

    at: Instant
    values: dict[str, Any]



class BoardRow(Frozen):
    """One bed of the ward board; an empty bed has no encounter."""

    room: str
    bed: str
    encounter: UUID | None = None
    patient: PatientView | None = None
    record_no: str = ""
    day: int = 0
    diagnosis: str = ""
    diagnosis_code: str = ""
    attending: str = ""
    clocks: tuple[ClockView, ...] = ()
    unsigned: int = 0
    """Drafts and partly signed versions of this encounter."""
    unsigned_mine: int = 0
    """Of these, what who asks can sign now."""
    unsigned_overdue: int = 0
    """Of these, what is past its deadline, whoever signs it."""
    vitals: tuple[VitalsPoint, ...] = ()
    """The last few, oldest first."""



class Board(Frozen):
    """GET /api/wards/{id}/board."""

    ward: WardView
    at: Instant
    rows: tuple[BoardRow, ...]
