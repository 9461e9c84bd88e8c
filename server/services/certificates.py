"""Certificates: a challenge that the token signs, the identity compared, and a second person's approval."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from records.cms import Certificate
from records.errors import Reason, Refusal
from records.messages import CertificateView, Challenge, Enrolment
from server.ids import new_id
from server.services import identity, rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import base
from server.store import certificates as store

CHALLENGE_LIVES = timedelta(minutes=5)


def challenge(desk: Desk) -> Challenge:
    """Random bytes for the person's token to sign."""
    which, data, until = new_id(), secrets.token_bytes(32), desk.now + CHALLENGE_LIVES
    store.add_challenge(desk.db, which, desk.person.id, data, until)
    return Challenge(id=which, challenge=base64.b64encode(data).decode(), expires_at=until)


def enrol(desk: Desk, enrolment: Enrolment) -> CertificateView:
    """Enrol the certificate for the person at the desk; it waits for a second person."""
    der, signature = _bytes(enrolment.certificate), _bytes(enrolment.signature)
    certificate = identity.read_certificate(der)
    chain = [identity.read_certificate(_bytes(item)) for item in enrolment.chain[:identity.LONGEST_CHAIN]]
    data = store.use_challenge(desk.db, enrolment.challenge, desk.person.id, desk.now)
    if data is None:
        raise Refusal.because("challenge_unknown")
    if problems := tuple(_problems(desk, certificate, chain, data, signature)):
        raise Refusal(*problems)
    sha256 = hashlib.sha256(der).hexdigest()
    which = new_id()
    store.enrol(desk.db, store.Enrolling(
        id=which, person=desk.person.id, der=der, sha256=sha256,
        chain=[item.public_bytes(Encoding.DER) for item in chain], serial=identity.serial_of(certificate),
        issuer=identity.common_name(certificate.issuer), subject=certificate.subject.rfc4514_string(),
        not_before=certificate.not_valid_before_utc, not_after=certificate.not_valid_after_utc, challenge=data,
        challenge_signature=signature, training=desk.hospital.settings.training,
    ))
    desk.note("certificate.enrol", facts={"certificate": sha256})
    return store.view(desk.db, which)


def listed(desk: Desk) -> tuple[CertificateView, ...]:
    """Everyone's for those who approve them, one's own for the others."""
    everyone = rights.has(desk.person, Right.SEE_CERTIFICATES)
    return store.listed(desk.db, None if everyone else desk.person.id)


def approve(desk: Desk, certificate: UUID) -> CertificateView:
    """The second person's yes."""
    view = _second_person(desk, certificate)
    if view.state != "pending":
        raise Refusal.because("certificate_decided")
    if not view.not_before <= desk.now <= view.not_after:
        raise Refusal.because("certificate_out_of_time", until=f"{view.not_after:%d/%m/%Y}")
    return _decided(desk, certificate, "approved")


def reject(desk: Desk, certificate: UUID) -> CertificateView:
    """The second person's no."""
    if _second_person(desk, certificate).state != "pending":
        raise Refusal.because("certificate_decided")
    return _decided(desk, certificate, "rejected")


def revoke(desk: Desk, certificate: UUID) -> CertificateView:
    """Nothing more under this certificate; its owner may say so too (a lost token)."""
    view = store.view(desk.db, certificate)
    if view.person != desk.person.id:
        rights.demand(desk.person, Right.APPROVE_CERTIFICATE)
    if view.state == "revoked":
        raise Refusal.because("certificate_decided")
    return _decided(desk, certificate, "revoked")


def _second_person(desk: Desk, certificate: UUID) -> CertificateView:
    rights.demand(desk.person, Right.APPROVE_CERTIFICATE)
    base.lock(desk.db, "certificate", certificate)
    view = store.view(desk.db, certificate)
    if view.person == desk.person.id:
        raise Refusal.because("approves_own_certificate")
    return view


def _decided(desk: Desk, certificate: UUID, state: str) -> CertificateView:
    store.decide(desk.db, certificate, state, desk.person.id)
    desk.note(f"certificate.{state}", facts={"certificate": str(certificate)})
    return store.view(desk.db, certificate)


def _problems(
    desk: Desk, certificate: x509.Certificate, chain: Sequence[x509.Certificate], data: bytes, signature: bytes,
) -> Iterator[Reason]:
    yield from identity.possession(certificate, data, signature)
    yield from identity.standing(certificate, desk.now)
    between = (*chain, *desk.hospital.intermediates)
    if not identity.chains_to(certificate, between, desk.hospital.roots, desk.now):
        yield identity.untrusted(certificate)
    number = identity.identity_number(certificate)
    if not number or number != desk.person.national_id:
        yield Reason("certificate_identity_differs", number)
    if weak := Certificate(certificate.public_bytes(Encoding.DER)).weakness():
        yield Reason("certificate_key_unfit", weak)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal.because("certificate_unreadable") from error
