"""A workstation store's key for the day a password is forgotten: wrapped by the server's public key, read by IT."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from records.errors import Refusal
from records.forms import Frozen

KEY_BYTES = 32
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=b"benhan-store-v1")


class RecoveryWrap(Frozen):
    """RSA-OAEP under the server's public recovery key."""

    key_id: str
    """SHA-256 of the public key (SubjectPublicKeyInfo)."""
    wrapped: str

    @property
    def request(self) -> str:
        """What the person hands to IT."""
        return f"{self.key_id}:{self.wrapped}"


def wrap(key: bytes, public_key_pem: str) -> RecoveryWrap | None:
    """The recovery copy; None when the server gave no key or not an RSA key: then all else works, without recovery."""
    if not public_key_pem:
        return None
    public = serialization.load_pem_public_key(public_key_pem.encode())
    if not isinstance(public, rsa.RSAPublicKey):
        return None
    return RecoveryWrap(key_id=key_id(public), wrapped=base64.b64encode(public.encrypt(key, OAEP)).decode("ascii"))


def key_id(public: rsa.RSAPublicKey) -> str:
    """Which recovery key it is."""
    return hashlib.sha256(public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def read_request(request: str, private_key_pem: bytes, password: bytes | None = None) -> str:
    """The code that opens the store of that request; IT tells it to the person and to nobody else."""
    try:
        private = serialization.load_pem_private_key(private_key_pem, password)
    except (ValueError, TypeError):
        raise Refusal.because("recovery_key_unreadable") from None
    wanted, _, wrapped = "".join(request.split()).partition(":")
    if not isinstance(private, rsa.RSAPrivateKey) or wanted != key_id(private.public_key()):
        raise Refusal.because("recovery_other_key", wanted[:16])
    try:
        return base64.b64encode(private.decrypt(base64.b64decode(wrapped), OAEP)).decode("ascii")
    except ValueError:
        raise Refusal.because("recovery_request_unreadable") from None


def key_of_code(code: str) -> bytes:
    """The key in IT's code (base64 of 32 bytes, blanks do not matter)."""
    try:
        key = base64.b64decode("".join(code.split()), validate=True)
    except ValueError:
        raise Refusal.because("store_recovery_wrong") from None
    if len(key) != KEY_BYTES:
        raise Refusal.because("store_recovery_wrong")
    return key
