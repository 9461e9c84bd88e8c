"""A key per encounter: made at admission, wrapped by the hospital key, destroyed when the law orders destruction.

The unwrapped key lives in the `ScopeKey` of one transaction and in no cache: unwrapping costs microseconds, and a
key that was destroyed is gone from every server process at once.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, create_engine, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from records.errors import Refusal
from server.store.base import among
from server.store.key_files import HospitalKey
from server.store.tables import encounter_keys, image_studies

HOUSE = UUID(int=0)
"""The scope of what belongs to no encounter: files in quarantine, answers of commands."""
_FORMAT = b"\x01"
_NONCE = 12


@dataclass(frozen=True)
class ScopeKey:
    """The AES-256-GCM key of one encounter (or of the house)."""

    scope: UUID
    _cipher: AESGCM = field(repr=False)

    def encrypt(self, about: str, plaintext: bytes | memoryview) -> bytes:
        """Ciphertext that opens only as what it is about (`version:…`, `blob:…`): it cannot be moved to another row."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plaintext, self._bound(about))

    def decrypt(self, about: str, data: bytes | memoryview) -> bytes:
        """The plaintext, or a refusal when one bit differs or it is about something else."""
        view = memoryview(data)
        if view[:1] != _FORMAT:
            raise Refusal.because("ciphertext_damaged", about)
        try:
            return self._cipher.decrypt(view[1:1 + _NONCE], view[1 + _NONCE:], self._bound(about))
        except (InvalidTag, ValueError) as error:
            raise Refusal.because("ciphertext_damaged", about) from error

    def _bound(self, about: str) -> bytes:
        return b"benhan-v1|" + self.scope.bytes + b"|" + about.encode()


@dataclass(frozen=True)
class Drawn:
    """A key that was made and that no row holds yet."""

    key: ScopeKey
    wrapped: bytes = field(repr=False)


class Keys:
    """Makes, opens and destroys the keys of encounters."""

    def __init__(self, hospital: HospitalKey) -> None:
        self._hospital = hospital
        self._wrapping = AESGCM(hospital.secret)

    @property
    def hospital(self) -> HospitalKey:
        """The key that wraps all others."""
        return self._hospital

    def make(self, db: Connection, scope: UUID) -> ScopeKey:
        """The key of a new encounter."""
        self.keep(db, self.draw(scope))
        return self.of(db, scope)

    def draw(self, scope: UUID) -> Drawn:
        """A new key, for what lies on the disk before the database hears of it."""
        secret, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
        wrapped = _FORMAT + nonce + self._wrapping.encrypt(nonce, secret, _wrap_bound(scope))
        return Drawn(ScopeKey(scope, AESGCM(secret)), wrapped)

    def keep(self, db: Connection, drawn: Drawn) -> None:
        """It is its scope's, unless that one has a key."""
        db.execute(insert(encounter_keys).values(
            scope=drawn.key.scope, wrapped=drawn.wrapped, hospital_key=self._hospital.id).on_conflict_do_nothing())

    def of(self, db: Connection, scope: UUID) -> ScopeKey:
        """The key of an encounter; refuses when it was destroyed."""
        row = db.execute(select(encounter_keys.c.wrapped, encounter_keys.c.hospital_key)
                         .where(encounter_keys.c.scope == scope)).one_or_none()
        if row is None:
            raise Refusal.because("key_unknown", str(scope))
        return self.opened(scope, row.wrapped, row.hospital_key)

    def of_many(self, db: Connection, scopes: Collection[UUID]) -> dict[UUID, ScopeKey]:
        """The keys of several encounters at once; one whose key was destroyed is left out."""
        rows = db.execute(select(encounter_keys.c.scope, encounter_keys.c.wrapped, encounter_keys.c.hospital_key)
                          .where(among(encounter_keys.c.scope, scopes), encounter_keys.c.wrapped.is_not(None))).all()
        return {row.scope: self.opened(row.scope, row.wrapped, row.hospital_key) for row in rows}

    def house(self, db: Connection) -> ScopeKey:
        """The house's own key, made at first use."""
        known = self.of_many(db, [HOUSE])
        return known[HOUSE] if known else self.make(db, HOUSE)

    def destroy(self, db: Connection, scope: UUID, person: UUID, why: str) -> None:
        """Destroy the key: all that it encrypted is unreadable from now on, in every backup of the contents too.

        The row stays and says who, when and why. Images that are an encounter's for certain go with it; the words of a
        study that stand in columns are emptied by a trigger.
        """
        if scope == HOUSE:
            raise Refusal.because("key_unknown", "house")
        theirs = select(image_studies.c.id).where(image_studies.c.encounter == scope,
                                                  image_studies.c.state == "matched")
        done = db.scalars(
            update(encounter_keys).where(or_(encounter_keys.c.scope == scope, encounter_keys.c.scope.in_(theirs)),
                                         encounter_keys.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed_at=func.clock_timestamp(), destroyed_by=person, destroyed_why=why)
            .returning(encounter_keys.c.scope)).all()
        if scope not in done:
            raise Refusal.because("key_destroyed", str(scope))

    def check(self, db: Connection) -> None:
        """Refuse to serve a database whose keys were wrapped by another hospital key."""
        others = db.scalar(select(encounter_keys.c.hospital_key)
                           .where(encounter_keys.c.hospital_key != self._hospital.id,
                                  encounter_keys.c.wrapped.is_not(None)).limit(1))
        if others is not None:
            raise Refusal.because("hospital_key_other", self._hospital.id, theirs=others)

    def opened(self, scope: UUID, wrapped: bytes | None, hospital_key: str) -> ScopeKey:
        """The key in a row of `encounter_keys` that was just read; refuses one that was destroyed."""
        if wrapped is None:
            raise Refusal.because("key_destroyed", str(scope))
        if hospital_key != self._hospital.id:
            raise Refusal.because("hospital_key_other", self._hospital.id, theirs=hospital_key)
        try:
            secret = self._wrapping.decrypt(wrapped[1:1 + _NONCE], wrapped[1 + _NONCE:], _wrap_bound(scope))
        except (InvalidTag, ValueError) as error:
            raise Refusal.because("key_damaged", str(scope)) from error
        return ScopeKey(scope, AESGCM(secret))


def _wrap_bound(scope: UUID) -> bytes:
    return b"benhan-wrap-v1|" + scope.bytes


def demand_no_data(dsn: str) -> None:
    """Refuse to make a hospital key while data stand under another one: the key is lost, and must be brought back.

    A database that is not there yet, or not up, has nothing to say; `Keys.check` asks again before serving.
    """
    engine = create_engine(dsn)
    try:
        with engine.connect() as db:
            if db.scalar(select(func.to_regclass(encounter_keys.name))) is None:
                return
            wrapped = select(encounter_keys.c.hospital_key).where(encounter_keys.c.wrapped.is_not(None))
            kept = db.scalar(wrapped.limit(1))
    except OperationalError:
        return
    finally:
        engine.dispose()
    if kept is not None:
        raise Refusal.because("hospital_key_lost", kept)
