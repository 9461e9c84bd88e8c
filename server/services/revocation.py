"""Asking authorities whether a certificate was revoked: OCSP first, else their list; verified, then kept (R14)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from sqlalchemy import Connection

from records import revocation
from records.chains import path_to_root
from records.cms import Certificate
from records.errors import Refusal
from records.messages import CertificateStanding
from records.revocation import Evidence, Link, Standing
from server.services.hospital import Desk, Hospital
from server.store import base, certificates
from server.store import evidence as store
from server.store.certificates import Held

_log = logging.getLogger("benhan.server.trust")


def known(db: Connection, links: Iterable[Link]) -> Evidence:
    """What was fetched before and speaks of these."""
    found = Evidence()
    for link in links:
        found = found.and_also(store.answers(db, _sha256(link.issuer), _sha256(link.certificate)))
    return found


def known_of_person(desk: Desk) -> Evidence:
    """What was fetched before on the certificates of the person at the desk."""
    held = certificates.approved_of(desk.db, desk.person.id)
    return known(desk.db, dict.fromkeys(link for one in held for link in chain(desk.hospital, one, desk.now)))


def fetched(hospital: Hospital, links: Iterable[Link], since: datetime,
            missed: Callable[[Refusal], object] = lambda _: None) -> Evidence:
    """Answers on each certificate that speak for a moment not before `since`, where its authority gives one.

    Asks outside any transaction. What cannot be had is not there: the judge says what that means. `missed` is told of
    each place that gave no answer.
    """
    links = tuple(dict.fromkeys(links))
    with base.transaction(hospital.engine) as db:
        found = known(db, links)
    for link in links:
        if any(said.since >= since for said in revocation.standings(link.certificate, link.issuer, found)):
            continue
        if (more := _asked(hospital, link, missed)) is None:
            continue
        found = found.and_also(more)
    return found


def standings(desk: Desk) -> tuple[CertificateStanding, ...]:
    """Each of the person's approved certificates as its authority speaks of it, from what is known."""
    return tuple(_standing(desk, one, chain(desk.hospital, one, desk.now))
                 for one in certificates.approved_of(desk.db, desk.person.id))


def refresh(hospital: Hospital, person: UUID) -> None:
    """Ask anew about a person's certificates what is older than the settings allow; waits for the authorities."""
    now = datetime.now(UTC)
    oldest = now - timedelta(minutes=hospital.settings.revocation_holds_min)
    with base.transaction(hospital.engine) as db:
        held = certificates.approved_of(db, person)
    for one in held:
        fetched(hospital, chain(hospital, one, now), oldest)


def chain(hospital: Hospital, held: Held, at: datetime) -> tuple[Link, ...]:
    """The certificate and each authority above it but the root; nothing when no path leads there."""
    path = path_to_root(Certificate(held.der), [Certificate(der) for der in held.chain], hospital.trust, at)
    return () if isinstance(path, str) else revocation.links(held.der, path)


def _standing(desk: Desk, held: Held, links: tuple[Link, ...]) -> CertificateStanding:
    which, serial = held.id, held.serial
    found, told = known(desk.db, links), []
    for link in links:
        said = revocation.state(link.certificate, link.issuer, found, desk.now)
        if said.answer == "revoked" and said.by is not None:
            return CertificateStanding(certificate=which, serial=serial, state="revoked", at=said.by.since,
                                       revoked_at=said.revoked_at)
        told.append(said)
    if not told or any(said.answer != "good" for said in told):
        return CertificateStanding(certificate=which, serial=serial, state="unknown", at=desk.now)
    return CertificateStanding(certificate=which, serial=serial, state="good",
                               at=min(said.by.since for said in told if said.by))


def _asked(hospital: Hospital, link: Link, missed: Callable[[Refusal], object]) -> Evidence | None:
    """The first good answer among all that the certificate names, kept for the next who asks."""
    for der, kind in _answers(hospital, link, missed):
        one = Evidence(ocsps=(der,)) if kind == "ocsp" else Evidence(crls=(der,))
        said = next(iter(revocation.standings(link.certificate, link.issuer, one)), None)
        if said is None:
            _log.warning("An answer on revocation (%s) is not to be believed: %s", kind,
                         Certificate(link.certificate).name)
            continue
        _keep(hospital, link, said)
        return one
    return None


def _answers(hospital: Hospital, link: Link, missed: Callable[[Refusal], object]) -> Iterator[tuple[bytes, str]]:
    for url in _ocsp_urls(link.parsed):
        try:
            yield hospital.services.ocsp(url, _request(link)), "ocsp"
        except Refusal as refusal:
            missed(refusal)
    for url in _crl_urls(link.parsed):
        try:
            yield hospital.services.crl(url), "crl"
        except Refusal as refusal:
            missed(refusal)


def _keep(hospital: Hospital, link: Link, said: Standing) -> None:
    with base.transaction(hospital.engine) as db:
        store.add_answer(db, _sha256(link.issuer), _sha256(link.certificate), said)


def _request(link: Link) -> bytes:
    issuer = x509.load_der_x509_certificate(link.issuer)
    # SHA-1 names the issuer in RFC 6960; responders of other years know no other.
    asked = ocsp.OCSPRequestBuilder().add_certificate(link.parsed, issuer, hashes.SHA1())  # noqa: S303
    return asked.build().public_bytes(Encoding.DER)


def _ocsp_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(one.access_location.value for one in access
                 if one.access_method == AuthorityInformationAccessOID.OCSP
                 and isinstance(one.access_location, x509.UniformResourceIdentifier))


def _crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.value for point in points for name in point.full_name or ()
                 if isinstance(name, x509.UniformResourceIdentifier))


def _sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
