"""Pictures as DICOMweb answers them (PS3.18 10.4.1.1.3, 10.4.1.1.4): of frames, of all that a series or study has, and
the one that stands for it (thumbnail).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imaging.geometry import aspect_of
from imaging.grey import Window
from imaging.image import Image, open_image
from imaging.jpeg import jpeg
from imaging.png import png
from imaging.rendering import View, fitted, natural_size, render
from imaging.sources import MIB
from imaging.stacks import from_the_middle
from records.errors import Refusal
from server.services import images
from server.services.hospital import Desk
from server.services.image_web import LIMITS, TOGETHER, decoder, making_room, within
from server.services.images import Look
from server.store import images as store
from server.store.chunks import Sealed
from server.store.images import Kept

MOST = 5000
"""Pictures in one answer, which may take minutes to draw: of more, each series is asked for by itself."""
SMALL = (128, 128)
"""A thumbnail is fitted into this where no viewport is named; it is never made larger than its frame."""
_TRIES = 8
"""So many images are tried where the one in the middle cannot stand for the others."""
_log = logging.getLogger("benhan.server")
Size = tuple[int, int] | None


@dataclass(frozen=True)
class Pictured:
    """Images of one study that have pixels, in the order of reading, each with the number of its frames."""

    look: Look
    images: tuple[tuple[Kept, int], ...]

    @property
    def without(self) -> int:
        """How many of those that were asked for have none: reports, presentation states, documents."""
        return len(self.look.images) - len(self.images)


@dataclass(frozen=True)
class Drawn:
    """One frame's picture, or why there is none."""

    kept: Kept
    frame: int
    picture: bytes | Refusal


def pictured(desk: Desk, study: str, series: str = "", uid: str = "") -> Pictured:
    """A look at the images that have pixels; refuses where none has."""
    seen = images.look(desk, study, series, uid)
    frames = store.frames_of(desk.db, [one.id for one in seen.images])
    found = tuple((one, frames[one.id]) for one in seen.images if one.id in frames)
    if not found:
        raise Refusal.because("image_has_no_pixels", kind="?")
    return Pictured(seen, found)


def rendered(
    file: Sealed, numbers: Sequence[int], window: Window | None, size: Size, *, as_jpeg: bool = False,
) -> list[bytes]:
    """A picture of each frame: exactly the viewer's pixels as PNG, near them as JPEG."""
    image = open_image(file, LIMITS)
    drawn = 3 * (size[0] * size[1] if size is not None else image.format.pixels)
    if len(numbers) > 1 and len(numbers) * max(image.format.decoded_bytes, drawn) > TOGETHER:
        raise Refusal.because("image_frames_too_many", limit=TOGETHER // MIB)
    with making_room(image.format):
        return [_drawn(image, within(image, number), View(voi=window, size=size), as_jpeg=as_jpeg)
                for number in numbers]


def all_of(shown: Pictured, window: Window | None, size: Size, *, as_jpeg: bool) -> Iterator[Drawn]:
    """Every frame of every image, each drawn when its turn comes; a broken one says why, and the others come.

    Refuses at once too many, and where not even one can be drawn.
    """
    if sum(frames for _, frames in shown.images) > MOST:
        raise Refusal.because("image_pictures_too_many", limit=MOST)
    return _some(_each(shown, View(voi=window, size=size), as_jpeg=as_jpeg))


def thumbnail(shown: Pictured, size: Size, *, number: int | None = None, as_jpeg: bool) -> bytes:
    """One small picture, without the file's overlays: the middle frame of the middle image of the series that has most.

    Where that one is broken, or says that names stand in its pixels, the next one to it stands for all (PS3.18
    10.4.3.3.4: no thumbnail tells who the patient is).
    """
    why: Refusal | None = None
    for kept, frames in _nearest_first(shown.images)[:_TRIES]:
        try:
            image = open_image(shown.look.file(kept), LIMITS)
            if str(image.dataset.get("BurnedInAnnotation", "")).strip().upper() == "YES":
                raise Refusal.because("image_names_in_pixels", kept.uid)
            with making_room(image.format):
                return _small(image, within(image, number or (frames + 1) // 2), size, as_jpeg=as_jpeg)
        except Refusal as refusal:
            why = why or refusal
    assert why is not None  # noqa: S101 - a look without images was refused
    raise why


def _nearest_first(found: Sequence[tuple[Kept, int]]) -> list[tuple[Kept, int]]:
    """The images of the series that has most of them, from its middle outwards; of several such the first."""
    by_series: dict[object, list[tuple[Kept, int]]] = {}
    for one in found:
        by_series.setdefault(one[0].series, []).append(one)
    largest = max(by_series.values(), key=len)
    return [largest[at] for at in from_the_middle(len(largest), (len(largest) - 1) // 2)]


def _some(each: Iterator[Drawn]) -> Iterator[Drawn]:
    """The same, begun: refused where nothing can be drawn of all, with the first reason."""
    failed: list[Drawn] = []
    for one in each:
        if isinstance(one.picture, bytes):
            # The first part of a message says of which kind it is: what failed before follows it.
            return _after(one, failed, each)
        failed.append(one)
    assert isinstance(failed[0].picture, Refusal)  # noqa: S101 - there is one at least
    raise failed[0].picture


def _after(first: Drawn, failed: list[Drawn], each: Iterator[Drawn]) -> Iterator[Drawn]:
    yield first
    yield from failed
    yield from each


def _each(shown: Pictured, view: View, *, as_jpeg: bool) -> Iterator[Drawn]:
    for kept, _ in shown.images:
        try:
            image = open_image(shown.look.file(kept), LIMITS)
            frames = image.format.frames
        except Refusal as refusal:
            yield _failed(kept, 1, refusal)
            continue
        for number in range(1, frames + 1):
            try:
                with making_room(image.format):
                    drawn = _drawn(image, number, view, as_jpeg=as_jpeg)
            except Refusal as refusal:
                yield _failed(kept, number, refusal)
            else:
                yield Drawn(kept, number, drawn)


def _failed(kept: Kept, number: int, refusal: Refusal) -> Drawn:
    _log.warning("Frame %s of the image %s was not drawn: %s", number, kept.uid, refusal)
    return Drawn(kept, number, refusal)


def _drawn(image: Image, number: int, view: View, *, as_jpeg: bool) -> bytes:
    shown = image.frame(number, decoder)
    drawn = render(shown, image.grey(number), view, aspect_of(image.dataset, image.groups, number))
    return jpeg(drawn) if as_jpeg else png(drawn)


def _small(image: Image, number: int, size: Size, *, as_jpeg: bool) -> bytes:
    frame, aspect = image.frame(number, decoder), aspect_of(image.dataset, image.groups, number)
    natural = natural_size(frame, aspect)
    size = size or fitted(natural, (min(SMALL[0], natural[0]), min(SMALL[1], natural[1])))
    drawn = render(frame, image.grey(number), View(size=size, overlays=False), aspect)
    return jpeg(drawn) if as_jpeg else png(drawn)
