"""One-time codes for a patient's confirmation (R7): made here, sent once, typed a few times, proved for one version."""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import datetime
from uuid import UUID

from records import one_time_codes as rules
from records.deadlines import ZONE
from records.errors import Reason, Refusal
from records.messages import CodeJudged, CodeOffer, CodeSent, CodeTyped, CodeWish
from records.one_time_codes import Event, Proof, Standing
from server.exchange.messages import MessageGateway
from server.services import confirmations, rights
from server.services.hospital import Desk, Hospital, SignedIn
from server.services.rights import Right
from server.store import base, patients
from server.store import confirmation_codes as store
from server.store.confirmation_codes import Code, Happened, Secret
from server.store.stays import Place


def offer(desk: Desk) -> CodeOffer:
    """Whether codes can be sent at all, or why not."""
    gateway = desk.hospital.message_gateway
    if gateway is None:
        return CodeOffer(gateway="", reasons=(Reason("code_not_offered").as_json(),))
    return CodeOffer(gateway=gateway.label)


def send(hospital: Hospital, signed_in: SignedIn, encounter: UUID, wish: CodeWish) -> CodeSent:
    """Make a code and send it, once: whoever asks again with the same transaction is told how it stands.

    No transaction waits for the gateway. Nothing is queued either: a code that arrives after the bedside talk is over
    confirms nothing, so a gateway that is away is told at once.
    """
    gateway = hospital.message_gateway
    if gateway is None:
        raise Refusal.because("code_not_offered")
    with hospital.desk(signed_in) as desk:
        known = store.one(desk.db, wish.transaction)
        if known is not None:
            return _sent(_mine(desk, wish.transaction), store.happened(desk.db, wish.transaction))
        code, secret, digits = _make(desk, encounter, wish, gateway.label)
        store.add(desk.db, desk.keys, code, secret)
    try:
        number = gateway.send(secret.phone, _text(gateway, code, digits), code.id.hex)
    except Refusal as refusal:
        _tell(hospital, signed_in, code, Event.FAILED, refusal.reasons[0].code)
        raise
    happened = _tell(hospital, signed_in, code, Event.SENT, number)
    return _sent(code, happened)


def typed(desk: Desk, which: UUID, given: CodeTyped) -> CodeJudged:
    """Whether it is the code. A wrong one is an answer that counts; the right one keeps the evidence, encrypted."""
    base.lock(desk.db, "confirmation code", which)
    code = _mine(desk, which)
    happened = store.happened(desk.db, which)
    desk.scope = code.encounter
    if (why := rules.refused(_standing(desk, code, happened), desk.now)) is not None:
        return CodeJudged(good=False, tries_left=0, reasons=(why.as_json(),))
    secret = store.secret(desk.db, desk.keys, which)
    said = store.bound(code, secret.phone).proof(secret.salt, "".join(given.code.split()))
    if not hmac.compare_digest(said, secret.proof):
        return _wrong(desk, code, happened)
    return _right(desk, code, happened, secret.phone)


def _make(desk: Desk, encounter: UUID, wish: CodeWish, gateway: str) -> tuple[Code, Secret, str]:
    """A new code, bound to the version that stands there with exactly the bytes that were shown."""
    rights.demand(desk.person, Right.TAKE_CONFIRMATION)
    where = confirmations.asked_of(desk, encounter, wish.document_entry, wish.document_number)
    document = confirmations.document(desk, encounter, wish.document_entry, wish.document_number)
    if document is None or document.sha256 != wish.document_sha256 or wish.document_file_sha256 not in document.files:
        raise Refusal.because("confirmation_of_other_text")
    phone = rules.phone_number(wish.phone)
    if not phone:
        raise Refusal.because("phone_unfit")
    count = store.asked_since(desk.db, wish.document_entry, wish.document_number, desk.now - rules.SENT_WITHIN)
    if count >= rules.SENT_AT_MOST:
        raise Refusal.because("code_too_many", count=count)
    code = Code(
        wish.transaction, encounter, desk.person.id, wish.document_entry, wish.document_number, wish.document_sha256,
        wish.document_file_sha256, rules.masked(phone), phone in _phones_on_file(desk, where), gateway,
        desk.signed_in.workstation, desk.now, desk.now + rules.LIVES)
    digits, salt = f"{secrets.randbelow(10 ** rules.DIGITS):0{rules.DIGITS}}", secrets.token_bytes(32)
    desk.note("confirmation_code.ask", patient=where.patient, encounter=encounter, entry=wish.document_entry,
              facts={"transaction": str(code.id), "number": code.document_number, "phone": code.phone_masked})
    return code, Secret(phone, salt, store.bound(code, phone).proof(salt, digits)), digits


def _phones_on_file(desk: Desk, where: Place) -> frozenset[str]:
    found = patients.read(desk.db, where.patient)
    return rules.phone_numbers(f"{found.phone}; {found.kin}") if found is not None else frozenset()


def _text(gateway: MessageGateway, code: Code, digits: str) -> str:
    return gateway.wording(code=digits, check=rules.check_mark(code.document_sha256),
                           minutes=str(int(rules.LIVES.total_seconds() // 60)))


def _tell(hospital: Hospital, signed_in: SignedIn, code: Code, event: Event, detail: str) -> tuple[Happened, ...]:
    with hospital.desk(signed_in) as desk:
        store.tell(desk.db, code.id, event, desk.now, detail)
        desk.note(f"confirmation_code.{event.value}", encounter=code.encounter, entry=code.document_entry,
                  facts={"transaction": str(code.id), "detail": detail})
        return store.happened(desk.db, code.id)


def _sent(code: Code, happened: tuple[Happened, ...]) -> CodeSent:
    events = [one.event for one in happened]
    if Event.SENT not in events:
        raise Refusal.because("code_not_sent")
    return CodeSent(transaction=code.id, phone=code.phone_masked, gateway=code.gateway,
                    check=rules.check_mark(code.document_sha256), ends_at=code.ends_at,
                    tries_left=rules.tries_left(events))


def _mine(desk: Desk, which: UUID) -> Code:
    code = store.one(desk.db, which)
    if code is None:
        raise Refusal.because("thing_unknown", "code")
    if code.person != desk.person.id:
        raise Refusal.because("code_of_other_person")
    return code


def _standing(desk: Desk, code: Code, happened: tuple[Happened, ...]) -> Standing:
    now = confirmations.document(desk, code.encounter, code.document_entry, code.document_number)
    same = (now is not None and now.case.is_latest and now.sha256 == code.document_sha256
            and code.document_file_sha256 in now.files)
    return Standing(code.ends_at, [one.event for one in happened], store.is_latest(desk.db, code), same)


def _wrong(desk: Desk, code: Code, happened: tuple[Happened, ...]) -> CodeJudged:
    store.tell(desk.db, code.id, Event.WRONG, desk.now)
    left = rules.tries_left([*(one.event for one in happened), Event.WRONG])
    why = Reason("code_wrong", facts={"left": left}) if left else Reason("code_spent", facts={"tries": rules.TRIES})
    desk.note("confirmation_code.wrong", encounter=code.encounter, entry=code.document_entry,
              facts={"transaction": str(code.id), "left": left})
    return CodeJudged(good=False, tries_left=left, reasons=(why.as_json(),))


def _right(desk: Desk, code: Code, happened: tuple[Happened, ...], phone: str) -> CodeJudged:
    at = desk.now.replace(microsecond=0)
    store.tell(desk.db, code.id, Event.RIGHT, at)
    proof = store.proof(code, (*happened, Happened(Event.RIGHT, "", at)))
    evidence = _evidence(code, proof, phone, at)
    kept = confirmations.keep_code(desk, code, evidence, at)
    desk.note("confirmation_code.right", encounter=code.encounter, entry=code.document_entry,
              facts={"transaction": str(code.id), "tries": proof.tries})
    return CodeJudged(
        good=True, tries_left=0, phone=proof.phone, phone_source=proof.source.value, gateway=code.gateway,
        message_no=proof.message_no, sent_at=proof.sent_at, tries=proof.tries, confirmed_at=at, evidence_sha256=kept)


def _evidence(code: Code, proof: Proof, phone: str, at: datetime) -> bytes:
    """All of it, the phone too: encrypted like a print, opened only by right and for a reason."""
    return json.dumps({
        "transaction": str(code.id), "phone": phone, "phone_source": proof.source.value, "gateway": code.gateway,
        "message_no": proof.message_no, "sent_at": _local(proof.sent_at), "confirmed_at": _local(at),
        "tries": proof.tries, "document": {
            "entry": str(code.document_entry), "version": code.document_number, "sha256": code.document_sha256,
            "file_sha256": code.document_file_sha256}}, ensure_ascii=False, sort_keys=True).encode()


def _local(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")
