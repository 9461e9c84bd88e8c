"""What a device may ask of the worklist, how it is matched (DICOM PS3.4 C.2.2.2, K.6), and words as it shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from records.folding import fold
from records.image_identity import name_key

ROLLS_DAYS = 7
"""An order that was not taken on its day stands on every later day's list, for this long."""


STEP_HOURS = 12
"""A step that a device began and never ended counts as going on for this long: a device that broke down says no more,
and nobody's pictures are taken for half a day."""


class StepStatus(StrEnum):
    """Where a step stands as we know it (PS3.3 table C.4-10): whether the patient has arrived nobody tells us."""

    SCHEDULED = "SCHEDULED"
    STARTED = "STARTED"
    """A device said that it began and not that it ended (MPPS)."""


@dataclass(frozen=True)
class Question:
    """The keys that a worklist is asked by, as DICOM writes them; empty matches all."""

    patient_name: str = ""
    patient_id: str = ""
    accession: str = ""
    procedure_id: str = ""
    step_id: str = ""
    study_uid: str = ""
    station: str = ""
    modality: str = ""
    date: str = ""
    time: str = ""
    status: str = ""
    birth_date: str = ""
    sex: str = ""
    admission: str = ""
    """Number of the record (AdmissionID)."""
    requester: str = ""


def due(scheduled: datetime, now: datetime, zone: tzinfo) -> datetime:
    """When a step that is still open is due, as a device is told: at its own time, or today once that day is over."""
    own, today = scheduled.astimezone(zone), now.astimezone(zone)
    return own if own.date() >= today.date() else datetime.combine(today.date(), datetime.min.time(), zone)


def oldest(now: datetime) -> datetime:
    """Before this no order is on a list any more."""
    return now - timedelta(days=ROLLS_DAYS)


def begun_since(now: datetime) -> datetime:
    """A step that began before this and did not end is no longer taken to go on."""
    return now - timedelta(hours=STEP_HOURS)


def same_name(asked: str, name: str) -> bool:
    """Person names match without regard to capitals, diacritics and carets, with * and ?."""
    return _fits(name_key(asked), name_key(name)) if asked.strip("*^ ") else True


def fits(asked: str, value: str) -> bool:
    """One value against a key: exact, with * and ?, or one of a list."""
    return not asked or any(_fits(one.strip(), value) for one in asked.split("\\"))


def within(asked: str, value: str) -> bool:
    """A date or time against a key: exact, or a range with either end open. Times are compared as far as both go."""
    if not asked or asked == "*":
        return True
    if "-" not in asked:
        return value.startswith(asked.partition(".")[0]) or asked.startswith(value)
    start, _, end = asked.partition("-")
    return (not start or value >= start[:len(value)]) and (not end or value[:len(end)] <= end)


def plain(text: str) -> str:
    """For a device that knows no Vietnamese letters: the same word in ASCII, capitals kept."""
    made = "".join(_capital(letter) for letter in text)
    return made.encode("ascii", "replace").decode("ascii")


def _capital(letter: str) -> str:
    folded = fold(letter)
    return folded.upper() if letter.isupper() else folded


def _fits(pattern: str, value: str) -> bool:
    if not {"*", "?"} & set(pattern):
        return pattern == value
    words = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(words), value, re.DOTALL) is not None
