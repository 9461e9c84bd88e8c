"""Remote signings: kept, claimed by one worker at a time, settled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from records.errors import Reason, Refusal
from server.store.tables import people, remote_signings

OPEN = ("code_wanted", "asked", "asking", "waiting")
LEASE = timedelta(minutes=2)
"""What a worker took to ask and did not settle (it was killed) comes back after this: longer than any asking takes."""
ASKS_AGAIN = timedelta(seconds=45)
"""What only waits is asked after again this soon, so that a person who confirmed waits less after a kill; two calls to
a service at `answers_within_s` of 15 fit in, and nobody asks while another still does.
"""


@dataclass(frozen=True)
class Signing:
    """One transaction."""

    id: UUID
    person: UUID
    person_name: str
    national_id: str
    service: str
    credential: str
    certificate: bytes = field(repr=False)
    hashes: tuple[bytes, ...] = field(repr=False)
    description: str
    state: str
    handle: bytes = field(repr=False)
    """Encrypted."""
    signatures: tuple[bytes | None, ...] = field(repr=False)
    reasons: tuple[dict[str, Any], ...]
    attempts: int
    begun_at: datetime
    ends_at: datetime


def add(db: Connection, signing: Signing, next_at: datetime) -> bool:
    """Keep what is asked for; false when its number was used before."""
    done = db.execute(insert(remote_signings).values(
        id=signing.id, person=signing.person, service=signing.service, credential=signing.credential,
        certificate=signing.certificate, hashes=list(signing.hashes), description=signing.description,
        state=signing.state, begun_at=signing.begun_at, ends_at=signing.ends_at, next_at=next_at)
        .on_conflict_do_nothing(index_elements=["id"]).returning(remote_signings.c.id))
    return done.first() is not None


_ONE = select(remote_signings, people.c.full_name.label("person_name"), people.c.national_id).join(
    people, people.c.id == remote_signings.c.person)
_CLAIM = text("""
    WITH due AS (SELECT id, state FROM remote_signings
                 WHERE state IN ('code_wanted', 'asked', 'asking', 'waiting') AND next_at <= clock_timestamp()
                 ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE remote_signings AS one SET attempts = one.attempts + 1, changed_at = clock_timestamp(),
        next_at = clock_timestamp() + CAST(CASE one.state WHEN 'waiting' THEN :again ELSE :lease END AS interval),
        state = CASE one.state WHEN 'asked' THEN 'asking' ELSE one.state END
    FROM due WHERE one.id = due.id RETURNING one.id, due.state AS was
""")


def claim(db: Connection) -> tuple[Signing, str] | None:
    """The one that has been due for longest and the state in which it was found; taken by this worker alone.

    One that was `asked` is `asking` from now on: should the worker die, nobody asks the person a second time.
    """
    row = db.execute(_CLAIM, {"lease": f"{int(LEASE.total_seconds())} seconds",
                              "again": f"{int(ASKS_AGAIN.total_seconds())} seconds"}).one_or_none()
    return None if row is None else (one(db, row.id), row.was)


_DUE = text("""
    SELECT extract(epoch FROM min(next_at) - clock_timestamp()) FROM remote_signings
    WHERE state IN ('code_wanted', 'asked', 'asking', 'waiting')
""")


def due_in_s(db: Connection) -> float | None:
    """In how many seconds the next one is due; none or less while it is, None where nothing waits."""
    seconds = db.scalar(_DUE)
    return None if seconds is None else float(seconds)


def one(db: Connection, which: UUID, *, lock: bool = False) -> Signing:
    """One transaction; refuses an unknown one."""
    query = _ONE.where(remote_signings.c.id == which)
    row = db.execute(query.with_for_update(of=remote_signings) if lock else query).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "remote signing")
    return _signing(row)


def open_of(db: Connection, person: UUID) -> tuple[Signing, ...]:
    """What a person has not confirmed yet, oldest first."""
    rows = db.execute(_ONE.where(remote_signings.c.person == person, remote_signings.c.state.in_(OPEN))
                      .order_by(remote_signings.c.begun_at))
    return tuple(map(_signing, rows))


def came(db: Connection, person: UUID, begun_from: datetime, begun_until: datetime) -> tuple[bytes, ...]:
    """Every signature that came for this person's wishes of that time."""
    rows = db.scalars(select(remote_signings.c.signatures).where(
        remote_signings.c.person == person, remote_signings.c.state.in_(("signed", "partly")),
        remote_signings.c.begun_at.between(begun_from, begun_until)))
    return tuple(value for values in rows for value in values if value)


def wait(db: Connection, which: UUID, handle: bytes, next_at: datetime) -> bool:
    """Ask again then; false when it is settled already."""
    return _changed(db, which, state="waiting", handle=handle, next_at=next_at)


def hurry(db: Connection, which: UUID) -> bool:
    """Ask again now."""
    return _changed(db, which, next_at=func.clock_timestamp())


def give_code(db: Connection, which: UUID, handle: bytes) -> bool:
    """The person gave a code: it goes to the service at once."""
    return _changed(db, which, state="asked", handle=handle, next_at=func.clock_timestamp())


def settle(db: Connection, which: UUID, state: str, reasons: Sequence[Reason] = (),
           signatures: Sequence[bytes | None] = ()) -> bool:
    """The end, once; what it was asked with is forgotten. False when it had ended already."""
    return _changed(db, which, state=state, handle=b"", reasons=[reason.as_json() for reason in reasons],
                    signatures=list(signatures))


def _changed(db: Connection, which: UUID, **values: Any) -> bool:
    done = db.execute(update(remote_signings).where(remote_signings.c.id == which, remote_signings.c.state.in_(OPEN))
                      .values(changed_at=func.clock_timestamp(), **values))
    return done.rowcount == 1


def _signing(row: Any) -> Signing:
    return Signing(
        id=row.id, person=row.person, person_name=row.person_name, national_id=row.national_id, service=row.service,
        credential=row.credential, certificate=row.certificate, hashes=tuple(row.hashes),
        description=row.description, state=row.state, handle=row.handle, signatures=tuple(row.signatures),
        reasons=tuple(row.reasons), attempts=row.attempts, begun_at=row.begun_at, ends_at=row.ends_at)
