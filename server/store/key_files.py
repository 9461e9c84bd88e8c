"""The server's key files: the hospital key, the key that signs receipts and seals, the recovery key.

They lie outside database and blobs. A file is made once, by a command, and never over another one: whoever loses
the hospital key loses every record, and a new one in its place would hide that.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from records.errors import Refusal
from records.receipts import key_id

_LENGTH = 32
_RECOVERY_BITS = 3072


@dataclass(frozen=True)
class HospitalKey:
    """32 random bytes that wrap every encounter's key."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Names the key without telling it."""
        return hashlib.sha256(b"benhan-hospital-key-v1:" + self.secret).hexdigest()[:16]

    @classmethod
    def create(cls, file: Path) -> Self:
        """A new key in a new file."""
        key = cls(os.urandom(_LENGTH))
        write_new(file, base64.b64encode(key.secret) + b"\n")
        return key

    @classmethod
    def read(cls, file: Path) -> Self:
        """The key in the file."""
        try:
            secret = base64.b64decode(read_private(file), validate=False)
        except binascii.Error as error:
            raise Refusal.because("key_file_damaged", str(file)) from error
        if len(secret) != _LENGTH:
            raise Refusal.because("key_file_damaged", str(file))
        return cls(secret)


@dataclass(frozen=True)
class ServerKey:
    """The Ed25519 key that signs receipts and audit seals."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """Its public half."""
        return self.private.public_key()

    @property
    def id(self) -> str:
        """How receipts and seals name it."""
        return key_id(self.public)

    @property
    def public_pem(self) -> str:
        """The public half for those who verify."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, data: bytes) -> bytes:
        """The signature over the data."""
        return self.private.sign(data)

    @classmethod
    def create(cls, file: Path) -> Self:
        """A new key in a new file."""
        key = cls(Ed25519PrivateKey.generate())
        write_new(file, key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key

    @classmethod
    def read(cls, file: Path) -> Self:
        """The key in the file."""
        try:
            private = load_pem_private_key(read_private(file), None)
        except (ValueError, TypeError) as error:
            raise Refusal.because("key_file_damaged", str(file)) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise Refusal.because("key_file_damaged", str(file))
        return cls(private)


def create_recovery_key(private: Path, public: Path) -> None:
    """The RSA key with which IT opens a workstation's store after a lost password; the server reads the public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_RECOVERY_BITS)
    write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_new(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def write_new(file: Path, content: bytes) -> None:
    """A new file that only its owner reads, on the disk before we go on."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refusal.because("key_file_exists", str(file)) from error
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(file: Path) -> bytes:
    """A file that only its owner may read."""
    try:
        if file.stat().st_mode & 0o077:
            raise Refusal.because("key_file_open_to_others", str(file))
        return file.read_bytes()
    except OSError as error:
        raise Refusal.because("key_file_missing", str(file)) from error
