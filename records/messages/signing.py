"""The signature board: what waits for whose signature, since when, until when; who was reminded, who signed today."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from records.entries import FormRef, Instant, State
from records.forms import Frozen, Holder
from records.messages.amendments import CorrectionNotice

Scope = Literal["me", "ward", "house", "signed"]
"""What waits for me, for my ward, for the whole house; what I signed today."""


class WaitingView(Frozen):
    """One signature that is wanted now: an open slot of a version, or a draft that its writer has not signed."""

    entry: UUID
    encounter: UUID
    form: FormRef
    title: str
    """The kind's name, as a list says it."""
    patient: str
    ward: UUID
    bed: str
    occurred_at: Instant
    draft: bool
    slot: str
    slot_label: str
    kind: Holder
    """Whose the slot is: a person's, the patient's, the hospital's."""
    holder: UUID | None
    """The one person who can fill it; None when several can."""
    holder_name: str
    """That person, or the slot's words."""
    since: Instant
    due: Instant | None
    """R4, R20-R23; None when no clock runs for it."""
    mine: bool
    """Who asks may fill it."""
    author: UUID


class HolderView(Frozen):
    """Who holds up what: one person, or one slot that several can fill."""

    holder: UUID | None
    name: str
    role: str
    """Under which slots: «Trưởng khoa», «Bác sĩ»."""
    count: int
    overdue: int
    today: int
    """Due before the end of the local day."""
    oldest: Instant
    nearest: Instant | None


class SignedView(Frozen):
    """A signature that who asks gave today, and what its paper waits for next."""

    entry: UUID
    encounter: UUID
    form: FormRef
    title: str
    patient: str
    bed: str
    slot_label: str
    """As what it was signed."""
    version: int
    at: Instant
    """When the server received it."""
    state: State
    """Of that version, now."""
    next: tuple[WaitingView, ...] = ()
    """Signatures that can be given now."""
    waits_for: tuple[str, ...] = ()
    """In Vietnamese: what comes before the next signature, when none can be given."""


class ReviewView(Frozen):
    """A stay whose whole record the ward head is soon to look through, or should have (R22)."""

    encounter: UUID
    patient: str
    ward: UUID
    bed: str
    holder: UUID | None
    """The one ward head; None when there are several, or none."""
    holder_name: str
    reviewed_at: Instant | None
    since: Instant
    """The last review, or the admission."""
    due: Instant
    mine: bool


class TimesView(Frozen):
    """The hospital's times that are in force today (R26)."""

    unsigned_row_minutes: int
    emergency_record_hours: int
    planned_record_hours: int
    discharge_hours: int
    review_days: int


class DayCount(Frozen):
    """How many partly signed papers waited at the end of a local day."""

    day: date
    waiting: int


class ReminderView(Frozen):
    """Somebody asked for a signature, quietly."""

    id: UUID
    entry: UUID
    slot: str
    by: str
    to: UUID
    to_name: str
    at: Instant
    title: str
    patient: str
    put_away_at: Instant | None = None
    """When the person had read it."""


class SigningBoard(Frozen):
    """GET /api/signing-board?scope=…"""

    scope: Scope
    at: Instant
    waiting: tuple[WaitingView, ...]
    """By deadline; those without one last, the oldest first."""
    holders: tuple[HolderView, ...]
    """Who holds up the most first."""
    days: tuple[DayCount, ...]
    reminders: tuple[ReminderView, ...]
    """For who asks, newest first; one that is answered or put away goes."""
    mine: int
    in_scope: int
    reviews: tuple[ReviewView, ...] = ()
    """Those in the last quarter of their time, or past it, by deadline."""
    signed: tuple[SignedView, ...] = ()
    """Newest first; of the scope «signed» only."""
    signed_today: int = 0
    times: TimesView
    corrections: tuple[CorrectionNotice, ...] = ()
    """For who asks, newest first; one that was seen goes (R36)."""


class SlotView(Frozen):
    """One slot of a version in its chain."""

    slot: str
    label: str
    state: Literal["signed", "open", "waiting", "shut"]
    signed_by: str = ""
    signed_at: Instant | None = None
    since: Instant | None = None
    who: tuple[str, ...] = ()
    """Who can fill it: names, of one role the first few."""
    waits_for: tuple[str, ...] = ()
    """In Vietnamese."""
    delegated: tuple[str, ...] = ()
    """«Nguyễn Văn Sơn (KT., đến 30/11/2026)»: who may sign in that person's place."""


class ChainView(Frozen):
    """GET /api/entries/…/chain: every slot of the latest version, in order."""

    entry: UUID
    title: str
    patient: str
    bed: str
    slots: tuple[SlotView, ...]
    reminders: tuple[ReminderView, ...] = ()
    """Whoever asked whom lately, newest first."""


class ReminderSent(Frozen):
    """POST /api/signing-reminders."""

    entry: UUID
    slot: str
    to: UUID
