"""Enrolled certificates, the challenges that they answered, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from records.errors import Refusal
from records.messages import CertificateView
from server.store.tables import certificate_events, certificates, challenges, people


@dataclass(frozen=True)
class Enrolling:
    """A certificate with the proof that the person holds its key."""

    id: UUID
    person: UUID
    der: bytes
    sha256: str
    chain: Sequence[bytes]
    serial: str
    issuer: str
    subject: str
    not_before: datetime
    not_after: datetime
    challenge: bytes
    challenge_signature: bytes
    training: bool = False


@dataclass(frozen=True)
class OnFile:
    """A certificate as acceptance asks about it."""

    id: UUID
    person: UUID
    state: str
    training: bool
    serial: str
    issuer: str


def add_challenge(db: Connection, which: UUID, person: UUID, challenge: bytes, expires_at: datetime) -> None:
    """Keep a challenge until it is answered."""
    db.execute(insert(challenges).values(id=which, person=person, challenge=challenge, expires_at=expires_at))


def use_challenge(db: Connection, which: UUID, person: UUID, at: datetime) -> bytes | None:
    """The challenge's bytes, once, for the person that it was given to; nothing when it is used, foreign or too old."""
    used: bytes | None = db.scalar(
        update(challenges).where(challenges.c.id == which, challenges.c.person == person,
                                 challenges.c.used_at.is_(None), challenges.c.expires_at > at)
        .values(used_at=at).returning(challenges.c.challenge))
    return used


def enrol(db: Connection, enrolling: Enrolling) -> None:
    """Keep the certificate; it waits for a second person."""
    values = {name: getattr(enrolling, name) for name in enrolling.__dataclass_fields__}
    db.execute(insert(certificates).values({**values, "chain": list(enrolling.chain)}))
    decide(db, enrolling.id, "pending", enrolling.person)


def decide(db: Connection, which: UUID, state: str, person: UUID, reason: str = "") -> None:
    """Add what was decided: pending, approved, rejected or revoked."""
    db.execute(insert(certificate_events).values(
        id=func.gen_random_uuid(), certificate=which, state=state, person=person, reason=reason))


STANDING = (
    select(certificate_events.c.state, certificate_events.c.person)
    .where(certificate_events.c.certificate == certificates.c.id)
    .order_by(certificate_events.c.at.desc(), certificate_events.c.id.desc()).limit(1).lateral("last")
)
_APPROVED_BY = (
    select(people.c.full_name).join(certificate_events, certificate_events.c.person == people.c.id)
    .where(certificate_events.c.certificate == certificates.c.id, certificate_events.c.state == "approved")
    .order_by(certificate_events.c.at.desc()).limit(1).scalar_subquery()
)
_VIEW = (
    select(certificates, STANDING.c.state, people.c.full_name.label("person_name"), _APPROVED_BY.label("approved_by"))
    .select_from(certificates)
    .join(people, people.c.id == certificates.c.person)
    .join(STANDING, STANDING.c.state.is_not(None))
)
_ON_FILE = (
    select(*(certificates.c[name] for name in ("id", "person", "training", "serial", "issuer")), STANDING.c.state)
    .join(STANDING, STANDING.c.state.is_not(None))
)


def by_digest(db: Connection, sha256: str) -> OnFile | None:
    """The certificate with that DER; enrolled twice, the better standing counts, unless one was revoked."""
    rows = db.execute(_ON_FILE.where(certificates.c.sha256 == sha256)).all()
    if not rows:
        return None
    order = ("revoked", "approved", "pending", "rejected")
    row = min(rows, key=lambda one: order.index(one.state))
    return OnFile(row.id, row.person, row.state, row.training, row.serial, row.issuer)


def listed(db: Connection, person: UUID | None = None) -> tuple[CertificateView, ...]:
    """All certificates, or one person's, newest first."""
    query = _VIEW.order_by(certificates.c.enrolled_at.desc())
    if person is not None:
        query = query.where(certificates.c.person == person)
    return tuple(_view(row) for row in db.execute(query))


@dataclass(frozen=True)
class Held:
    """A certificate under which a person's signatures are accepted, with the authorities beside it."""

    id: UUID
    serial: str
    der: bytes
    chain: tuple[bytes, ...]


def approved_of(db: Connection, person: UUID) -> tuple[Held, ...]:
    """A person's certificates under which signatures are accepted now."""
    rows = db.execute(select(certificates).join(STANDING, STANDING.c.state == "approved")
                      .where(certificates.c.person == person))
    return tuple(Held(row.id, row.serial, row.der, tuple(row.chain)) for row in rows)


def view(db: Connection, which: UUID) -> CertificateView:
    """One certificate."""
    row = db.execute(_VIEW.where(certificates.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "certificate")
    return _view(row)


def _view(row: Any) -> CertificateView:
    return CertificateView(
        id=row.id, person=row.person, person_name=row.person_name, serial=row.serial, issuer=row.issuer,
        subject=row.subject, not_before=row.not_before, not_after=row.not_after, state=row.state,
        approved_by=row.approved_by or "", training=row.training,
    )
