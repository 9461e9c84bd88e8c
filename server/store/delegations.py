"""Written delegations: kept as they were given, and when one was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Label, func, insert, or_, select

from records.delegation import Delegation
from records.errors import Refusal
from records.messages import DelegationView
from server.store import base
from server.store.tables import delegation_revocations, delegations, people

_GIVER, _RECEIVER = people.alias("giver"), people.alias("receiver")
_FACTS = func.json_build_object(
    "id", delegations.c.id, "giver", delegations.c.giver, "giver_name", _GIVER.c.full_name,
    "receiver", delegations.c.receiver, "role", delegations.c.role, "manner", delegations.c.manner,
    "starts", delegations.c.starts, "ends", delegations.c.ends, "forms", delegations.c.forms,
    "wards", delegations.c.wards, "paper", delegations.c.paper, "revoked_on", delegation_revocations.c.revoked_on)
_ALL = (
    select(_FACTS.label("facts"), _RECEIVER.c.full_name, _RECEIVER.c.title)
    .join(_GIVER, _GIVER.c.id == delegations.c.giver).join(_RECEIVER, _RECEIVER.c.id == delegations.c.receiver)
    .outerjoin(delegation_revocations, delegation_revocations.c.delegation == delegations.c.id)
    .order_by(delegations.c.ends.desc(), delegations.c.id)
)
_LATE_DAYS = 60
"""A file signed without the server may come so long after its delegation ended; the policy weighs it then."""
OF_PERSON: Label[Any] = (
    select(func.json_agg(_FACTS)).select_from(delegations).join(_GIVER, _GIVER.c.id == delegations.c.giver)
    .outerjoin(delegation_revocations, delegation_revocations.c.delegation == delegations.c.id)
    .where(delegations.c.receiver == people.c.id, delegations.c.ends >= func.current_date() - _LATE_DAYS)
    .correlate(people).scalar_subquery().label("delegations")
)
"""A column beside a person: what was given to them, as `read` takes it."""
_REVOKED = {"pk_delegation_revocations": "delegation_revoked"}


def read(found: Sequence[dict[str, Any]] | None) -> tuple[Delegation, ...]:
    """The values of `OF_PERSON`."""
    return tuple(Delegation.model_validate(one) for one in found or ())


def to(db: Connection, person: UUID) -> tuple[Delegation, ...]:
    """What was given to a person."""
    return read(db.scalar(select(OF_PERSON).select_from(people).where(people.c.id == person)))


def listed(db: Connection, of: UUID | None = None) -> tuple[DelegationView, ...]:
    """Every delegation, or those that a person gave or got; the one that ends last first."""
    asked = _ALL if of is None else _ALL.where(or_(delegations.c.giver == of, delegations.c.receiver == of))
    return tuple(_view(row) for row in db.execute(asked))


def one(db: Connection, which: UUID) -> DelegationView:
    """One delegation, or a refusal."""
    row = db.execute(_ALL.where(delegations.c.id == which)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "delegation")
    return _view(row)


def add(db: Connection, given: Delegation) -> None:
    """Keep a new one."""
    values = given.model_dump(exclude={"giver_name", "revoked_on"})
    db.execute(insert(delegations).values(
        {**values, "role": given.role.value, "manner": given.manner.value, "forms": [*given.forms],
         "wards": [*given.wards]}))


def revoke(db: Connection, which: UUID, on: date, *, person: UUID, reason: str) -> None:
    """Note that it counts no more from that day on; once."""
    with base.refusing(_REVOKED):
        db.execute(insert(delegation_revocations).values(delegation=which, revoked_on=on, person=person,
                                                         reason=reason))


def _view(row: Any) -> DelegationView:
    return DelegationView(delegation=Delegation.model_validate(row.facts), receiver_name=row.full_name,
                          receiver_title=row.title)
