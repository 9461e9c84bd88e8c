"""What only the server can ask of a signed file, from values to reasons: is it this entry, this person, allowed now.

Each reason is weighed, because a file that was signed without the server is treated by what is wrong with it: broken
or a stranger's goes to quarantine; what only came too late is stored and settled by a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from records import policy
from records.deadlines import ZONE
from records.entries import EncounterState, FormRef, Version
from records.errors import Reason
from records.forms import EntryKind
from records.signatures import Question, SignatureVerdict, Verdict
from records.succession import REASON_LENGTH
from records.validation import clean
from server.store.certificates import OnFile as Certificate

CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class Addressed:
    """Where a file was sent to, and by whom."""

    entry: UUID
    number: int
    encounter: UUID
    slot: str
    person: policy.Person
    offline: bool
    received_at: datetime


@dataclass(frozen=True)
class OnFile:
    """What the store knows of the entry and its encounter."""

    patient: UUID
    patient_no: str
    record_no: str
    encounter_state: EncounterState
    elsewhere: bool = False
    """The entry belongs to another encounter."""
    form: FormRef | None = None
    """The form kind of the entry's earlier versions."""
    latest: int = 0
    """The latest version's number; 0 for a new entry."""
    latest_sha256: str = ""
    begun: bool = False
    """This version has an accepted file already."""
    continues: bool = True
    """The file begins with the newest accepted file of this version, byte for byte."""
    author: policy.Person | None = None
    """The person whom the version names as its author."""
    taken: bool = False
    """A kind that is there once an encounter has another entry already."""


@dataclass(frozen=True)
class House:
    """The hospital's own side: what it draws with and whether it trains."""

    facility_code: str
    training: bool
    renderers: tuple[str, ...]


class Weight(StrEnum):
    """What a reason means for a file that was signed without the server."""

    WRONG = "wrong"
    """Broken, altered, or a stranger's: it goes to quarantine."""
    LATE = "late"
    """It came too late: stored, marked, and settled by a person."""


Doubt = tuple[Weight, Reason]
_UNEXCUSED = frozenset({"role_may_not_sign", "only_author_signs", "record_archived"})
"""What the policy says of the person, and of a record that nothing enters any more: no outage excuses it."""


def by_policy(answer: policy.Answer) -> Iterator[Doubt]:
    """The policy's reasons, weighed."""
    for reason in answer.reasons if isinstance(answer, policy.Refused) else ():
        yield Weight.WRONG if reason.code in _UNEXCUSED else Weight.LATE, reason


def misaddressed(version: Version, verdict: Verdict, to: Addressed, on_file: OnFile) -> Iterator[Reason]:
    """The file says another entry, version, patient or slot than the address it was sent to."""
    if (version.entry, version.version) != (to.entry, to.number):
        yield Reason("file_of_other_entry", facts={"number": version.version})
    if on_file.elsewhere or version.stay.id != to.encounter or version.stay.record_no != on_file.record_no:
        yield Reason("file_of_other_encounter")
    if version.subject.id != on_file.patient or version.subject.patient_no != on_file.patient_no:
        yield Reason("file_of_other_patient")
    if not verdict.signatures or verdict.signatures[-1].slot != to.slot:
        yield Reason("file_signs_other_slot", to.slot)


def house_rules(version: Version, house: House, certificate: Certificate | None) -> Iterator[Reason]:
    """The hospital's name, its renderers, and training kept apart from care."""
    if version.stay.facility_code != house.facility_code:
        yield Reason("file_of_other_hospital", version.stay.facility_code)
    if version.renderer not in house.renderers:
        yield Reason("renderer_not_listed", version.renderer)
    if version.training != house.training:
        yield Reason("training_mixed_with_care")
    elif certificate is not None and certificate.training and not house.training:
        yield Reason("training_certificate_refused")


def content(version: Version, kind: EntryKind, abbreviations: Mapping[str, str]) -> tuple[Reason, ...]:
    """What the validator says, with the codes and the hospital's abbreviations (R38) of the day of writing: the values
    must be exactly what it makes.
    """
    cleaned = clean(kind, version.values, signing=True, on=version.written_at.astimezone(ZONE).date(),
                    abbreviations=abbreviations)
    if cleaned.problems:
        return cleaned.problems
    return () if cleaned.values == version.values else (Reason("values_not_clean"),)


def signer(
    signature: SignatureVerdict | None, certificate: Certificate | None, to: Addressed, title: str,
) -> Iterator[Reason]:
    """The certificate is enrolled for the sender, approved and not revoked; the mark says the sender's title, or in
    whose place the sender signs (R11).
    """
    serial = signature.serial if signature else ""
    if signature is not None and signature.title != title:
        yield Reason("title_differs", signature.title)
    if certificate is None:
        yield Reason("certificate_not_enrolled", serial)
    elif certificate.person != to.person.id:
        yield Reason("certificate_of_other_person", serial)
    elif certificate.state in ("revoked", "rejected"):
        yield Reason("certificate_revoked", serial)
    elif certificate.state != "approved":
        yield Reason("certificate_not_approved", serial)


def authorship(version: Version, kind: EntryKind, on_file: OnFile) -> Iterator[Reason]:
    """A new version's author works here, under that name and title, in a role that writes this kind (R2, R12).

    Whether the author must be the signer too is the slot's affair: the policy says so.
    """
    author, person = version.author, on_file.author
    if on_file.begun:
        return
    if person is None or (author.full_name, author.title) != (person.full_name, person.title):
        yield Reason("author_not_on_file", author.full_name)
    elif author.role not in person.roles or author.role not in kind.writers or not person.active:
        yield Reason("role_may_not_write", kind.name, {"title": author.title})


def succession(version: Version, verdict: Verdict, to: Addressed, on_file: OnFile) -> Iterator[Doubt]:
    """The number is next, a correction names what it corrects, later slots sign the file that the server has."""
    if on_file.form is not None and (on_file.form.code, on_file.form.kind) != (version.form.code, version.form.kind):
        yield Weight.WRONG, Reason("kind_changed", version.form.kind)
    if on_file.begun:
        if not on_file.continues:
            yield Weight.WRONG, Reason("earlier_signatures_missing")
        return
    if on_file.taken:
        yield Weight.LATE, Reason("kind_exists_already", version.form.kind)
    if to.number != on_file.latest + 1:
        yield Weight.WRONG, Reason("version_not_next", facts={"number": to.number, "next": on_file.latest + 1})
    else:
        yield from ((Weight.WRONG, reason) for reason in _correction(version, on_file))
    if len(verdict.signatures) > 1:
        yield Weight.WRONG, Reason("first_file_has_more_signatures")


def discharged_meanwhile(kind: EntryKind, to: Addressed, on_file: OnFile) -> Iterator[Doubt]:
    """Who discharged the patient did not see this file; what a discharge itself asks for is written after it."""
    if to.offline and on_file.encounter_state is EncounterState.CLOSED and kind.deadline != "discharge":
        yield Weight.LATE, Reason("discharged_meanwhile")


def _correction(version: Version, on_file: OnFile) -> Iterator[Reason]:
    correction = version.correction
    if on_file.latest == 0:
        if correction is not None:
            yield Reason("correction_of_nothing")
    elif correction is None or len(correction.reason.strip()) < REASON_LENGTH:
        yield Reason("correction_reason_missing", facts={"least": REASON_LENGTH})
    elif (correction.of_version, correction.of_sha256) != (on_file.latest, on_file.latest_sha256):
        yield Reason("correction_of_other_version")


def revoked_since(signature: SignatureVerdict | None) -> tuple[Reason, ...]:
    """The certificate was revoked after the claimed time, and no stamp says that the signature was there before."""
    found = next((item for item in signature.findings if item.question is Question.NOT_REVOKED), None) if (
        signature is not None) else None
    return tuple(reason for reason in found.reasons if reason.code == "certificate_revoked_since") if found else ()


def clock(signature: SignatureVerdict | None, to: Addressed) -> Iterator[Reason]:
    """With the server at hand the claimed time is within two minutes of its receipt."""
    if to.offline or signature is None or signature.claimed_at is None:
        return
    off = abs(to.received_at - signature.claimed_at)
    if off > CLOCK_TOLERANCE:
        yield Reason("clock_off", facts={"seconds": int(off.total_seconds())})


def offline_limits(to: Addressed, kind: EntryKind, on_file: OnFile, begun_at: datetime | None) -> Iterator[Reason]:
    """Without the server only the first slot of an entry begun on that workstation can be signed."""
    if not to.offline:
        return
    first = next((slot.key for slot in kind.slots if not slot.after), "")
    if begun_at is None or to.slot != first or on_file.begun:
        yield Reason("offline_signs_first_slot_only", to.slot)
