"""Seals over the audit: batches in a hash chain, signed by the server's key, copied to an anchor file elsewhere.

A seal covers a range of transactions, all older than the oldest one that still runs. So nothing can commit behind a
seal: every row has its transaction in exactly one range, and a row that turns up later in a sealed range is forged.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import rfc8785
from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from records.errors import Refusal, Trouble
from server.store import base
from server.store.key_files import ServerKey
from server.store.tables import audit_events, audit_offsets, audit_seals, server_keys

PURPOSE = b"benhan-audit-seal-v1:"
"""Stands before the signed bytes, so that a seal never passes for a receipt."""
FIRST = "0" * 64
"""What the first seal has as its predecessor's hash."""
_TAIL = 8_192
"""Bytes at the anchor's end that surely hold its last line."""
_STEP = 5_000
"""Rows that are read at once while hashing."""


@dataclass(frozen=True)
class Seal:
    """One link of the chain: canonical body and signature; the fields say what the body says."""

    body: bytes
    signature: bytes
    number: int
    from_transaction: int
    to_transaction: int
    events: int
    events_sha256: str
    previous: str
    sealed_at: str
    server_key: str

    @property
    def sha256(self) -> str:
        """The seal's own hash, which the next one names."""
        return hashlib.sha256(self.body).hexdigest()

    @classmethod
    def parse(cls, body: bytes, signature: bytes) -> Self:
        """The seal that these bytes are."""
        try:
            said = json.loads(body)
            return cls(body, signature, int(said["number"]), int(said["from"]), int(said["to"]), int(said["events"]),
                       str(said["events_sha256"]), str(said["previous"]), str(said["sealed_at"]), str(said["key"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal.because("seal_unreadable", detail=str(error)[:100]) from error

    def line(self) -> bytes:
        """The seal as one line of the anchor file."""
        members = {"seal": self.body.decode(), "signature": base64.b64encode(self.signature).decode()}
        return json.dumps(members).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """A seal read from the anchor file."""
        try:
            members = json.loads(line)
            return cls.parse(members["seal"].encode(), base64.b64decode(members["signature"], validate=True))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refusal.because("seal_unreadable", detail=str(error)[:100]) from error


class Anchor:
    """The file elsewhere: one seal a line, appended and flushed to the disk, never rewritten."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def seals(self) -> Iterator[Seal]:
        """All seals in the file; a last line that a crash cut short is not one yet."""
        if not self.file.exists():
            return
        with self.file.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield Seal.from_line(line)

    def last(self) -> int:
        """The number of the newest seal in the file, read from its end; 0 when there is none."""
        if not self.file.exists():
            return 0
        with self.file.open("rb") as lines:
            lines.seek(max(0, lines.seek(0, os.SEEK_END) - _TAIL))
            whole = [line for line in lines if line.endswith(b"\n")]
        return Seal.from_line(whole[-1]).number if whole else 0

    def append(self, seals: list[Seal]) -> None:
        """Add what is missing; a line cut short is removed first."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(handle, "r+b") as out:
                whole = out.read().rfind(b"\n") + 1
                out.truncate(whole)
                out.seek(whole)
                out.write(b"".join(seal.line() for seal in seals))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise Trouble.because("anchor_out_of_reach", str(self.file), detail=str(error)) from error


def register(db: Connection, key: ServerKey) -> None:
    """Keep the public half of the server's key, for those who verify when it has been replaced."""
    db.execute(upsert(server_keys).values(id=key.id, public_pem=key.public_pem).on_conflict_do_nothing())


def seal(engine: Engine, key: ServerKey, anchor: Anchor) -> Seal | None:
    """Seal what is finished and unsealed, then bring the anchor up to date; nothing when another process is at it."""
    with base.transaction(engine) as db:
        if not base.try_lock(db, "audit-seal"):
            return None
        register(db, key)
        after_restore(db)
        made = _next(db, key)
        if made is not None:
            _keep(db, made)
    # Committed first: an anchored seal that the database does not have would look like tampering.
    bring_up_to_date(engine, anchor)
    return made


def bring_up_to_date(engine: Engine, anchor: Anchor) -> int:
    """Append to the anchor file what it lacks (a crash may have come between); how many seals that were."""
    with base.transaction(engine) as db:
        base.lock(db, "audit-anchor", str(anchor.file))
        known = anchor.last()
        rows = db.execute(select(audit_seals.c.body, audit_seals.c.signature)
                          .where(audit_seals.c.number > known).order_by(audit_seals.c.number)).all()
        if rows:
            anchor.append([Seal.parse(row.body, row.signature) for row in rows])
    return len(rows)


def after_restore(db: Connection) -> None:
    """Count transactions on where they were: a restored cluster begins again at low numbers, behind the seals."""
    highest: int = db.scalar(select(func.max(audit_events.c.transaction))) or 0
    sealed: int = db.scalar(select(func.max(audit_seals.c.to_transaction))) or 0
    current: int = db.execute(text("SELECT audit_transaction()")).scalar_one()
    if current < max(highest, sealed):
        added: int = db.scalar(select(func.max(audit_offsets.c.added))) or 0
        db.execute(insert(audit_offsets).values(added=added + max(highest, sealed) - current + 1))


def events_between(db: Connection, from_transaction: int, to_transaction: int) -> tuple[int, str]:
    """How many rows lie in the range, and the SHA-256 over all of them in order."""
    digest, many = hashlib.sha256(), 0
    rows = (
        select(audit_events)
        .where(audit_events.c.transaction >= from_transaction, audit_events.c.transaction < to_transaction)
        .order_by(audit_events.c.id).execution_options(yield_per=_STEP)
    )
    for row in db.execute(rows):
        digest.update(_line(row))
        many += 1
    return many, digest.hexdigest()


def _line(row: Any) -> bytes:
    """A row as canonical JSON: whatever changes in it changes these bytes."""
    return rfc8785.dumps([
        str(row.id), str(row.transaction), row.at.isoformat(timespec="microseconds"), _text(row.person),
        row.person_name, row.action, _text(row.patient), _text(row.encounter), _text(row.entry), row.workstation,
        row.facts,
    ]) + b"\n"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _next(db: Connection, key: ServerKey) -> Seal | None:
    last = db.execute(select(audit_seals.c.number, audit_seals.c.to_transaction, audit_seals.c.sha256)
                      .order_by(audit_seals.c.number.desc()).limit(1)).one_or_none()
    start = last.to_transaction if last else 0
    # Older than every transaction that runs, prepared ones included: whatever they were, they are over.
    horizon: int = db.execute(text(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint "
        "+ coalesce((SELECT max(added) FROM audit_offsets), 0)")).scalar_one()
    if horizon <= start:
        return None
    many, digest = events_between(db, start, horizon)
    if many == 0:
        return None
    moment: datetime = base.now(db)
    body = rfc8785.dumps({
        "number": (last.number if last else 0) + 1, "from": str(start), "to": str(horizon), "events": many,
        "events_sha256": digest, "previous": last.sha256 if last else FIRST,
        "sealed_at": moment.isoformat(timespec="microseconds"), "key": key.id,
    })
    return Seal.parse(body, key.sign(PURPOSE + body))


def _keep(db: Connection, made: Seal) -> None:
    db.execute(insert(audit_seals).values(
        number=made.number, from_transaction=made.from_transaction, to_transaction=made.to_transaction,
        events=made.events, events_sha256=made.events_sha256, previous=made.previous, body=made.body,
        sha256=made.sha256, signature=made.signature, server_key=made.server_key,
        sealed_at=datetime.fromisoformat(made.sealed_at)))
