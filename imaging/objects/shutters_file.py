"""A picture's own shutter as the state of it must say it: a state that says none takes the shutter away."""

from __future__ import annotations

from pydicom.dataset import Dataset

from imaging.attributes import numbers
from imaging.cielab import lab_of_grey
from imaging.objects.shutters import OpenCircle, OpenPolygon, OpenRectangle, shutters_of
from imaging.veils import shutter_colour, shutter_level


def written_shutters(of: Dataset, *, grey: bool) -> Dataset:
    """What PS3.3 C.7.6.11 and C.11.12 ask of a state; nothing where the picture has no shutter.

    A state for grey pictures may not name a colour: there the shutter is as light as it was.

    Bitmaps lie in the picture's own planes, which the state does not bring.
    """
    told, shapes = Dataset(), list[str]()
    for shutter in shutters_of(of):
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
        told.ShutterPresentationValue = shutter_level(of) * 257
        if not grey:
            told.ShutterPresentationColorCIELabValue = _lab(of)
    return told


def _lab(of: Dataset) -> list[int]:
    if shutter_colour(of) is None:
        return list(lab_of_grey(shutter_level(of)))
    return [min(65535, max(0, round(part))) for part in numbers(of, "ShutterPresentationColorCIELabValue")]
