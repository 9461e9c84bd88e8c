"""Taking a patient's confirmation (R7): what the device gave is kept apart (R8), and each claim is checked here."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from records import confirmations as rules
from records import lifecycle, pades, policy
from records.confirmations import CAPTURED, Claim, Document, Method, Shown, Taken
from records.entries import State, Version
from records.errors import Reason, Refusal
from records.forms import form
from records.lifecycle import Event
from records.messages import CaptureGiven, CaptureKept, CaptureOpened, CaptureWanted
from server.services import evidence, rights, standing
from server.services.hospital import Desk
from server.services.rights import Right
from server.services.standing import Scene
from server.store import base, entries
from server.store import confirmation_codes as codes
from server.store import confirmations as store
from server.store.confirmation_codes import Code
from server.store.confirmations import Capture, Confirmed
from server.store.stays import Place, place

WITHIN = timedelta(minutes=30)
"""A capture counts for a confirmation that is signed so soon after it, by the same person."""


def keep(desk: Desk, encounter: UUID, given: CaptureGiven) -> CaptureKept:
    """Keep what a device gave, encrypted under a key of its own; the document must be one that asks for it."""
    rights.demand(desk.person, Right.TAKE_CONFIRMATION)
    where = asked_of(desk, encounter, given.document_entry, given.document_number)
    proof, template = _bytes(given.evidence), _bytes(given.template)
    if store.capture(desk.db, given.transaction) is not None:
        raise Refusal.because("capture_used_before")
    kept = Capture(
        given.transaction, encounter, desk.person.id, given.document_entry, given.document_number, given.method,
        given.device, given.quality, hashlib.sha256(proof).hexdigest(),
        hashlib.sha256(template).hexdigest() if template else "", desk.signed_in.workstation, desk.now,
        given.captured_at)
    store.keep(desk.db, desk.keys, kept, proof, template)
    desk.scope = encounter
    desk.note("capture.keep", patient=where.patient, encounter=encounter, entry=given.document_entry,
              facts={"transaction": str(kept.id), "method": kept.method, "number": kept.document_number})
    return CaptureKept(transaction=kept.id, evidence_sha256=kept.evidence_sha256,
                       template_sha256=kept.template_sha256, received_at=kept.received_at)


def asked_of(desk: Desk, encounter: UUID, entry: UUID, number: int) -> Place:
    """Where the patient lies; refuses who may not see them, and a document that asks for no confirmation."""
    where = place(desk.db, encounter)
    if where is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_work(desk.person, where.wards)
    found = document(desk, encounter, entry, number)
    if found is None or rules.patient_slot(found.case.kind) is None:
        raise Refusal.because("confirmation_of_other_document")
    return where


def keep_code(desk: Desk, code: Code, evidence: bytes, at: datetime) -> str:
    """Keep what proves that a one-time code came back, like a print: encrypted and apart; its SHA-256."""
    digest = hashlib.sha256(evidence).hexdigest()
    store.keep(desk.db, desk.keys, Capture(
        code.id, code.encounter, code.person, code.document_entry, code.document_number, Method.CODE.value,
        code.gateway, None, digest, "", code.workstation, desk.now, at), evidence, b"")
    return digest


def open_capture(desk: Desk, which: UUID, wanted: CaptureWanted) -> CaptureOpened:
    """Show what was captured to somebody with the right, for a reason that the audit keeps; never a template (R8)."""
    rights.demand(desk.person, Right.OPEN_CAPTURE)
    found = store.capture(desk.db, which)
    where = place(desk.db, found.encounter) if found else None
    if found is None or where is None:
        raise Refusal.because("thing_unknown", "capture")
    proof = store.opened(desk.db, desk.keys, which)[0]
    desk.note("capture.open", patient=where.patient, encounter=found.encounter, entry=found.document_entry,
              facts={"transaction": str(which), "reason": wanted.reason.strip()})
    return CaptureOpened.model_validate({
        "method": found.method, "device": found.device, "captured_at": found.captured_at or found.received_at,
        "evidence": base64.b64encode(proof).decode()})


def doubts(desk: Desk, version: Version) -> Iterator[Reason]:
    """What is wrong with a confirmation that somebody signed; nothing for any other entry."""
    if not rules.is_confirmation(version.form):
        return
    claim = rules.claim_of(version)
    about = document(desk, version.stay.id, claim.entry, claim.number) if claim else None
    if claim is None or about is None:
        yield Reason("confirmation_of_other_document")
        return
    if version.version > 1:
        yield Reason("confirmation_stays")
    told = [*rules.problems(version, claim, about)]
    if store.transaction_used(desk.db, claim.transaction):
        told.append(Reason("capture_used_before"))
    if claim.method in CAPTURED:
        told += _about_capture(desk, version, claim)
    yield from told or rules.not_as_given(version, _expected(desk, claim, about))


def settle(desk: Desk, version: Version) -> None:
    """A confirmation was signed and is good: its document's slot is filled, or the refusal noted."""
    claim = rules.claim_of(version)
    scene = standing.read(desk, version.stay.id, claim.entry, claim.number) if claim else None
    about = standing.expected(desk, scene) if scene else None
    if claim is None or scene is None or scene.this is None or about is None:
        raise LookupError("a confirmation that was found good lost its document")
    kind = form(about.form.code, about.form.edition).kind(about.form.kind)
    slot = rules.patient_slot(kind)
    if slot is None:
        raise LookupError("a confirmation that was found good lost its slot")
    store.add(desk.db, Confirmed(
        version.entry, version.stay.id, claim.entry, claim.number, slot.key, claim.method.value, claim.transaction,
        claim.confirmed, version.values["full_name"], desk.person.id, desk.person.full_name, claim.confirmed_at,
        desk.now))
    done = (*scene.signed, policy.SignedSlot(slot.key, desk.person.id, claim.confirmed_at))
    left = policy.open_slots(kind, done if claim.confirmed else scene.signed)
    state = scene.this.state
    if claim.confirmed:
        state = lifecycle.after(state, Event.SIGN_SLOT if left else Event.SIGN_LAST_SLOT)
    entries.set_state(desk.db, claim.entry, claim.number, state, open_slots=left)
    if state is State.SIGNED:
        _complete(desk, scene, scene.this.file)
    desk.note("confirmation.accept", patient=scene.place.patient, encounter=scene.place.id, entry=claim.entry, facts={
        "number": claim.number, "method": claim.method.value, "confirmed": claim.confirmed,
        "transaction": str(claim.transaction)})
    desk.tell("entry", encounter=scene.place.id, entry=claim.entry, ward=scene.place.ward)


def _complete(desk: Desk, scene: Scene, file: str) -> None:
    """The document has all that it must have: older versions give way, and its evidence is gathered."""
    standing.supersede(desk, scene)
    verdict = pades.judge(desk.hospital.blobs.get(scene.key, file), desk.hospital.trust, desk.now)
    this = scene.this
    if this is not None:
        evidence.due(desk, file, this.entry, this.number, verdict)


def document(desk: Desk, encounter: UUID, entry: UUID, number: int) -> Document | None:
    """The version of that encounter, held still until the transaction ends."""
    base.lock(desk.db, "entry", entry)
    scene = standing.read(desk, encounter, entry, number)
    about = standing.expected(desk, scene)
    if scene.this is None or about is None:
        return None
    kind = form(about.form.code, about.form.edition).kind(about.form.kind)
    return Document(entry, number, scene.this.encounter, about.form, scene.this.sha256, frozenset({scene.this.file}),
                    standing.case(desk, scene, about, kind))


def _expected(desk: Desk, claim: Claim, about: Document) -> dict[str, Any]:
    """The given fields as this server knows them; what only a witness saw is taken as it was told."""
    taken = Taken(claim.method, claim.transaction, claim.confirmed_at, desk.signed_in.workstation)
    found = store.capture(desk.db, claim.transaction) if claim.method in CAPTURED else None
    if found is not None:
        code = codes.one(desk.db, found.id) if claim.method is Method.CODE else None
        taken = Taken(
            claim.method, found.id, found.captured_at or claim.confirmed_at, found.workstation, found.device,
            found.quality, found.evidence_sha256, found.template_sha256,
            codes.proof(code, codes.happened(desk.db, code.id)) if code else None)
    return rules.given(Shown(about.case.kind.name, about.form.code, about.entry, about.number, claim.sha256,
                             claim.file_sha256), taken)


def _about_capture(desk: Desk, version: Version, claim: Claim) -> Iterator[Reason]:
    """What the device gave was kept here, by the same person, for the same version, just now, and is what is named."""
    found = store.capture(desk.db, claim.transaction)
    if found is None:
        yield Reason("capture_missing")
        return
    same = (found.person, found.encounter, found.document_entry, found.document_number, found.method) == (
        desk.person.id, version.stay.id, claim.entry, claim.number, claim.method.value)
    named = (found.evidence_sha256, found.template_sha256) == (claim.evidence_sha256, claim.template_sha256)
    quality = claim.method is not Method.FINGERPRINT or found.quality == claim.quality
    if not (same and named and quality and found.device == version.values.get("device")):
        yield Reason("capture_differs")
    if desk.now - found.received_at > WITHIN:
        yield Reason("capture_too_old", facts={"minutes": int(WITHIN.total_seconds() // 60)})


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal.because("capture_unreadable") from error
