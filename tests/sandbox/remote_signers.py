"""What the played remote signers share: people with keys, transactions, and what a phone or a faulty service does."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from server.demo.pki import Issued
from tests.sandbox.program import Conduct, System

LOGIN, SECRET = "benh-vien-thu", "bí mật của bệnh viện"
PIN, OTP = "135790", "246810"


@dataclass
class SignerConduct(Conduct):
    """How the person at the phone and the service behave."""

    phone: str = "approve"
    """approve, refuse, silent (nobody taps, for as long as it stands), late (the service gave up)."""
    gives: str = "all"
    """all, half (every second), none, surplus, swapped (two places), wrong (one byte), other_key (somebody else's)."""
    lists: str = "own"
    """own, or other: the certificate of another person."""
    thinks_s: float = 0.0
    """How long the person at the phone takes before approving."""


@dataclass
class Transaction:
    """What one person is asked to sign."""

    id: str
    user: str
    names: list[str]
    hashes: list[bytes]
    fetched: int = 0
    opened: float = field(default_factory=time.monotonic)


@dataclass
class Signers:
    """People with keys at one service."""

    people: Mapping[str, Issued]
    """By identity number."""
    conduct: SignerConduct = field(default_factory=SignerConduct)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, user: str) -> Issued | None:
        """Whose certificate the service shows for a person."""
        if self.conduct.lists == "other":
            return next((one for number, one in self.people.items() if number != user), None)
        return self.people.get(user)

    def serial(self, user: str) -> str:
        """The credential's name: the certificate's serial number."""
        held = self.of(user)
        return f"{held.certificate.serial_number:x}" if held else ""

    def user_of(self, credential: str) -> str:
        """Whose credential it is."""
        return next((user for user in self.people if self.serial(user) == credential), "")

    def open(self, user: str, names: list[str], asked: list[bytes], number: str = "") -> Transaction:
        """A new transaction; a number that was used is refused."""
        with self._lock:
            made = Transaction(number or secrets.token_hex(8), user, names, asked)
            if made.id in self.transactions:
                raise KeyError(made.id)
            self.transactions[made.id] = made
            return made

    def phone(self, transaction: Transaction) -> str:
        """What the person at the phone has done by now."""
        thinks = time.monotonic() - transaction.opened < self.conduct.thinks_s
        return "silent" if self.conduct.phone == "approve" and thinks else self.conduct.phone

    def signed(self, transaction: Transaction) -> list[tuple[str, str]]:
        """Names and values as the service gives them, faulty on command."""
        gives = self.conduct.gives
        key = self._key(transaction.user, other=gives == "other_key")
        made = [(name, key.sign(one, padding.PKCS1v15(), Prehashed(hashes.SHA256())))
                for name, one in zip(transaction.names, transaction.hashes, strict=True)]
        if gives == "wrong":
            name, value = made[-1]
            made[-1] = (name, bytes([value[0] ^ 1]) + value[1:])
        if gives == "swapped":
            (first, a), (second, b), *rest = made
            made = [(first, b), (second, a), *rest]
        if gives == "surplus":
            made.append(("one more", made[0][1]))
        if gives == "half":
            made = made[:len(made) // 2]
        if gives == "none":
            made = []
        return [(name, base64.b64encode(value).decode()) for name, value in made]

    def _key(self, user: str, *, other: bool) -> rsa.RSAPrivateKey:
        held = next(one for number, one in self.people.items() if (number != user) is other)
        assert isinstance(held.key, rsa.RSAPrivateKey)
        return held.key


def text_of(issued: Issued) -> list[str]:
    """A certificate and its chain, base64, issuer first."""
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in (issued.certificate, *issued.chain)]


def everyone(people: Mapping[str, Issued]) -> dict[str, System]:
    """All three kinds of services, with the same people."""
    from tests.sandbox.csc import Csc
    from tests.sandbox.mysign import MySign
    from tests.sandbox.smartca import SmartCA

    return {"csc": Csc(Signers(people)), "smartca": SmartCA(Signers(people)), "mysign": MySign(Signers(people))}


def unhex(text: Any) -> bytes:
    """A SHA-256 in hexadecimal; a ValueError when it is none."""
    raw = bytes.fromhex(str(text))
    if len(raw) != 32:
        raise ValueError("no SHA-256")
    return raw


def unbase64(text: Any) -> bytes:
    """A SHA-256 in base64; a ValueError when it is none."""
    raw = base64.b64decode(str(text), validate=True)
    if len(raw) != 32:
        raise ValueError("no SHA-256")
    return raw
