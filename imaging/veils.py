"""Pixels that get one grey or colour whatever lies there: what a shutter covers, what an overlay of a state draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import number, numbers
from imaging.cielab import Rgb, rgb_of_lab
from imaging.objects.shutters import covered, shutters_of

WHITE = 255


@dataclass(frozen=True, eq=False)
class Veil:
    """`mask` is true, in the image's own pixels, where `level` (0 black to 255 white) is painted, or `colour`."""

    mask: NDArray[np.bool_]
    level: int = WHITE
    colour: Rgb | None = None
    """What is no grey; over a grey picture too."""

    @property
    def rgb(self) -> Rgb:
        """What is painted."""
        return self.colour or (self.level, self.level, self.level)


def shutter_of(dataset: Dataset, rows: int, columns: int) -> Veil | None:
    """The shutter that a picture brings itself (PS3.3 C.7.6.11): its device or operator chose the edges."""
    mask = covered(shutters_of(dataset), rows, columns)
    return None if mask is None else Veil(mask, shutter_level(dataset), shutter_colour(dataset))


def shutter_level(dataset: Dataset) -> int:
    """The grey that is painted where a shutter covers: its colour's, which is meant for colour screens, where that is a
    grey; else its presentation value, else how light its colour is, else black.
    """
    rgb = _rgb(dataset)
    if rgb is not None and _is_grey(rgb):
        return rgb[0]
    value = number(dataset, "ShutterPresentationValue")
    if value is None:
        value = 0 if rgb is None else numbers(dataset, "ShutterPresentationColorCIELabValue")[0]
    return min(255, max(0, round(value / 257)))


def shutter_colour(dataset: Dataset) -> Rgb | None:
    """What is painted there instead, where it is no grey."""
    rgb = _rgb(dataset)
    return None if rgb is None or _is_grey(rgb) else rgb


def _rgb(dataset: Dataset) -> Rgb | None:
    return rgb_of_lab(numbers(dataset, "ShutterPresentationColorCIELabValue"))


def _is_grey(rgb: Rgb) -> bool:
    """Rounding parts the three by one level at most."""
    return max(rgb) - min(rgb) <= 1
