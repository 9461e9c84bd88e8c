"""An entry's earlier versions, cancelling and restoring: what the chart asks the server beside its latest state."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from pydantic import TypeAdapter

from records.entries import State, Version
from records.errors import Refusal
from records.forms import Role
from records.messages import (
    Cancellation,
    CorrectionNotice,
    EntryHistory,
    EntryView,
    Restoration,
    VersionRecord,
)
from records.succession import REASON_LENGTH, RESTORERS, may_restore
from workstation.drafts import OutboxCommand
from workstation.ids import new_id
from workstation.models.account import Account, utc_now
from workstation.models.cases import kind_of
from workstation.models.desk import Desk, Told
from workstation.models.status import hour_minute
from workstation.models.timeline import in_sentence, names_of

LEAST_REASON = REASON_LENGTH
"""Letters that a reason of a correction or a cancellation needs."""
_VERSION = TypeAdapter(Version)
_HISTORY = TypeAdapter(EntryHistory)


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


def since_then(told: EntryHistory, record: VersionRecord) -> str:
    """What became of a version, in the words of the paper; empty for the one that counts (R33)."""
    from records.render.words import moment  # the paper's parts are heavy, and a start need not wait

    if (gone := record.cancellation) is not None:
        return f"PHIÊN BẢN {record.number} ĐÃ HỦY. Người hủy: {gone.by}, {moment(gone.at)}. Lý do: {gone.reason}."
    later = next((one for one in reversed(told.versions) if one.number > record.number), None)
    if later is None or record.state is not State.AMENDED:
        return ""
    why = f" Lý do: {later.correction.reason}." if later.correction is not None else ""
    return f"PHIÊN BẢN {record.number}, ĐÃ ĐƯỢC THAY bằng phiên bản {later.number}.{why}"


def both_texts(desk: Desk, notice: CorrectionNotice, done: Callable[[Version, Version], None],
               failed: Callable[[Refusal], None]) -> None:
    """The released text and the one in its place (R36); of a cancelled result both are the one that was cancelled."""
    held: dict[int, Version] = {}

    def arrived(version: Version) -> None:
        held[version.version] = version
        if notice.of_number in held and notice.number in held:
            done(held[notice.of_number], held[notice.number])

    for number in {notice.of_number, notice.number}:
        earlier_version(desk, notice.entry, number, arrived, failed)


def cancel_entry(desk: Desk, view: EntryView, reason: str, patient_name: str) -> None:
    """Ask the server to cancel a signed entry; it stays readable with the reason. Waits in the outbox like all acts."""
    body = Cancellation(version=view.version, reason=reason).model_dump_json().encode()
    desk.sync.send(OutboxCommand(
        id=new_id(), kind="cancel", method="POST", path=f"/api/entries/{view.id}/cancel", body=body,
        label=f"Hủy {in_sentence(names_of(view.form)[0])}, lần ghi {hour_minute(view.occurred_at)}",
        patient_name=patient_name, entry=view.id, encounter=view.encounter, version=view.version,
        created_at=utc_now()))


def versions_of(desk: Desk, entry: UUID, done: Callable[[Told[EntryHistory]], None],
                failed: Callable[[Refusal], None]) -> None:
    """Every version of an entry: first as this PC knew it last, then as it is now."""
    key = f"history:{entry}"
    desk.kept(key, _HISTORY, done)
    desk.fetch(key, f"/api/entries/{entry}/history", _HISTORY, done, failed)


def may_let_restore(account: Account) -> bool:
    """Whether this person may let a text be restored (R34); the server asks again."""
    return bool(RESTORERS & {Role(role) for role in account.person.roles})


def restorable(view: EntryView) -> tuple[int, ...]:
    """The versions whose text may be taken up again now, newest first."""
    kind = kind_of(view.form)
    return tuple(number for number in (view.version, *sorted(view.older, reverse=True))
                 if may_restore(kind, view.version, view.state, number) is None)


def restore_entry(desk: Desk, view: EntryView, number: int, reason: str, patient_name: str) -> None:
    """Ask the server to let a version's text be restored; its author finds it as a draft to sign."""
    body = Restoration(version=view.version, restores=number, reason=reason).model_dump_json().encode()
    desk.sync.send(OutboxCommand(
        id=new_id(), kind="restore", method="POST", path=f"/api/entries/{view.id}/restore", body=body,
        label=f"Khôi phục {in_sentence(names_of(view.form)[0])}, lần ghi {hour_minute(view.occurred_at)}",
        patient_name=patient_name, entry=view.id, encounter=view.encounter, version=view.version,
        created_at=utc_now()))
