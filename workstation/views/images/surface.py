"""The pixels of one place as Qt draws them: what `imaging` painted, in its own buffer, one device pixel each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PyQt6.QtGui import QImage

from imaging.grey import FullDynamic, Table, Window
from imaging.image import Frame
from imaging.rendering import Sampled, View, Words, paint_words, sampled
from imaging.veils import Veil
from workstation.models.images.corners import meant
from workstation.models.images.lens import Lens
from workstation.models.images.stack import Loaded


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture and the device pixel at which its corner lies; `words` is the memory that `image` shows."""

    image: QImage
    words: Words
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

    def paint(self, here: Loaded, lens: Lens, *, overlays: bool = True, veils: tuple[Veil, ...] | None = None,
              ) -> Painted | None:
        """The picture through a lens, exactly as `imaging.render` paints it; None when none of it is seen.

        `veils` are those of a presentation state, in the place of the file's own shutter.
        """
        view = lens.view(overlays=overlays)
        if view is None:
            return None
        view = replace(view, shutter=veils is None, veils=veils or ())
        sampled_for = (here, view.region, view.size, view.mirrored, view.quarter_turns, overlays, veils)
        window = self.window(here, view.voi)
        painted_for = (*sampled_for, window, view.invert)
        if self._painted is None or painted_for != self._painted_for:
            again = self._sampled is not None and sampled_for == self._sampled_for
            if self._sampled is None or not again:
                self._sampled, self._sampled_for = sampled(here.frame, here.grey, view), sampled_for
            words = paint_words(self._sampled, here.grey, View(window, view.invert),
                                None if self._painted is None else self._painted.words, again=again)
            self._painted = Painted(as_image(words), words, *lens.seen[:2])
            self._painted_for = painted_for
        elif (self._painted.left, self._painted.top) != lens.seen[:2]:
            self._painted = Painted(self._painted.image, self._painted.words, *lens.seen[:2])
        return self._painted


def as_image(words: Words) -> QImage:
    """A QImage over the words, which must be kept as long as the image.

    They are the screen's own 32 bits: where Qt has to widen a grey picture it does so on threads that must first wake,
    and on two busy cores that took up to nine milliseconds a frame.
    """
    memory: Any = words.data  # PyQt takes any buffer as the address of the pixels; its stubs know `bytes` only
    return QImage(memory, words.shape[1], words.shape[0], words.strides[0], QImage.Format.Format_RGB32)
