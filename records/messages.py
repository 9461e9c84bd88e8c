"""What travels over HTTPS between workstation and server, as frozen values; both sides read the same classes."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from records.entries import Correction, EncounterState, FormRef, Instant, Sex, State
from records.forms import Frozen, Role


class Health(Frozen):
    """GET /api/health, without sign-in."""

    status: Literal["ok", "degraded"]
    version: str
    time: Instant
    training: bool
    renderers: tuple[str, ...]
    facility: str
    clock_tolerance_s: int = 120
    """A workstation clock further off than this refuses to sign."""


class SignIn(Frozen):
    """POST /api/sessions."""

    username: str
    password: str
    workstation: str
    """The PC's name, for the audit."""


class WardView(Frozen):
    """A ward (khoa)."""

    id: UUID
    code: str
    name: str


class PersonView(Frozen):
    """A person who works here, with what the policy asks about."""

    id: UUID
    username: str
    full_name: str
    title: str
    roles: tuple[Role, ...]
    wards: tuple[WardView, ...]
    national_id: str = ""
    licence_no: str = ""
    licence_until: date | None = None
    active: bool = True


class WorkstationSettings(Frozen):
    """Settings that the hospital decides for all workstations."""

    offline_days: int = 7
    """Sign-in without the server is allowed this long after the last one with it, on the same PC."""
    lock_after_s: int = 600
    unsigned_overdue_min: int = 30
    mirror_after_ms: int = 5000


class Session(Frozen):
    """Answer to SignIn."""

    token: str
    expires_at: Instant
    person: PersonView
    server_time: Instant
    recovery_public_key: str
    """PEM, RSA; wraps the local store's key so that IT can recover a forgotten password's drafts."""
    settings: WorkstationSettings = WorkstationSettings()
    health: Health
    trust_roots: tuple[str, ...] = ()
    """PEM certificates of the trusted CAs: the explain panel judges offline with them."""
    facility: str
    facility_code: str
    health_department: str


class AllergyView(Frozen):
    """An allergy or intolerance of the patient."""

    substance: str
    reaction: str = ""
    year: int | None = None


class PatientView(Frozen):
    """A patient's demographics."""

    id: UUID
    patient_no: str
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
    allergies_asked_at: Instant | None = None
    encounter: UUID | None = None
    """The encounter that is open now, if any."""


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
    vitals: tuple[VitalsPoint, ...] = ()
    """The last few, oldest first."""


class Board(Frozen):
    """GET /api/wards/{id}/board."""

    ward: WardView
    at: Instant
    rows: tuple[BoardRow, ...]


class SignatureView(Frozen):
    """A signature that the server accepted."""

    slot: str
    slot_label: str
    person: UUID
    full_name: str
    title: str
    signed_at: Instant
    received_at: Instant
    certificate_serial: str
    certificate_issuer: str
    offline: bool = False
    settled: bool = True
    """False while a file signed without the server waits for a named person (work list)."""
    training: bool = False


class EntryView(Frozen):
    """An entry with its latest version, as the time line and the sheet show it."""

    id: UUID
    encounter: UUID
    form: FormRef
    version: int
    state: State
    author: UUID
    author_name: str
    author_title: str
    occurred_at: Instant
    written_at: Instant
    received_at: Instant
    sha256: str
    """Of the version's canonical bytes."""
    correction: Correction | None = None
    signatures: tuple[SignatureView, ...]
    open_slots: tuple[str, ...] = ()
    file: str = ""
    """SHA-256 of the newest signed file: GET /api/files/{sha256}."""
    body: dict[str, Any]
    """The version as canonical JSON, parsed: `Version.model_validate(body)`."""
    older: tuple[int, ...] = ()
    """Numbers of earlier versions: GET /api/entries/{id}/versions/{n}."""


class DraftView(Frozen):
    """A draft as the server mirrors it."""

    entry: UUID
    encounter: UUID
    person: UUID
    person_name: str
    form: FormRef
    base_version: int
    """0 for a new entry, else the version that it corrects."""
    correction_reason: str = ""
    occurred_at: Instant
    values: dict[str, Any]
    revision: int
    """Counts up with each save; a save names the revision that it knows."""
    updated_at: Instant


class DraftSave(Frozen):
    """PUT /api/drafts/{entry}. `known_revision` 0 for the first save; another revision there -> DraftConflict (409)."""

    encounter: UUID
    form: FormRef
    base_version: int = 0
    correction_reason: str = ""
    occurred_at: Instant
    values: dict[str, Any]
    known_revision: int


class DraftConflict(Frozen):
    """409 answer: both texts are kept, a person chooses."""

    mine: DraftView
    theirs: DraftView


class Chart(Frozen):
    """GET /api/encounters/{id}/chart."""

    encounter: EncounterView
    patient: PatientView
    entries: tuple[EntryView, ...]
    """Newest clinical time first."""
    drafts: tuple[DraftView, ...]
    clocks: tuple[ClockView, ...]
    at: Instant


class FindingView(Frozen):
    """One answered question of a verdict."""

    question: str
    answer: Literal["yes", "no", "unknown"]
    reasons: tuple[dict[str, Any], ...] = ()
    evidence: dict[str, Any] = {}


class Accepted(Frozen):
    """201 answer to POST /api/entries/{id}/versions/{n}/signatures (body: the PDF; query: encounter, slot, offline,
    begun_at): the entry as it is now, and the receipt (canonical JSON and signature, base64).
    """

    entry: EntryView
    receipt: str
    receipt_signature: str


class Quarantined(Frozen):
    """202 answer: the file is kept, and a named person settles it."""

    settlement: UUID
    reasons: tuple[dict[str, Any], ...]


class SettlementView(Frozen):
    """GET /api/settlements: a late or wrong file on the work list."""

    id: UUID
    kind: Literal["quarantine", "offline"]
    """quarantine: not stored as a signature; offline: stored, marked «ký khi mất mạng»."""
    entry: UUID | None
    encounter: UUID | None
    patient_name: str = ""
    person: UUID
    person_name: str
    received_at: Instant
    file: str
    reasons: tuple[dict[str, Any], ...]
    decided_by: str = ""
    decision: Literal["", "accept", "reject"] = ""
    decision_reason: str = ""


class SettlementDecision(Frozen):
    """POST /api/settlements/{id}."""

    decision: Literal["accept", "reject"]
    reason: str


class Challenge(Frozen):
    """POST /api/certificates/challenges: random bytes (base64) that the token must sign within `expires_at`."""

    id: UUID
    challenge: str
    expires_at: Instant


class Enrolment(Frozen):
    """POST /api/certificates: the certificate (DER, base64), its chain, and the challenge's signature
    (PKCS#1 v1.5 or ECDSA with SHA-256 over `b"benhan-enrol-v1:" + challenge`).
    """

    challenge: UUID
    certificate: str
    chain: tuple[str, ...] = ()
    signature: str


class CertificateView(Frozen):
    """An enrolled certificate and where it stands."""

    id: UUID
    person: UUID
    person_name: str
    serial: str
    issuer: str
    subject: str
    not_before: Instant
    not_after: Instant
    state: Literal["pending", "approved", "rejected", "revoked"]
    approved_by: str = ""
    training: bool = False


class Cancellation(Frozen):
    """POST /api/entries/{id}/cancel."""

    version: int
    reason: str


class AuditView(Frozen):
    """GET /api/audit?patient=…: who did what with whom (R40)."""

    id: int
    at: Instant
    person_name: str
    action: str
    patient_name: str = ""
    entry: UUID | None = None
    workstation: str = ""
    facts: dict[str, Any] = {}


class Problem(Frozen):
    """Body of each 4xx and 503 answer; reasons as `records.errors.Reason.as_json`."""

    reasons: tuple[dict[str, Any], ...]
