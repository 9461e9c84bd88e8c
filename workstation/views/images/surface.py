"""The pixels of one place as Qt draws them: what `imaging` painted, in its own buffer, one device pixel each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from imaging.grey import FullDynamic, Table, Window
from imaging.image import Frame
from imaging.rendering import Picture, Sampled, View, paint_view, sampled
from workstation.models.images.corners import meant
from workstation.models.images.lens import Lens
from workstation.models.images.stack import Loaded


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture and the device pixel at which its corner lies; `buffer` is the memory that `image` shows."""

    image: QImage
    buffer: NDArray[Any]
    left: int
    top: int


class Surface:
    """Keeps the slow half (sampling) while a window is dragged, and the whole while nothing changes."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Let go of every pixel."""
        self._sampled_for: tuple[Any, ...] = ()
        self._sampled: Sampled | None = None
        self._painted_for: tuple[Any, ...] = ()
        self._painted: Painted | None = None
        self._full: tuple[Frame, Window | Table] | None = None

    def window(self, here: Loaded, voi: Window | Table | FullDynamic | None) -> Window | Table:
        """The window that is painted; a frame's full range is looked for once."""
        if not isinstance(voi or here.grey.default, FullDynamic):
            return meant(here, voi)
        if self._full is None or self._full[0] is not here.frame:
            self._full = (here.frame, meant(here, voi))
        return self._full[1]

    def paint(self, here: Loaded, lens: Lens, *, overlays: bool = True) -> Painted | None:
        """The picture through a lens, exactly as `imaging.render` paints it; None when none of it is seen."""
        view = lens.view(overlays=overlays)
        if view is None:
            return None
        sampled_for = (here, view.region, view.size, view.mirrored, view.quarter_turns, overlays)
        window = self.window(here, view.voi)
        painted_for = (*sampled_for, window, view.invert)
        if self._painted is None or painted_for != self._painted_for:
            if self._sampled is None or sampled_for != self._sampled_for:
                self._sampled, self._sampled_for = sampled(here.frame, here.grey, view), sampled_for
            picture = paint_view(self._sampled, here.grey, View(window, view.invert))
            self._painted = Painted(*as_image(picture), *lens.seen[:2])
            self._painted_for = painted_for
        elif (self._painted.left, self._painted.top) != lens.seen[:2]:
            self._painted = Painted(self._painted.image, self._painted.buffer, *lens.seen[:2])
        return self._painted


def as_image(picture: Picture) -> tuple[QImage, NDArray[Any]]:
    """A QImage over a buffer that must be kept as long as the image.

    Grey is widened to the screen's own 32 bits here: Qt does it on threads that must first wake, and on two busy cores
    that took up to nine milliseconds a frame where this takes a quarter of one.
    """
    if picture.ndim == 3:
        return _over(picture, QImage.Format.Format_RGB888), picture
    wide = np.multiply(picture, np.uint32(0x010101), dtype=np.uint32, casting="unsafe")
    np.bitwise_or(wide, np.uint32(0xFF000000), out=wide)
    return _over(wide, QImage.Format.Format_RGB32), wide


def _over(buffer: NDArray[Any], form: QImage.Format) -> QImage:
    memory: Any = buffer.data  # PyQt takes any buffer as the address of the pixels; its stubs know `bytes` only
    return QImage(memory, buffer.shape[1], buffer.shape[0], buffer.strides[0], form)
