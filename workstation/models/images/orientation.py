"""The letters at the edges of a picture: which way the body lies, by the plane or by what a projection tells.

R right, L left, A front, P back, H head, F feet: the letters of DICOM (PS3.3 C.7.6.1.1.1), which the consoles and films
of the field print; Vietnamese initials would turn «P» (posterior) into «phải» (right).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.attributes import text
from imaging.geometry import Point, plane_of
from workstation.models.images.lens import Lens
from workstation.models.images.stack import Loaded

LEGEND = "R phải · L trái · A trước · P sau · H phía đầu · F phía chân của người bệnh"
_ENDS = (("L", "R"), ("P", "A"), ("H", "F"))
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
_LEAST = 0.2
"""Below about 12° an axis takes no letter: what is nearly straight is read as straight."""


@dataclass(frozen=True)
class Edges:
    """Letters at the four edges of the viewport; empty where the file does not say."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def ways_of(here: Loaded) -> tuple[str, str]:
    """The letters where the file's rows and columns go, before any turn."""
    plane = plane_of(here.image.dataset, here.image.groups, here.spot.frame)
    return _of_projection(here) if plane is None else (_letters(plane.across), _letters(plane.down))


def edges_of(ways: tuple[str, str], lens: Lens) -> Edges:
    """The letters as the picture is turned now."""
    across, down = ways
    seen = {_rounded(lens.direction((1.0, 0.0))): across, _rounded(lens.direction((0.0, 1.0))): down,
            _rounded(lens.direction((-1.0, 0.0))): opposite(across),
            _rounded(lens.direction((0.0, -1.0))): opposite(down)}
    return Edges(seen[-1, 0], seen[1, 0], seen[0, -1], seen[0, 1])


def opposite(letters: str) -> str:
    """The letters of the other end."""
    return "".join(_OPPOSITE[letter] for letter in letters)


def _letters(direction: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """The axes that a direction follows, the strongest first."""
    order = sorted(range(3), key=lambda axis: -abs(float(direction[axis])))
    return "".join(_ENDS[axis][0 if direction[axis] > 0 else 1] for axis in order
                   if abs(float(direction[axis])) >= _LEAST)


def _of_projection(here: Loaded) -> tuple[str, str]:
    """Patient Orientation (0020,0020): where rows and columns go; four-legged patients' letters are none of ours."""
    told = text(here.image.dataset, "PatientOrientation").upper().split("\\")
    if len(told) != 2 or any(letter not in _OPPOSITE for end in told for letter in end):
        return "", ""
    return told[0], told[1]


def _rounded(direction: Point) -> tuple[int, int]:
    return round(direction[0]), round(direction[1])
