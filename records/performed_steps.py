"""What a device says that it does (DICOM PS3.4 annex F): which message may follow which, as one table.

A step begins in progress and ends completed or discontinued; after its end nothing of it changes (F.7.2.2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

BEGIN_NEEDS = ("00400270", "00400253", "00400241", "00400244", "00400245", "00080060")
"""Type 1 in N-CREATE: scheduled step attributes, step id, station, start date, start time, modality (table F.7.2-1)."""
END_NEEDS = ("00400250", "00400251")
"""Known by the end of any step: end date and end time."""
COMPLETED_NEEDS = ("00400340",)
"""Known by the end of a completed step: the performed series."""
SCHEDULED = "00400270"
SAID_ONCE = frozenset({
    *BEGIN_NEEDS, "00080005", "00081120", "00100010", "00100020", "00100021", "00100030", "00100040", "00200010",
    "00400242", "00400243"})
"""What stands from N-CREATE on and no N-SET may change: whose step it is, on which device, of which order, since when
(table F.7.2-1). Devices send it again; what they said first stays."""


class StepState(StrEnum):
    """(0040,0252)."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"


class Fault(IntEnum):
    """Why a message is not taken, as its status says it (PS3.7 annex C)."""

    INVALID_VALUE = 0x0106
    ENDED = 0x0110
    """Processing failure, with the error id 0xA710: may no longer be updated."""
    KNOWN_ALREADY = 0x0111
    UNKNOWN = 0x0112
    VALUE_MISSING = 0x0121
    ATTRIBUTE_MISSING = 0x0120


STEP_TABLE: Mapping[tuple[StepState | None, StepState], StepState | Fault] = MappingProxyType({
    (None, StepState.IN_PROGRESS): StepState.IN_PROGRESS,
    (None, StepState.COMPLETED): Fault.INVALID_VALUE,
    (None, StepState.DISCONTINUED): Fault.INVALID_VALUE,
    **{(StepState.IN_PROGRESS, then): then for then in StepState},
    **{(ended, then): Fault.ENDED for ended in (StepState.COMPLETED, StepState.DISCONTINUED) for then in StepState},
})
"""(where the step stands, what the message says) -> where it stands then, or why not."""


def begun(attributes: Mapping[str, Any], status: str) -> StepState | Fault:
    """Where a step stands after an N-CREATE with these attributes (DICOM JSON)."""
    missing = _missing(attributes, BEGIN_NEEDS)
    if missing is not None:
        return missing
    return _after(None, status)


def changed(now: StepState, known: Mapping[str, Any], status: str) -> StepState | Fault:
    """Where a step stands after an N-SET; `known`: all that it was told, this message's included.

    An empty status leaves it where it is.
    """
    after = _after(now, status or now.value)
    if isinstance(after, Fault) or after is StepState.IN_PROGRESS:
        return after
    needed = (*END_NEEDS, *(COMPLETED_NEEDS if after is StepState.COMPLETED else ()))
    return _missing(known, needed) or after


def known_after(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """All that a step was told, once an N-SET has said more."""
    return {**known, **{tag: value for tag, value in said.items() if tag not in SAID_ONCE or tag not in known}}


def orders_named(attributes: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(accession number, Study Instance UID) of each scheduled step that it answers; either may be empty."""
    items = attributes.get(SCHEDULED, {}).get("Value") or ()
    return tuple((_first(item, "00080050"), _first(item, "0020000D")) for item in items)


def _after(now: StepState | None, status: str) -> StepState | Fault:
    try:
        return STEP_TABLE[now, StepState(status.strip())]
    except ValueError:
        return Fault.INVALID_VALUE


def _missing(attributes: Mapping[str, Any], needed: tuple[str, ...]) -> Fault | None:
    for tag in needed:
        if tag not in attributes:
            return Fault.ATTRIBUTE_MISSING
        if not attributes[tag].get("Value"):
            return Fault.VALUE_MISSING
    return None


def _first(item: Mapping[str, Any], tag: str) -> str:
    values = item.get(tag, {}).get("Value") or ("",)
    return str(values[0] or "").strip()
