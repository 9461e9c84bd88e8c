"""Sessions and sign-in: what is kept of a token is its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, update

from records.access_hours import Hours, hours_of
from records.forms import Role
from records.messages import PersonView, WardView
from records.policy import Person
from server.store import delegations, role_hours
from server.store.prepared import Prepared
from server.store.tables import people, person_wards, sessions, wards


@dataclass(frozen=True)
class Account:
    """A person as the sign-in sees them."""

    id: UUID
    username: str
    full_name: str
    active: bool
    password_hash: str
    failed_attempts: int
    locked_until: datetime | None
    hours: tuple[Hours, ...]
    """When they may come in (R39); none: at any time."""


@dataclass(frozen=True)
class OpenSession:
    """A session that was looked up by its token."""

    id: UUID
    workstation: str
    seen_at: datetime
    expires_at: datetime
    username: str
    hours: tuple[Hours, ...]
    person: Person


_ACCOUNT = (people.c.id, people.c.username, people.c.full_name, people.c.active, people.c.password_hash,
            people.c.failed_attempts, people.c.locked_until)
_HOURS = (people.c.access_from, people.c.access_until, role_hours.OF_PERSON)


def account(db: Connection, username: str) -> Account | None:
    """The account of that name, locked against a second sign-in at the same moment."""
    row = db.execute(select(*_ACCOUNT, people.c.roles, *_HOURS)
                     .where(people.c.username == username).with_for_update()).one_or_none()
    if row is None:
        return None
    return Account(**{column.key: row._mapping[column] for column in _ACCOUNT}, hours=_hours(row))


def note_failure(db: Connection, person: UUID, attempts: int, locked_until: datetime | None) -> None:
    """Count a wrong password."""
    db.execute(update(people).where(people.c.id == person)
               .values(failed_attempts=attempts, locked_until=locked_until))


def note_success(db: Connection, person: UUID, password_hash: str | None) -> None:
    """Forget the failures; keep a hash that was made anew."""
    values: dict[str, Any] = {"failed_attempts": 0, "locked_until": None}
    if password_hash is not None:
        values["password_hash"] = password_hash
    db.execute(update(people).where(people.c.id == person).values(**values))


def begin(
    db: Connection, session: UUID, token_hash: bytes, *, person: UUID, workstation: str, expires: datetime,
) -> None:
    """Keep a new session."""
    db.execute(sessions.insert().values(id=session, token_hash=token_hash, person=person, workstation=workstation,
                                        expires_at=expires))


_WARDS = select(func.array_agg(person_wards.c.ward)).where(person_wards.c.person == people.c.id).scalar_subquery()
_PERSON = (people.c.id, people.c.full_name, people.c.title, people.c.roles, people.c.national_id, people.c.licence_no,
           people.c.licence_until, people.c.active, _WARDS.label("wards"), delegations.OF_PERSON)
_BY_TOKEN = Prepared(
    select(sessions.c.id.label("session"), sessions.c.workstation, sessions.c.seen_at, sessions.c.expires_at,
           people.c.username, *_HOURS, *_PERSON)
    .join(people, people.c.id == sessions.c.person)
    .where(sessions.c.ended_at.is_(None), sessions.c.token_hash == bindparam("token_hash"))
)
"""Made once: every request of everybody asks it."""


def by_token(db: Connection, token_hash: bytes) -> OpenSession | None:
    """The session of a token, unless it was ended; the caller looks at its time."""
    rows = _BY_TOKEN.rows(db, {"token_hash": token_hash})
    return _open(rows[0]) if rows else None


def seen(db: Connection, session: UUID, at: datetime, expires: datetime) -> None:
    """Let the session slide on."""
    db.execute(update(sessions).where(sessions.c.id == session).values(seen_at=at, expires_at=expires))


def end(db: Connection, session: UUID, at: datetime) -> None:
    """End one session."""
    db.execute(update(sessions).where(sessions.c.id == session, sessions.c.ended_at.is_(None)).values(ended_at=at))


def end_all(db: Connection, person: UUID, at: datetime) -> None:
    """End every session of a person."""
    db.execute(update(sessions).where(sessions.c.person == person, sessions.c.ended_at.is_(None)).values(ended_at=at))


def is_open(db: Connection, session: UUID, at: datetime) -> bool:
    """Whether the session still lives."""
    found = db.scalar(select(sessions.c.id).where(
        sessions.c.id == session, sessions.c.ended_at.is_(None), sessions.c.expires_at > at))
    return found is not None


def person(db: Connection, which: UUID) -> Person | None:
    """Somebody as the policy sees them now."""
    row = db.execute(select(*_PERSON).where(people.c.id == which)).one_or_none()
    return _person(row) if row else None


def person_view(db: Connection, which: UUID) -> PersonView:
    """Somebody as they see themselves."""
    row = db.execute(select(people).where(people.c.id == which)).one()
    own = db.execute(select(wards.c.id, wards.c.code, wards.c.name)
                     .join(person_wards, person_wards.c.ward == wards.c.id)
                     .where(person_wards.c.person == which).order_by(wards.c.position, wards.c.code))
    return PersonView(
        id=row.id, username=row.username, full_name=row.full_name, title=row.title, roles=tuple(row.roles),
        wards=tuple(WardView(**ward._mapping) for ward in own), national_id=row.national_id,
        licence_no=row.licence_no, licence_until=row.licence_until, active=row.active,
        delegations=delegations.to(db, which),
    )


def _person(row: Any) -> Person:
    until: date | None = row.licence_until
    return Person(
        id=row.id, full_name=row.full_name, title=row.title, roles=frozenset(Role(role) for role in row.roles),
        wards=frozenset(row.wards or ()), national_id=row.national_id, licence_no=row.licence_no,
        licence_until=until, active=row.active, delegations=delegations.read(row.delegations),
    )


def _open(row: Any) -> OpenSession:
    return OpenSession(row.session, row.workstation, row.seen_at, row.expires_at, row.username, _hours(row),
                       _person(row))


def _hours(row: Any) -> tuple[Hours, ...]:
    own = Hours(starts=row.access_from, ends=row.access_until) if row.access_from is not None else None
    set_ = role_hours.read(row.role_hours)
    return hours_of(own, [set_.get(Role(role)) for role in row.roles])
