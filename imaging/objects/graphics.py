"""Graphics and texts of a presentation state (PS3.3 C.10.5), as values in image points, and their outlines as lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from pydicom.dataset import Dataset

from imaging.attributes import items, numbers, text
from imaging.cielab import Rgb, rgb_of_lab
from imaging.geometry import Point
from imaging.objects.references import ImageReference, reference_of

MOST_ITEMS = 20_000
MOST_POINTS = 200_000
_STEPS = 96


class Figure(StrEnum):
    """Graphic Type (0070,0023)."""

    POINT = "POINT"
    POLYLINE = "POLYLINE"
    INTERPOLATED = "INTERPOLATED"
    """A smooth line through its points."""
    CIRCLE = "CIRCLE"
    """Its centre and a point on it."""
    ELLIPSE = "ELLIPSE"
    """Both ends of the long axis, then of the short one."""


_NEEDED = {Figure.POINT: 1, Figure.POLYLINE: 2, Figure.INTERPOLATED: 2, Figure.CIRCLE: 2, Figure.ELLIPSE: 4}


@dataclass(frozen=True)
class Graphic:
    """One figure. `on_display`: its points are parts of the displayed area (0 to 1), not of the image."""

    figure: Figure
    points: tuple[Point, ...]
    filled: bool = False
    on_display: bool = False


@dataclass(frozen=True)
class Words:
    """One text: in a box (two corners), or at an anchor, to which a line may lead; either may be on the display."""

    text: str
    box: tuple[Point, Point] | None = None
    anchor: Point | None = None
    anchor_visible: bool = False
    justified: str = "LEFT"
    box_on_display: bool = False
    anchor_on_display: bool = False


@dataclass(frozen=True)
class Layer:
    """A graphic layer; those of a higher order lie on top. `grey` 0 to 1 and `rgb` are what it recommends."""

    name: str
    order: int
    description: str = ""
    grey: float | None = None
    rgb: Rgb | None = None


@dataclass(frozen=True)
class Annotation:
    """What is drawn on one layer over some images; none named means all that the state shows."""

    layer: str
    graphics: tuple[Graphic, ...] = ()
    texts: tuple[Words, ...] = ()
    images: tuple[ImageReference, ...] = ()


def layers_of(dataset: Dataset) -> tuple[Layer, ...]:
    """The lowest first."""
    found = []
    for entry in islice(items(dataset, "GraphicLayerSequence"), 1000):
        order, grey = numbers(entry, "GraphicLayerOrder"), numbers(
            entry, "GraphicLayerRecommendedDisplayGrayscaleValue")
        found.append(Layer(text(entry, "GraphicLayer"), int(order[0]) if order else 0,
                           text(entry, "GraphicLayerDescription"), grey[0] / 65535 if grey else None,
                           rgb_of_lab(numbers(entry, "GraphicLayerRecommendedDisplayCIELabValue"))))
    return tuple(sorted(found, key=lambda layer: layer.order))


def annotations_of(dataset: Dataset) -> tuple[Annotation, ...]:
    """All that can be read; a figure of an unknown kind or with too few points is left out."""
    return tuple(Annotation(
        text(entry, "GraphicLayer"),
        tuple(filter(None, map(_graphic, islice(items(entry, "GraphicObjectSequence"), MOST_ITEMS)))),
        tuple(filter(None, map(_words, islice(items(entry, "TextObjectSequence"), MOST_ITEMS)))),
        references_in(entry)) for entry in islice(items(dataset, "GraphicAnnotationSequence"), MOST_ITEMS))


def references_in(entry: Dataset) -> tuple[ImageReference, ...]:
    """The images that an item of a presentation state is meant for; none: all."""
    return tuple(filter(None, map(reference_of, islice(items(entry, "ReferencedImageSequence"), MOST_ITEMS))))


def _graphic(entry: Dataset) -> Graphic | None:
    told = text(entry, "GraphicType").upper()
    points = _points(numbers(entry, "GraphicData"))
    if told not in list(Figure) or len(points) < _NEEDED[Figure(told)]:
        return None
    return Graphic(Figure(told), points[:MOST_POINTS], text(entry, "GraphicFilled") == "Y",
                   text(entry, "GraphicAnnotationUnits") == "DISPLAY")


def _words(entry: Dataset) -> Words | None:
    said = text(entry, "UnformattedTextValue").replace("\r\n", "\n").replace("\r", "\n")
    corners = (*_points(numbers(entry, "BoundingBoxTopLeftHandCorner")),
               *_points(numbers(entry, "BoundingBoxBottomRightHandCorner")))
    anchor = _points(numbers(entry, "AnchorPoint"))
    box = (corners[0], corners[1]) if len(corners) == 2 else None
    if not said or (box is None and not anchor):
        return None
    return Words(said, box, anchor[0] if anchor else None, text(entry, "AnchorPointVisibility") == "Y",
                 text(entry, "BoundingBoxTextHorizontalJustification") or "LEFT",
                 text(entry, "BoundingBoxAnnotationUnits") == "DISPLAY",
                 text(entry, "AnchorPointAnnotationUnits") == "DISPLAY")


def _points(values: tuple[float, ...]) -> tuple[Point, ...]:
    return tuple(zip(values[::2], values[1::2], strict=False)) if all(abs(value) < 1e7 for value in values) else ()


def in_image(annotation: Annotation, place: Callable[[Point], Point]) -> Annotation:
    """The same with every point an image point; `place` brings a part of the displayed area there."""
    graphics = tuple(replace(graphic, points=tuple(map(place, graphic.points)), on_display=False)
                     if graphic.on_display else graphic for graphic in annotation.graphics)
    texts = []
    for words in annotation.texts:
        if words.box is not None and words.box_on_display:
            words = replace(words, box=(place(words.box[0]), place(words.box[1])), box_on_display=False)
        if words.anchor is not None and words.anchor_on_display:
            words = replace(words, anchor=place(words.anchor), anchor_on_display=False)
        texts.append(words)
    return replace(annotation, graphics=graphics, texts=tuple(texts))


def outline(graphic: Graphic) -> tuple[Point, ...]:
    """The figure as straight strokes, for whoever paints: a point stays one point."""
    points = graphic.points
    match graphic.figure:
        case Figure.CIRCLE:
            (x, y), radius = points[0], math.dist(points[0], points[1])
            return tuple((x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in _turns())
        case Figure.ELLIPSE:
            return _ellipse(points)
        case Figure.INTERPOLATED:
            return tuple(_smooth(points))
        case _:
            return points


def _turns() -> Iterator[float]:
    return (step * math.tau / _STEPS for step in range(_STEPS + 1))


def _ellipse(points: tuple[Point, ...]) -> tuple[Point, ...]:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
    x, y = (ax + bx) / 2, (ay + by) / 2
    one, other = ((bx - ax) / 2, (by - ay) / 2), ((dx - cx) / 2, (dy - cy) / 2)
    return tuple((x + one[0] * math.cos(turn) + other[0] * math.sin(turn),
                  y + one[1] * math.cos(turn) + other[1] * math.sin(turn)) for turn in _turns())


def _smooth(points: tuple[Point, ...]) -> Iterator[Point]:
    """Catmull-Rom: through every point, closed when the last one is the first."""
    closed = len(points) > 2 and points[0] == points[-1]
    before = points[-2] if closed else points[0]
    after = points[1] if closed else points[-1]
    around = (before, *points, after)
    steps = 8 if len(points) < 5000 else 1
    for index in range(len(points) - 1):
        p, q, r, s = around[index:index + 4]
        for step in range(steps):
            t = step / steps
            yield (_between(p[0], q[0], r[0], s[0], t), _between(p[1], q[1], r[1], s[1], t))
    yield points[-1]


def _between(p: float, q: float, r: float, s: float, t: float) -> float:
    return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t ** 2 + (3 * q - p - 3 * r + s) * t ** 3)
