"""A small certificate authority for demo and tests: people's signing certificates and the TLS certificate.

The names follow what Vietnamese CAs issue: the subject of a person's certificate carries the full name in CN and
the identity number in UID as `CCCD:<12 digits>`. Nothing here is a trust root of anything real.

`root = make_root()`, `issuing = make_issuing(root)`, `doctor = issue_person(issuing, full_name, national_id)`, then
`write_pem(path, doctor.certificate, *doctor.chain)`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

ROOT_NAME = "Bệnh Án Tập sự Root CA"
ISSUING_NAME = "CA tập sự Bệnh Án"
OTHER_ISSUING_NAME = "CA lạ ngoài danh sách"
DEMO_HOSPITAL = "Bệnh viện đa khoa huyện Tập Sự"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issued:
    """A key, its certificate, and the authorities above it (issuer first, root last)."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain_der(self) -> tuple[bytes, ...]:
        """The authorities in DER, issuer first."""
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in self.chain)

    @property
    def root(self) -> x509.Certificate:
        """The trust root: the top of the chain, or the certificate itself when it stands alone."""
        return self.chain[-1] if self.chain else self.certificate

    @property
    def serial(self) -> str:
        """The serial number as marks print it: upper-case hexadecimal."""
        return f"{self.certificate.serial_number:X}"


@dataclass(frozen=True)
class Usage:
    """Which key usages a certificate carries; a signing certificate has the first two."""

    digital_signature: bool = True
    non_repudiation: bool = True
    key_encipherment: bool = False

    def extension(self, *, authority: bool = False) -> x509.KeyUsage:
        """As the X.509 extension."""
        return x509.KeyUsage(
            digital_signature=self.digital_signature, content_commitment=self.non_repudiation,
            key_encipherment=self.key_encipherment, data_encipherment=False, key_agreement=False,
            key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
        )


@dataclass(frozen=True)
class Services:
    """Where an authority answers for its certificates: URLs that it writes into them."""

    ocsp: str = ""
    crl: str = ""


SIGNING = Usage()
ENCRYPTION_ONLY = Usage(digital_signature=False, non_repudiation=False, key_encipherment=True)
"""The wrong usage, for tests."""


def make_root(name: str = ROOT_NAME, *, now: datetime | None = None) -> Issued:
    """A self-signed root, RSA 3072, valid for 20 years from a day before `now`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    subject = _authority_name(name)
    begin = _moment(now) - timedelta(days=1)
    builder = _builder(subject, subject, key, begin, begin + timedelta(days=20 * 365))
    certificate = _as_authority(builder, key, key, path_length=1).sign(key, hashes.SHA256())
    return Issued(key, certificate, ())


def make_issuing(root: Issued, name: str = ISSUING_NAME, *, now: datetime | None = None,
                 services: Services | None = None) -> Issued:
    """An issuing authority under `root`, RSA 3072, valid for 10 years."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    begin = _moment(now) - timedelta(days=1)
    builder = _builder(_authority_name(name), root.certificate.subject, key, begin, begin + timedelta(days=10 * 365))
    builder = _answered_for(_as_authority(builder, key, root.key, path_length=0), services)
    certificate = builder.sign(root.key, hashes.SHA256())
    return Issued(key, certificate, (root.certificate, *root.chain))


def issue_person(
    issuing: Issued,
    full_name: str,
    national_id: str,
    *,
    organisation: str = DEMO_HOSPITAL,
    title: str = "",
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    usage: Usage = SIGNING,
    key: PrivateKey | None = None,
    curve: bool = False,
    services: Services | None = None,
) -> Issued:
    """A person's signing certificate, RSA 2048 (P-256 with `curve`), valid from yesterday for three years by default.

    For tests: dates in the past or future make it expired or not yet valid, `ENCRYPTION_ONLY` gives the wrong
    usage, another `national_id` with the same `full_name` gives a namesake, `key` renews a certificate on its key.
    """
    key = key or _new_key(curve=curve)
    begin = not_before or datetime.now(UTC) - timedelta(days=1)
    end = not_after or begin + timedelta(days=3 * 365)
    builder = _builder(_person_name(full_name, national_id, organisation, title), issuing.certificate.subject,
                       key, begin, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = _answered_for(builder.add_extension(usage.extension(), critical=True), services)
    certificate = _with_identifiers(builder, key, issuing.key).sign(issuing.key, hashes.SHA256())
    return Issued(key, certificate, (issuing.certificate, *issuing.chain))


def issue_organisation(issuing: Issued, name: str, tax_code: str, *, key: PrivateKey | None = None,
                       services: Services | None = None) -> Issued:
    """The certificate of an organisation's own key (R10): its name in CN, its tax code in UID."""
    key = key or _new_key(curve=False)
    begin = datetime.now(UTC) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name),
                         x509.NameAttribute(NameOID.USER_ID, f"MST:{tax_code}")])
    builder = _builder(subject, issuing.certificate.subject, key, begin, begin + timedelta(days=3 * 365))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = _answered_for(builder.add_extension(SIGNING.extension(), critical=True), services)
    certificate = _with_identifiers(builder, key, issuing.key).sign(issuing.key, hashes.SHA256())
    return Issued(key, certificate, (issuing.certificate, *issuing.chain))


def issue_expired(issuing: Issued, full_name: str, national_id: str) -> Issued:
    """A certificate that ended a week ago."""
    now = datetime.now(UTC)
    return issue_person(issuing, full_name, national_id, not_before=now - timedelta(days=400),
                        not_after=now - timedelta(days=7))


def issue_not_yet_valid(issuing: Issued, full_name: str, national_id: str) -> Issued:
    """A certificate that begins in a week."""
    begin = datetime.now(UTC) + timedelta(days=7)
    return issue_person(issuing, full_name, national_id, not_before=begin, not_after=begin + timedelta(days=365))


def issue_server(
    authority: Issued, names: Sequence[str] = ("127.0.0.1", "localhost", "::1"), *, now: datetime | None = None,
) -> Issued:
    """A TLS server certificate for `names` (addresses or DNS names), P-256, valid for two years."""
    key = ec.generate_private_key(ec.SECP256R1())
    begin = _moment(now) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = _builder(subject, authority.certificate.subject, key, begin, begin + timedelta(days=2 * 365))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(Usage(non_repudiation=False).extension(), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]),
                                    critical=False)
    certificate = _with_identifiers(builder, key, authority.key).sign(authority.key, hashes.SHA256())
    return Issued(key, certificate, (authority.certificate, *authority.chain))


def issue_stamper(authority: Issued, name: str = "Dấu thời gian tập sự", *, begin: datetime | None = None,
                  services: Services | None = None, critical: bool = True) -> Issued:
    """A time-stamp authority's certificate (RFC 3161 2.3), RSA 2048, valid for ten years."""
    return _issue_for_service(authority, name, ExtendedKeyUsageOID.TIME_STAMPING, begin, services, critical=critical)


def issue_responder(authority: Issued, name: str = "OCSP tập sự", *, begin: datetime | None = None) -> Issued:
    """A certificate that answers for the authority's certificates (RFC 6960), and for which nobody need answer."""
    return _issue_for_service(authority, name, ExtendedKeyUsageOID.OCSP_SIGNING, begin, None, critical=False)


def _issue_for_service(authority: Issued, name: str, purpose: x509.ObjectIdentifier, begin: datetime | None,
                       services: Services | None, *, critical: bool) -> Issued:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    begin = begin or datetime.now(UTC) - timedelta(days=1)
    builder = _builder(_authority_name(name), authority.certificate.subject, key, begin,
                       begin + timedelta(days=10 * 365))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(SIGNING.extension(), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=critical)
    if purpose == ExtendedKeyUsageOID.OCSP_SIGNING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    builder = _with_identifiers(_answered_for(builder, services), key, authority.key)
    certificate = builder.sign(authority.key, hashes.SHA256())
    return Issued(key, certificate, (authority.certificate, *authority.chain))


def write_pem(path: Path, *certificates: x509.Certificate) -> Path:
    """Certificates into one PEM file, in the order given."""
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
    return path


def write_key(path: Path, key: PrivateKey, password: str = "") -> Path:
    """A private key as PKCS#8 PEM that only its owner can read; encrypted when there is a password."""
    lock: KeySerializationEncryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return path


def _moment(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)


def _new_key(*, curve: bool) -> PrivateKey:
    if curve:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _authority_name(name: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bệnh Án (tập sự)"),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])


def _person_name(full_name: str, national_id: str, organisation: str, title: str) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, full_name),
        x509.NameAttribute(NameOID.USER_ID, f"CCCD:{national_id}"),
    ]
    return x509.Name(parts + ([x509.NameAttribute(NameOID.TITLE, title)] if title else []))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, begin: datetime, end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _as_authority(
    builder: x509.CertificateBuilder, key: PrivateKey, issuer: PrivateKey, *, path_length: int,
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    usage = Usage(non_repudiation=False).extension(authority=True)
    return _with_identifiers(builder.add_extension(usage, critical=True), key, issuer)


def _with_identifiers(
    builder: x509.CertificateBuilder, key: PrivateKey, issuer: PrivateKey,
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    return builder.add_extension(above, critical=False)


def _answered_for(builder: x509.CertificateBuilder, services: Services | None) -> x509.CertificateBuilder:
    """Say in the certificate where to ask whether it was revoked."""
    if services is None:
        return builder
    if services.ocsp:
        at = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(services.ocsp))
        builder = builder.add_extension(x509.AuthorityInformationAccess([at]), critical=False)
    if services.crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(services.crl)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
