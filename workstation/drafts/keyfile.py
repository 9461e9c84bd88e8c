"""The local store's random key, wrapped three ways: by the password, by the system's keyring, by the server's key."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import keyring
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import ValidationError

from imaging.system import put_in_place, sync_folder
from records.errors import Refusal, Trouble
from records.forms import Frozen
from records.recovery import KEY_BYTES, RecoveryWrap

log = logging.getLogger(__name__)
SERVICE = "benhan-local-store"


class PasswordWrap(Frozen):
    """AES-256-GCM under Argon2id of the password."""

    salt: str
    nonce: str
    wrapped: str
    passes: int = 3
    memory_kib: int = 65536
    lanes: int = 4


class KeyFile(Frozen):
    """What lies beside the store; of no use without one of the three."""

    format: int = 1
    person: UUID
    username: str
    full_name: str = ""
    title: str = ""
    password: PasswordWrap
    recovery: RecoveryWrap | None = None

    @classmethod
    def read(cls, path: Path) -> KeyFile:
        """The key file; trouble when it cannot be read."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise Trouble.because("store_damaged", str(path), detail=str(error).splitlines()[0]) from error

    def write(self, path: Path) -> None:
        """Replace the file whole or not at all, also when the power goes."""
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        put_in_place(fresh, path)
        sync_folder(path.parent)


def new_key() -> bytes:
    """A random key for a new store."""
    return os.urandom(KEY_BYTES)


def wrap_with_password(key: bytes, password: str, person: UUID) -> PasswordWrap:
    """Wrap the key by a password."""
    empty = PasswordWrap(salt=_text(os.urandom(16)), nonce=_text(os.urandom(12)), wrapped="")
    sealed = AESGCM(_stretch(empty, password)).encrypt(_bytes(empty.nonce), key, person.bytes)
    return empty.model_copy(update={"wrapped": _text(sealed)})


def unwrap_with_password(file: KeyFile, password: str) -> bytes:
    """The key; a refusal when the password is another."""
    held = file.password
    try:
        return AESGCM(_stretch(held, password)).decrypt(_bytes(held.nonce), _bytes(held.wrapped), file.person.bytes)
    except InvalidTag:
        raise Refusal.because("store_password_wrong") from None


def keep_in_keyring(key: bytes, person: UUID) -> bool:
    """Put a copy into the system's keyring; False when there is none, which loses nothing."""
    return _ask_keyring(lambda backend: backend.set_password(SERVICE, str(person), _text(key)) or True) is True


def key_from_keyring(person: UUID) -> bytes | None:
    """The key from the system's keyring, if it has it."""
    held = _ask_keyring(lambda backend: backend.get_password(SERVICE, str(person)))
    return _bytes(held) if isinstance(held, str) and held else None


def forget_in_keyring(person: UUID) -> None:
    """Take the copy out again."""
    _ask_keyring(lambda backend: backend.delete_password(SERVICE, str(person)))


def has_safe_keyring() -> bool:
    """Whether there is a keyring, and not one that writes clear text (keyrings.alt)."""
    backend = keyring.get_keyring()
    module = type(backend).__module__
    return backend.priority > 0 and not module.startswith("keyrings.alt") and "Plaintext" not in type(backend).__name__


def _ask_keyring(act: Callable[[Any], Any]) -> Any:
    """What the keyring says, or None: a locked or half-installed keyring must never keep a person from work.

    Whatever it raises: that of Windows hands on the system's errors as a kind of their own, such as when the
    hospital's policy forbids to keep credentials.
    """
    if not has_safe_keyring():
        return None
    try:
        return act(keyring.get_keyring())
    except Exception as error:
        log.warning("The system's keyring did not work: %s: %s", type(error).__name__, error)
        return None


def _stretch(held: PasswordWrap, password: str) -> bytes:
    return hash_secret_raw(password.encode(), _bytes(held.salt), time_cost=held.passes, memory_cost=held.memory_kib,
                           parallelism=held.lanes, hash_len=KEY_BYTES, type=Type.ID)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
