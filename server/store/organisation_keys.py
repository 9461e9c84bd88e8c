"""The organisation's keys: where each lies (an HSM, or a file sealed under the hospital key) and which is in force."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from sqlalchemy import Connection, insert, select

from records.errors import Refusal
from server.store import key_files
from server.store.certificates import STANDING
from server.store.key_files import HospitalKey
from server.store.tables import certificates, organisation_keys

_NONCE = 12


@dataclass(frozen=True)
class OrganisationKey:
    """A key of the organisation's, and how it is reached."""

    id: UUID
    certificate: UUID
    der: bytes
    chain: tuple[bytes, ...]
    state: str
    """Of its certificate: pending, approved, rejected, revoked."""
    sealed: str = ""
    """Name of the sealed file; empty for an HSM."""
    module: str = ""
    token: str = ""
    key: str = ""


def add(db: Connection, key: OrganisationKey) -> None:
    """A key that is there from now on; it signs once its certificate is approved."""
    db.execute(insert(organisation_keys).values(
        id=key.id, certificate=key.certificate, sealed=key.sealed, module=key.module, token=key.token, key=key.key))


def listed(db: Connection) -> tuple[OrganisationKey, ...]:
    """All keys, the newest first."""
    rows = db.execute(
        select(organisation_keys, certificates.c.der, certificates.c.chain, STANDING.c.state)
        .join(certificates, certificates.c.id == organisation_keys.c.certificate)
        .join(STANDING, STANDING.c.state.is_not(None)).order_by(organisation_keys.c.installed_at.desc()))
    return tuple(OrganisationKey(row.id, row.certificate, row.der, tuple(row.chain), row.state, row.sealed, row.module,
                                 row.token, row.key) for row in rows)


def in_force(db: Connection) -> OrganisationKey | None:
    """The newest key whose certificate is approved: installing another one is the change of keys."""
    return next((key for key in listed(db) if key.state == "approved"), None)


def seal(hospital: HospitalKey, file: Path, key: rsa.RSAPrivateKey) -> None:
    """Write a private key into a new file that opens with the hospital key alone."""
    nonce, plain = os.urandom(_NONCE), key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key_files.write_new(file, nonce + AESGCM(_sealing(hospital)).encrypt(nonce, plain, file.name.encode()))


def unseal(hospital: HospitalKey, file: Path) -> rsa.RSAPrivateKey:
    """The private key in a sealed file."""
    sealed = key_files.read_private(file)
    try:
        plain = AESGCM(_sealing(hospital)).decrypt(sealed[:_NONCE], sealed[_NONCE:], file.name.encode())
        key = load_der_private_key(plain, None)
    except (InvalidTag, ValueError) as error:
        raise Refusal.because("key_file_damaged", str(file)) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Refusal.because("key_file_damaged", str(file))
    return key


def _sealing(hospital: HospitalKey) -> bytes:
    """A key of its own, so that the hospital key wraps encounters and nothing else."""
    return HKDF(hashes.SHA256(), 32, None, b"benhan-organisation-key-v1").derive(hospital.secret)
