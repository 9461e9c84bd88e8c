"""What is painted: a frame, how it is looked at, and exactly the pixels that viewer, server and command line show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.grey import FullDynamic, Grey, Voi, full_window, levels, lookup, paint, shade
from imaging.image import Frame
from imaging.sampling import Region, sample
from imaging.veils import Veil
from records.errors import Refusal

Picture = NDArray[np.uint8]
Words = NDArray[np.uint32]
MOST_PIXELS = 64_000_000
_OPAQUE = np.uint32(0xFF000000)
_MOST_STEPS = 4_000_000


@dataclass(frozen=True)
class View:
    """How a frame is looked at.

    `voi` None is the file's own first preset. `size` (width, height) is the picture's; None the frame's own, pixels
    made square. `region` is what part is seen (None: all, centred, black around). Mirrored left to right first, then
    turned by quarter turns clockwise. Colour frames keep their colours whatever `voi` says. `overlays`: planes and
    shutter of the file itself. `veils` lie over all of it, in their order: those of a presentation state, whose shutter
    takes the place of the file's (`shutter` false).
    """

    voi: Voi | None = None
    invert: bool = False
    size: tuple[int, int] | None = None
    region: Region | None = None
    mirrored: bool = False
    quarter_turns: int = 0
    overlays: bool = True
    shutter: bool = True
    veils: tuple[Veil, ...] = ()


@dataclass(frozen=True, eq=False)
class Sampled:
    """A frame brought to the view's size, its window not yet chosen: keep it while the window is dragged.

    `left`, `top`: where it lies in a picture of `size`; what is around it is black.
    """

    frame: Frame
    values: NDArray[Any]
    overlay: NDArray[np.bool_] | None
    coloured: tuple[NDArray[np.uint8], NDArray[np.bool_]] | None
    left: int
    top: int
    size: tuple[int, int]
    veils: tuple[Veil, ...] = ()
    """As the view has them, brought to its size."""

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """The least and the greatest value of a whole-numbered grey sample: a window's table is made for these."""
        if self.values.ndim != 2 or self.values.dtype.kind not in "iu" or not self.values.size:
            return None
        return int(self.values.min()), int(self.values.max())

    @cached_property
    def steps(self) -> NDArray[np.intp] | None:
        """How far each value lies above the least, in the machine's own integers: a gather by these is the fastest."""
        if self.span is None or self.values.dtype.itemsize > 2 or self.values.size > _MOST_STEPS:
            return None
        return self.values.astype(np.intp) - self.span[0]


def render(frame: Frame, grey: Grey, view: View = View(), aspect: float = 1.0) -> Picture:
    """(height, width) grey or (height, width, 3) colour, 8 bits. `aspect` is pixel height by pixel width."""
    return paint_view(sampled(frame, grey, view, aspect), grey, view)


def sampled(frame: Frame, grey: Grey, view: View, aspect: float = 1.0) -> Sampled:
    """The slow half: once for a frame, a size and a region."""
    whole = Region(0, 0, frame.columns, frame.rows)
    natural = natural_size(frame, aspect)
    if view.quarter_turns % 2:
        natural = natural[::-1]
    size = view.size or natural
    if min(size) < 1:
        raise Refusal.because("image_picture_without_pixels", width=size[0], height=size[1])
    if size[0] * size[1] > MOST_PIXELS:
        raise Refusal.because("image_picture_too_large", width=size[0], height=size[1])
    if view.region is None:
        width, height = fitted(natural, size)
    else:
        width, height = size
    unturned = (height, width) if view.quarter_turns % 2 else (width, height)
    region = view.region or whole
    values = _seen(frame.values, region, unturned, view, grey.is_padding(frame.values) if frame.is_grey else None)
    overlay = None if frame.overlay is None or not view.overlays else _seen(
        frame.overlay.astype(np.float32), region, unturned, view) >= 0.5
    coloured = None
    if frame.coloured is not None:
        colours, where = frame.coloured
        coloured = (_seen(colours, region, unturned, view),
                    _seen(where.astype(np.float32), region, unturned, view) >= 0.5)
    veils = tuple(Veil(_seen(veil.mask.astype(np.float32), region, unturned, view) >= 0.5, veil.level, veil.colour)
                  for veil in _veils(frame, view))
    return Sampled(frame, values, overlay, coloured, (size[0] - width) // 2, (size[1] - height) // 2, size, veils)


def _veils(frame: Frame, view: View) -> tuple[Veil, ...]:
    own = frame.shutter if view.shutter and view.overlays else None
    return view.veils if own is None else (own, *view.veils)


def paint_view(shown: Sampled, grey: Grey, view: View) -> Picture:
    """The fast half: one table, one gather a pixel."""
    if shown.frame.is_grey:
        painted = levels(shown.values, grey, view.voi or grey.default, invert=view.invert, of=shown.frame.values,
                         span=shown.span)
        if shown.coloured is not None:
            colours, where = shown.coloured
            painted = np.where(where[:, :, None], colours, painted[:, :, None])
    else:
        painted = 255 - shown.values if view.invert else shown.values
    if painted.ndim == 2 and any(veil.colour for veil in shown.veils):
        painted = np.repeat(painted[:, :, None], 3, axis=2)
    elif shown.overlay is not None or shown.veils:
        painted = painted.copy()
    if shown.overlay is not None:
        painted[shown.overlay] = 255
    for veil in shown.veils:
        painted[veil.mask] = veil.level if painted.ndim == 2 else veil.rgb
    return _placed(painted, shown)


def paint_words(shown: Sampled, grey: Grey, view: View, kept: Words | None = None, *, again: bool = False) -> Words:
    """The picture of `paint_view` as a screen holds it: 32-bit words 0xFFRRGGBB. `kept` may be written over.

    For grey pixels the table itself holds the words, so that a dragged window costs one gather and no widening;
    `again` says that it is being dragged, and that what makes that gather faster is worth keeping.
    """
    width, height = shown.size
    whole = shown.values.shape == (height, width) and shown.coloured is None
    out = kept if kept is not None and kept.shape == (height, width) else np.empty((height, width), np.uint32)
    voi = view.voi or grey.default
    if not whole or not shown.frame.is_grey or shown.values.dtype.itemsize > 2 or shown.values.dtype.kind not in "iu":
        picture = paint_view(shown, grey, view)
        rgb = picture if picture.ndim == 3 else picture[:, :, None]
        np.bitwise_or(np.left_shift(rgb[:, :, 0], 16, dtype=np.uint32), rgb[:, :, -1], out=out)
        out |= np.left_shift(rgb[:, :, rgb.shape[2] // 2], 8, dtype=np.uint32)
        out |= _OPAQUE
        return out
    meant = full_window(grey, shown.frame.values) if isinstance(voi, FullDynamic) else voi
    steps, dtype = shown.steps if again else None, shown.values.dtype
    if steps is not None and shown.span is not None:
        table = shade(np.arange(shown.span[0], shown.span[1] + 1).astype(dtype), grey, meant, invert=view.invert)
        np.take(table * np.uint32(0x010101) | _OPAQUE, steps, mode="wrap", out=out)
    else:
        table = lookup(dtype, grey, meant, invert=view.invert, span=shown.span)
        paint(shown.values, table * np.uint32(0x010101) | _OPAQUE, out)
    if shown.overlay is not None:
        out[shown.overlay] = 0xFFFFFFFF
    for veil in shown.veils:
        red, green, blue = veil.rgb
        out[veil.mask] = red << 16 | green << 8 | blue | 0xFF000000
    return out


def natural_size(frame: Frame, aspect: float) -> tuple[int, int]:
    """Width and height with square pixels and no pixel lost."""
    if not math.isfinite(aspect) or not 0.01 <= aspect <= 100:
        aspect = 1.0
    if aspect >= 1:
        return frame.columns, round(frame.rows * aspect)
    return round(frame.columns / aspect), frame.rows


def fitted(natural: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest width and height of that shape within a size."""
    scale = min(size[0] / natural[0], size[1] / natural[1])
    return max(1, min(size[0], round(natural[0] * scale))), max(1, min(size[1], round(natural[1] * scale)))


def inverted(view: View) -> View:
    """The same, black and white changed over."""
    return replace(view, invert=not view.invert)


def _seen(values: NDArray[Any], region: Region, size: tuple[int, int], view: View,
          padding: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    seen = sample(values, region, *size, padding)
    if view.mirrored:
        seen = seen[:, ::-1]
    return np.ascontiguousarray(np.rot90(seen, -view.quarter_turns % 4))


def _placed(painted: Picture, shown: Sampled) -> Picture:
    width, height = shown.size
    if painted.shape[:2] == (height, width):
        return painted
    picture = np.zeros((height, width, *painted.shape[2:]), np.uint8)
    picture[shown.top:shown.top + painted.shape[0], shown.left:shown.left + painted.shape[1]] = painted
    return picture
