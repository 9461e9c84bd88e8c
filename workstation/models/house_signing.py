"""The organisation's signature on a paper that leaves the house (R10): the server signs, at the command of a person."""

from __future__ import annotations

from records.forms import Holder, Role
from records.messages import EntryView
from workstation.drafts import OutboxCommand
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.cases import kind_of
from workstation.models.desk import Desk
from workstation.models.timeline import in_sentence, names_of

COMMANDS = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})
"""Who may let the organisation sign; the server asks again."""


def may_command(desk: Desk, view: EntryView) -> bool:
    """Whether this person may let the organisation sign this entry now: every person's slot is filled."""
    if not COMMANDS & set(desk.account.person.roles):
        return False
    return any(slot.holder is Holder.ORGANISATION and slot.key in view.open_slots
               and not set(slot.after) & set(view.open_slots) for slot in kind_of(view.form).slots)


def command(desk: Desk, view: EntryView, patient_name: str) -> None:
    """Ask the server to sign with the organisation's key. Waits in the outbox like all acts."""
    desk.sync.send(OutboxCommand(
        id=new_id(), kind="house", method="POST",
        path=f"/api/entries/{view.id}/versions/{view.version}/organisation-signature", body=b"{}",
        label=f"Ký số của đơn vị: {in_sentence(names_of(view.form)[0])}", patient_name=patient_name, entry=view.id,
        encounter=view.encounter, version=view.version, created_at=utc_now()))
