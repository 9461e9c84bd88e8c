"""What a patient left on a device, until the server has it: sealed under a key of its own, gone once it is there (R8).

The store's file is encrypted whole. Fingerprints and drawn signatures are sealed once more, each under a key derived
for it alone, so that nothing that reads drafts, outbox or cache ever holds one in clear.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from records.errors import Trouble
from workstation.drafts import tables

KIND = "capture"
"""The kind of a command whose body lies here and not in the outbox."""
_NONCE = 12


def put(db: Connection, key: bytes, command: UUID, body: bytes) -> None:
    """Seal the body of a command."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher(key, command).encrypt(nonce, body, command.bytes)
    db.execute(insert(tables.captures).values(command=command, sealed=sealed, kept_at=datetime.now(UTC))
               .on_conflict_do_nothing())


def body(db: Connection, key: bytes, command: UUID) -> bytes:
    """The body as it was sealed; trouble when it is damaged."""
    sealed = db.execute(select(tables.captures.c.sealed).where(tables.captures.c.command == command)).scalar()
    if sealed is None:
        raise Trouble.because("store_damaged", detail="a capture is missing")
    try:
        return _cipher(key, command).decrypt(sealed[:_NONCE], sealed[_NONCE:], command.bytes)
    except InvalidTag as error:
        raise Trouble.because("store_damaged", detail="a capture cannot be opened") from error


def drop(db: Connection, command: UUID) -> None:
    """The server has it."""
    db.execute(delete(tables.captures).where(tables.captures.c.command == command))


def _cipher(key: bytes, command: UUID) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=command.bytes, info=b"benhan-capture-v1").derive(key))
