"""Any frame drawn as a viewport would show it, off the window's thread: its window, area, shutter and marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QImage, QPainter

from imaging.geometry import aspect_of
from imaging.rendering import fitted, natural_size
from workstation.media.page import LARGEST
from workstation.models.images.labels import Box, standing
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Mark
from workstation.models.images.picture import Pixels, whole_frame
from workstation.models.images.stack import Loaded, Spot
from workstation.models.images.view_state import ViewState
from workstation.views import style
from workstation.views.images.key_images import pixels_of
from workstation.views.images.mark_painting import Canvas
from workstation.views.images.surface import Surface

if TYPE_CHECKING:
    from workstation.models.images.states import Over
    from workstation.models.images.upon import Seen

_LEAST = 512
"""Pixels of the longer side: words beside marks are read there."""


@dataclass(frozen=True)
class Likeness:
    """How a viewport looked when it was asked: what the reader does meanwhile changes nothing of it."""

    look: ViewState
    size: tuple[int, int]
    marks: dict[Spot, tuple[Mark, ...]]
    seeing: Seen
    overlays: bool = True

    def image(self, here: Loaded, *, named: bool = True, size: tuple[int, int] | None = None) -> QImage:
        """As large as the viewport. Without a name nothing is drawn that others wrote: planes, lines and words."""
        size = size or self.size
        look, over = self.seeing(here, size, self.look)
        shown = here if named else here.without_planes()
        lens = Lens.of(look, size, here.frame, aspect_of(here.image.dataset, here.image.groups, here.spot.frame))
        made = QImage(QSize(*size), QImage.Format.Format_RGB32)
        made.fill(style.image_colour("ground"))
        veils = None if over is None else over.veils if named else over.shutters
        painted = Surface().paint(shown, lens, overlays=self.overlays, veils=veils)
        painter = QPainter(made)
        if painted is not None:
            painter.drawImage(painted.left, painted.top, painted.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        canvas = Canvas(painter, lens, 1.0)
        for graphic in over.graphics if over is not None and named else ():
            canvas.graphic(graphic)
        self._marks(canvas, here, size)
        painter.end()
        return made

    def on_page(self, here: Loaded) -> Pixels | None:
        """In a size for a browser: below the state that speaks of it; None for a frame on which nothing lies."""
        natural = natural_size(here.frame, aspect_of(here.image.dataset, here.image.groups, here.spot.frame))
        longest = min(max(*natural, _LEAST), max(LARGEST))
        size = fitted(natural, (longest, longest))
        return None if self.seeing(here, size, self.look)[1] is None else pixels_of(self.image(here, size=size))

    def frame(self, here: Loaded, *, named: bool = True) -> Pixels:
        """All of the frame in its own size: with the window and the shutter that it has there."""
        look, over = self.seeing(here, self.size, self.look)
        veils = None if over is None else over.veils if named else over.shutters
        return whole_frame(here, look, named=named, veils=veils)

    def _marks(self, canvas: Canvas, here: Loaded, size: tuple[int, int]) -> None:
        marks = self.marks.get(here.spot, ())
        for mark in marks:
            canvas.mark(mark, chosen=False)
        room = Box(4, 4, max(1, size[0] - 8), max(1, size[1] - 8))
        for mark, where in zip(marks, standing([canvas.label(mark) for mark in marks], room), strict=True):
            if where is not None:
                canvas.words(mark, where)


def as_it_is(_here: Loaded, _size: tuple[int, int], look: ViewState) -> tuple[ViewState, Over | None]:
    """Nothing lies on the viewport: every frame is looked at as this one."""
    return look, None


def likeness_of(look: ViewState, size: tuple[int, int], marks: tuple[Mark, ...], still: Callable[[], Seen], *,
                overlays: bool) -> Likeness:
    """To draw frames in their order, once."""
    found: dict[Spot, tuple[Mark, ...]] = {}
    for mark in marks:
        found[mark.spot] = (*found.get(mark.spot, ()), mark)
    return Likeness(look, size, found, still(), overlays)
