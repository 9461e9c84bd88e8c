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
from records.entries import State, Version
from records.errors import Reason, Refusal
from records.forms import form
from records.lifecycle import Event
from records.messages import Accepted, Quarantined
from records.receipts import Receipt
from records.render import RENDERERS
from records.signatures import Finding, Question, SignatureVerdict, Verdict
from server.services import questions, standing
from server.services.hospital import Desk, new_id
from server.services.questions import Addressed, Doubt, House, Weight
from server.services.standing import Scene
from server.store import base, certificates, chart, drafts, entries, files, settlements
from server.store.certificates import OnFile as Certificate

Kind = Literal["quarantine", "offline"]


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


def accept(desk: Desk, file: SignedFile) -> Accepted | Quarantined:
    """Store the file and its signature, put it on the work list, or refuse it with every reason."""
    base.lock(desk.db, "entry", file.entry)
    desk.scope = file.encounter
    scene = standing.read(desk, file.encounter, file.entry, file.number)
    if again := _same_again(desk, scene, file):
        return again
    judged = _judge(desk, scene, file)
    if judged.doubts and not file.offline:
        raise Refusal(*judged.reasons)
    if judged.wrong or judged.certificate is None or judged.verdict.version is None:
        return _quarantine(desk, scene, file, judged)
    return _store(desk, scene, file, judged, judged.verdict.version, judged.certificate)


def note_refusal(desk: Desk, file: SignedFile, refusal: Refusal) -> None:
    """Write into the audit that a file was refused, and why; of the file nothing is kept."""
    desk.note("signature.refused", encounter=file.encounter, entry=file.entry, facts={
        "number": file.number, "slot": file.slot, "reasons": [reason.code for reason in refusal.reasons]})


def _same_again(desk: Desk, scene: Scene, file: SignedFile) -> Accepted | None:
    """The answer for a file that was accepted before under another command: it is done once."""
    sha256 = canonical.sha256(file.data)
    here = files.whereabouts(desk.db, sha256)
    receipt = files.receipt(desk.db, sha256)
    if here is None or receipt is None or (here.entry, here.number) != (file.entry, file.number):
        return None
    if not any(item.slot == file.slot and item.person == desk.person.id for item in scene.signed):
        return None
    return _accepted(desk, scene, file.entry, receipt)


def _judge(desk: Desk, scene: Scene, file: SignedFile) -> Judged:
    verdict = pades.judge(file.data, desk.hospital.trust, desk.now, standing.expected(desk, scene),
                          partial(standing.beside, desk, scene))
    last = verdict.signatures[-1] if verdict.signatures else None
    certificate = certificates.by_digest(desk.db, last.certificate_sha256) if last else None
    doubts: list[Doubt] = [] if verdict.good else [(Weight.WRONG, reason) for reason in verdict.reasons]
    if verdict.version is not None:
        doubts += _server_questions(desk, scene, file, verdict, verdict.version, last, certificate)
    if last is not None and certificate is not None:
        verdict = _completed(verdict, last, doubts, earlier=verdict.signatures[:-1])
    return Judged(verdict, certificate, tuple(doubts))


def _server_questions(
    desk: Desk, scene: Scene, file: SignedFile, verdict: Verdict, version: Version, last: SignatureVerdict | None,
    certificate: Certificate | None,
) -> Iterator[Doubt]:
    """What only the server knows, asked of a file that says what it is."""
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    to = Addressed(file.entry, file.number, file.encounter, file.slot, desk.person, file.offline, desk.now)
    here = standing.on_file(desk, scene, file.data, version, kind)
    settings = desk.hospital.settings
    house = House(settings.facility_code, settings.training, RENDERERS)
    wrong = (
        *questions.misaddressed(version, verdict, to, here), *questions.house_rules(version, house, certificate),
        *questions.signer(last, certificate, to), *questions.authorship(version, to, here),
        *questions.clock(last, to), *questions.offline_limits(to, kind, here, file.begun_at),
        *questions.content(version, kind),
    )
    yield from ((Weight.WRONG, reason) for reason in wrong)
    yield from questions.succession(version, verdict, to, here)
    if any(slot.key == file.slot for slot in kind.slots):
        answer = standing.may_sign(desk, file.slot, standing.case(desk, scene, version, kind))
        yield from questions.by_policy(answer)



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


def _store(
    desk: Desk, scene: Scene, file: SignedFile, judged: Judged, version: Version, certificate: Certificate,
) -> Accepted:
    """Everything that an accepted file means, in this one transaction."""
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    sha256 = desk.hospital.blobs.put(scene.key, file.data)
    slots = policy.open_slots(kind, (*scene.signed, policy.SignedSlot(file.slot, desk.person.id, desk.now)))
    event = Event.SIGN_SLOT if slots else Event.SIGN_LAST_SLOT
    this = scene.this
    if this is None:
        state = lifecycle.after(State.DRAFT, event)
        entries.add_version(desk.db, scene.key, version, state=state, open_slots=slots, file=sha256,
                            received_at=desk.now)
        drafts.drop(desk.db, file.entry, desk.person.id)
    else:
        # A slot that is optional is added to a version that is signed already.
        state = lifecycle.after(this.state, Event.SIGN_SLOT if this.state is State.SIGNED else event)
        entries.set_state(desk.db, file.entry, file.number, state, open_slots=slots, file=sha256)
    if state is State.SIGNED:
        _supersede(desk, scene)
    entries.add_signature(desk.db, _signature(desk, file, judged, version, certificate, sha256))
    receipt = _receipt(desk, judged.verdict, scene.place.id, file)
    if judged.doubts:
        _put_on_list(desk, scene, file, judged, "offline", scene.place.id)
    _tell(desk, scene, file, judged, sha256)
    return _accepted(desk, scene, file.entry, receipt)


def _supersede(desk: Desk, scene: Scene) -> None:
    """The version that this one corrects gives way once this one is fully signed (R32, R33)."""
    for version in scene.versions:
        if version.number < scene.number and version.state in (State.SIGNED, State.PARTLY_SIGNED):
            entries.set_state(desk.db, version.entry, version.number, lifecycle.after(version.state, Event.SUPERSEDE),
                              open_slots=())


def _signature(
    desk: Desk, file: SignedFile, judged: Judged, version: Version, certificate: Certificate, sha256: str,
) -> entries.NewSignature:
    last = judged.verdict.signatures[-1]
    return entries.NewSignature(
        id=new_id(), entry=file.entry, number=file.number, encounter=file.encounter, slot=file.slot,
        person=desk.person.id, full_name=desk.person.full_name, title=last.title, certificate=certificate.id,
        certificate_serial=last.serial, certificate_issuer=last.issuer, signed_at=last.claimed_at or desk.now,
        received_at=desk.now, file=sha256, offline=file.offline, training=version.training,
    )


def _receipt(desk: Desk, verdict: Verdict, scope: UUID, file: SignedFile) -> Receipt:
    key = desk.hospital.server_key
    receipt = receipts.make(verdict, desk.now, key.id, key.sign)
    files.add_receipt(desk.db, receipt, file=verdict.file_sha256, scope=scope, server_key=key.id,
                      received_at=desk.now, entry=file.entry, number=file.number)
    return receipt


def _quarantine(desk: Desk, scene: Scene, file: SignedFile, judged: Judged) -> Quarantined:
    """Keep a late and wrong file with its reasons, outside the record."""
    scope = scene.place.id
    desk.hospital.blobs.put(scene.key, file.data)
    _receipt(desk, judged.verdict, scope, file)
    settlement = _put_on_list(desk, scene, file, judged, "quarantine", scope)
    desk.note("signature.quarantined", patient=scene.place.patient, encounter=file.encounter, entry=file.entry,
              facts={"number": file.number, "slot": file.slot, "file": judged.verdict.file_sha256,
                     "reasons": [reason.code for reason in judged.reasons]})
    return Quarantined(settlement=settlement, reasons=tuple(reason.as_json() for reason in judged.reasons))


def _put_on_list(desk: Desk, scene: Scene, file: SignedFile, judged: Judged, kind: Kind, scope: UUID) -> UUID:
    settlement = new_id()
    settlements.add(desk.db, settlements.NewSettlement(
        id=settlement, kind=kind, file=judged.verdict.file_sha256, scope=scope, person=desk.person.id, slot=file.slot,
        received_at=desk.now, reasons=judged.reasons, entry=file.entry, number=file.number, encounter=file.encounter,
        workstation=desk.signed_in.workstation,
    ))
    desk.tell("settlement", encounter=file.encounter, entry=file.entry, ward=scene.place.ward)
    return settlement


def _tell(desk: Desk, scene: Scene, file: SignedFile, judged: Judged, sha256: str) -> None:
    desk.note("signature.accept", patient=scene.place.patient, encounter=file.encounter, entry=file.entry, facts={
        "number": file.number, "slot": file.slot, "file": sha256, "offline": file.offline,
        "certificate": judged.verdict.signatures[-1].serial})
    desk.tell("entry", encounter=file.encounter, entry=file.entry, ward=scene.place.ward)
    desk.tell("board", encounter=file.encounter, ward=scene.place.ward)


def _accepted(desk: Desk, scene: Scene, which: UUID, receipt: Receipt) -> Accepted:
    entry = chart.of_entry(desk.db, scene.key, which)
    if entry is None:
        raise LookupError("an accepted entry vanished inside its own transaction")
    return Accepted(entry=entry, receipt=base64.b64encode(receipt.body).decode(),
                    receipt_signature=base64.b64encode(receipt.signature).decode())
