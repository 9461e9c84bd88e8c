"""A signed file -> the outbox: the command that hands it in, in the words that the waiting list shows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from records.entries import FormRef
from workstation.client.routes import PDF, signature_path
from workstation.drafts import OutboxCommand
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.status import hour_minute
from workstation.models.timeline import names_of


def hand_in(*, form: FormRef, entry: UUID, version: int, encounter: UUID, slot: str, pdf: bytes, patient_name: str,
            occurred_at: datetime, begun_at: datetime | None, offline: bool) -> OutboxCommand:
    """The command for one signed file; its path and bytes are the same however often it is sent.

    `begun_at` is when the entry was begun on this workstation; None when it was not, or is at the server already.
    """
    path = signature_path(entry, version, encounter, slot, offline=offline, begun_at=begun_at)
    return OutboxCommand(
        id=new_id(), kind="sign", method="POST", path=path, content_type=PDF, body=pdf,
        label=f"{names_of(form)[0]}, lần ghi {hour_minute(occurred_at)}", patient_name=patient_name,
        entry=entry, encounter=encounter, version=version, slot=slot, created_at=utc_now())
