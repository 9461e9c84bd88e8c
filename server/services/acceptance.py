"""Accepting a signed file: every question answered, then version, file, signature and receipt in one transaction.

With the server at hand a file with one reason against it is refused, and nothing stays but the audit. A file that was
signed without the server is never lost: wrong ones go to quarantine, late ones are stored, marked, and settled.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from records import canonical, lifecycle, pades, policy, receipts
from records import confirmations as rules
from records.deadlines import ZONE
from records.entries import State, Version
from records.errors import Reason, Refusal
from records.forms import EntryKind, form
from records.lifecycle import Event
from records.messages import Accepted, Quarantined
from records.receipts import Receipt
from records.render import RENDERERS
from records.signatures import Finding, Question, SignatureVerdict, Verdict, unknown
from server.ids import new_id
from server.services import (
    amending,
    confirmations,
    correction_notices,
    evidence,
    image_reports,
    questions,
    remote_signing,
    revocation,
    standing,
    timestamping,
)
from server.services.hospital import Desk
from server.services.questions import Addressed, Doubt, House, Weight
from server.services.standing import Scene
from server.store import abbreviations, base, certificates, closing, drafts, entries, entry_views, files, settlements
from server.store.certificates import OnFile as Certificate


@dataclass(frozen=True)
class SignedFile:
    """The command: a PDF, and what its sender says it is."""

    data: bytes
    entry: UUID
    number: int
    encounter: UUID
    slot: str
    offline: bool = False
    begun_at: datetime | None = None
    for_house: bool = False
    """The organisation's own key signed it, in this server (`services.organisation`); no request can say so."""


@dataclass(frozen=True)
class Judged:
    """A file with everything that was found about it."""

    verdict: Verdict
    certificate: Certificate | None
    doubts: tuple[Doubt, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason against it, the graver first, each once."""
        ordered = sorted(self.doubts, key=lambda doubt: doubt[0] is Weight.LATE)
        return tuple({(reason.code, reason.where): reason for _, reason in ordered}.values())

    @property
    def wrong(self) -> bool:
        """It may not become a signature, whoever settles it."""
        return any(weight is Weight.WRONG for weight, _ in self.doubts)


@dataclass(frozen=True)
class Arrival:
    """A file, the desk that it came to, and what the store knows about its entry."""

    desk: Desk
    scene: Scene
    file: SignedFile


def accept(desk: Desk, file: SignedFile) -> Accepted | Quarantined:
    """Store the file and its signature, put it on the work list, or refuse it with every reason."""
    base.lock(desk.db, "entry", file.entry)
    closing.hold(desk.db, file.encounter)
    desk.scope = file.encounter
    arrival = Arrival(desk, standing.read(desk, file.encounter, file.entry, file.number), file)
    if again := _same_again(arrival):
        return again
    judged = _judge(arrival)
    if judged.doubts and not file.offline:
        raise Refusal(*judged.reasons)
    if judged.wrong or judged.certificate is None or judged.verdict.version is None:
        return _quarantine(arrival, judged)
    return _store(arrival, judged, judged.verdict.version, judged.certificate)


def note_refusal(desk: Desk, file: SignedFile, refusal: Refusal) -> None:
    """Write into the audit that a file was refused, and why; of the file nothing is kept."""
    desk.note("signature.refused", encounter=file.encounter, entry=file.entry, facts={
        "number": file.number, "slot": file.slot, "reasons": [reason.code for reason in refusal.reasons]})


def _same_again(arrival: Arrival) -> Accepted | None:
    """The answer for a file that was accepted before under another command: it is done once."""
    desk, file = arrival.desk, arrival.file
    if not any(item.slot == file.slot and item.person == desk.person.id for item in arrival.scene.signed):
        return None
    sha256 = canonical.sha256(file.data)
    here = files.whereabouts(desk.db, sha256)
    receipt = files.receipt(desk.db, sha256)
    if here is None or receipt is None or (here.entry, here.number) != (file.entry, file.number):
        return None
    return _accepted(arrival, receipt)


def _judge(arrival: Arrival) -> Judged:
    desk, scene, file = arrival.desk, arrival.scene, arrival.file
    verdict = pades.judge(file.data, desk.hospital.trust, desk.now, standing.expected(desk, scene),
                          partial(standing.beside, desk, scene), fetched=revocation.known_of_person(desk))
    last = verdict.signatures[-1] if verdict.signatures else None
    certificate = certificates.by_digest(desk.db, last.certificate_sha256) if last else None
    doubts: list[Doubt] = [] if verdict.good else [(Weight.WRONG, reason) for reason in verdict.reasons]
    doubts += ((Weight.LATE, reason) for reason in questions.revoked_since(last))
    if verdict.version is not None:
        doubts += _server_questions(arrival, verdict, verdict.version, certificate)
    if last is not None and certificate is not None:
        verdict = _stamp_known(desk, _completed(verdict, last, doubts, earlier=verdict.signatures[:-1]), last)
    return Judged(verdict, certificate, tuple(doubts))


def _server_questions(
    arrival: Arrival, verdict: Verdict, version: Version, certificate: Certificate | None,
) -> Iterator[Doubt]:
    """What only the server knows, asked of a file that says what it is."""
    desk, scene, file = arrival.desk, arrival.scene, arrival.file
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    to = Addressed(file.entry, file.number, file.encounter, file.slot, desk.person, file.offline, desk.now)
    here = standing.on_file(desk, scene, file.data, version, kind)
    settings = desk.hospital.settings
    house = House(settings.facility_code, settings.training, RENDERERS)
    last = verdict.signatures[-1] if verdict.signatures else None
    case = standing.case(desk, scene, version, kind)
    off = tuple(questions.clock(last, to))
    if off and last is not None and last.claimed_at is not None and remote_signing.asked_for(
            desk, file.data, last.claimed_at, questions.CLOCK_TOLERANCE):
        off = ()
    wrong = (
        *questions.misaddressed(version, verdict, to, here), *questions.house_rules(version, house, certificate),
        *questions.signer(last, certificate, to, _title(case, to, last)), *questions.authorship(version, kind, here),
        *off, *questions.offline_limits(to, kind, here, file.begun_at),
        *questions.content(version, kind, _abbreviations(desk, version, kind)), *confirmations.doubts(desk, version),
        *amending.doubts(desk, arrival.scene, version, kind), *image_reports.doubts(desk, version, kind),
    )
    yield from ((Weight.WRONG, reason) for reason in wrong)
    yield from questions.succession(version, verdict, to, here)
    yield from questions.discharged_meanwhile(kind, to, here)
    if any(slot.key == file.slot for slot in kind.slots):
        answer = standing.house_may_sign(file.slot, case) if file.for_house else standing.may_sign(
            desk, file.slot, case)
        yield from questions.by_policy(answer)


def _abbreviations(desk: Desk, version: Version, kind: EntryKind) -> dict[str, str]:
    """What the hospital had approved on the day of writing; asked only of papers that leave the house (R38)."""
    return abbreviations.approved(desk.db, version.written_at.astimezone(ZONE).date()) if kind.leaves_house else {}


def _title(case: policy.Case, to: Addressed, last: SignatureVerdict | None) -> str:
    """What the mark must say: the sender's title, or in whose place they signed on the day of signing (R11, R29)."""
    if last is None or all(slot.key != to.slot for slot in case.kind.slots):
        return to.person.title
    signed_on = (last.claimed_at or to.received_at).astimezone(ZONE).date()
    return policy.title_of(to.person, to.slot, case, signed_on)


_ABOUT_SIGNER = ("certificate_",)


def _completed(
    verdict: Verdict, last: SignatureVerdict, doubts: list[Doubt], earlier: tuple[SignatureVerdict, ...],
) -> Verdict:
    """The verdict with the answers that only the server knows.

    What a person will settle is unknown, not no: the receipt is given before the decision.
    """
    late = tuple(reason for weight, reason in doubts if weight is Weight.LATE)
    enrolled = tuple(reason for _, reason in doubts if reason.code.startswith(_ABOUT_SIGNER))
    verdict = verdict.with_signature_finding(
        last.slot, Finding(Question.SIGNER_ENROLLED, "no" if enrolled else "yes", enrolled))
    verdict = verdict.with_signature_finding(
        last.slot, Finding(Question.AUTHORISED, "unknown" if late else "yes", late))
    for signature in earlier:
        for question in (Question.SIGNER_ENROLLED, Question.AUTHORISED):
            verdict = verdict.with_signature_finding(
                signature.slot, Finding(question, "yes", (), {"accepted_before": True}))
    return verdict


def _stamp_known(desk: Desk, verdict: Verdict, last: SignatureVerdict) -> Verdict:
    """A stamp that this server gave for the signature and that is not in it is told: late, or taken out."""
    value = last.evidence(Question.INTACT).get("value", "")
    if last.stamped_at is not None or not value or not timestamping.given(desk.db, value):
        return verdict
    return verdict.with_signature_finding(
        last.slot, unknown(Question.TIME_STAMPED, "stamp_given_and_not_inside", last.slot))


def _store(arrival: Arrival, judged: Judged, version: Version, certificate: Certificate) -> Accepted:
    """Everything that an accepted file means, in this one transaction."""
    desk, scene, file = arrival.desk, arrival.scene, arrival.file
    sha256 = desk.hospital.blobs.put(scene.key, file.data)
    if _move_on(arrival, version, sha256) is State.SIGNED:
        standing.supersede(desk, scene)
        amending.issued(desk, version)
        correction_notices.corrected(desk, scene, version)
        evidence.due(desk, sha256, file.entry, file.number, judged.verdict)
    last = judged.verdict.signatures[-1]
    entries.add_signature(desk.db, entries.NewSignature(
        id=new_id(), entry=file.entry, number=file.number, encounter=file.encounter, slot=file.slot,
        person=desk.person.id, full_name=desk.person.full_name, title=last.title, certificate=certificate.id,
        certificate_serial=last.serial, certificate_issuer=last.issuer, signed_at=last.claimed_at or desk.now,
        received_at=desk.now, file=sha256, offline=file.offline, training=version.training,
    ))
    if rules.is_confirmation(version.form):
        confirmations.settle(desk, version)
    receipt = _receipt(arrival, judged.verdict)
    if judged.doubts:
        _put_on_list(arrival, judged, "offline")
    _tell(arrival, judged, sha256)
    return _accepted(arrival, receipt)


def _move_on(arrival: Arrival, version: Version, sha256: str) -> State:
    """Write the version with its first file, or move it on with a further one; the state that it is in then."""
    desk, scene, file = arrival.desk, arrival.scene, arrival.file
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    slots = policy.open_slots(kind, (*scene.signed, policy.SignedSlot(file.slot, desk.person.id, desk.now)))
    event = Event.SIGN_SLOT if slots else Event.SIGN_LAST_SLOT
    if scene.this is None:
        state = lifecycle.after(State.DRAFT, event)
        entries.add_version(desk.db, scene.key, version, state=state, open_slots=slots, file=sha256,
                            received_at=desk.now)
        amending.begun(desk, scene, version)
        drafts.drop(desk.db, file.entry, {desk.person.id, version.author.id})
        return state
    # An optional slot may still be filled once a version is signed by all who must.
    state = lifecycle.after(scene.this.state, Event.SIGN_SLOT if scene.this.state is State.SIGNED else event)
    entries.set_state(desk.db, file.entry, file.number, state, open_slots=slots, file=sha256)
    return state


def _receipt(arrival: Arrival, verdict: Verdict) -> Receipt:
    desk, file, key = arrival.desk, arrival.file, arrival.desk.hospital.server_key
    receipt = receipts.make(verdict, desk.now, key.id, key.sign)
    files.add_receipt(desk.db, receipt, file=verdict.file_sha256, scope=arrival.scene.place.id, server_key=key.id,
                      received_at=desk.now, entry=file.entry, number=file.number)
    return receipt


def _quarantine(arrival: Arrival, judged: Judged) -> Quarantined:
    """Keep a late and wrong file with its reasons, outside the record."""
    desk, file = arrival.desk, arrival.file
    desk.hospital.blobs.put(arrival.scene.key, file.data)
    _receipt(arrival, judged.verdict)
    settlement = _put_on_list(arrival, judged, "quarantine")
    desk.note("signature.quarantined", patient=arrival.scene.place.patient, encounter=file.encounter, entry=file.entry,
              facts={"number": file.number, "slot": file.slot, "file": judged.verdict.file_sha256,
                     "reasons": [reason.code for reason in judged.reasons]})
    return Quarantined(settlement=settlement, reasons=tuple(reason.as_json() for reason in judged.reasons))


def _put_on_list(arrival: Arrival, judged: Judged, kind: Literal["quarantine", "offline"]) -> UUID:
    desk, scene, file, settlement = arrival.desk, arrival.scene, arrival.file, new_id()
    settlements.add(desk.db, settlements.NewSettlement(
        id=settlement, kind=kind, file=judged.verdict.file_sha256, scope=scene.place.id, person=desk.person.id,
        slot=file.slot, received_at=desk.now, reasons=judged.reasons, entry=file.entry, number=file.number,
        encounter=file.encounter, workstation=desk.signed_in.workstation,
    ))
    desk.tell("settlement", encounter=file.encounter, entry=file.entry, ward=scene.place.ward)
    return settlement


def _tell(arrival: Arrival, judged: Judged, sha256: str) -> None:
    desk, scene, file = arrival.desk, arrival.scene, arrival.file
    desk.note("signature.accept", patient=scene.place.patient, encounter=file.encounter, entry=file.entry, facts={
        "number": file.number, "slot": file.slot, "file": sha256, "offline": file.offline,
        "certificate": judged.verdict.signatures[-1].serial})
    desk.tell("entry", encounter=file.encounter, entry=file.entry, ward=scene.place.ward)
    desk.tell("board", encounter=file.encounter, ward=scene.place.ward)


def _accepted(arrival: Arrival, receipt: Receipt) -> Accepted:
    entry = entry_views.of_entry(arrival.desk.db, arrival.scene.key, arrival.file.entry, locked=True)
    if entry is None:
        raise LookupError("an accepted entry vanished inside its own transaction")
    return Accepted(entry=entry, receipt=base64.b64encode(receipt.body).decode(),
                    receipt_signature=base64.b64encode(receipt.signature).decode())
