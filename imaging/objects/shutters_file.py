"""A shutter as a state must say it, a picture's own or one that lies on it: a state that says none takes it away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import numbers
from imaging.cielab import lab_of_grey
from imaging.objects.shutters import OpenCircle, OpenPolygon, OpenRectangle, Shutter, shutters_of
from imaging.veils import shutter_colour, shutter_level

_GROUP = 0x6000


@dataclass(frozen=True, eq=False)
class Shut:
    """What covers a picture: its shapes, the grey that is painted, and its colour where that is none (DICOM's Lab)."""

    shapes: tuple[Shutter, ...] = ()
    level: int = 0
    lab: tuple[float, ...] = ()
    bitmap: NDArray[np.bool_] | None = None
    """All that is covered, in the picture's pixels, where a plane draws it; it takes the place of the shapes."""


def shut_of(of: Dataset) -> Shut:
    """A picture's own. Bitmaps are a state's alone (PS3.3 C.7.6.15)."""
    lab = () if shutter_colour(of) is None else numbers(of, "ShutterPresentationColorCIELabValue")
    return Shut(shutters_of(of), shutter_level(of), tuple(lab))


def written_shutters(shut: Shut, *, grey: bool) -> Dataset:
    """What PS3.3 C.7.6.11, C.7.6.15 and C.11.12 ask of a state; nothing where nothing covers the picture.

    A state for grey pictures may not name a colour: there the shutter is as light as it was. A state has shapes or a
    bitmap, never both.
    """
    told = _bitmap(shut.bitmap) if shut.bitmap is not None else _shapes(shut.shapes)
    if "ShutterShape" in told:
        told.ShutterPresentationValue = shut.level * 257
        if not grey:
            lab = shut.lab or lab_of_grey(shut.level)
            told.ShutterPresentationColorCIELabValue = [min(65535, max(0, round(part))) for part in lab]
    return told


def _shapes(shutters: tuple[Shutter, ...]) -> Dataset:
    told, shapes = Dataset(), list[str]()
    for shutter in shutters:
        match shutter:
            case OpenRectangle():
                shapes.append("RECTANGULAR")
                told.ShutterLeftVerticalEdge, told.ShutterRightVerticalEdge = shutter.left, shutter.right
                told.ShutterUpperHorizontalEdge, told.ShutterLowerHorizontalEdge = shutter.top, shutter.bottom
            case OpenCircle():
                shapes.append("CIRCULAR")
                told.CenterOfCircularShutter = [shutter.row, shutter.column]
                told.RadiusOfCircularShutter = shutter.radius
            case OpenPolygon():
                shapes.append("POLYGONAL")
                told.VerticesOfThePolygonalShutter = [
                    round(part + 0.5) for column, row in shutter.points for part in (row, column)]
            case _:
                pass
    if shapes:
        told.ShutterShape = list(dict.fromkeys(shapes))
    return told


def _bitmap(mask: NDArray[np.bool_]) -> Dataset:
    """The plane, and that it is a shutter; a plane with a layer would be an overlay (C.7.6.15.1)."""
    told = Dataset()
    told.ShutterShape, told.ShutterOverlayGroup = "BITMAP", _GROUP
    rows, columns = mask.shape
    bits = np.packbits(mask.ravel(), bitorder="little").tobytes()
    for element, kind, value in ((0x10, "US", rows), (0x11, "US", columns), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
                                 (0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", bits + bytes(len(bits) % 2))):
        told.add_new((_GROUP, element), kind, value)
    return told
