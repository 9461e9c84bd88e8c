"""The server's receipt: its verdict on one file and when the file came, signed by the server's key.

A receipt is canonical JSON (RFC 8785) and a signature beside it. It says nothing of the content but its hash, so it
outlives the destruction of the content, and it speaks for a file whose renderer a later build no longer has.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from records.errors import Refusal
from records.signatures import Verdict

PURPOSE = b"benhan-receipt-v1:"
"""Stands before the signed bytes, so that no other signature of the server's key can pass for a receipt."""
LARGEST = 4_000_000
PublicKey = Ed25519PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class Receipt:
    """Body and signature, as stored and as handed out."""

    body: bytes
    signature: bytes

    def to_file(self) -> bytes:
        """The receipt as the file `NAME.pdf.receipt.json`; the same two members as in `messages.Accepted`."""
        members = {"receipt": base64.b64encode(self.body).decode(),
                   "receipt_signature": base64.b64encode(self.signature).decode()}
        return json.dumps(members, indent=1).encode() + b"\n"

    @classmethod
    def from_file(cls, data: bytes) -> Self:
        """A receipt read from such a file."""
        try:
            if len(data) > LARGEST:
                raise ValueError("it is too large")
            members = json.loads(data)
            return cls(base64.b64decode(members["receipt"], validate=True),
                       base64.b64decode(members["receipt_signature"], validate=True))
        except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
            raise Refusal.because("receipt_unreadable", detail=str(error)[:200]) from error


@dataclass(frozen=True)
class Received:
    """What a receipt says, once its signature was verified."""

    verdict: Verdict
    received_at: datetime
    key_id: str


def key_id(key: PublicKey) -> str:
    """The name of a server's key: the first 16 hexadecimal digits of its public key's SHA-256."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()[:16]


def keys_from_pem(pems: Iterable[bytes]) -> dict[str, PublicKey]:
    """The public keys among PEM texts, by their names: servers whose receipts count. Certificates are passed over."""
    found: dict[str, PublicKey] = {}
    for pem in pems:
        if b"BEGIN PUBLIC KEY" not in pem:
            continue
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, PublicKey):
            found[key_id(key)] = key
    return found


def make(verdict: Verdict, received_at: datetime, key: str, sign: Callable[[bytes], bytes]) -> Receipt:
    """The receipt of a verdict. `sign` is the server's key: Ed25519, RSA PKCS#1 v1.5 or ECDSA with SHA-256."""
    if received_at.tzinfo is None:
        raise ValueError("A naive instant has no place on the time line.")
    body = rfc8785.dumps(_plain({
        "receipt_version": 1, "key": key, "received_at": received_at.isoformat(timespec="milliseconds"),
        "verdict": verdict.as_json(),
    }))
    return Receipt(body, sign(PURPOSE + body))


def verify(receipt: Receipt, keys: PublicKey | Mapping[str, PublicKey], file_sha256: str | None = None) -> Received:
    """What the receipt says, or a refusal: another key, changed, unreadable, or about another file."""
    try:
        body = json.loads(receipt.body)
        named, received_at = str(body["key"]), datetime.fromisoformat(body["received_at"])
        key = keys.get(named) if isinstance(keys, Mapping) else keys
        if key is None:
            raise Refusal.because("receipt_key_unknown", named)
        if not signed_by(key, receipt.signature, PURPOSE + receipt.body):
            raise Refusal.because("receipt_forged", named)
        if body["receipt_version"] != 1 or received_at.tzinfo is None:
            raise ValueError("its version is not known")
        verdict = Verdict.from_json(body["verdict"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal.because("receipt_unreadable", detail=str(error)[:200]) from error
    if file_sha256 is not None and verdict.file_sha256 != file_sha256:
        raise Refusal.because("receipt_of_other_file")
    return Received(verdict, received_at, named)


def signed_by(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the key made this signature over the data."""
    try:
        match key:
            case Ed25519PublicKey():
                key.verify(signature, data)
            case rsa.RSAPublicKey():
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePublicKey():
                key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _plain(value: Any) -> Any:
    """JSON values only: evidence may hold what a judge measured, in fractions too; a receipt has no binary ones."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bool() | int() | str() | None:
            return value
    return str(value)
