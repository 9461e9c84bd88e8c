"""Rows of one-time codes: the phone, the salt and the proof under the transaction's own key; what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

from records.errors import Refusal
from records.one_time_codes import Bound, Event, PhoneSource, Proof
from server.store.keys import Keys
from server.store.tables import confirmation_code_events as events
from server.store.tables import confirmation_codes as codes


@dataclass(frozen=True)
class Code:
    """What is known of a code without opening it."""

    id: UUID
    encounter: UUID
    person: UUID
    document_entry: UUID
    document_number: int
    document_sha256: str
    document_file_sha256: str
    phone_masked: str
    phone_on_file: bool
    gateway: str
    workstation: str
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Happened:
    """One event of a code."""

    event: Event
    detail: str
    at: datetime


@dataclass(frozen=True)
class Secret:
    """What only this code's own key opens."""

    phone: str = field(repr=False)
    salt: bytes = field(repr=False)
    proof: bytes = field(repr=False)


_PLAIN = [codes.c[name] for name in Code.__dataclass_fields__]


def add(db: Connection, keys: Keys, code: Code, secret: Secret) -> None:
    """Keep a code before it is sent: its phone and salt are encrypted under a key that only it has."""
    key = keys.make(db, code.id)
    facts = {name: getattr(code, name) for name in Code.__dataclass_fields__}
    db.execute(insert(codes).values(
        **facts, phone=key.encrypt(f"code:{code.id}:phone", secret.phone.encode()),
        salt=key.encrypt(f"code:{code.id}:salt", secret.salt), proof=secret.proof))


def one(db: Connection, which: UUID) -> Code | None:
    """The code of that transaction; nothing of it is decrypted."""
    row = db.execute(select(*_PLAIN).where(codes.c.id == which)).one_or_none()
    return None if row is None else Code(**row._mapping)


def secret(db: Connection, keys: Keys, which: UUID) -> Secret:
    """Phone, salt and proof; refuses when the key was destroyed."""
    row = db.execute(select(codes.c.phone, codes.c.salt, codes.c.proof).where(codes.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "code")
    key = keys.of(db, which)
    return Secret(key.decrypt(f"code:{which}:phone", row.phone).decode(),
                  key.decrypt(f"code:{which}:salt", row.salt), row.proof)


def bound(code: Code, phone: str) -> Bound:
    """What the code is for."""
    return Bound(code.id, phone, code.document_entry, code.document_number, code.document_sha256,
                 code.document_file_sha256)


def happened(db: Connection, which: UUID) -> tuple[Happened, ...]:
    """What became of it, in order."""
    rows = db.execute(select(events.c.event, events.c.detail, events.c.at).where(events.c.code == which)
                      .order_by(events.c.id))
    return tuple(Happened(Event(row.event), row.detail, row.at) for row in rows)


def tell(db: Connection, which: UUID, event: Event, at: datetime, detail: str = "") -> None:
    """One thing more became of it."""
    db.execute(insert(events).values(code=which, event=event.value, detail=detail, at=at))


def proof(code: Code, found: Sequence[Happened]) -> Proof:
    """What a confirmation says of a code that came back right."""
    sent = next(one for one in found if one.event is Event.SENT)
    return Proof(code.phone_masked, PhoneSource.ON_FILE if code.phone_on_file else PhoneSource.TOLD,
                 sent.at.replace(microsecond=0), sum(one.event in (Event.WRONG, Event.RIGHT) for one in found),
                 sent.detail)


def is_latest(db: Connection, code: Code) -> bool:
    """Whether no code was asked for the same version after it."""
    later = select(codes.c.id).where(
        codes.c.document_entry == code.document_entry, codes.c.document_number == code.document_number,
        codes.c.asked_at > code.asked_at)
    return db.scalar(later.limit(1)) is None


def asked_since(db: Connection, entry: UUID, number: int, since: datetime) -> int:
    """How many codes were asked for a version."""
    return db.scalar(select(func.count()).select_from(codes).where(
        codes.c.document_entry == entry, codes.c.document_number == number, codes.c.asked_at > since)) or 0
