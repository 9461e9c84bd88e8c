"""A viewport's look kept as a DICOM presentation state, and one that others kept laid upon a viewport."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from imaging.geometry import Point, aspect_of
from imaging.grey import Grey, Voi, Window
from imaging.objects.graphics import Annotation, Figure, outline
from imaging.objects.graphics import Graphic as Drawn
from imaging.objects.graphics import Words as Said
from imaging.objects.presentation import Mode, Presentation
from imaging.objects.presentation_file import Taken, grouped, written_presentation
from imaging.objects.presenting import Seen, seen
from imaging.objects.shutters_file import Shut
from imaging.objects.writing import Making
from imaging.rendering import View
from imaging.sampling import Region
from imaging.veils import Veil
from records.errors import Refusal
from workstation.models.images.graphics import Dots, Graphic, Polyline, Text
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import corners
from workstation.models.images.readings import words_of
from workstation.models.images.stack import Loaded
from workstation.models.images.view_state import ViewState

_CLOSED = (Kind.RECTANGLE, Kind.FREEHAND)


@dataclass(frozen=True)
class Laid:
    """A state laid upon a frame: how to look, what is drawn over it, and what of it is not done here, in words."""

    look: ViewState
    over: Over
    left_out: tuple[str, ...] = ()

    @property
    def graphics(self) -> tuple[Graphic, ...]:
        """What is drawn."""
        return self.over.graphics


@dataclass(frozen=True, eq=False)
class Over:
    """What a state puts over one frame: graphics, and beneath them its overlays and shutters."""

    graphics: tuple[Graphic, ...] = ()
    veils: tuple[Veil, ...] = ()
    shutters: tuple[Veil, ...] = ()
    """Those of the veils that are shutters."""
    shut: Shut | None = None
    """The same, for a state that is saved."""


def kept(here: Loaded, look: ViewState, size: tuple[int, int], marks: Iterable[Mark],
         lies: Over | None = None) -> Taken:
    """One frame as a viewport of that size shows it, its marks, and the shutter of the state that `lies` there."""
    lens = Lens.of(look, size, here.frame, aspect_of(here.image.dataset, here.image.groups, here.spot.frame))
    drawings, texts = drawn([mark for mark in marks if mark.spot == here.spot])
    # A picture that was pushed out of the viewport is kept whole.
    view = lens.view() or View(look.voi, look.invert, mirrored=look.mirrored, quarter_turns=look.quarter_turns)
    return Taken(here.image, here.frame, replace(view, size=None), drawings, texts, None if lies is None else lies.shut)


def files_of(taken: Sequence[Taken], makings: Iterable[Making], *, label: str, description: str, creator: str,
             ) -> tuple[bytes, ...]:
    """As few states as there must be, each as a file with an identity of its own."""
    return tuple(written_presentation(group, making, label=label, description=description, creator=creator)
                 for group, making in zip(grouped(list(taken)), makings, strict=False))


def drawn(marks: Iterable[Mark]) -> tuple[tuple[Drawn, ...], tuple[Said, ...]]:
    """Marks as figures, each with its words at its first point."""
    drawings, texts = list[Drawn](), list[Said]()
    for mark in marks:
        drawings += _figures(mark)
        if mark.reading is not None:
            texts.append(Said("\n".join(words_of(mark.reading)), anchor=_f32(max(mark.points)), anchor_visible=False))
    return tuple(drawings), tuple(texts)


def _figures(mark: Mark) -> list[Drawn]:
    if mark.kind is Kind.ELLIPSE:
        (left, top), _, (right, bottom), _ = corners(mark)
        middle = (left + right) / 2, (top + bottom) / 2
        across = ((left, middle[1]), (right, middle[1]))
        down = ((middle[0], top), (middle[0], bottom))
        ends = (*across, *down) if right - left >= bottom - top else (*down, *across)
        return [Drawn(Figure.ELLIPSE, tuple(map(_f32, ends)))]
    points = corners(mark) if mark.kind is Kind.RECTANGLE else mark.points
    if mark.kind is Kind.COBB:
        return [Drawn(Figure.POLYLINE, tuple(map(_f32, points[at:at + 2]))) for at in (0, 2)]
    line = (*points, points[0]) if mark.kind in _CLOSED else points
    return [Drawn(Figure.POLYLINE, tuple(map(_f32, line)))]


def _f32(point: Point) -> Point:
    """As a state can say it: to a thousandth of a pixel."""
    return round(point[0], 3), round(point[1], 3)


def laid(state: Presentation, here: Loaded, size: tuple[int, int], look: ViewState) -> Laid:
    """The state upon a frame in a viewport of that size; place and tool stay. Refuses a state of other frames."""
    shown = seen(state, here.image, here.spot.frame)
    region = shown.view.region or Region(0, 0, here.frame.columns, here.frame.rows)
    turned = replace(look, zoom=1.0, centre=(0.5, 0.5), mirrored=state.mirrored, quarter_turns=state.quarter_turns)
    aspect = aspect_of(here.image.dataset, here.image.groups, here.spot.frame)
    lens = Lens.of(turned, size, here.frame, aspect)
    wide, high = region.width, region.height * lens.aspect
    if state.quarter_turns % 2:
        wide, high = high, wide
    zoom = min(lens.width / wide, lens.height / high) / lens.scale
    centre = ((region.left + region.width / 2) / here.frame.columns, (region.top + region.height / 2) / here.frame.rows)
    voi, left_out = look.voi, list[str]()
    if here.frame.is_grey:
        voi = _voi_here(shown, here.grey)
        turned = replace(turned, invert=shown.grey.inverted != here.grey.inverted)
        if voi is None:
            left_out.append("Bảng mức xám của cách trình bày không áp dụng được cho ảnh này.")
    area = state.area(here.spot.sop_instance_uid, here.spot.frame)
    if area is not None and area.mode is Mode.MAGNIFY and area.magnification:
        zoom = area.magnification / lens.scale
    elif area is not None and area.mode is Mode.TRUE_SIZE:
        left_out.append("Cách trình bày đòi cỡ thật, màn hình này không cho biết cỡ: ảnh được vừa khung.")
    return Laid(replace(turned, voi=voi).zoomed(zoom, centre), _over(shown), tuple(left_out))


def over(state: Presentation, here: Loaded) -> Over | None:
    """What the state puts over a frame that is seen; None for a frame that it does not speak of."""
    try:
        return _over(seen(state, here.image, here.spot.frame))
    except Refusal:
        return None


def _over(shown: Seen) -> Over:
    return Over(graphics_of(shown.annotations), shown.view.veils, shown.shutters, shown.shut)


def _voi_here(shown: Seen, grey: Grey) -> Voi | None:
    """The state's window in this file's own units; None when the units cannot be brought together."""
    voi, theirs, ours = shown.view.voi, shown.grey.modality, grey.modality
    if theirs.table is None and ours.table is None:
        if (theirs.slope, theirs.intercept) == (ours.slope, ours.intercept):
            return voi
        if isinstance(voi, Window):
            ratio = ours.slope / theirs.slope
            center = (voi.center - theirs.intercept) * ratio + ours.intercept
            return replace(voi, center=center, width=voi.width * abs(ratio)) if ratio > 0 else None
        return None
    same = theirs.table is not None and ours.table is not None and (
        theirs.table.entries.tobytes() == ours.table.entries.tobytes() and theirs.table.first == ours.table.first)
    return voi if same else None


def graphics_of(annotations: Iterable[Annotation]) -> tuple[Graphic, ...]:
    """What a viewport draws of a state's annotations; the lowest layer first."""
    found = list[Graphic]()
    for annotation in annotations:
        for graphic in annotation.graphics:
            found.append(Dots(graphic.points) if graphic.figure is Figure.POINT else Polyline(
                outline(graphic), graphic.filled))
        for words in annotation.texts:
            at = words.box[0] if words.box is not None else words.anchor
            if at is not None:
                found.append(Text(at, words.text))
            if words.box is not None and words.anchor is not None and words.anchor_visible:
                found.append(Polyline((words.box[0], words.anchor)))
    return tuple(found)
