"""Which level is demanded when, and what falls short of it."""

from __future__ import annotations

from datetime import date

import pytest

from records.evidence_demand import Demand, Step, demanded, shortfalls
from records.signatures import EvidenceLevel

DEMANDS = (
    Demand(Step.ARCHIVE, date(2026, 1, 1), EvidenceLevel.T),
    Demand(Step.ARCHIVE, date(2027, 4, 10), EvidenceLevel.LT),
    Demand(Step.COMPLETE, date(2027, 4, 10), EvidenceLevel.T),
)


@pytest.mark.parametrize(("step", "on", "level"), [
    (Step.ARCHIVE, date(2025, 12, 31), EvidenceLevel.B), (Step.ARCHIVE, date(2026, 1, 1), EvidenceLevel.T),
    (Step.ARCHIVE, date(2027, 4, 9), EvidenceLevel.T), (Step.ARCHIVE, date(2027, 4, 10), EvidenceLevel.LT),
    (Step.COMPLETE, date(2027, 4, 9), EvidenceLevel.B), (Step.COMPLETE, date(2027, 4, 10), EvidenceLevel.T),
])
def test_the_level_in_force_is_the_last_one_set_before_that_day(step: Step, on: date, level: EvidenceLevel) -> None:
    assert demanded(step, DEMANDS, on) is level
    assert demanded(step, DEMANDS[::-1], on) is level


def test_each_paper_below_the_demand_is_named_and_no_other() -> None:
    levels = {"Tờ điều trị": EvidenceLevel.T, "Bìa bệnh án": EvidenceLevel.LT, "Phiếu chăm sóc": EvidenceLevel.B}
    told = list(shortfalls(Step.ARCHIVE, levels, DEMANDS, date(2027, 5, 1)))
    assert [reason.where for reason in told] == ["Tờ điều trị", "Phiếu chăm sóc"]
    assert "B-LT" in told[0].vietnamese


def test_a_hospital_that_set_nothing_may_archive_at_b() -> None:
    assert list(shortfalls(Step.ARCHIVE, {"Tờ điều trị": EvidenceLevel.B}, (), date(2030, 1, 1))) == []
