"""Time stamps, answers on revocation, evidence files, and the queue of signed files whose evidence still waits."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, case, func, insert, or_, select, text, update

from records.entries import State
from records.errors import Reason
from records.revocation import Evidence, Standing
from records.signatures import EvidenceLevel
from records.timestamps import Token
from server.store.tables import evidence_files, evidence_tasks, revocation_answers, timestamps, version_states


@dataclass(frozen=True)
class Task:
    """A signed file whose evidence is to be gathered."""

    file: str
    entry: UUID
    number: int
    encounter: UUID
    level: EvidenceLevel
    attempts: int
    lease: datetime | None = None
    """When it comes back if nothing is heard of it; whoever asks for it meanwhile makes it due at once."""


@dataclass(frozen=True)
class Waiting:
    """A task as people see it."""

    task: Task
    state: str
    since: datetime
    next_at: datetime
    reasons: tuple[Reason, ...]


def add_stamp(db: Connection, which: UUID, digest: bytes, token: Token, person: UUID | None) -> None:
    """Keep a time stamp that was given."""
    db.execute(insert(timestamps).values(id=which, digest=digest, token=token.der, authority=token.authority,
                                         stamped_at=token.at, person=person))


def stamped(db: Connection, digest: bytes) -> bytes | None:
    """The token that was given for that digest first."""
    token: bytes | None = db.scalar(select(timestamps.c.token).where(timestamps.c.digest == digest)
                                    .order_by(timestamps.c.given_at).limit(1))
    return token


def add_answer(db: Connection, issuer: str, certificate: str, said: Standing) -> None:
    """Keep an answer that was verified; a list speaks of all of the issuer's certificates."""
    db.execute(insert(revocation_answers).values(
        issuer=issuer, certificate=certificate if said.kind == "ocsp" else "", kind=said.kind, der=said.der,
        since=said.since, until=said.until))


def answers(db: Connection, issuer: str, certificate: str, newest: int = 4) -> Evidence:
    """The newest answers on one certificate, and the newest lists of its issuer."""
    rows = db.execute(
        select(revocation_answers.c.kind, revocation_answers.c.der)
        .where(revocation_answers.c.issuer == issuer,
               or_(revocation_answers.c.certificate == certificate, revocation_answers.c.certificate == ""))
        .order_by(revocation_answers.c.since.desc(), revocation_answers.c.id.desc()).limit(newest)).all()
    return Evidence(ocsps=tuple(row.der for row in rows if row.kind == "ocsp"),
                    crls=tuple(row.der for row in rows if row.kind == "crl"))


def add_task(db: Connection, task: Task) -> None:
    """A version is signed by all who must: its evidence is due; what waited for its earlier file is dropped."""
    db.execute(_ADD_TASK, {"file": task.file, "entry": task.entry, "number": task.number, "encounter": task.encounter,
                           "level": task.level.value})


_ADD_TASK = text("""
    WITH earlier AS (
        UPDATE evidence_tasks SET state = 'dropped', changed_at = clock_timestamp()
        WHERE entry = :entry AND number = :number AND state IN ('waiting', 'failed'))
    INSERT INTO evidence_tasks (file, entry, number, encounter, level)
    VALUES (:file, :entry, :number, :encounter, :level)
""")
_CLAIM = text("""
    UPDATE evidence_tasks SET attempts = attempts + 1, next_at = clock_timestamp() + CAST(:lease AS interval)
    WHERE file = (SELECT file FROM evidence_tasks WHERE state = 'waiting' AND next_at <= clock_timestamp()
                  ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING file, entry, number, encounter, level, attempts, next_at
""")
LEASE = timedelta(minutes=5)
"""A task that was taken and not finished (the server was killed) comes back after this."""


def claim(db: Connection) -> Task | None:
    """The task that has been due for longest, taken by this process alone."""
    row = db.execute(_CLAIM, {"lease": f"{int(LEASE.total_seconds())} seconds"}).one_or_none()
    return replace(_task(row), lease=row.next_at) if row is not None else None


def wanted(db: Connection, task: Task) -> bool:
    """Whether the task still waits for its evidence."""
    return db.scalar(select(evidence_tasks.c.state).where(evidence_tasks.c.file == task.file)) == "waiting"


def postpone(db: Connection, task: Task, until: datetime, reasons: Sequence[Reason]) -> None:
    """Try again then, or at once where somebody has asked for it meanwhile; why it came to nothing is told."""
    _settle(db, task, next_at=case((_not_asked_for(task), until), else_=evidence_tasks.c.next_at), reasons=reasons)


def fail(db: Connection, task: Task, reasons: Sequence[Reason]) -> None:
    """No evidence will come of itself (a certificate was revoked before it signed): a person must look.

    Where somebody has asked for it meanwhile it is tried once more first: what was wrong may be mended.
    """
    _settle(db, task, state=case((_not_asked_for(task), "failed"), else_=evidence_tasks.c.state), reasons=reasons)


def _not_asked_for(task: Task) -> ColumnElement[bool]:
    return evidence_tasks.c.next_at == task.lease


def finish(db: Connection, task: Task, level: EvidenceLevel) -> None:
    """The evidence is there."""
    _settle(db, task, state="done", level=level.value)


def drop(db: Connection, task: Task) -> None:
    """The version is no longer worth it (its key was destroyed)."""
    _settle(db, task, state="dropped")


def drop_of(db: Connection, encounter: UUID) -> None:
    """The record is archived: what still waits for evidence stays as it is, and the archive says how weak that is."""
    db.execute(update(evidence_tasks).where(evidence_tasks.c.encounter == encounter,
                                            evidence_tasks.c.state.in_(("waiting", "failed")))
               .values(state="dropped", changed_at=func.clock_timestamp()))


def pending_of(db: Connection, encounter: UUID) -> int:
    """How many files of an encounter still wait for evidence, or wait in vain."""
    return db.scalar(select(func.count()).select_from(evidence_tasks).where(
        evidence_tasks.c.encounter == encounter, evidence_tasks.c.state.in_(("waiting", "failed")))) or 0


def retry_at_once(db: Connection, encounter: UUID | None = None) -> int:
    """What waits is due now: a service is back, or somebody has mended what was wrong. How many."""
    query = update(evidence_tasks).where(evidence_tasks.c.state.in_(("waiting", "failed")))
    if encounter is not None:
        query = query.where(evidence_tasks.c.encounter == encounter)
    return db.execute(query.values(state="waiting", next_at=func.clock_timestamp())).rowcount


def wake_for(db: Connection, code: str) -> int:
    """What waits for this reason is due now; how many."""
    waits = evidence_tasks.c.reasons.contains([{"code": code}])
    return db.execute(update(evidence_tasks).where(evidence_tasks.c.state == "waiting", waits)
                      .values(next_at=func.clock_timestamp())).rowcount


def _settle(db: Connection, task: Task, *, reasons: Sequence[Reason] = (), **values: Any) -> None:
    told = json.loads(json.dumps([reason.as_json() for reason in reasons]))
    db.execute(update(evidence_tasks).where(evidence_tasks.c.file == task.file)
               .values(reasons=told, changed_at=func.clock_timestamp(), **values))


def add_file(db: Connection, file: str, task: Task, level: EvidenceLevel) -> None:
    """A further file of the version: the signed one with its evidence behind it."""
    db.execute(insert(evidence_files).values(
        file=file, signed=task.file, entry=task.entry, number=task.number, encounter=task.encounter,
        level=level.value))


def waiting(db: Connection, encounters: Collection[UUID] | None = None, limit: int = 200) -> tuple[Waiting, ...]:
    """What still waits or failed, longest first."""
    query = select(evidence_tasks).where(evidence_tasks.c.state.in_(("waiting", "failed")))
    if encounters is not None:
        query = query.where(evidence_tasks.c.encounter.in_(encounters))
    rows = db.execute(query.order_by(evidence_tasks.c.created_at).limit(limit))
    return tuple(Waiting(_task(row), row.state, row.created_at, row.next_at,
                         tuple(Reason.from_json(item) for item in row.reasons)) for row in rows)


def counts(db: Connection) -> dict[str, int]:
    """How many files stand where: by state."""
    rows = db.execute(select(evidence_tasks.c.state, func.count()).group_by(evidence_tasks.c.state))
    return {row[0]: row[1] for row in rows}


def levels(db: Connection, encounter: UUID) -> dict[tuple[UUID, int], EvidenceLevel]:
    """What the latest version of each entry of an encounter can be proved by, once it is fully signed."""
    rows = db.execute(
        select(evidence_tasks.c.entry, evidence_tasks.c.number, evidence_tasks.c.level)
        .join(version_states, (version_states.c.file == evidence_tasks.c.file) & version_states.c.latest)
        .where(evidence_tasks.c.encounter == encounter, version_states.c.state == State.SIGNED.value))
    return {(row.entry, row.number): EvidenceLevel(row.level) for row in rows}


def _task(row: Any) -> Task:
    return Task(row.file, row.entry, row.number, row.encounter, EvidenceLevel(row.level), row.attempts)
