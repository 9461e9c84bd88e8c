"""What every signer has in common: identities, the PIN and who asks for it, and the `Signer` interface.

A signer lists identities without a PIN, is opened with one of them (here the PIN is asked, once for a stack), and
then signs bytes until it is closed. What goes wrong is a `Refusal` or `Trouble` whose reason says it; the words stand
in `resources/reasons/signing.toml`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property
from typing import NoReturn, Protocol, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from records.errors import Reason, Refusal, Trouble

TROUBLES = frozenset({
    "token_absent", "token_pulled", "module_missing", "module_hung", "module_crashed", "driver_error",
})
"""Codes after which the same act may be tried again; all others are refusals."""

_ZONE = timezone(timedelta(hours=7))
_NATIONAL_ID = re.compile(r"(?:CCCD|CMND|CMT|HC)\s*:\s*([0-9A-Z]+)", re.IGNORECASE)


class Mechanism(StrEnum):
    """How bytes are signed; the signer hashes them with SHA-256 itself."""

    RSA_SHA256 = "rsa_sha256"
    """RSASSA-PKCS1-v1_5."""
    ECDSA_SHA256 = "ecdsa_sha256"
    """The signature is DER: SEQUENCE of r and s."""


class Pin:
    """A PIN on its way from the prompt to the token: shows itself to nobody, is never stored, and can be wiped."""

    __slots__ = ("_letters",)

    def __init__(self, letters: str) -> None:
        self._letters = bytearray(letters.encode())

    def reveal(self) -> str:
        """The PIN itself; only the code that hands it to the token calls this."""
        return self._letters.decode()

    def wipe(self) -> None:
        """Overwrite it; afterwards it is empty."""
        self._letters[:] = bytes(len(self._letters))
        self._letters.clear()

    def __bool__(self) -> bool:
        return bool(self._letters)

    def __repr__(self) -> str:
        return "Pin(hidden)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("A PIN is never stored.")


@dataclass(frozen=True)
class PinRequest:
    """What the person must know when the PIN is asked."""

    identity: Identity
    token_label: str
    tries_low: bool = False
    """A wrong PIN was given before; only some tries are left."""
    final_try: bool = False
    """One more wrong PIN locks the token."""
    refused: Reason | None = None
    """Why the PIN given just before was refused (`pin_wrong`, `key_password_wrong`)."""

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What the prompt must say above the blank: the refusal just before, and how near the lock is."""
        warning = "pin_last_try" if self.final_try else "pin_tries_low" if self.tries_low else ""
        notices = (self.refused, Reason(warning, self.token_label) if warning else None)
        return tuple(notice for notice in notices if notice)


class Prompter(Protocol):
    """Asks the person; under a dialog, a terminal or a test. None: the person cancelled."""

    def ask_pin(self, request: PinRequest) -> Pin | None:
        """The PIN of a token (or the password of a training key)."""

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        """One of several certificates that all fit."""


@dataclass(frozen=True)
class Identity:
    """A certificate whose private key a token (or a training key file) holds."""

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


@dataclass(frozen=True)
class TokenInfo:
    """A token as it stands in a slot, seen without a PIN."""

    module: str
    slot: int
    label: str
    serial: str
    manufacturer: str = ""
    model: str = ""
    tries_low: bool = False
    final_try: bool = False
    locked: bool = False
    identities: tuple[Identity, ...] = ()


class Signer(ABC):
    """Signs with one identity at a time. One thread at a time uses it; a call may take as long as a token does."""

    training: bool = False
    """The key is a file, for training hospitals only: every mark made with it says so."""

    @abstractmethod
    def identities(self) -> tuple[Identity, ...]:
        """Every certificate with a key that this signer sees now, without a PIN."""

    @abstractmethod
    def absence(self) -> Refusal:
        """Why the last `identities` were none: no token, no certificate on it, a driver that failed."""

    @abstractmethod
    def open(self, identity: Identity, prompter: Prompter) -> None:
        """Get ready to sign as `identity`: asks for the PIN, again after a wrong one, until the person cancels."""

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """The identity that it was opened with."""

    @abstractmethod
    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        """The signature over `data`, made by the opened identity's key and by no other."""

    @abstractmethod
    def close(self) -> None:
        """Log out; signing again asks for the PIN again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def failure(code: str, where: str = "", **facts: object) -> Refusal:
    """The refusal or trouble that belongs to a signing reason, ready to be raised."""
    reason = Reason(code, where, facts)
    return Trouble(reason) if code in TROUBLES else Refusal(reason)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(_ZONE):%d/%m/%Y}"
