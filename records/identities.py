"""Who signs: a certificate whose private key somebody holds, and how that key signs; both sides sign with these.

On the workstation a token holds the key, on the server an HSM or a sealed file (the organisation's signature).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from records.errors import Reason

_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
           "key_cert_sign", "crl_sign")
_ZONE = timezone(timedelta(hours=7))
_NATIONAL_ID = re.compile(r"(?:CCCD|CMND|CMT|HC)\s*:\s*([0-9A-Z]+)", re.IGNORECASE)


class Mechanism(StrEnum):
    """How bytes are signed; the signer hashes them with SHA-256 itself."""

    RSA_SHA256 = "rsa_sha256"
    """RSASSA-PKCS1-v1_5."""
    ECDSA_SHA256 = "ecdsa_sha256"
    """The signature is DER: SEQUENCE of r and s."""


@dataclass(frozen=True)
class Identity:
    """A certificate whose private key a token, a key file or an HSM holds."""

    certificate: bytes = field(repr=False)
    """DER."""
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    """The authorities found beside it, DER, issuer first."""
    label: str = ""
    module: str = ""
    token_label: str = ""
    token_serial: str = ""
    key_id: bytes = b""

    @cached_property
    def parsed(self) -> x509.Certificate:
        """The certificate, parsed."""
        return x509.load_der_x509_certificate(self.certificate)

    @property
    def serial(self) -> str:
        """The certificate's serial number as marks print it: upper-case hexadecimal."""
        return f"{self.parsed.serial_number:X}"

    @property
    def full_name(self) -> str:
        """Common name of the subject."""
        return _first(self.parsed.subject, NameOID.COMMON_NAME)

    @property
    def issuer(self) -> str:
        """Common name of the issuing authority."""
        return _first(self.parsed.issuer, NameOID.COMMON_NAME)

    @property
    def national_id(self) -> str:
        """The identity number in the subject (`UID=CCCD:...` or serialNumber), empty when there is none."""
        for oid in (NameOID.USER_ID, NameOID.SERIAL_NUMBER):
            for attribute in self.parsed.subject.get_attributes_for_oid(oid):
                if found := _NATIONAL_ID.search(str(attribute.value)):
                    return found.group(1).upper()
        return ""

    @property
    def not_before(self) -> datetime:
        """First instant of validity."""
        return self.parsed.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Last instant of validity."""
        return self.parsed.not_valid_after_utc

    @property
    def may_sign(self) -> bool:
        """Whether its key usage names signatures; one that names no usage is refused by the server as well."""
        try:
            usage = self.parsed.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return False
        return usage.digital_signature or usage.content_commitment

    @property
    def mechanism(self) -> Mechanism:
        """How its key signs."""
        return Mechanism.RSA_SHA256 if isinstance(self.parsed.public_key(), rsa.RSAPublicKey) else (
            Mechanism.ECDSA_SHA256)

    @property
    def usage(self) -> tuple[str, ...]:
        """What its key usage names, in RFC 5280's words; nothing when it names nothing."""
        try:
            told = self.parsed.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(name for name in _USAGES if getattr(told, name))

    @property
    def key_words(self) -> str:
        """«RSA 2048», «EC secp256r1»."""
        key = self.parsed.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return f"RSA {key.key_size}"
        return f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__

    def refusal(self, at: datetime) -> Reason | None:
        """Why this certificate may not sign at `at`, asked before any PIN; None when it may."""
        facts = {"name": self.full_name, "serial": self.serial, "from": _day(self.not_before),
                 "until": _day(self.not_after)}
        if at > self.not_after:
            return Reason("certificate_expired", self.serial, facts)
        if at < self.not_before:
            return Reason("certificate_not_yet_valid", self.serial, facts)
        if not self.may_sign:
            return Reason("token_certificate_not_for_signing", self.serial, facts)
        return None

    def expiry(self, at: datetime, days: int) -> Reason | None:
        """That it ends within so many days from `at`, and what to do; None while it lasts longer, or has ended."""
        left = self.not_after - at
        if not timedelta(0) <= left < timedelta(days=days):
            return None
        return Reason("certificate_expires_soon", self.serial, {"days": left.days, "until": _day(self.not_after)})

    def made(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` is by this certificate's key."""
        key = self.parsed.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            else:
                return False
        except InvalidSignature:
            return False
        return True


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(_ZONE):%d/%m/%Y}"
