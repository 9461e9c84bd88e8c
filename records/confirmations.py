"""The patient's confirmation of one version of one document: what it claims, and whether it counts for that version.

R7: a confirmation names the hash of the exact text shown, method, device, time, transaction and identity, and is a
document of its own, signed by the staff member who took it. A new version of the text leaves the old confirmation
valid for the old text and asks again. R8: of biometric data it carries SHA-256 and quality, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from records import policy
from records.deadlines import ZONE
from records.entries import FormRef, Version
from records.errors import Reason
from records.forms import EntryKind, Form, Holder, SignatureSlot, all_forms, form
from records.one_time_codes import Proof
from records.policy import Case, SlotState

LEAST_QUALITY = 40
"""Below this of 100 the readers' own makers call a print not usable; the person is asked to press again."""

CLOCKS_DIFFER = timedelta(minutes=2)
"""Two workstations' clocks may be so far apart; that the signed text was shown, its file's hash proves."""


class Method(StrEnum):
    """How the patient confirmed (R7)."""

    FINGERPRINT = "fingerprint"
    DRAWN = "drawn"
    CODE = "code"
    WITNESS = "witness"


CAPTURED = frozenset({Method.FINGERPRINT, Method.DRAWN, Method.CODE})
"""These leave something, on a device or on a phone, which is kept encrypted and apart (R8)."""


@dataclass(frozen=True)
class Claim:
    """What a confirmation says of itself."""

    entry: UUID
    number: int
    form: str
    sha256: str
    file_sha256: str
    confirmed: bool
    """False: the patient refused, which is kept and fills no slot."""
    method: Method
    confirmed_at: datetime
    transaction: UUID
    evidence_sha256: str = ""
    template_sha256: str = ""
    quality: int | None = None


@dataclass(frozen=True)
class Document:
    """What the store knows of the version that is confirmed."""

    entry: UUID
    number: int
    encounter: UUID
    form: FormRef
    sha256: str
    files: frozenset[str]
    """SHA-256 of the version's signed file, with its evidence or without."""
    case: Case


@dataclass(frozen=True)
class Shown:
    """The version that the patient was shown."""

    name: str
    form: str
    entry: UUID
    number: int
    sha256: str
    file_sha256: str


@dataclass(frozen=True)
class Taken:
    """How a confirmation was taken, as the program that took it knows: no person types any of it."""

    method: Method
    transaction: UUID
    at: datetime
    workstation: str
    device: str = ""
    quality: int | None = None
    evidence_sha256: str = ""
    template_sha256: str = ""
    code: Proof | None = None


def given(shown: Shown, taken: Taken) -> dict[str, Any]:
    """The values of a confirmation's given fields (R7): the workstation fills them in, the server compares them."""
    code = taken.code
    known: dict[str, Any] = {
        "document_name": shown.name, "document_form": shown.form, "document_version": shown.number,
        "document_entry": str(shown.entry), "document_sha256": shown.sha256,
        "document_file_sha256": shown.file_sha256, "method": taken.method.value,
        "confirmed_at": _instant(taken.at), "workstation": taken.workstation,
        "transaction_no": str(taken.transaction), "device": taken.device, "quality": taken.quality,
        "evidence_sha256": taken.evidence_sha256, "template_sha256": taken.template_sha256,
        **({"phone": code.phone, "phone_source": code.source.value, "code_sent_at": _instant(code.sent_at),
            "code_tries": code.tries, "message_no": code.message_no} if code else {})}
    return {field: value for field, value in known.items() if value not in ("", None)}


def not_as_given(version: Version, expected: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The given fields that say something else than what is known: somebody changed them (R7)."""
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    return tuple(Reason("field_not_as_given", field.key, {"label": field.label}) for field in kind.fields
                 if field.given and version.values.get(field.key) != expected.get(field.key))


def _instant(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def is_confirmation(ref: FormRef) -> bool:
    """Whether an entry of that kind is a confirmation."""
    return form(ref.code, ref.edition).kind(ref.kind).confirms


def confirmation_form() -> Form:
    """The form that confirmations are written on now."""
    return next(one for one in reversed(all_forms()) if any(kind.confirms for kind in one.kinds))


def patient_slot(kind: EntryKind) -> SignatureSlot | None:
    """The slot that asks for the patient's confirmation; None on forms that ask for none."""
    return next((slot for slot in kind.slots if slot.holder is Holder.PATIENT), None)


def claim_of(version: Version) -> Claim | None:
    """The claim of a confirmation that the validator has found complete; None when it cannot be read."""
    values = version.values
    try:
        return Claim(
            entry=UUID(values["document_entry"]), number=values["document_version"], form=values["document_form"],
            sha256=values["document_sha256"], file_sha256=values["document_file_sha256"],
            confirmed=values["answer"] == "1", method=Method(values["method"]),
            confirmed_at=datetime.fromisoformat(values["confirmed_at"]), transaction=UUID(values["transaction_no"]),
            evidence_sha256=values.get("evidence_sha256", ""), template_sha256=values.get("template_sha256", ""),
            quality=values.get("quality"))
    except (KeyError, ValueError, TypeError):
        return None


def problems(version: Version, claim: Claim, document: Document) -> tuple[Reason, ...]:
    """Everything that keeps a confirmation from counting for the document that it names (R7, R19b)."""
    return tuple(_problems(version, claim, document))


def _problems(version: Version, claim: Claim, document: Document) -> Iterator[Reason]:
    slot = patient_slot(document.case.kind)
    if slot is None:
        yield Reason("confirmation_not_asked", document.case.kind.name)
        return
    if document.encounter != version.stay.id or claim.form != document.form.code:
        yield Reason("confirmation_of_other_document")
    if claim.sha256 != document.sha256 or claim.file_sha256 not in document.files:
        yield Reason("confirmation_of_other_text")
    if not document.case.is_latest:
        yield Reason("newer_version_exists", slot.label)
    yield from _by_standing(slot, claim, document.case)
    if version.written_at + CLOCKS_DIFFER < claim.confirmed_at:
        yield Reason("confirmation_in_future")
    if claim.method is Method.FINGERPRINT and (claim.quality or 0) < LEAST_QUALITY:
        yield Reason("fingerprint_too_poor", facts={"quality": claim.quality or 0, "least": LEAST_QUALITY})


def _by_standing(slot: SignatureSlot, claim: Claim, case: Case) -> Iterator[Reason]:
    """The patient's slot is open, and the patient saw the text after those signed who sign first (R19b)."""
    here = next(one for one in policy.standing(case) if one.slot.key == slot.key)
    if here.state is SlotState.SIGNED:
        yield Reason("confirmation_exists", slot.label)
    elif here.state is SlotState.WAITING:
        yield from here.waits_for
    elif here.state is SlotState.SHUT:
        yield Reason("version_not_open", slot.label, {"state": case.state.value})
    elif here.since is not None and claim.confirmed_at + CLOCKS_DIFFER < here.since:
        yield Reason("confirmation_before_signatures", slot.label)
