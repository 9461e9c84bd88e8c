"""Hours of access: by day and over midnight, of several roles, and a person's own before them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from records.access_hours import ALWAYS, Hours, hours_of, reason_shut
from records.deadlines import ZONE

DAY = Hours(starts=time(6, 30), ends=time(19))
NIGHT = Hours(starts=time(18), ends=time(7))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 17, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(("hours", "now", "holds"), [
    (DAY, at(6, 29), False), (DAY, at(6, 30), True), (DAY, at(18, 59), True), (DAY, at(19), False),
    (NIGHT, at(17, 59), False), (NIGHT, at(18), True), (NIGHT, at(0), True), (NIGHT, at(6, 59), True),
    (NIGHT, at(7), False), (ALWAYS, at(0), True), (ALWAYS, at(13), True),
])
def test_hours_begin_with_their_first_minute_and_end_before_the_last(hours: Hours, now: datetime, holds: bool) -> None:
    assert hours.hold(now) is holds


def test_hours_are_those_of_vietnam_wherever_the_clock_stands() -> None:
    from datetime import UTC

    assert DAY.hold(at(6, 30).astimezone(UTC))
    assert not DAY.hold(at(6, 29).astimezone(UTC))


def test_a_day_of_day_and_night_hours_leaves_no_gap() -> None:
    minutes = [at(0) + timedelta(minutes=each) for each in range(24 * 60)]
    assert all(reason_shut((DAY, NIGHT), now) is None for now in minutes)


@pytest.mark.parametrize(("own", "of_roles", "found"), [
    (None, [], ()), (None, [DAY], (DAY,)), (None, [DAY, NIGHT], (DAY, NIGHT)), (None, [DAY, DAY], (DAY,)),
    (None, [DAY, None], ()), (NIGHT, [DAY], (NIGHT,)), (ALWAYS, [DAY], (ALWAYS,)), (NIGHT, [None], (NIGHT,)),
])
def test_which_hours_hold(own: Hours | None, of_roles: list[Hours | None], found: tuple[Hours, ...]) -> None:
    assert hours_of(own, of_roles) == found


def test_the_refusal_names_all_hours() -> None:
    reason = reason_shut((DAY, Hours(starts=time(20), ends=time(21))), at(5))
    assert reason is not None
    assert (reason.code, "06:30-19:00, 20:00-21:00" in reason.vietnamese) == ("outside_access_hours", True)
    assert reason_shut((), at(5)) is None
