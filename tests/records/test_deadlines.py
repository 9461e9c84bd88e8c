"""The clocks of a stay: rules R4, R20-R26."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from records.deadlines import (
    Clock,
    ClockKind,
    ClockState,
    DeadlineSettings,
    StayFacts,
    UnsignedRow,
    clocks,
    settings_on,
    spoken,
)

ADMITTED = datetime(2026, 11, 16, 1, 52, tzinfo=UTC)
ENTRY = UUID("019a0000-0000-7000-8000-000000000001")


def stay(**facts: Any) -> StayFacts:
    return StayFacts(**{"admitted_at": ADMITTED, "emergency": True, **facts})


def clock(facts: StayFacts, kind: ClockKind, after: timedelta, **settings: Any) -> Clock:
    return next(item for item in clocks(facts, ADMITTED + after, (DeadlineSettings(**settings),)) if item.kind is kind)


def kinds(facts: StayFacts) -> set[ClockKind]:
    return {item.kind for item in clocks(facts, ADMITTED + timedelta(hours=1))}


def test_an_emergency_record_is_due_24_hours_after_admission() -> None:
    running = clock(stay(), ClockKind.RECORD, timedelta(hours=1))
    assert running.due == ADMITTED + timedelta(hours=24)
    assert running.text == "24 giờ · còn 23 giờ"


def test_any_other_record_is_due_36_hours_after_admission() -> None:
    running = clock(stay(emergency=False), ClockKind.RECORD, timedelta(hours=6))
    assert running.due == ADMITTED + timedelta(hours=36)
    assert running.text == "36 giờ · còn 30 giờ"


@pytest.mark.parametrize(("hours", "state"), [
    (0, ClockState.OK), (17.99, ClockState.OK), (18, ClockState.NEAR), (23.99, ClockState.NEAR), (24, ClockState.PAST),
    (40, ClockState.PAST),
])
def test_a_clock_is_near_in_its_last_quarter_and_past_at_its_end(hours: float, state: ClockState) -> None:
    assert clock(stay(), ClockKind.RECORD, timedelta(hours=hours)).state is state


def test_a_signed_part_a_stops_its_clock() -> None:
    assert ClockKind.RECORD in kinds(stay())
    assert ClockKind.RECORD not in kinds(stay(record_signed_at=ADMITTED + timedelta(minutes=30)))


def test_the_ward_head_reviews_within_four_days_of_admission_and_then_of_the_last_review() -> None:
    assert clock(stay(), ClockKind.REVIEW, timedelta(days=1)).due == ADMITTED + timedelta(days=4)
    seen = stay(reviewed_at=ADMITTED + timedelta(days=3))
    assert clock(seen, ClockKind.REVIEW, timedelta(days=4)).due == ADMITTED + timedelta(days=7)


def test_the_review_warns_from_day_four_on() -> None:
    assert clock(stay(), ClockKind.REVIEW, timedelta(days=2, hours=23)).state is ClockState.OK
    assert clock(stay(), ClockKind.REVIEW, timedelta(days=3)).state is ClockState.NEAR
    late = clock(stay(), ClockKind.REVIEW, timedelta(days=5, hours=14))
    assert late.text == "TK duyệt · quá 1 ngày 14 giờ"


def test_the_paperwork_is_handed_over_within_24_hours_of_discharge() -> None:
    left = stay(discharged_at=ADMITTED + timedelta(hours=40))
    running = clock(left, ClockKind.DISCHARGE, timedelta(hours=51))
    assert running.text == "Ra viện · còn 13 giờ"
    assert running.state is ClockState.OK
    assert clock(left, ClockKind.DISCHARGE, timedelta(hours=65)).state is ClockState.PAST


def test_after_discharge_nobody_waits_for_a_review_and_after_hand_over_for_nothing() -> None:
    gone = stay(record_signed_at=ADMITTED, discharged_at=ADMITTED)
    assert kinds(gone) == {ClockKind.DISCHARGE}
    assert kinds(replace(gone, handed_over_at=ADMITTED + timedelta(minutes=5))) == set()


def test_a_row_that_waits_longer_than_30_minutes_for_its_signature_is_past() -> None:
    row = UnsignedRow(ENTRY, "Tờ điều trị", ADMITTED + timedelta(hours=2))
    facts = stay(unsigned=(row,))
    fresh = clock(facts, ClockKind.UNSIGNED, timedelta(hours=2, minutes=2))
    late = clock(facts, ClockKind.UNSIGNED, timedelta(hours=3, minutes=30))
    assert (fresh.state, fresh.text, fresh.entry) == (ClockState.OK, "Tờ điều trị · còn 28 phút", ENTRY)
    assert (late.state, late.text) == (ClockState.PAST, "Tờ điều trị · quá 1 giờ")


def test_the_most_pressing_clock_comes_first() -> None:
    row = UnsignedRow(ENTRY, "Tờ điều trị", ADMITTED)
    running = clocks(stay(unsigned=(row,)), ADMITTED + timedelta(hours=1))
    assert [item.kind for item in running] == [ClockKind.UNSIGNED, ClockKind.RECORD, ClockKind.REVIEW]


def test_a_clock_keeps_to_the_settings_of_the_local_day_on_which_it_started() -> None:
    stricter = DeadlineSettings(valid_from=date(2026, 11, 17), emergency_record_hours=12)
    both = (DeadlineSettings(), stricter)
    before = stay(admitted_at=datetime(2026, 11, 16, 16, 59, tzinfo=UTC))
    after = stay(admitted_at=datetime(2026, 11, 16, 17, 0, tzinfo=UTC))
    lengths = {
        item.due - item.started
        for facts in (before, after) for item in clocks(facts, facts.admitted_at, both)
        if item.kind is ClockKind.RECORD
    }
    assert lengths == {timedelta(hours=24), timedelta(hours=12)}


def test_before_any_setting_the_defaults_hold() -> None:
    later = DeadlineSettings(valid_from=date(2030, 1, 1), review_days=9)
    assert settings_on((later,), date(2026, 1, 1)).review_days == 4


def test_the_pie_runs_from_full_to_empty_and_stays_empty() -> None:
    shares = [clock(stay(), ClockKind.RECORD, timedelta(hours=hours)).share_left for hours in (0, 12, 24, 30)]
    assert shares == [1.0, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(("span", "words"), [
    (timedelta(seconds=59), "0 phút"), (timedelta(minutes=28), "28 phút"),
    (timedelta(hours=3, minutes=10), "3 giờ 10"), (timedelta(hours=5, minutes=5), "5 giờ 05"),
    (timedelta(hours=21, minutes=40), "21 giờ"), (timedelta(days=1, hours=11), "35 giờ"),
    (timedelta(days=1, hours=14), "1 ngày 14 giờ"),
    (timedelta(days=2), "2 ngày"),
])
def test_a_span_is_said_as_on_the_ward(span: timedelta, words: str) -> None:
    assert spoken(span) == words
