"""Where a picture lies in a viewport: image points to device pixels and back, and what `imaging` is asked to paint.

The picture's corner lies on a whole device pixel, so that panning moves pixels instead of mixing them anew and one to
one stays one to one. Only the part that is seen is sampled, and nothing is scaled after it was painted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from imaging.geometry import Point
from imaging.image import Frame
from imaging.rendering import View
from imaging.sampling import Region
from workstation.models.images.view_state import ViewState


@dataclass(frozen=True)
class Lens:
    """A state, the viewport's size in device pixels, and the shape of what is shown: all that places depend on."""

    state: ViewState
    width: int
    height: int
    columns: int
    rows: int
    aspect: float = 1.0

    @classmethod
    def of(cls, state: ViewState, size: tuple[int, int], frame: Frame, aspect: float) -> Lens:
        """For a frame in a viewport; an aspect that no pixel has is taken for a square, as `imaging` does."""
        shape = aspect if math.isfinite(aspect) and 0.01 <= aspect <= 100 else 1.0
        return cls(state, max(1, size[0]), max(1, size[1]), frame.columns, frame.rows, shape)

    @cached_property
    def scale(self) -> float:
        """Device pixels an image column takes."""
        wide, high = self._turned_size(self.columns, self.rows * self.aspect)
        return min(self.width / wide, self.height / high) * self.state.zoom

    @cached_property
    def box(self) -> tuple[int, int, float, float]:
        """Left, top, width and height of the whole picture in device pixels."""
        wide, high = self._turned_size(self.columns * self.scale, self.rows * self.aspect * self.scale)
        middle = self._turn(self.state.centre)
        return (_whole(self.width / 2 - middle[0] * wide), _whole(self.height / 2 - middle[1] * high), wide, high)

    @cached_property
    def seen(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the device pixels whose middle lies on the picture and in the viewport."""
        left, top, wide, high = self.box
        right, bottom = (start + max(1, math.ceil(size - 0.5 - 1e-6)) for start, size in ((left, wide), (top, high)))
        return max(0, left), max(0, top), min(self.width, right), min(self.height, bottom)

    def view(self, *, overlays: bool = True) -> View | None:
        """What `imaging.rendering` paints at `seen`; None when nothing of the picture is seen."""
        left, top, right, bottom = self.seen
        if right <= left or bottom <= top:
            return None
        (x0, y0), (x1, y1) = self.to_image((left, top)), self.to_image((right, bottom))
        region = Region(*(round(part, 6) for part in (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))))
        state = self.state
        return View(state.voi, state.invert, (right - left, bottom - top), region, state.mirrored, state.quarter_turns,
                    overlays)

    def to_widget(self, point: Point) -> Point:
        """An image point in device pixels."""
        left, top, wide, high = self.box
        across, down = self._turn((point[0] / self.columns, point[1] / self.rows))
        return left + across * wide, top + down * high

    def to_image(self, point: Point) -> Point:
        """A device pixel's point in the image; beyond the picture the axes go on."""
        left, top, wide, high = self.box
        across, down = self._turn_back(((point[0] - left) / wide, (point[1] - top) / high))
        return across * self.columns, down * self.rows

    def all_to_widget(self, points: Sequence[Point]) -> list[Point]:
        """Several image points in device pixels."""
        return [self.to_widget(point) for point in points]

    def zoomed_at(self, point: Point, factor: float) -> ViewState:
        """Nearer by a factor, with the image point below `point` kept there."""
        zoom = self.state.zoomed(self.state.zoom * factor, self.state.centre).zoom
        left, top, wide, high = self.box
        grown = zoom / self.state.zoom
        middle = ((point[0] - left) / wide - (point[0] - self.width / 2) / (wide * grown),
                  (point[1] - top) / high - (point[1] - self.height / 2) / (high * grown))
        return self.state.zoomed(zoom, self._turn_back(middle))

    def panned(self, right: float, down: float) -> ViewState:
        """The picture moved by so many device pixels."""
        _, _, wide, high = self.box
        middle = self._turn(self.state.centre)
        return self.state.zoomed(self.state.zoom, self._turn_back((middle[0] - right / wide, middle[1] - down / high)))

    def direction(self, vector: Point) -> Point:
        """A direction of the image (right, down) as it is seen."""
        start, end = self._turn((0.0, 0.0)), self._turn(vector)
        return end[0] - start[0], end[1] - start[1]

    def _turned_size(self, wide: float, high: float) -> tuple[float, float]:
        return (high, wide) if self.state.quarter_turns % 2 else (wide, high)

    def _turn(self, part: Point) -> Point:
        x, y = part
        if self.state.mirrored:
            x = 1 - x
        for _ in range(self.state.quarter_turns % 4):
            x, y = 1 - y, x
        return x, y

    def _turn_back(self, part: Point) -> Point:
        x, y = part
        for _ in range(self.state.quarter_turns % 4):
            x, y = y, 1 - x
        return (1 - x, y) if self.state.mirrored else (x, y)


def _whole(value: float) -> int:
    """The nearest whole; halves go up whatever noise the last digits carry."""
    return math.floor(value + 0.5 + 1e-6)
