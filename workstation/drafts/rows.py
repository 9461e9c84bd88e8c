"""Rows of the local store <-> values, nowhere else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, func

from records.entries import FormRef, RelatesTo
from records.messages import DraftView, Look, RestorationGiven
from workstation.drafts import tables
from workstation.drafts.values import CommandState, LocalDraft, LocalLook, OutboxCommand, OutboxItem, SentDraft

COMMAND_COLUMNS = ("id", "kind", "method", "path", "content_type", "body", "label", "patient_name", "entry",
                   "encounter", "version", "slot", "created_at")
LIST_COLUMNS = (*(column for column in tables.outbox.c if column.name not in ("body", "answer")),
                func.length(tables.outbox.c.body).label("size"))
"""A list of what waits does not carry the files themselves."""


def draft_of(row: RowMapping) -> LocalDraft:
    """A row of drafts as a value."""
    held = dict(row)
    held["form"] = FormRef.model_validate(held["form"])
    held["begun_here"] = bool(held["begun_here"])
    if held["theirs"] is not None:
        held["theirs"] = DraftView.model_validate(held["theirs"])
    if held["restoration"] is not None:
        held["restoration"] = RestorationGiven.model_validate(held["restoration"])
    if held["relates_to"] is not None:
        held["relates_to"] = RelatesTo.model_validate(held["relates_to"])
    if held["sent"] is not None:
        held["sent"] = SentDraft.model_validate(held["sent"])
    return LocalDraft.model_validate(held)


def row_of_draft(draft: LocalDraft) -> dict[str, Any]:
    """A draft as a row."""
    row = {name: getattr(draft, name) for name in LocalDraft.model_fields}
    row["form"] = draft.form.model_dump()
    row["begun_here"] = int(draft.begun_here)
    row["theirs"] = draft.theirs.model_dump(mode="json") if draft.theirs is not None else None
    for name in ("restoration", "relates_to"):
        held = getattr(draft, name)
        row[name] = held.model_dump(mode="json") if held is not None else None
    row["hands"] = {key: hand.model_dump(mode="json") for key, hand in draft.hands.items()}
    row["sent"] = draft.sent.model_dump(mode="json") if draft.sent is not None else None
    return row


def look_of(row: RowMapping) -> LocalLook:
    """A row of looks as a value."""
    held = dict(row)
    look = Look.model_validate({name: held[name] for name in Look.model_fields})
    return LocalLook(encounter=held["encounter"], look=look, told=bool(held["told"]))


def item_of(row: RowMapping) -> OutboxItem:
    """A row of the outbox as a value; lists leave body and answer out."""
    held = dict(row)
    command = {name: held.pop(name, b"") for name in COMMAND_COLUMNS}
    held["size"] = held.get("size", len(command["body"]))
    held["state"] = CommandState(held["state"])
    held["reasons"] = tuple(held["reasons"])
    return OutboxItem(command=OutboxCommand.model_validate(command), **held)


def row_of_command(command: OutboxCommand) -> dict[str, Any]:
    """A new command as a row."""
    row = {name: getattr(command, name) for name in COMMAND_COLUMNS}
    return {**row, "state": CommandState.WAITING.value, "attempts": 0, "reasons": [], "answer": b""}
