"""The windows behind the keys 1 to 3: the house's by modality and body part, else those that the file brings."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from imaging.attributes import text
from imaging.grey import Table, Window
from records.bundled import bundled
from records.folding import fold
from workstation.models.images.stack import Loaded

MOST = 3


@dataclass(frozen=True, eq=False)
class Preset:
    """A named window or table."""

    name: str
    voi: Window | Table


@dataclass(frozen=True)
class _Set:
    """Windows for one modality, and for the parts of the body that it names."""

    modality: str
    body: tuple[str, ...]
    presets: tuple[Preset, ...]


@cache
def _sets() -> tuple[_Set, ...]:
    read = tomllib.loads(bundled("images", "presets.toml").read_text("utf-8"))
    return tuple(
        _Set(found["modality"], tuple(found.get("body", ())),
             tuple(Preset(one["name"], Window(one["center"], one["width"], name=one["name"]))
                   for one in found["windows"]))
        for found in read["set"])


def presets_of(here: Loaded) -> tuple[Preset, ...]:
    """At most three; none for colour."""
    if not here.frame.is_grey:
        return ()
    dataset = here.image.dataset
    modality = text(dataset, "Modality")
    told = " ".join(text(dataset, keyword) for keyword in (
        "BodyPartExamined", "SeriesDescription", "ProtocolName", "StudyDescription"))
    words = f" {re.sub(r'[^A-Z0-9]+', ' ', fold(told).upper())} "
    # The house's windows are in Hounsfield units: a CT whose values are in none keeps to those of its file.
    for one in _sets() if here.grey.modality.unit == "HU" or modality != "CT" else ():
        if one.modality == modality and (not one.body or any(f" {part} " in words for part in one.body)):
            return one.presets[:MOST]
    return tuple(Preset(preset.name or f"Cửa sổ {number} của tệp", preset)
                 for number, preset in enumerate(here.grey.presets[:MOST], 1))
