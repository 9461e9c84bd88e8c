"""Who may do what beside writing and signing (which `records.policy` answers): one table of rights by role."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from uuid import UUID

from records.delegation import Delegation
from records.errors import Refusal
from records.forms import Role
from records.policy import Person
from records.succession import RESTORERS
from server.services.hospital import Desk


class Right(StrEnum):
    """An act that is not a signature."""

    FIND_PATIENTS = "find_patients"
    REGISTER_PATIENT = "register_patient"
    ADMIT = "admit"
    TRANSFER = "transfer"
    DISCHARGE = "discharge"
    SETTLE = "settle"
    SEE_CERTIFICATES = "see_certificates"
    APPROVE_CERTIFICATE = "approve_certificate"
    READ_AUDIT = "read_audit"
    SEE_EVIDENCE = "see_evidence"
    CHANGE_TRUST = "change_trust"
    """Propose an edition of the trust list, or decide on another person's."""
    SEE_CLOSING = "see_closing"
    LOOK_THROUGH = "look_through"
    """Say that one has looked through a whole record once more (R28)."""
    TAKE_IN = "take_in"
    """Take a discharged record in, or give it back to the ward (R23)."""
    ARCHIVE = "archive"
    """Close a record for ever (R27, R30)."""
    SIGN_FOR_HOUSE = "sign_for_house"
    """Let the organisation's own key sign a paper that leaves the house (R10)."""
    SEE_DELEGATIONS = "see_delegations"
    TAKE_CONFIRMATION = "take_confirmation"
    RESTORE = "restore"
    """Let a cancelled entry or an older text be restored as a new version (R34)."""
    SEE_IMAGES = "see_images"
    SEE_ALL_IMAGES = "see_all_images"
    """See every ward's images, and those that belong to nobody yet: who makes them, and who files them."""
    ADD_IMAGES = "add_images"
    RECONCILE_IMAGES = "reconcile_images"
    """Say whose images are that differ from the order or the patient."""
    OPEN_CAPTURE = "open_capture"
    """See a kept fingerprint or drawn signature (R8)."""


_CLINICAL = frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.DIRECTOR, Role.NURSE, Role.TECHNICIAN})
_OFFICE = frozenset({Role.RECORDS_OFFICE})
_WHOLE_HOUSE = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})
"""Roles whose work is in every ward (R39)."""
_MAY: dict[Right, frozenset[Role]] = {
    Right.FIND_PATIENTS: _CLINICAL | _OFFICE,
    Right.REGISTER_PATIENT: frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.NURSE}) | _OFFICE,
    Right.ADMIT: frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.NURSE}) | _OFFICE,
    Right.TRANSFER: frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.NURSE}),
    Right.DISCHARGE: frozenset({Role.DOCTOR, Role.WARD_HEAD}),
    Right.SETTLE: frozenset({Role.WARD_HEAD}) | _OFFICE,
    Right.SEE_CERTIFICATES: _OFFICE | {Role.IT},
    Right.APPROVE_CERTIFICATE: _OFFICE | {Role.IT},
    Right.SEE_EVIDENCE: _OFFICE | {Role.IT},
    Right.CHANGE_TRUST: _WHOLE_HOUSE | {Role.IT},
    Right.SEE_CLOSING: frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.NURSE}) | _WHOLE_HOUSE,
    Right.LOOK_THROUGH: frozenset({Role.WARD_HEAD}),
    Right.TAKE_IN: _OFFICE,
    Right.ARCHIVE: _WHOLE_HOUSE,
    Right.SIGN_FOR_HOUSE: _WHOLE_HOUSE,
    Right.READ_AUDIT: _OFFICE | {Role.IT, Role.DIRECTOR},
    Right.SEE_DELEGATIONS: _OFFICE | {Role.IT, Role.DIRECTOR},
    Right.TAKE_CONFIRMATION: frozenset({Role.DOCTOR, Role.NURSE}),
    Right.RESTORE: RESTORERS,
    Right.RECONCILE_IMAGES: _OFFICE | {Role.TECHNICIAN},
    Right.OPEN_CAPTURE: _OFFICE,
    Right.SEE_IMAGES: _CLINICAL | _OFFICE,
    Right.SEE_ALL_IMAGES: _WHOLE_HOUSE | {Role.TECHNICIAN},
    Right.ADD_IMAGES: frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.TECHNICIAN}) | _OFFICE,
}


def has(person: Person, right: Right) -> bool:
    """Whether one of the person's roles carries the right."""
    return bool(person.roles & _MAY[right])


def demand(person: Person, right: Right) -> None:
    """Refuse who does not have the right."""
    if not has(person, right):
        raise Refusal.because("right_missing", right.value)


def works_in(person: Person, wards: Collection[UUID]) -> bool:
    """Whether the person works in one of the wards, or in the whole house; IT staff see no record (R39)."""
    if person.roles & _WHOLE_HOUSE:
        return True
    return bool(person.roles & _CLINICAL) and not person.wards.isdisjoint(wards)


def sees_ward(person: Person, wards: Collection[UUID], on: date) -> bool:
    """Whether the person works there, or holds a delegation for one of the wards on that local day (R29)."""
    return works_in(person, wards) or _given_sight(person, wards, on) is not None


def demand_sight(desk: Desk, wards: Collection[UUID]) -> None:
    """Refuse who neither works in one of the wards in which the patient stayed nor signs there for another.

    The desk remembers the delegation under which somebody looks: the audit names it beside each act (R40).
    """
    works = works_in(desk.person, wards)
    desk.under = None if works else _given_sight(desk.person, wards, desk.today)
    if not works and desk.under is None:
        raise Refusal.because("ward_closed_to_person")


def demand_work(person: Person, wards: Collection[UUID]) -> None:
    """Refuse who works in none of the wards: what no delegation to sign carries (transfer, cancel, settle)."""
    if not works_in(person, wards):
        raise Refusal.because("ward_closed_to_person")


def _given_sight(person: Person, wards: Collection[UUID], on: date) -> Delegation | None:
    if not person.roles & (_CLINICAL | _OFFICE):
        return None
    return next((one for one in person.delegations if one.reaches(wards, on)), None)
