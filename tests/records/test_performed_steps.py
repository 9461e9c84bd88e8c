"""Which message of a device may follow which, and what a step must say by then."""

from __future__ import annotations

from typing import Any

import pytest

from records.performed_steps import (
    BEGIN_NEEDS,
    COMPLETED_NEEDS,
    END_NEEDS,
    STEP_TABLE,
    Fault,
    StepState,
    begun,
    changed,
    known_after,
    orders_named,
)

FULL: dict[str, Any] = {tag: {"vr": "LO", "Value": ["x"]} for tag in (*BEGIN_NEEDS, *END_NEEDS, *COMPLETED_NEEDS)}


def test_the_table_has_a_cell_for_each_pair() -> None:
    assert set(STEP_TABLE) == {(now, then) for now in (None, *StepState) for then in StepState}


@pytest.mark.parametrize("ended", [StepState.COMPLETED, StepState.DISCONTINUED])
@pytest.mark.parametrize("then", [*StepState, ""])
def test_after_its_end_nothing_changes(ended: StepState, then: str) -> None:
    assert changed(ended, FULL, then) is Fault.ENDED


def test_a_step_begins_in_progress() -> None:
    assert begun(FULL, "IN PROGRESS") is StepState.IN_PROGRESS
    for status in ("COMPLETED", "DISCONTINUED", "SCHEDULED", ""):
        assert begun(FULL, status) is Fault.INVALID_VALUE


@pytest.mark.parametrize("tag", BEGIN_NEEDS)
def test_what_a_step_must_say_when_it_begins(tag: str) -> None:
    assert begun({key: value for key, value in FULL.items() if key != tag}, "IN PROGRESS") is Fault.ATTRIBUTE_MISSING
    assert begun({**FULL, tag: {"vr": "LO"}}, "IN PROGRESS") is Fault.VALUE_MISSING


@pytest.mark.parametrize("tag", [*END_NEEDS, *COMPLETED_NEEDS])
def test_what_a_step_must_have_said_by_its_end(tag: str) -> None:
    short = {key: value for key, value in FULL.items() if key != tag}
    assert changed(StepState.IN_PROGRESS, FULL, "COMPLETED") is StepState.COMPLETED
    assert changed(StepState.IN_PROGRESS, short, "COMPLETED") is Fault.ATTRIBUTE_MISSING
    assert changed(StepState.IN_PROGRESS, short, "") is StepState.IN_PROGRESS
    without_series = changed(StepState.IN_PROGRESS, short, "DISCONTINUED")
    assert without_series is (StepState.DISCONTINUED if tag in COMPLETED_NEEDS else Fault.ATTRIBUTE_MISSING)


def test_each_scheduled_step_that_it_answers_is_named() -> None:
    items = [{"00080050": {"vr": "SH", "Value": [" 2600000001 "]}, "0020000D": {"vr": "UI", "Value": ["1.2"]}},
             {"0020000D": {"vr": "UI"}}]
    assert orders_named({"00400270": {"vr": "SQ", "Value": items}}) == (("2600000001", "1.2"), ("", ""))
    assert orders_named({}) == ()


def test_what_was_said_at_its_beginning_stands_and_what_comes_later_is_added() -> None:
    """Table F.7.2-1: N-SET may not change whose step it is, nor of which order; devices send it again."""
    known = {"00400244": {"Value": ["20261125"]}, "00100010": {"Value": ["A"]}, "00400340": {"Value": [1]}}
    said = {"00400244": {"Value": ["20261126"]}, "00100010": {"Value": ["B"]}, "00400340": {"Value": [1, 2]},
            "00400250": {"Value": ["20261125"]}, "00100020": {"Value": ["7"]}}
    assert known_after(known, said) == {**said, "00400244": known["00400244"], "00100010": known["00100010"]}
