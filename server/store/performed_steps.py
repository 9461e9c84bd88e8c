"""What devices said of the steps that they perform: every message, in order; the last one says how a step stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from records.performed_steps import StepState
from server.store.keys import ScopeKey
from server.store.tables import performed_steps


@dataclass(frozen=True)
class Step:
    """A step as its last message left it."""

    uid: str
    message: int
    state: StepState
    device: str
    orders: tuple[UUID, ...]
    scope: UUID
    content: bytes


def read(db: Connection, uid: str) -> Step | None:
    """The step of that SOP Instance UID."""
    row = db.execute(select(performed_steps).where(performed_steps.c.uid == uid)
                     .order_by(performed_steps.c.message.desc()).limit(1)).one_or_none()
    return None if row is None else Step(row.uid, row.message, StepState(row.status), row.device, tuple(row.orders),
                                         row.scope, row.content)


def told(step: Step, key: ScopeKey) -> dict[str, Any]:
    """All that was said of it so far, as DICOM JSON."""
    known: dict[str, Any] = json.loads(key.decrypt(_about(step.uid, step.message), step.content))
    return known


@dataclass(frozen=True)
class Message:
    """One message of a device: which of the step's, and where the step stands after it."""

    uid: str
    number: int
    state: StepState
    device: str
    orders: Collection[UUID]


def add(db: Connection, key: ScopeKey, message: Message, known: Mapping[str, Any]) -> None:
    """Keep one message, with all that is known of the step after it."""
    content = key.encrypt(_about(message.uid, message.number), json.dumps(known, ensure_ascii=False).encode())
    db.execute(insert(performed_steps).values(
        uid=message.uid, message=message.number, status=message.state.value, device=message.device,
        orders=list(message.orders), scope=key.scope, content=content))


def _about(uid: str, message: int) -> str:
    return f"performed-step:{uid}:{message}"
