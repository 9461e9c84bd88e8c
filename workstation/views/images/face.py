"""A viewport painted: the picture, what is drawn over it, the magnifier, the words at its rim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PyQt6.QtCore import QPoint, QRect, QSize
from PyQt6.QtGui import QImage, QPainter

from imaging.geometry import Point
from imaging.grey import FullDynamic
from workstation.models.images.corners import Corners, Told, Words, corners_of, told_by
from workstation.models.images.gaze import Gaze
from workstation.models.images.graphics import ReferenceLine
from workstation.models.images.labels import Box, Standing, standing
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Mark, Marks
from workstation.models.images.orientation import Edges, edges_of, ways_of
from workstation.models.images.stack import Loaded, Spot
from workstation.models.images.view_state import Tool, ViewState
from workstation.views import style
from workstation.views.images import corner_painting as rim
from workstation.views.images.aim import Aim
from workstation.views.images.hand import Hand
from workstation.views.images.mark_painting import Canvas
from workstation.views.images.surface import Surface

if TYPE_CHECKING:  # loaded with the first presentation state that is laid
    from workstation.models.images.states import Over
    from workstation.models.images.upon import Seen
    from workstation.views.images.likeness import Likeness

MAGNIFIED, MAGNIFIER_PX = 2.5, 220


@dataclass(frozen=True, eq=False)
class Laying:
    """A presentation state that lies on a viewport: what it puts over a frame, and whose it is, in words."""

    over: Callable[[Loaded], Over | None]
    words: str
    uids: tuple[str, ...] = ()
    """The state that was asked for, and those that were saved with it."""
    before: ViewState | None = None
    """How the reader looked before it was laid."""
    follow: Callable[[Loaded, tuple[int, int], ViewState], ViewState] = lambda _here, _size, look: look
    """How the next picture is looked at while it lies there."""
    still: Callable[[], Seen] | None = None
    """How any frame is looked at from here, for who draws them behind the window."""


@dataclass
class Face:
    """What a viewport shows beside its pixels, and how all of it is painted."""

    gaze: Gaze
    marks: Marks
    hand: Hand
    aim: Aim
    words: Words = field(default_factory=Words)
    lines: Sequence[ReferenceLine] = ()
    laid: Laying | None = None
    keys: Callable[[Spot], str] = lambda _spot: ""
    """What is said of a frame that is a key image."""
    pace: Callable[[], str] = str
    """How fast pictures follow one another, while they do."""
    overlays: bool = True
    chosen: UUID | None = None
    surface: Surface = field(default_factory=Surface)
    glass: Surface = field(default_factory=Surface)
    _told: tuple[Loaded, tuple[Told, tuple[str, str]]] | None = None
    _stood: tuple[tuple[object, ...], tuple[Standing | None, ...]] | None = None

    @property
    def over_it(self) -> Over | None:
        """What the laid state puts over the frame that is seen."""
        here, laid = self.gaze.here, self.laid
        return None if here is None or laid is None else laid.over(here)

    def follow(self, size: tuple[int, int]) -> None:
        """Another picture is seen: below a state that is laid it has a window and an area of its own."""
        here, laid = self.gaze.here, self.laid
        if here is not None and laid is not None:
            self.gaze.look(laid.follow(here, size, self.gaze.state))

    def _lines(self, here: Loaded) -> tuple[str, ...]:
        laid = self.laid
        said = "" if laid is None else laid.words if self.over_it is not None else f"{laid.words}: không nói về ảnh này"
        return tuple(filter(None, (self.pace(), said, self.keys(here.spot))))

    def picture(self, painter: QPainter, surface: Surface, lens: Lens, ratio: float, *, planes: bool = True) -> None:
        """The pixels, with the file's own overlay planes or without; the painter counts in `ratio` device pixels."""
        here = self.gaze.here if planes or self.gaze.here is None else self.gaze.here.without_planes()
        veils = None if self.over_it is None else self.over_it.veils if planes else self.over_it.shutters
        painted = None if here is None else surface.paint(here, lens, overlays=self.overlays, veils=veils)
        if painted is not None:
            painter.save()
            painter.scale(1 / ratio, 1 / ratio)
            painter.drawImage(painted.left, painted.top, painted.image)
            painter.restore()

    def snapshot(self, size: QSize, *, planes: bool) -> QImage:
        """The picture with its marks and graphics; without what others drew and wrote where `planes` is false."""
        made = QImage(size, QImage.Format.Format_RGB32)
        made.fill(style.image_colour("ground"))
        here = self.gaze.here
        if here is not None:
            painter = QPainter(made)
            lens = Lens.of(self.gaze.state, (size.width(), size.height()), here.frame, self.gaze.aspect)
            self.picture(painter, Surface(), lens, 1.0, planes=planes)
            self.over(painter, lens, 1.0, bare=True, planes=planes)
            painter.end()
        return made

    def likeness(self, size: tuple[int, int]) -> Callable[[], Likeness]:
        """How every frame of this stack would be shown here now; called anew for each time that they are drawn."""
        from workstation.views.images.likeness import as_it_is, likeness_of  # with the first that leaves the house

        still = (lambda: as_it_is) if self.laid is None or self.laid.still is None else self.laid.still
        return partial(likeness_of, self.gaze.state, size, self.marks.all(), still, overlays=self.overlays)

    def over(self, painter: QPainter, lens: Lens, ratio: float, *, bare: bool = False, planes: bool = True) -> None:
        """Graphics, reference lines and marks; `bare` where no words will stand at the rim."""
        here = self.gaze.here
        if here is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.font())
        canvas = Canvas(painter, lens, ratio)
        for graphic in self.over_it.graphics if self.over_it is not None and planes else ():
            canvas.graphic(graphic)
        for line in self.lines:
            canvas.reference(line)
        edited = self.hand.edited
        marks = [edited if edited is not None and edited.id == mark.id else mark for mark in self.marks.of(here.spot)]
        for mark in marks:
            canvas.mark(mark, chosen=mark.id == self.chosen)
        for mark, where in zip(marks, self._standing(canvas, marks, here, lens, ratio, bare=bare), strict=True):
            if where is not None:
                canvas.words(mark, where)
        if self.hand.drawing is not None:
            canvas.drawing(self.hand.drawing)
        if self.aim.at is not None:
            canvas.crosshair(self.aim.at)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _standing(self, canvas: Canvas, marks: Sequence[Mark], here: Loaded, lens: Lens, ratio: float, *, bare: bool,
                  ) -> tuple[Standing | None, ...]:
        """Where the words of the marks stand; looked for once while a window is dragged over them."""
        if not marks:
            return ()
        room = QRect(0, 0, round(lens.width / ratio), round(lens.height / ratio))
        rims = () if bare else rim.boxes(room, self._words(here, lens), self.letters(lens))
        wanted = (tuple(marks), replace(lens, state=replace(lens.state, voi=None, tool=Tool.SELECT)), rims)
        if self._stood is None or self._stood[0] != wanted:
            inner = Box(4, 4, max(1, room.width() - 8 - rim.BAR), max(1, room.height() - 8))
            self._stood = wanted, standing([canvas.label(mark) for mark in marks], inner, rims)
        return self._stood[1]

    def magnifier(self, painter: QPainter, lens: Lens, at: Point, ratio: float) -> None:
        """The same pixels and marks through a nearer lens, about the pointer: whether an end lies on its edge."""
        here = self.gaze.here
        if here is None:
            return
        side = round(MAGNIFIER_PX * ratio)
        state = self.gaze.state
        whole = Lens.of(replace(state, zoom=1.0), (side, side), here.frame, lens.aspect)
        x, y = lens.to_image(at)
        state = state.zoomed(lens.scale * MAGNIFIED / whole.scale, (x / lens.columns, y / lens.rows))
        square = QRect(0, 0, MAGNIFIER_PX, MAGNIFIER_PX)
        painter.save()
        # On a whole device pixel, so that the glass too shows what was painted and nothing between.
        painter.translate(round(at[0] - side / 2) / ratio, round(at[1] - side / 2) / ratio)
        painter.fillRect(square, style.image_colour("ground"))
        near = Lens.of(state, (side, side), here.frame, lens.aspect)
        self.picture(painter, self.glass, near, ratio)
        painter.setClipRect(square)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        canvas = Canvas(painter, near, ratio)
        for mark in self.marks.of(here.spot):
            canvas.mark(mark, chosen=False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        rim.paint_rim(painter, square, active=True)
        painter.restore()

    def rim(self, painter: QPainter, room: QRect, lens: Lens | None, *, active: bool) -> None:
        """Words, letters, scroll mark, what is awaited or why there is no picture."""
        gaze = self.gaze
        if gaze.here is not None and lens is not None:
            self._corners(painter, room, gaze.here, lens)
        elif gaze.reason is not None:
            rim.paint_corners(painter, room, Corners((self.words.title,), (), (), ()), Edges())
            rim.paint_reason(painter, room, f"Ảnh {gaze.seen + 1}/{gaze.count}\n\n"
                                            f"{gaze.reason.vietnamese} {gaze.reason.todo}".rstrip())
        if gaze.awaited is not None:
            rim.paint_waiting(painter, room, f"Đang tải {self._noun()} {gaze.awaited + 1}/{gaze.count}…")
        if gaze.count > 1:
            rim.paint_bar(painter, rim.bar_of(room), gaze.seen, gaze.count)
        rim.paint_rim(painter, room, active=active)

    def _noun(self) -> str:
        here = self.gaze.here
        return self.words.noun or ("ảnh" if here is None else self._told_of(here)[0].noun)

    def letters(self, lens: Lens) -> Edges:
        """Orientation letters as the picture is turned now."""
        here = self.gaze.here
        return Edges() if here is None else edges_of(self._told_of(here)[1], lens)

    def legend_at(self, room: QRect, lens: Lens, at: QPoint) -> bool:
        """Whether an orientation letter stands there."""
        here = self.gaze.here
        return here is not None and any(place.contains(at) for _, place in rim.letter_places(
            room, self.letters(lens), self._words(here, lens)))

    def _corners(self, painter: QPainter, room: QRect, here: Loaded, lens: Lens) -> None:
        rim.paint_corners(painter, room, self._words(here, lens), self.letters(lens))

    def _words(self, here: Loaded, lens: Lens) -> Corners:
        state, words = self.gaze.state, replace(self.words, lines=self._lines(here))
        return corners_of(self._told_of(here)[0], self.gaze.seen, self.gaze.count, words, scale=lens.scale,
                          voi=self.surface.window(here, state.voi), invert=state.invert,
                          full=isinstance(state.voi or here.grey.default, FullDynamic))

    def _told_of(self, here: Loaded) -> tuple[Told, tuple[str, str]]:
        """What the file says, read once for each picture that is seen."""
        if self._told is None or self._told[0] is not here:
            self._told = here, (told_by(here), ways_of(here))
        return self._told[1]
