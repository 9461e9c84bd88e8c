"""Pixels that get one grey whatever lies there: what a shutter covers, what an overlay of a state draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import number, numbers
from imaging.objects.shutters import covered, shutters_of

WHITE = 255


@dataclass(frozen=True, eq=False)
class Veil:
    """`mask` is true, in the image's own pixels, where `level` (0 black to 255 white) is painted."""

    mask: NDArray[np.bool_]
    level: int = WHITE


def shutter_of(dataset: Dataset, rows: int, columns: int) -> Veil | None:
    """The shutter that a picture brings itself (PS3.3 C.7.6.11): its device or operator chose the edges."""
    mask = covered(shutters_of(dataset), rows, columns)
    return None if mask is None else Veil(mask, shutter_level(dataset))


def shutter_level(dataset: Dataset) -> int:
    """What is painted where a shutter covers: its presentation value, else the lightness of its colour, else black."""
    value = number(dataset, "ShutterPresentationValue")
    if value is None:
        lab = numbers(dataset, "ShutterPresentationColorCIELabValue")
        value = lab[0] if len(lab) == 3 else 0
    return min(255, max(0, round(value / 257)))
