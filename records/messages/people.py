"""Health, sign-in, the people who work here, and what they did."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from records.access_hours import Hours
from records.delegation import Delegation
from records.entries import Instant
from records.forms import Frozen, Manner, Role


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
    delegations: tuple[Delegation, ...] = ()
    """What others gave this person to sign (R29)."""


class ColleagueView(Frozen):
    """Somebody who works here, as everybody may know them."""

    id: UUID
    full_name: str
    title: str
    roles: tuple[Role, ...]


class DelegationGiven(Frozen):
    """POST /api/delegations: the writer gives one of their own roles to somebody, as a written decision says (R29)."""

    receiver: UUID
    role: Role
    manner: Manner
    starts: date
    ends: date
    forms: tuple[str, ...] = ()
    wards: tuple[UUID, ...] = ()
    paper: str
    """Number and date of the decision."""


class DelegationView(Frozen):
    """A delegation with the names that a list shows."""

    delegation: Delegation
    receiver_name: str
    receiver_title: str


class Revocation(Frozen):
    """POST /api/delegations/…/revoke: it counts no more from today on."""

    reason: str



class WorkstationSettings(Frozen):
    """Settings that the hospital decides for all workstations."""

    offline_days: int = 7
    """Sign-in without the server is allowed this long after the last one with it, on the same PC."""
    lock_after_s: int = 600
    unsigned_overdue_min: int = 30
    mirror_after_ms: int = 5000
    abbreviations: dict[str, str] = {}
    """What the hospital approves beside the national list, with its meaning (R38)."""
    stamp_within_s: float = 0.0
    """A signature asks the server for a time stamp and waits this long; 0: the hospital has no such contract."""



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
    receipt_keys: tuple[str, ...] = ()
    """PEM public keys of the servers whose receipts count, this server's first."""
    access_hours: tuple[Hours, ...] = ()
    """When this person may come in, also without the server (R39); none: at any time."""
    facility: str
    facility_code: str
    health_department: str
    public_url: str = ""
    """The server's address for the QR codes of prints; empty: they hold the code alone."""



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
