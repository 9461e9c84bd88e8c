"""Clocks of a stay: what must be finished by when, and how near it is (rules R4, R20-R26).

No law sets these times; the hospital's own regulation does (R26), so each is a setting with the date from which it
holds. Reaching a deadline never blocks care entry (R25): the clocks are shown, listed and asked again at closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAYS_FROM_HOURS = 36
REMIND_AGAIN = timedelta(hours=4)
"""The same person is reminded of the same signature no more often, whoever asks."""


@dataclass(frozen=True)
class DeadlineSettings:
    """The hospital's times, in force from `valid_from` on (R26)."""

    valid_from: date = date(2024, 1, 1)
    emergency_record_hours: int = 24
    """R20: part A signed after an emergency admission."""
    planned_record_hours: int = 36
    """R21: part A signed after any other admission."""
    review_days: int = 4
    """R22: the ward head reviews every 3-4 days; late from the end of day 4 without a review."""
    discharge_hours: int = 24
    """R23: paperwork finished and handed over after discharge."""
    unsigned_row_minutes: int = 30
    """R4: a written row waits no longer for its writer's signature."""
    order_entry_hours: int = 12
    """R24: an order is in the record by then (old TT 46/2018 limit, kept as a setting; the orders' list uses it)."""
    order_entry_hours_after_outage: int = 24
    """R24: the same when the system was down."""
    near_share: float = 0.25
    """A clock is near its end in the last quarter of its time."""


class ClockKind(StrEnum):
    """What a clock runs for."""

    RECORD = "record"
    REVIEW = "review"
    DISCHARGE = "discharge"
    UNSIGNED = "unsigned"


class ClockState(StrEnum):
    """How a clock stands."""

    OK = "ok"
    NEAR = "near"
    PAST = "past"


@dataclass(frozen=True)
class UnsignedRow:
    """An entry that its writer finished and nobody has signed yet."""

    entry: UUID
    name: str
    written_at: datetime


@dataclass(frozen=True)
class StayFacts:
    """What the clocks need to know of a stay; the caller reads it from its store. All instants are aware."""

    admitted_at: datetime
    emergency: bool
    record_signed_at: datetime | None = None
    """When part A of the record had all its signatures."""
    reviewed_at: datetime | None = None
    """The ward head's last review of the whole record."""
    discharged_at: datetime | None = None
    handed_over_at: datetime | None = None
    """When the records office signed for the record."""
    unsigned: tuple[UnsignedRow, ...] = ()


@dataclass(frozen=True)
class Clock:
    """One running clock; a thing that is done has none."""

    kind: ClockKind
    label: str
    """Vietnamese, short, e.g. «24 giờ»."""
    started: datetime
    due: datetime
    state: ClockState
    remaining: timedelta
    """Negative once it is past."""
    entry: UUID | None = None
    """The unsigned entry, for `ClockKind.UNSIGNED`."""

    @property
    def share_left(self) -> float:
        """From 1 at the start to 0 at the end, for the pie."""
        return min(1.0, max(0.0, self.remaining / (self.due - self.started)))

    @property
    def text(self) -> str:
        """What the board says: «24 giờ · còn 3 giờ 10», «TK duyệt · quá 1 ngày»."""
        word = "quá" if self.state is ClockState.PAST else "còn"
        return f"{self.label} · {word} {spoken(abs(self.remaining))}"


def settings_on(settings: Sequence[DeadlineSettings], on: date) -> DeadlineSettings:
    """The settings in force on a date; the defaults before the hospital set any."""
    found: DeadlineSettings | None = None
    for item in settings:
        if item.valid_from <= on and (found is None or item.valid_from > found.valid_from):
            found = item
    return found or DeadlineSettings()


def clocks(
    stay: StayFacts, now: datetime, settings: Sequence[DeadlineSettings] = (DeadlineSettings(),)
) -> tuple[Clock, ...]:
    """The running clocks of a stay by the server's time, the most pressing first.

    Each clock keeps to the settings of the local day on which it started.
    """
    started = (
        *_record(stay, settings), *_review(stay, settings), *_discharge(stay, settings), *_unsigned(stay, settings),
    )
    return tuple(sorted((_at(clock, now) for clock in started), key=lambda clock: (clock.remaining, clock.kind)))


def slot_due(
    deadline: str, stay: StayFacts, since: datetime, *, repeatable: bool,
    settings: Sequence[DeadlineSettings] = (DeadlineSettings(),),
) -> datetime | None:
    """Until when a slot that is open since then wants its signature; None when no clock runs for it.

    `deadline`: the kind's clock (`admission`: R20, R21; `discharge`: R23); a row or column is the writer's (R4).
    """
    if deadline == "admission":
        rule = _rule(settings, stay.admitted_at)
        hours = rule.emergency_record_hours if stay.emergency else rule.planned_record_hours
        return stay.admitted_at + timedelta(hours=hours)
    if deadline == "discharge":
        left = stay.discharged_at
        return left + timedelta(hours=_rule(settings, left).discharge_hours) if left is not None else None
    return since + timedelta(minutes=_rule(settings, since).unsigned_row_minutes) if repeatable else None


@dataclass(frozen=True)
class _Started:
    """A clock before anyone looks at it."""

    kind: ClockKind
    label: str
    started: datetime
    length: timedelta
    near_share: float
    entry: UUID | None = None


def _record(stay: StayFacts, settings: Sequence[DeadlineSettings]) -> Iterator[_Started]:
    """R20, R21: from admission until part A is signed."""
    if stay.record_signed_at is None:
        rule = _rule(settings, stay.admitted_at)
        hours = rule.emergency_record_hours if stay.emergency else rule.planned_record_hours
        yield _Started(ClockKind.RECORD, f"{hours} giờ", stay.admitted_at, timedelta(hours=hours), rule.near_share)


def _review(stay: StayFacts, settings: Sequence[DeadlineSettings]) -> Iterator[_Started]:
    """R22: from admission or the last review, as long as the person is in the ward."""
    if stay.discharged_at is None:
        since = stay.reviewed_at or stay.admitted_at
        rule = _rule(settings, since)
        yield _Started(ClockKind.REVIEW, "TK duyệt", since, timedelta(days=rule.review_days), rule.near_share)


def _discharge(stay: StayFacts, settings: Sequence[DeadlineSettings]) -> Iterator[_Started]:
    """R23: from discharge until the records office has signed for the record."""
    if stay.discharged_at is not None and stay.handed_over_at is None:
        rule = _rule(settings, stay.discharged_at)
        length = timedelta(hours=rule.discharge_hours)
        yield _Started(ClockKind.DISCHARGE, "Ra viện", stay.discharged_at, length, rule.near_share)


def _unsigned(stay: StayFacts, settings: Sequence[DeadlineSettings]) -> Iterator[_Started]:
    """R4: each finished row until its writer signs it."""
    for row in stay.unsigned:
        rule = _rule(settings, row.written_at)
        length = timedelta(minutes=rule.unsigned_row_minutes)
        yield _Started(ClockKind.UNSIGNED, row.name, row.written_at, length, rule.near_share, row.entry)


def _rule(settings: Sequence[DeadlineSettings], started: datetime) -> DeadlineSettings:
    return settings_on(settings, started.astimezone(ZONE).date())


def _at(clock: _Started, now: datetime) -> Clock:
    due = clock.started + clock.length
    remaining = due - now
    if remaining <= timedelta(0):
        state = ClockState.PAST
    else:
        state = ClockState.NEAR if remaining <= clock.length * clock.near_share else ClockState.OK
    return Clock(clock.kind, clock.label, clock.started, due, state, remaining, clock.entry)


def spoken(span: timedelta) -> str:
    """A span as people say it on a ward: «28 phút», «3 giờ 10», «21 giờ», «34 giờ», «1 ngày 14 giờ».

    Days begin after 36 hours, so that clocks of 24 and 36 hours count in the unit that names them.
    """
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} phút"
    hours, minutes = divmod(minutes, 60)
    if hours < _DAYS_FROM_HOURS:
        return f"{hours} giờ {minutes:02d}" if minutes and hours < 12 else f"{hours} giờ"
    days, hours = divmod(hours, 24)
    return f"{days} ngày {hours} giờ" if hours else f"{days} ngày"
