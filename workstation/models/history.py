"""An entry's earlier versions, and cancelling an entry: what the chart asks the server beside its latest state."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from pydantic import TypeAdapter

from records.entries import Version
from records.errors import Refusal
from records.messages import Cancellation, EntryView
from workstation.drafts import OutboxCommand
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.desk import Desk, Told
from workstation.models.status import hour_minute
from workstation.models.timeline import names_of

LEAST_REASON = 5
"""Letters that a reason of a correction or a cancellation needs."""
_VERSION = TypeAdapter(Version)


def earlier_version(desk: Desk, entry: UUID, number: int, done: Callable[[Version], None],
                    failed: Callable[[Refusal], None]) -> None:
    """A version as it was signed; it never changes, so what this PC has of it is as good as the server's."""
    key = f"version:{entry}:{number}"
    held: list[Version] = []

    def arrived(told: Told[Version]) -> None:
        if not held:
            held.append(told.value)
            done(told.value)

    def not_asked(refusal: Refusal) -> None:
        if not held:
            failed(refusal)

    desk.kept(key, _VERSION, arrived)
    desk.fetch(key, f"/api/entries/{entry}/versions/{number}", _VERSION, arrived, not_asked)


def cancel_entry(desk: Desk, view: EntryView, reason: str, patient_name: str) -> None:
    """Ask the server to cancel a signed entry; it stays readable with the reason. Waits in the outbox like all acts."""
    body = Cancellation(version=view.version, reason=reason).model_dump_json().encode()
    desk.sync.send(OutboxCommand(
        id=new_id(), kind="cancel", method="POST", path=f"/api/entries/{view.id}/cancel", body=body,
        label=f"Hủy {names_of(view.form)[0].lower()}, lần ghi {hour_minute(view.occurred_at)}",
        patient_name=patient_name, entry=view.id, encounter=view.encounter, version=view.version,
        created_at=utc_now()))
