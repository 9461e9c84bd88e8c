"""Which level of evidence a hospital demands of a record before it counts as complete, and before it is archived.

R14 wants trusted time and revocation from 10/04/2027 on; until then, and without a time-stamp contract, a hospital must
still be able to archive, visibly weaker (R16, R30). So the level is a dated setting, and what falls short is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from records.errors import Reason
from records.signatures import EvidenceLevel


class Step(StrEnum):
    """What is demanded of a record."""

    COMPLETE = "complete"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class Demand:
    """From that day on, that level for that step."""

    step: Step
    since: date
    level: EvidenceLevel


def demanded(step: Step, demands: Sequence[Demand], on: date) -> EvidenceLevel:
    """The level in force; B when nothing was set, for a hospital without a contract (R16)."""
    said = [one for one in demands if one.step is step and one.since <= on]
    return max(said, key=lambda one: one.since).level if said else EvidenceLevel.B


def shortfalls(step: Step, levels: Mapping[str, EvidenceLevel], demands: Sequence[Demand],
               on: date) -> Iterator[Reason]:
    """R30: each paper (by name) whose signatures cannot be proved as far as the hospital demands."""
    wanted = demanded(step, demands, on)
    for name, level in levels.items():
        if not level.reaches(wanted):
            yield Reason("evidence_below_demand", name, {"level": f"B-{level.value}", "wanted": f"B-{wanted.value}"})
