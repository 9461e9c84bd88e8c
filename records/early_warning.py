"""NEWS2, the National Early Warning Score of the Royal College of Physicians (2017), from one set of observations.

For people of 16 years and more who are not pregnant; the caller asks for no score for others. SpO2 scale 2 is for
known hypercapnic respiratory failure and only when a doctor has said so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

ADULT_AGE = 16
Consciousness = Literal["A", "C", "V", "P", "U"]
"""Alert, new confusion, voice, pain, unresponsive."""


class Level(StrEnum):
    """How high the alarm is, in the ward's words."""

    LOW = "Thấp"
    WATCH = "Chú ý"
    """Under 5 together, but one sign alone scores 3."""
    MEDIUM = "Vừa"
    HIGH = "Cao"


@dataclass(frozen=True)
class Observations:
    """What was measured; None is not measured."""

    breaths: int | None = None
    spo2: int | None = None
    oxygen: bool | None = None
    """Whether the person breathes supplemental oxygen."""
    systolic: int | None = None
    pulse: int | None = None
    consciousness: Consciousness | None = None
    temperature: Decimal | None = None


@dataclass(frozen=True)
class EarlyWarning:
    """The score with each sign's share; while signs are missing it is the least that the score can be."""

    score: int
    parts: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Every sign was measured."""
        return not self.missing

    @property
    def level(self) -> Level:
        """5 and 7 are the RCP's thresholds; 3 in one sign calls for a look whatever the sum."""
        if self.score >= 7:
            return Level.HIGH
        if self.score >= 5:
            return Level.MEDIUM
        return Level.WATCH if 3 in self.parts.values() else Level.LOW

    @property
    def text(self) -> str:
        """The chip on the board, e.g. «5 Vừa»."""
        return f"{self.score} {self.level.value}"


def early_warning(seen: Observations, scale: Literal[1, 2] = 1) -> EarlyWarning:
    """The score of these observations on SpO2 scale 1 or 2."""
    shares = {
        "breaths": _banded(_BREATHS, seen.breaths),
        "spo2": _spo2(seen, scale),
        "oxygen": None if seen.oxygen is None else 2 * seen.oxygen,
        "systolic": _banded(_SYSTOLIC, seen.systolic),
        "pulse": _banded(_PULSE, seen.pulse),
        "consciousness": None if seen.consciousness is None else 3 * (seen.consciousness != "A"),
        "temperature": _banded(_TEMPERATURE, seen.temperature),
    }
    parts = {sign: share for sign, share in shares.items() if share is not None}
    return EarlyWarning(sum(parts.values()), parts, tuple(sign for sign in shares if sign not in parts))


def observed(values: Mapping[str, Any]) -> Observations:
    """The observations in clean values of a vital signs measurement or a care column.

    The forms say that a blank oxygen means room air, so whoever measured SpO2 has answered the question.
    """
    temperature = values.get("temperature")
    return Observations(
        breaths=values.get("breaths"),
        spo2=values.get("spo2"),
        oxygen=True if values.get("oxygen") or values.get("ventilated") else False if "spo2" in values else None,
        systolic=values.get("systolic"),
        pulse=values.get("pulse"),
        consciousness=values.get("consciousness"),
        temperature=None if temperature is None else Decimal(temperature),
    )


@dataclass(frozen=True)
class _Bands:
    """`starts[i]` is the first value of band i + 1; `shares` has one more member than `starts`."""

    starts: tuple[Decimal, ...]
    shares: tuple[int, ...]


def _bands(shares: tuple[int, ...], *starts: str) -> _Bands:
    return _Bands(tuple(Decimal(start) for start in starts), shares)


_BREATHS = _bands((3, 1, 0, 2, 3), "9", "12", "21", "25")
_SPO2_SCALE_1 = _bands((3, 2, 1, 0), "92", "94", "96")
_SPO2_SCALE_2_AIR = _bands((3, 2, 1, 0), "84", "86", "88")
_SPO2_SCALE_2_OXYGEN = _bands((3, 2, 1, 0, 1, 2, 3), "84", "86", "88", "93", "95", "97")
_SYSTOLIC = _bands((3, 2, 1, 0, 3), "91", "101", "111", "220")
_PULSE = _bands((3, 1, 0, 1, 2, 3), "41", "51", "91", "111", "131")
_TEMPERATURE = _bands((3, 1, 0, 1, 2), "35.1", "36.1", "38.1", "39.1")


def _banded(bands: _Bands, value: int | Decimal | None) -> int | None:
    return None if value is None else bands.shares[bisect_right(bands.starts, value)]


def _spo2(seen: Observations, scale: Literal[1, 2]) -> int | None:
    """On scale 2 a high saturation is bad only while oxygen is given; with that unknown, room air is assumed."""
    if scale == 1:
        return _banded(_SPO2_SCALE_1, seen.spo2)
    return _banded(_SPO2_SCALE_2_OXYGEN if seen.oxygen else _SPO2_SCALE_2_AIR, seen.spo2)
