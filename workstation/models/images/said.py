"""What is said of a frame where it is read: which study, series and slice, and what was measured on it."""

from __future__ import annotations

from workstation.models.images.reading import Reading
from workstation.models.images.readings import headline
from workstation.models.images.stack import Spot
from workstation.models.images.study_list import noun_of, series_words, study_words

MOST_WORDS = 200
"""Of what is said of a picture when it is chosen; the writer may say more."""


def series_of(reading: Reading, spot: Spot) -> str:
    """«CT ngực, chuỗi 1 Phổi»."""
    found = reading.studies.series(spot.series_uid)
    return f"{study_words(found[0])}, chuỗi {series_words(found[1])}" if found is not None else "Ảnh"


def place_of(reading: Reading, spot: Spot) -> str:
    """«CT ngực, chuỗi 1 Phổi, lát 168»."""
    found, at = reading.studies.series(spot.series_uid), reading.place_of(spot)
    which = f", {noun_of(found[1])} {at[1] + 1}" if found is not None and at is not None and found[1].frames > 1 else ""
    return series_of(reading, spot) + which


def all_of(reading: Reading, spot: Spot) -> str:
    """«CT ngực, chuỗi 1 Phổi, lát 168: dài 48,3 mm»."""
    said = "; ".join(headline(mark.reading) for mark in reading.marks.all()
                     if mark.spot == spot and mark.reading is not None)
    where = place_of(reading, spot)
    return (f"{where}: {said}" if said else where)[:MOST_WORDS]
