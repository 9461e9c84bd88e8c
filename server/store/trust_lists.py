"""Editions of the trust list: what was proposed, who decided, which one is in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, insert, select

from server.store import base
from server.store.tables import people, trust_list_decisions, trust_lists

_DECIDED = {"pk_trust_list_decisions": "trust_list_decided"}


@dataclass(frozen=True)
class Edition:
    """One edition and what became of it."""

    number: int
    pems: tuple[str, ...]
    valid_from: date
    note: str
    proposed_by: UUID
    proposer: str
    proposed_at: datetime
    decision: str = ""
    decider: str = ""
    decided_at: datetime | None = None


def propose(db: Connection, pems: Sequence[str], valid_from: date, note: str, person: UUID) -> int:
    """A new edition; it counts for nothing before a second person accepts it."""
    base.lock(db, "trust lists")
    number: int = (db.scalar(select(func.max(trust_lists.c.edition))) or 0) + 1
    db.execute(insert(trust_lists).values(edition=number, pems=list(pems), valid_from=valid_from, note=note,
                                          proposed_by=person))
    return number


def decide(db: Connection, number: int, decision: str, person: UUID, reason: str) -> None:
    """The second person's word, once."""
    with base.refusing(_DECIDED):
        db.execute(insert(trust_list_decisions).values(edition=number, decision=decision, person=person,
                                                       reason=reason))


def listed(db: Connection) -> tuple[Edition, ...]:
    """Every edition, the newest first."""
    return tuple(_edition(row) for row in db.execute(_every().order_by(trust_lists.c.edition.desc())))


def edition(db: Connection, number: int) -> Edition | None:
    """One edition."""
    row = db.execute(_every().where(trust_lists.c.edition == number)).one_or_none()
    return _edition(row) if row is not None else None


def in_force(db: Connection, on: date) -> Edition | None:
    """The newest accepted edition that is valid on that day; None: the folder counts."""
    row = db.execute(
        _every().where(trust_list_decisions.c.decision == "accept", trust_lists.c.valid_from <= on)
        .order_by(trust_lists.c.valid_from.desc(), trust_lists.c.edition.desc()).limit(1)).one_or_none()
    return _edition(row) if row is not None else None


def _every() -> Select[Any]:
    proposer, decider = people.alias("proposer"), people.alias("decider")
    return (
        select(trust_lists, proposer.c.full_name.label("proposer"), trust_list_decisions.c.decision,
               decider.c.full_name.label("decider"), trust_list_decisions.c.at.label("decided_at"))
        .join(proposer, proposer.c.id == trust_lists.c.proposed_by)
        .outerjoin(trust_list_decisions, trust_list_decisions.c.edition == trust_lists.c.edition)
        .outerjoin(decider, decider.c.id == trust_list_decisions.c.person))


def _edition(row: Any) -> Edition:
    return Edition(row.edition, tuple(row.pems), row.valid_from, row.note, row.proposed_by, row.proposer,
                   row.proposed_at, row.decision or "", row.decider or "", row.decided_at)
