"""A presentation state over one frame: the grey levels and the view that it asks for, its graphics, its picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from imaging.encoded import PixelFormat
from imaging.geometry import Point
from imaging.grey import FullDynamic, Grey, Modality, Table, Voi, Window
from imaging.image import Frame, Image
from imaging.objects.graphics import Annotation, in_image
from imaging.objects.presentation import Area, Presentation, corners, meant
from imaging.objects.shutters import Bitmap, covered
from imaging.objects.shutters_file import Shut
from imaging.overlays import Overlay, drawn
from imaging.rendering import Picture, View, render
from imaging.sampling import Region
from imaging.veils import Veil
from records.errors import Refusal


@dataclass(frozen=True, eq=False)
class Seen:
    """One frame as the state shows it: paint its values with this grey and this view, then its annotations over it."""

    grey: Grey
    view: View
    aspect: float
    annotations: tuple[Annotation, ...]
    shutters: tuple[Veil, ...] = ()
    """Those of the view's veils that are shutters."""
    shut: Shut = field(default_factory=Shut)
    """The same as another state would say it."""


def seen(state: Presentation, image: Image, frame: int) -> Seen:
    """Refuses a frame that the state does not speak of, and grey states over colour."""
    uid, form = image.identity.instance_uid, image.format
    if not state.shows(uid, frame):
        raise Refusal.because("presentation_other_image")
    if state.coloured != (form.samples == 3 or form.photometric == "PALETTE COLOR"):
        raise Refusal.because("presentation_other_colour")
    area = state.area(uid, frame) or Area(Region(0, 0, form.columns, form.rows))
    own = image.grey(frame)
    grey = own if state.coloured else replace(own, modality=state.modality, presets=(), inverted=state.inverse)
    voi = None if state.coloured else _voi(state, state.voi(uid, frame), form)
    overlay, shut = veils(state, form)
    view = View(voi=voi, region=area.region, mirrored=state.mirrored, quarter_turns=state.quarter_turns, shutter=False,
                veils=(*overlay, *shut))
    return Seen(grey, view, area.aspect, graphics(state, area, uid, frame), shut, _shut(state, shut))


def veils(state: Presentation, form: PixelFormat) -> tuple[tuple[Veil, ...], tuple[Veil, ...]]:
    """What the state lays over pixels of such a picture: its own overlays, and over them its shutters."""
    overlay, shut = _planes(state, form), _covered(state, form)
    return (() if overlay is None else (Veil(overlay),),
            () if shut is None else (Veil(shut, state.shutter_level, state.shutter_colour),))


def _shut(state: Presentation, veils_: tuple[Veil, ...]) -> Shut:
    by_plane = any(isinstance(shutter, Bitmap) for shutter in state.shutters)
    lab = () if state.shutter_colour is None else state.shutter_lab
    return Shut(state.shutters, state.shutter_level, lab, veils_[0].mask if by_plane and veils_ else None)


def graphics(state: Presentation, area: Area, instance_uid: str, frame: int) -> tuple[Annotation, ...]:
    """What is drawn over one frame, the lowest layer first, every point an image point."""
    order = {layer.name: layer.order for layer in state.layers}
    found = (entry for entry in state.annotations if meant(entry.images, instance_uid, frame))
    first, last = corners(area.region, mirrored=state.mirrored, quarter_turns=state.quarter_turns)

    def place(point: Point) -> Point:
        along = point[::-1] if state.quarter_turns % 2 else point  # a quarter turn lays the display's rows down
        return (first[0] + (last[0] - first[0]) * along[0], first[1] + (last[1] - first[1]) * along[1])

    return tuple(in_image(entry, place) for entry in sorted(found, key=lambda entry: order.get(entry.layer, 0)))


def picture(state: Presentation, image: Image, frame: Frame, size: tuple[int, int] | None = None) -> Picture:
    """The displayed area as the state shows it, without its graphics; its own pixels, or scaled to fit a size."""
    shown = seen(state, image, frame.number)
    region = shown.view.region or Region(0, 0, frame.columns, frame.rows)
    turned = state.quarter_turns % 2 == 1
    own = round(region.width), round(region.height * shown.aspect)
    if shown.aspect < 1:
        own = round(region.width / shown.aspect), round(region.height)
    size = size or (own[::-1] if turned else own)
    view = replace(shown.view, size=size, region=around(region, size[::-1] if turned else size, shown.aspect))
    painted = render(frame, shown.grey, view).copy()
    painted[_beyond(painted, view, frame)] = 0
    return painted


def around(region: Region, size: tuple[int, int], aspect: float = 1.0) -> Region:
    """The least region of a size's shape that holds all of `region`, which stays in its middle (SCALE TO FIT)."""
    wanted = size[0] / size[1] * aspect
    width, height = max(region.width, region.height * wanted), max(region.height, region.width / wanted)
    return Region(region.left - (width - region.width) / 2, region.top - (height - region.height) / 2, width, height)


def _beyond(painted: Picture, view: View, frame: Frame) -> NDArray[np.bool_]:
    """Where the displayed area reaches beyond the image, whose border the sampler repeats there."""
    region, (width, height) = view.region or Region(0, 0, frame.columns, frame.rows), _unturned(painted, view)
    x = region.left + (np.arange(width)[None, :] + 0.5) * region.width / width
    y = region.top + (np.arange(height)[:, None] + 0.5) * region.height / height
    return _turned((x < 0) | (x > frame.columns) | (y < 0) | (y > frame.rows), view)


def _unturned(painted: Picture, view: View) -> tuple[int, int]:
    height, width = painted.shape[:2]
    return (height, width) if view.quarter_turns % 2 else (width, height)


def _turned(mask: NDArray[np.bool_], view: View) -> NDArray[np.bool_]:
    return np.rot90(mask[:, ::-1] if view.mirrored else mask, -view.quarter_turns % 4)


def _covered(state: Presentation, form: PixelFormat) -> NDArray[np.bool_] | None:
    mask = covered(state.shutters, form.rows, form.columns)
    groups = {shutter.group for shutter in state.shutters if isinstance(shutter, Bitmap)}
    bitmap = drawn(_of(state.planes, groups), form.rows, form.columns) if groups else None
    if bitmap is None:
        return mask
    return bitmap if mask is None else mask | bitmap


def _planes(state: Presentation, form: PixelFormat) -> NDArray[np.bool_] | None:
    """Overlays that the state itself brings, save those that are shutters."""
    shut = {shutter.group for shutter in state.shutters if isinstance(shutter, Bitmap)}
    return drawn(tuple(plane for plane in state.planes if plane.group not in shut), form.rows, form.columns)


def _of(planes: Iterable[Overlay], groups: set[int]) -> tuple[Overlay, ...]:
    return tuple(plane for plane in planes if plane.group in groups)


def _voi(state: Presentation, told: Window | Table | None, form: PixelFormat) -> Voi:
    if form.real or form.stored > 16:
        return told or FullDynamic()
    low, high = _ends(state.modality, form)
    voi = told or _whole(low, high)
    if state.lut is None or high - low > 1 << 18:
        return voi
    values = np.arange(int(np.floor(low)), int(np.ceil(high)) + 1)
    last = len(state.lut.entries) - 1
    entries = state.lut.entries[np.rint(voi.apply(values) * last).astype(np.int64)]
    return Table(int(values[0]), entries, state.lut.bits)


def _whole(low: float, high: float) -> Window:
    """No VOI: the whole range that the stored bits can hold meets the whole range of greys."""
    return Window((low + high + 1) / 2, max(1.0, high - low + 1))


def _ends(modality: Modality, form: PixelFormat) -> tuple[float, float]:
    if modality.table is not None:
        return 0.0, float((1 << modality.table.bits) - 1)
    low = -(1 << form.stored - 1) if form.signed else 0
    ends = [value * modality.slope + modality.intercept for value in (low, low + (1 << form.stored) - 1)]
    return min(ends), max(ends)
