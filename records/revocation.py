"""Was a certificate revoked at a moment: OCSP answers (RFC 6960) and revocation lists (RFC 5280), judged offline.

Whoever fetched them gives them; here their signatures, their subjects and their times are checked, each question from
values to a value. Revocation is for good: an answer given after the moment proves the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from records.cms import Certificate
from records.der import BITS, ENUMERATED, OCTETS, SEQUENCE, object_id, whole, wrap

LIVES_WITHOUT_WORD = timedelta(hours=24)
"""How long an answer holds that does not say until when."""
_BASIC = object_id("1.3.6.1.5.5.7.48.1.1")
_WRONG = (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature)


@dataclass(frozen=True)
class Evidence:
    """What was fetched, in DER: certificates of authorities and responders, OCSP answers, revocation lists."""

    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def and_also(self, other: Evidence) -> Evidence:
        """Both together, each once, in one order: what is written into files depends on nothing else."""
        return Evidence(*(tuple(sorted({*mine, *theirs})) for mine, theirs in (
            (self.certificates, other.certificates), (self.ocsps, other.ocsps), (self.crls, other.crls))))


@dataclass(frozen=True)
class Standing:
    """What one answer or list says of one certificate."""

    state: Literal["good", "revoked"]
    since: datetime
    """The answer speaks for this moment (thisUpdate)."""
    until: datetime
    """And is fresh until then (nextUpdate)."""
    der: bytes
    revoked_at: datetime | None = None
    kind: Literal["ocsp", "crl"] = "ocsp"

    def settles(self, moment: datetime) -> bool:
        """It tells whether the certificate was good then: given later, or fresh then."""
        return self.since >= moment or moment <= self.until


@dataclass(frozen=True)
class Told:
    """The answer for one certificate at one moment."""

    answer: Literal["good", "revoked", "unknown"]
    by: Standing | None = None

    @property
    def revoked_at(self) -> datetime | None:
        """Since when it is revoked, also when that was after the moment."""
        return self.by.revoked_at if self.by else None


def state(certificate: bytes, issuer: bytes, evidence: Evidence, moment: datetime) -> Told:
    """Was the certificate, issued by that authority, good at that moment."""
    told = list(standings(certificate, issuer, evidence))
    for item in told:
        if item.revoked_at is not None and item.revoked_at <= moment:
            return Told("revoked", item)
    later = [item for item in told if item.settles(moment)]
    if not later:
        return Told("unknown")
    # The newest speaks: one that knows of a later revocation says more than one that was given before it.
    return Told("good", max(later, key=lambda item: item.since))


def standings(certificate: bytes, issuer: bytes, evidence: Evidence) -> Iterator[Standing]:
    """Everything in the evidence that speaks of the certificate and is signed by who may say so."""
    for der in evidence.ocsps:
        yield from _ocsp(der, certificate, issuer)
    for der in evidence.crls:
        yield from _crl(der, certificate, issuer)


@lru_cache(maxsize=1024)
def _ocsp(der: bytes, certificate: bytes, issuer: bytes) -> tuple[Standing, ...]:
    subject, above = _parsed(certificate), _parsed(issuer)
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL or not _plain_answer(der, answer):
            return ()
        if answer.serial_number != subject.serial_number or not _of_issuer(answer, above):
            return ()
        responder = _responder(answer, above)
        if responder is None or not _signed(responder, answer.signature, answer.tbs_response_bytes,
                                            answer.signature_hash_algorithm):
            return ()
        return _standing_of(answer, der)
    except _WRONG:
        return ()


def _standing_of(answer: ocsp.OCSPResponse, der: bytes) -> tuple[Standing, ...]:
    since = answer.this_update_utc
    until = answer.next_update_utc or since + LIVES_WITHOUT_WORD
    match answer.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            return (Standing("good", since, until, der),)
        case ocsp.OCSPCertStatus.REVOKED:
            return (Standing("revoked", since, until, der, answer.revocation_time_utc or since),)
        case _:
            return ()


def _of_issuer(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """The answer names the issuer by the hashes of its name and key."""
    algorithm = answer.hash_algorithm
    name = hashes.Hash(algorithm)
    name.update(issuer.subject.public_bytes())
    key = hashes.Hash(algorithm)
    key.update(_key_bits(issuer))
    return (answer.issuer_name_hash, answer.issuer_key_hash) == (name.finalize(), key.finalize())


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The public key without its frame, as RFC 6960 hashes it."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise ValueError("neither RSA nor EC")


def _responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """Who signed: the authority itself, or whom it named for that by a certificate in the answer."""
    if not answer.certificates:
        return issuer if _is_named(answer, issuer) else None
    (one, *more) = answer.certificates
    if one == issuer:
        return issuer
    more = [item for item in more if item != issuer]
    if more or not _is_named(answer, one) or not _may_answer(one, issuer, answer.this_update_utc):
        return None
    return one


def _is_named(answer: ocsp.OCSPResponse, who: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == who.subject
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303 -- RFC 6960's name for a key, no signature
    digest.update(_key_bits(who))
    return answer.responder_key_hash == digest.finalize()


def _may_answer(responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        responder.verify_directly_issued_by(issuer)
        usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (*_WRONG, x509.ExtensionNotFound):
        return False
    lives = responder.not_valid_before_utc <= at <= responder.not_valid_after_utc
    return lives and ExtendedKeyUsageOID.OCSP_SIGNING in usage and _plain_certificate(responder)


@lru_cache(maxsize=1024)
def _crl(der: bytes, certificate: bytes, issuer: bytes) -> tuple[Standing, ...]:
    subject, above = _parsed(certificate), _parsed(issuer)
    try:
        listed = x509.load_der_x509_crl(der)
        if listed.issuer != above.subject or not _plain_list(der, listed) or _partial(listed):
            return ()
        if not _signed(above, listed.signature, listed.tbs_certlist_bytes, listed.signature_hash_algorithm):
            return ()
        since = listed.last_update_utc
        until = listed.next_update_utc or since + LIVES_WITHOUT_WORD
        entry = listed.get_revoked_certificate_by_serial_number(subject.serial_number)
    except _WRONG:
        return ()
    if entry is None:
        return (Standing("good", since, until, der, None, "crl"),)
    return (Standing("revoked", since, until, der, entry.revocation_date_utc, "crl"),)


def _partial(listed: x509.CertificateRevocationList) -> bool:
    """A list that does not speak for all of the authority's certificates."""
    try:
        point = listed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        point = None
    delta = any(isinstance(item.value, x509.DeltaCRLIndicator) for item in listed.extensions)
    return delta or (point is not None and (
        point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons is not None))


def _signed(signer: x509.Certificate, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | None) -> bool:
    key = signer.public_key()
    if algorithm is None or isinstance(algorithm, hashes.SHA1 | hashes.MD5):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _plain_answer(der: bytes, answer: ocsp.OCSPResponse) -> bool:
    """Nothing that nobody signed can be changed in it: the frame is built again and compared."""
    basic = asn1_ocsp.OCSPResponse.load(der, strict=True)["response_bytes"]["response"].parsed
    certificates = b"".join(item.public_bytes(Encoding.DER) for item in answer.certificates)
    body = wrap(SEQUENCE, answer.tbs_response_bytes + basic["signature_algorithm"].dump() + wrap(
        BITS, b"\0" + answer.signature) + (wrap(0xA0, wrap(SEQUENCE, certificates)) if certificates else b""))
    frame = wrap(SEQUENCE, wrap(ENUMERATED, b"\0") + wrap(0xA0, wrap(SEQUENCE, _BASIC + wrap(OCTETS, body))))
    return frame == der and _plain_algorithm(basic["signature_algorithm"].dump())


def _plain_list(der: bytes, listed: x509.CertificateRevocationList) -> bool:
    inner: bytes = asn1_crl.CertificateList.load(der, strict=True)["tbs_cert_list"]["signature"].dump()
    return der == wrap(SEQUENCE, listed.tbs_certlist_bytes + inner + wrap(BITS, b"\0" + listed.signature))


def _plain_certificate(certificate: x509.Certificate) -> bool:
    return Certificate(certificate.public_bytes(Encoding.DER)).well_formed


def _plain_algorithm(der: bytes) -> bool:
    """An algorithm with no parameters or the idle NULL."""
    inner = der[2:]
    size = 2 + inner[1] if inner[:1] == b"\x06" else 0
    return der[0] == SEQUENCE and whole(der) == len(der) and inner[size:] in (b"", b"\x05\0")


@lru_cache(maxsize=512)
def _parsed(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@dataclass(frozen=True)
class Link:
    """A certificate and who issued it: what revocation is asked of."""

    certificate: bytes
    issuer: bytes

    @cached_property
    def parsed(self) -> x509.Certificate:
        """The certificate, parsed."""
        return _parsed(self.certificate)


def name(link: Link) -> str:
    """Whose certificate it is."""
    return Certificate(link.certificate).name


def links(signer: bytes, path: Sequence[bytes]) -> tuple[Link, ...]:
    """What must not be revoked: the signer and each authority but the root; `path`: root first, to the issuer."""
    chain = [*path, signer]
    return tuple(Link(below, above) for above, below in pairwise(chain))


def proof(parts: Iterable[Link], evidence: Evidence, moment: datetime) -> Evidence | None:
    """Of the evidence, the newest answer for each certificate that settles the moment; None when one has none."""
    kept = Evidence()
    for link in parts:
        told = [item for item in standings(link.certificate, link.issuer, evidence) if item.settles(moment)]
        if not told:
            return None
        best = max(told, key=lambda item: item.since)
        kept = kept.and_also(Evidence(ocsps=(best.der,)) if best.kind == "ocsp" else Evidence(crls=(best.der,)))
    return kept


