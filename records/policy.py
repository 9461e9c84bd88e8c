"""May this person write this, sign this slot now: `Allowed`, or `Refused` with every reason.

The workstation asks to guide, the server asks to enforce; the answer is the same function.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from records.consent import Permission, hindrances
from records.delegation import Delegation
from records.entries import ENDED, EncounterState, State
from records.errors import Reason, Refusal
from records.forms import EntryKind, Holder, Role, SignatureSlot
from records.lifecycle import takes_in


@dataclass(frozen=True)
class Person:
    """Who asks: roles, wards and licence as they are at that moment."""

    id: UUID
    full_name: str
    title: str
    roles: frozenset[Role]
    wards: frozenset[UUID]
    national_id: str = ""
    licence_no: str = ""
    licence_until: date | None = None
    active: bool = True
    delegations: tuple[Delegation, ...] = ()
    """What others gave this person to sign in writing (R29), ended ones too: the date of signing decides."""


@dataclass(frozen=True)
class SignedSlot:
    """A slot of the version that is signed already."""

    slot: str
    person: UUID
    at: datetime


@dataclass(frozen=True)
class Case:
    """All that the policy needs to know of the version and its encounter; the caller reads it from its store."""

    kind: EntryKind
    author: UUID
    state: State
    is_latest: bool
    """False when a newer version of the entry exists."""
    encounter_state: EncounterState
    ward: UUID
    signed: tuple[SignedSlot, ...] = ()
    signed_kinds: frozenset[str] = frozenset()
    """Kinds of the same form in this encounter that have a fully signed entry (R19a)."""
    unsigned_children: tuple[str, ...] = ()
    """Names of gathered entries that are not fully signed (R19)."""
    form: str = ""
    """Code of the form; a delegation may name forms."""
    written_at: datetime | None = None
    """When the version was finished by its author."""
    permission: Permission | None = None
    """The consents of this stay, for a kind that needs one (R19b)."""
    missing_fields: tuple[Reason, ...] = ()
    """What `records.validation` still demands."""


@dataclass(frozen=True)
class Allowed:
    """Yes."""


@dataclass(frozen=True)
class Refused:
    """No, and why: every reason, the first to mend first."""

    reasons: tuple[Reason, ...]


Answer = Allowed | Refused
LICENSED = frozenset({Role.DOCTOR, Role.NURSE, Role.TECHNICIAN, Role.WARD_HEAD})
"""Roles that practise under a licence (Luật KCB 2023; R9)."""
_NOT_A_PERSONS = {Holder.PATIENT: "slot_of_patient", Holder.ORGANISATION: "slot_of_organisation"}


def may_write(person: Person, kind: EntryKind, encounter_state: EncounterState, ward: UUID, on: date) -> Answer:
    """May this person begin or go on writing an entry of this kind in this encounter (R2, R39)."""
    reasons = list(_standing(person, on))
    if not person.roles & set(kind.writers):
        reasons.append(Reason("role_may_not_write", kind.name, {"title": person.title}))
    reasons += _place(person, encounter_state, kind, ward)
    return _answer(reasons)


def may_sign(person: Person, slot_key: str, case: Case, on: date) -> Answer:
    """May this person fill this slot now (R1-R4, R17-R19b, R33). `on` is the local date of signing."""
    slot = case.kind.slot(slot_key)
    if slot.holder is not Holder.PERSON:
        return Refused((Reason(_NOT_A_PERSONS[slot.holder], slot.label),))
    given = delegation_for(person, slot, case, on)
    reasons = list(_standing(person, on))
    if not person.roles & set(slot.roles) and given is None:
        reasons.append(_not_in_role(person, slot, case, on))
    if slot.author and person.id != case.author:
        reasons.append(Reason("only_author_signs", slot.label))
    if person.id in barred(slot, case.kind, case.author, case.signed):
        reasons.append(Reason("slot_needs_other_person", slot.label))
    if not case.is_latest:
        reasons.append(Reason("newer_version_exists", slot.label))
    if case.state in ENDED:
        reasons.append(Reason("version_not_open", slot.label, {"state": case.state.value}))
    reasons += _place(person, case.encounter_state, case.kind, case.ward, delegated=given is not None)
    reasons += _order(slot, case, {item.slot for item in case.signed})
    reasons += case.missing_fields
    return _answer(reasons)


def barred(slot: SignatureSlot, kind: EntryKind, author: UUID, signed: Sequence[SignedSlot]) -> frozenset[UUID]:
    """Who cannot fill this slot, because another person's hand is wanted beside theirs (R19b: two doctors).

    It holds both ways and in any order: the author, who alone can fill their own slot, never fills the other one first.
    """
    apart = [each for each in kind.slots if each.key in slot.other_than or slot.key in each.other_than]
    if not apart:
        return frozenset()
    keys = {each.key for each in apart}
    return frozenset({one.person for one in signed if one.slot in keys} | {author for each in apart if each.author})


def in_practice(person: Person, on: date) -> bool:
    """Whether the person works here and, where their role wants it, under a licence that is in force (R9)."""
    return not _standing(person, on)


def delegation_for(person: Person, slot: SignatureSlot, case: Case, on: date) -> Delegation | None:
    """The written delegation under which this person fills the slot; None for one who holds the role there (R29).

    The head of another ward holds the role, but not here: only the paper lets them sign.
    """
    if slot.author or (person.roles & set(slot.roles) and _works_in(person, case.ward)):
        return None
    return next((one for one in person.delegations if one.covers(slot, case.form, case.ward, on)), None)


def title_of(person: Person, slot_key: str, case: Case, on: date) -> str:
    """The title that the mark shows: one's own, or by whose order the person signs (R11, R13)."""
    given = delegation_for(person, case.kind.slot(slot_key), case, on)
    return person.title if given is None else given.title(case.kind.slot(slot_key), person.title)


class SlotState(StrEnum):
    """Where one slot of a version stands."""

    SIGNED = "signed"
    OPEN = "open"
    """Whoever may fill it can do so now."""
    WAITING = "waiting"
    """Something else comes first."""
    SHUT = "shut"
    """It could be left out, and a later slot is signed: it stays empty."""


@dataclass(frozen=True)
class SlotStanding:
    """Where one slot stands: signed by whom, or what it waits for, and since when it can be signed."""

    slot: SignatureSlot
    state: SlotState
    signed: SignedSlot | None = None
    since: datetime | None = None
    """Since when it is open: the moment at which the last thing that it waited for was done."""
    author: UUID | None = None
    """The one person who can fill it, when it is the author's."""
    barred: frozenset[UUID] = frozenset()
    """Persons who cannot fill it, whatever their role: it wants another hand than theirs."""
    waits_for: tuple[Reason, ...] = ()


def standing(case: Case) -> tuple[SlotStanding, ...]:
    """Every slot of a version, in the form's order: who holds it up is who can fill the open ones."""
    done = {item.slot: item for item in case.signed}
    return tuple([_slot_standing(slot, case, done) for slot in case.kind.slots])


def wanted(case: Case) -> tuple[SlotStanding, ...]:
    """The slots that want a signature now: boards ask this of thousands of papers, and nothing of their other slots."""
    done = {item.slot: item for item in case.signed}
    return tuple([_open(slot, case, done) for slot in case.kind.slots
                  if not slot.optional and slot.key not in done and not _shut(slot, case, done)
                  and not _order(slot, case, done)])


def _slot_standing(slot: SignatureSlot, case: Case, done: Mapping[str, SignedSlot]) -> SlotStanding:
    author = case.author if slot.author else None
    if (signed := done.get(slot.key)) is not None:
        return SlotStanding(slot, SlotState.SIGNED, signed=signed, author=author)
    if _shut(slot, case, done):
        return SlotStanding(slot, SlotState.SHUT, author=author)
    if waits := tuple(_order(slot, case, done)):
        return SlotStanding(slot, SlotState.WAITING, author=author, waits_for=waits,
                            barred=barred(slot, case.kind, case.author, case.signed))
    return _open(slot, case, done)


def _shut(slot: SignatureSlot, case: Case, done: Container[str]) -> bool:
    return any(later in done for later in slot.shut_by) or case.state in ENDED


def _open(slot: SignatureSlot, case: Case, done: Mapping[str, SignedSlot]) -> SlotStanding:
    """A slot that nothing stands in the way of."""
    moments = [done[earlier].at for earlier in slot.after] or ([case.written_at] if case.written_at else [])
    return SlotStanding(slot, SlotState.OPEN, since=max(moments, default=None),
                        author=case.author if slot.author else None,
                        barred=barred(slot, case.kind, case.author, case.signed))


def open_slots(kind: EntryKind, signed: Sequence[SignedSlot]) -> tuple[str, ...]:
    """Mandatory slots that nobody has signed yet, in the form's order."""
    done = {item.slot for item in signed}
    return tuple(slot.key for slot in kind.slots if not slot.optional and slot.key not in done)


def demand(answer: Answer) -> None:
    """Raise the refusal that the answer is; nothing when it allows."""
    if isinstance(answer, Refused):
        raise Refusal(*answer.reasons)


def _answer(reasons: Sequence[Reason]) -> Answer:
    return Refused(tuple(reasons)) if reasons else Allowed()


def _standing(person: Person, on: date) -> list[Reason]:
    reasons = []
    if not person.active:
        reasons.append(Reason("person_inactive", person.full_name))
    if person.roles & LICENSED:
        if not person.licence_no:
            reasons.append(Reason("licence_missing", person.full_name))
        elif person.licence_until is not None and person.licence_until < on:
            reasons.append(Reason("licence_expired", person.full_name, {"until": f"{person.licence_until:%d/%m/%Y}"}))
    return reasons


def _not_in_role(person: Person, slot: SignatureSlot, case: Case, on: date) -> Reason:
    """Somebody's delegation that does not reach this far says so; without one the role does."""
    for one in person.delegations:
        if one.role in slot.roles:
            return Reason("delegation_not_in_force", slot.label, {"why": one.limit(slot, case.form, case.ward, on)})
    return Reason("role_may_not_sign", slot.label, {"title": person.title})


def _place(
    person: Person, state: EncounterState, kind: EntryKind, ward: UUID, *, delegated: bool = False,
) -> list[Reason]:
    """R31, R39: the record takes the entry in, and the person works where the patient lies."""
    reasons = []
    if not takes_in(state, kind):
        reasons.append(Reason("record_archived") if not kind.addendum else Reason("addendum_too_early", kind.name))
    if not delegated and not _works_in(person, ward):
        reasons.append(Reason("not_of_this_ward", person.full_name))
    return reasons


def _works_in(person: Person, ward: UUID) -> bool:
    return ward in person.wards or bool(person.roles & {Role.DIRECTOR, Role.RECORDS_OFFICE})


def _order(slot: SignatureSlot, case: Case, done: Container[str]) -> list[Reason]:
    reasons = []
    if slot.key in done:
        reasons.append(Reason("slot_already_signed", slot.label))
    for earlier in slot.after:
        if earlier not in done:
            reasons.append(Reason("slot_waits_for_slot", slot.label, {"earlier": case.kind.slot(earlier).label}))
    for later in slot.shut_by:
        if later in done:
            reasons.append(Reason("slot_shut", slot.label, {"later": case.kind.slot(later).label}))
    for kind in case.kind.after:
        if kind not in case.signed_kinds:
            reasons.append(Reason("kind_waits_for_kind", case.kind.name, {"earlier": kind}))
    if slot.children_signed and case.unsigned_children:
        reasons.append(Reason("children_unsigned", slot.label, {"names": ", ".join(case.unsigned_children)}))
    if case.permission is not None:
        reasons += hindrances(case.kind.name, case.permission)
    return reasons
