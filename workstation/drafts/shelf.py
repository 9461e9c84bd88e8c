"""Where the stores of this PC's people lie, and the ways to open one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from imaging.system import put_in_place, sync_folder
from records import recovery
from records.errors import Refusal, Trouble
from workstation.drafts import keyfile
from workstation.drafts.keyfile import KeyFile

if TYPE_CHECKING:
    from workstation.drafts.store import Store

log = logging.getLogger(__name__)
KEY_NAME = "key.json"
STORE_NAME = "store.db"


@dataclass(frozen=True, repr=False)
class Owner:
    """Who opens a store, as the server knows them; holds a password, so it has no repr."""

    person: UUID
    username: str
    full_name: str
    title: str
    password: str
    recovery_public_key: str = ""


class Shelf:
    """The folder of all stores on this PC: one folder a person, key file and store in it."""

    def __init__(self, data_dir: Path, *, use_keyring: bool = True) -> None:
        self._folder = data_dir / "stores"
        self._use_keyring = use_keyring

    def people(self) -> tuple[KeyFile, ...]:
        """Everyone who has a store here, by name."""
        files = []
        for path in sorted(self._folder.glob(f"*/{KEY_NAME}")):
            try:
                files.append(KeyFile.read(path))
            except Trouble as trouble:
                log.warning("%s", trouble)
        return tuple(sorted(files, key=lambda file: file.full_name or file.username))

    def find(self, username: str) -> KeyFile | None:
        """The key file of that account, if they ever signed in here."""
        wanted = username.strip().casefold()
        return next((file for file in self.people() if file.username.casefold() == wanted), None)

    def open_offline(self, username: str, password: str) -> Store:
        """With the password alone, as it was at the last sign-in here."""
        file = self.find(username)
        if file is None:
            raise Refusal.because("offline_not_here", username)
        return self._open(file.person, keyfile.unwrap_with_password(file, password))

    def open(self, owner: Owner) -> Store:
        """After the server has let the person in: theirs, or a new one.

        The server's password may be newer than the store's: then the keyring opens it, and without one the
        refusal `store_needs_old_password` asks for the old password or IT's recovery code.
        """
        if not self._key_path(owner.person).exists():
            return self._create(owner)
        file = KeyFile.read(self._key_path(owner.person))
        try:
            key = keyfile.unwrap_with_password(file, owner.password)
        except Refusal:
            return self._open_by_keyring(owner)
        return self._reopened(owner, key, file)

    def open_with_old(self, owner: Owner, old_password: str) -> Store:
        """With the password before the change; from now on the new one opens it."""
        file = KeyFile.read(self._key_path(owner.person))
        return self._reopened(owner, keyfile.unwrap_with_password(file, old_password), None)

    def open_with_code(self, owner: Owner, code: str) -> Store:
        """With the key that IT read out of the recovery copy; from now on the new password opens it."""
        try:
            return self._reopened(owner, recovery.key_of_code(code), None)
        except Trouble as trouble:
            if trouble.reasons[0].code == "store_damaged":
                raise Refusal.because("store_recovery_wrong") from trouble
            raise

    def rewrap(self, owner: Owner, store: Store) -> None:
        """The open store shall open with the owner's present password."""
        self._write_key(owner, store.key)

    def is_password(self, person: UUID, password: str) -> bool:
        """Whether that password opens the person's store (slow on purpose)."""
        try:
            keyfile.unwrap_with_password(KeyFile.read(self._key_path(person)), password)
        except Trouble:
            raise
        except Refusal:
            return False
        return True

    def recovery_request(self, person: UUID) -> str:
        """The recovery copy as text for IT: `key id:wrapped key`; empty when there is none."""
        file = KeyFile.read(self._key_path(person))
        return file.recovery.request if file.recovery is not None else ""

    def begin_anew(self, owner: Owner) -> Store:
        """Put the store aside, whole, and begin an empty one; IT can open the old one later."""
        folder = self._key_path(owner.person).parent
        aside = self._folder / f"aside-{owner.person}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        put_in_place(folder, aside)
        # Not to be found by `people`, but kept whole for IT.
        put_in_place(aside / KEY_NAME, aside / "key.aside.json")
        sync_folder(self._folder)
        return self._create(owner)

    def _create(self, owner: Owner) -> Store:
        key = keyfile.new_key()
        self._key_path(owner.person).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The key is on the disk before the store is: a store without its key could never be read.
        self._write_key(owner, key)
        return self._open(owner.person, key)

    def _open_by_keyring(self, owner: Owner) -> Store:
        key = keyfile.key_from_keyring(owner.person) if self._use_keyring else None
        if key is None:
            raise Refusal.because("store_needs_old_password")
        try:
            return self._reopened(owner, key, None)
        except Trouble as trouble:
            # The keyring may hold the key of a store that was put aside.
            raise Refusal.because("store_needs_old_password") from trouble

    def _reopened(self, owner: Owner, key: bytes, file: KeyFile | None) -> Store:
        store = self._open(owner.person, key)
        if file is None or self._is_stale(owner, file):
            self._write_key(owner, key)
        elif self._use_keyring:
            keyfile.keep_in_keyring(key, owner.person)
        return store

    def _is_stale(self, owner: Owner, file: KeyFile) -> bool:
        wrapped = recovery.wrap(b"", owner.recovery_public_key)
        key_id = wrapped.key_id if wrapped else None
        held = file.recovery.key_id if file.recovery else None
        return (key_id is not None and key_id != held) or (file.username, file.full_name, file.title) != (
            owner.username, owner.full_name, owner.title)

    def _write_key(self, owner: Owner, key: bytes) -> None:
        path = self._key_path(owner.person)
        copy = recovery.wrap(key, owner.recovery_public_key)
        if copy is None and path.exists():
            copy = KeyFile.read(path).recovery
        KeyFile(person=owner.person, username=owner.username, full_name=owner.full_name, title=owner.title,
                password=keyfile.wrap_with_password(key, owner.password, owner.person), recovery=copy).write(path)
        path.chmod(0o600)
        if self._use_keyring:
            keyfile.keep_in_keyring(key, owner.person)

    def _open(self, person: UUID, key: bytes) -> Store:
        # Loaded here, in the background: SQLAlchemy takes its time, and the sign-in window needs names only.
        from workstation.drafts.store import Store

        return Store(self._key_path(person).with_name(STORE_NAME), key, person)

    def _key_path(self, person: UUID) -> Path:
        return self._folder / str(person) / KEY_NAME
