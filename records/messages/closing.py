"""The closing check: discharged records, what each still lacks, who holds it up, and what was done with it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from records.entries import EncounterState, Instant
from records.forms import Frozen

Level = Literal["B", "T", "LT"]


class ClosingPoint(Frozen):
    """One thing to see to."""

    rule: str
    gravity: Literal["mend", "look"]
    reason: dict[str, Any]
    """As `records.errors.Reason` travels."""
    entry: UUID | None = None
    slot: str = ""
    who: tuple[str, ...] = ()
    """Who can mend it: one name, the first few of a role, or whose affair it is."""
    since: Instant | None = None
    blocks: Literal["complete", "archive", ""] = ""
    """The first step that it keeps the record from."""


class ClosingRow(Frozen):
    """One record of the list."""

    encounter: UUID
    patient: str
    record_no: str
    ward: str
    state: EncounterState
    discharged_at: Instant | None
    due: Instant | None
    """R23: until when the ward hands it over; None once it has."""
    mend: int
    look: int
    level: Level
    last: Literal["", "checked", "returned", "completed", "archived"] = ""


class ClosingList(Frozen):
    """GET /api/closing: what waits to be taken in or archived, who left first first; and what was archived last."""

    at: Instant
    complete: Level
    archive: Level
    rows: tuple[ClosingRow, ...]


class ClosingAct(Frozen):
    """What somebody did with the record."""

    act: Literal["checked", "returned", "completed", "archived"]
    person_name: str
    at: Instant
    level: Level
    demanded: Level
    remark: str = ""


class ClosingView(Frozen):
    """GET /api/encounters/{id}/closing: the whole check of one record."""

    row: ClosingRow
    at: Instant
    admitted_at: Instant
    diagnosis: str = ""
    content: str
    """SHA-256 over what the record holds: an act is of what was on the screen."""
    papers: int
    """Documents that were looked at, drafts among them."""
    proved: dict[Level, int]
    """How many signed documents can be proved at which level."""
    pending: int
    """How many still wait for evidence."""
    complete: Level
    archive: Level
    points: tuple[ClosingPoint, ...]
    acts: tuple[ClosingAct, ...]
    may: tuple[Literal["checked", "returned", "completed", "archived"], ...]
    """What who asks has the right to do, whatever still blocks it."""


class ClosingCommand(Frozen):
    """POST /api/encounters/{id}/closing."""

    act: Literal["checked", "returned", "completed", "archived"]
    content: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    """What the record held on the screen; refused when it has changed since."""
    remark: str = Field(default="", max_length=2000)
