"""Who signs and who forges: a made-up hospital's people, their authority, and authorities that nobody trusts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from records.entries import Version
from records.trust import Trust
from server.demo import pki
from server.demo.pki import Issued, PrivateKey
from tests.records.render import pages
from workstation.signing.base import Identity

VIETNAM = timezone(timedelta(hours=7))
WRITTEN = datetime(2026, 11, 22, 8, 41, 17, tzinfo=VIETNAM)
SIGNED = WRITTEN + timedelta(seconds=46)
NOW = WRITTEN + timedelta(minutes=20)
LONG_AGO = WRITTEN - timedelta(days=900)
NAME, TITLE = "Trần Quốc Bảo", "Bác sĩ chuyên khoa I"
HEAD, HEAD_TITLE = "Lý Thị Ngọc Mai", "Trưởng khoa"
DIRECTOR, DIRECTOR_TITLE = "Đặng Hữu Phước", "Giám đốc"
SERVICES = pki.Services("http://ocsp.invalid/", "http://crl.invalid/people.crl")
"""Where the authority would answer for people's certificates: whoever judges must find its answers in the file."""


@cache
def root() -> Issued:
    return pki.make_root(now=LONG_AGO)


@cache
def issuing() -> Issued:
    return pki.make_issuing(root(), now=LONG_AGO, services=pki.Services(crl="http://crl.invalid/root.crl"))


@cache
def strange_issuing() -> Issued:
    """An authority under a root that is not trusted."""
    return pki.make_issuing(pki.make_root("Root CA lạ", now=LONG_AGO), pki.OTHER_ISSUING_NAME, now=LONG_AGO)


def trust() -> Trust:
    return Trust((root().der,), (issuing().der,))


def _issued(name: str, national_id: str, *, by: Issued | None = None, curve: bool = False,
            usage: pki.Usage = pki.SIGNING, days: tuple[int, int] = (-100, 600)) -> Issued:
    return pki.issue_person(by or issuing(), name, national_id, usage=usage, curve=curve, services=SERVICES,
                            not_before=SIGNED + timedelta(days=days[0]), not_after=SIGNED + timedelta(days=days[1]))


@cache
def doctor() -> Issued:
    return _issued(NAME, "052188000111")


@cache
def doctor_on_curve() -> Issued:
    return _issued(NAME, "052188000111", curve=True)


def with_key(key: PrivateKey) -> Issued:
    """The doctor's certificate on this key."""
    return pki.issue_person(issuing(), NAME, "052188000111", key=key, not_before=SIGNED - timedelta(days=1),
                            not_after=SIGNED + timedelta(days=100))


@cache
def doctor_on_long_curve() -> Issued:
    """ECDSA over P-384."""
    return with_key(ec.generate_private_key(ec.SECP384R1()))


@cache
def namesake() -> Issued:
    """Another person with the same name, of the same authority."""
    return _issued(NAME, "052199000222", curve=True)


@cache
def stranger() -> Issued:
    """The doctor's name in a certificate of an authority that nobody trusts."""
    return _issued(NAME, "052188000111", by=strange_issuing(), curve=True)


@cache
def self_made() -> Issued:
    """The doctor's name in a certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(7).not_valid_before(SIGNED - timedelta(days=1))
                   .not_valid_after(SIGNED + timedelta(days=100))
                   .add_extension(pki.SIGNING.extension(), critical=True).sign(key, hashes.SHA256()))
    return Issued(key, certificate, ())


@cache
def expired() -> Issued:
    return _issued(NAME, "052188000111", curve=True, days=(-400, -7))


@cache
def not_yet_valid() -> Issued:
    return _issued(NAME, "052188000111", curve=True, days=(7, 400))


@cache
def for_encryption() -> Issued:
    return _issued(NAME, "052188000111", usage=pki.ENCRYPTION_ONLY)


@cache
def for_sign_in_only() -> Issued:
    """digitalSignature without nonRepudiation: a key for signing in, not for documents."""
    return _issued(NAME, "052188000111", usage=pki.Usage(non_repudiation=False), curve=True)


@cache
def weak() -> Issued:
    """RSA with 1024 bits."""
    return with_key(rsa.generate_private_key(public_exponent=65537, key_size=1024))


@cache
def colleague() -> Issued:
    """Another doctor of the hospital."""
    return _issued("Phạm Thị Lan", "052190000333", curve=True)


@cache
def ward_head() -> Issued:
    return _issued(HEAD, "052175000444", curve=True)


@cache
def director() -> Issued:
    return _issued(DIRECTOR, "052170000555", curve=True)


def identity(person: Issued) -> Identity:
    return Identity(person.der, person.chain_der)


def raw_signature(person: Issued, data: bytes) -> bytes:
    """The signature that the person's token would give."""
    if isinstance(person.key, rsa.RSAPrivateKey):
        return person.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return person.key.sign(data, ec.ECDSA(hashes.SHA256()))


def row(**changed: object) -> Version:
    """A row of 36/BV2 by the doctor, one slot."""
    return pages.version(**changed)


def cover() -> Version:
    """A cover of 01/BV1, signed by the ward's head and then the director."""
    values = {"full_name": "Nguyễn Thị Thanh Hương"}
    return pages.version(form={"code": "01/BV1", "edition": row_edition("01/BV1"), "kind": "cover"}, values=values)


def row_edition(code: str) -> str:
    from records.forms import all_forms

    return next(form.edition for form in all_forms() if form.code == code)
