"""Dates and times as people type them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from records.deadlines import ZONE
from workstation.views.chart.moments import read_date, read_moment

TODAY = date(2026, 11, 17)


@pytest.mark.parametrize(("typed", "meant"), [
    ("17/11/2026", date(2026, 11, 17)), ("5/3", date(2026, 3, 5)), ("05.03.26", date(2026, 3, 5)),
    ("5-3-2025", date(2025, 3, 5)), ("31/2/2026", None), ("hôm qua", None)])
def test_a_date_is_read_as_it_is_written_by_hand(typed: str, meant: date | None) -> None:
    assert read_date(typed, TODAY) == meant


@pytest.mark.parametrize(("typed", "meant"), [
    ("03:10", (17, 11, 3, 10)), ("3g10", (17, 11, 3, 10)), ("3h", (17, 11, 3, 0)), ("21:40 16/11", (16, 11, 21, 40)),
    ("16/11/2026 21:40", (16, 11, 21, 40)), ("25:00", None), ("16/11", None)])
def test_a_time_alone_means_that_day(typed: str, meant: tuple[int, int, int, int] | None) -> None:
    found = read_moment(typed, TODAY)
    if meant is None:
        assert found is None
    else:
        day, month, hour, minute = meant
        assert found == datetime(2026, month, day, hour, minute, tzinfo=ZONE)
