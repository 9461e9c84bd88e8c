"""Pictures out of the house, as PNG or JPEG: the frame that is shown, or a whole series, each frame a numbered file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.attributes import text
from imaging.deidentify import names_may_be_seen
from imaging.geometry import aspect_of
from imaging.jpeg import jpeg
from imaging.png import png
from imaging.rendering import View, render
from imaging.system import put_in_place, take_away
from imaging.veils import Veil
from records.errors import Cancelled, Reason, Refusal, Trouble
from workstation.background import Query
from workstation.emitting import emitter
from workstation.models.images.outgoing import Outgoing
from workstation.models.images.stack import Fetch, Loaded
from workstation.models.images.view_state import ViewState

Pixels = NDArray[np.uint8]
_AT_ONCE = 20
"""How many reasons of frames that were left out are kept."""


class Names(Enum):
    """What is known of names within the pixels themselves."""

    NONE = "none"
    PERHAPS = "perhaps"
    SAID = "said"
    """The file says so (0028,0301): it may not leave as a picture without a name."""


def names_in(here: Loaded) -> Names:
    """By what the file says of itself, and by the kind of device."""
    dataset = here.image.dataset
    if text(dataset, "BurnedInAnnotation").upper() == "YES":
        return Names.SAID
    return Names.PERHAPS if names_may_be_seen(dataset) else Names.NONE


def whole_frame(here: Loaded, look: ViewState, *, named: bool = True, veils: tuple[Veil, ...] | None = None) -> Pixels:
    """All of the frame in its own size, as it is looked at: what the server and the command line draw of it.

    `veils` are those of a presentation state, in the place of the file's own shutter.
    """
    here = here if named else here.without_planes()
    view = View(look.voi, look.invert, mirrored=look.mirrored, quarter_turns=look.quarter_turns,
                shutter=veils is None, veils=veils or ())
    return render(here.frame, here.grey, view, aspect_of(here.image.dataset, here.image.groups, here.spot.frame))


@dataclass(frozen=True)
class Wanted:
    """A whole series: its frames in order, how each is drawn, and what is written below each (None: nothing)."""

    frames: Sequence[Fetch]
    draw: Callable[[Loaded], Pixels]
    folder: Path
    ending: str
    named: bool
    caption: Callable[[int, Pixels], Pixels] | None = None


@dataclass
class Drawn:
    """What became of it."""

    folder: Path
    files: int = 0
    missing: int = 0
    left_out: list[Reason] = field(default_factory=list)
    """Why frames are not in it, at most twenty."""


class PictureModel(QObject):
    """Pictures of one study."""

    saved = pyqtSignal(object)
    """Path of one picture, or `Drawn` of a series; None when it was stopped and nothing stayed."""
    refused = pyqtSignal(object)
    """Refusal: nothing was written."""
    went_on = pyqtSignal(int)
    """How many frames are done."""

    def __init__(self, source: Outgoing, study: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source, self._study = source, study
        self._stop = threading.Event()

    def save(self, picture: Callable[[], Pixels], file: Path, reason: str, *, named: bool) -> None:
        """`saved` or `refused` follows."""
        def work() -> Path:
            pixels = picture()
            self.source.tell((self._study,), reason, named=named)
            _write(pixels, file)
            return file

        self._run(work)

    def save_all(self, wanted: Wanted, reason: str) -> None:
        """Into a folder that is not there yet; `saved` or `refused` follows. The whole, or nothing of it."""
        self._stop.clear()
        went_on = emitter(self, self.went_on)

        def work() -> Drawn | None:
            self.source.tell((self._study,), reason, named=wanted.named)
            try:
                return draw_all(wanted, self._stop, went_on)
            except Cancelled:
                return None

        self._run(work)

    def cancel(self) -> None:
        """Stop after the frame that is being written; nothing stays."""
        self._stop.set()

    def _run(self, work: Callable[[], object]) -> None:
        self.source.background.run(Query(
            "export pictures", work, emitter(self, self.saved), emitter(self, self.refused)), lane="export")


def draw_all(wanted: Wanted, stop: threading.Event, went_on: Callable[[int], object]) -> Drawn:
    """Frame by frame; one that cannot be shown, or that says that it bears a name, is left out and told."""
    told = Drawn(wanted.folder)
    try:
        wanted.folder.mkdir(parents=True)
    except OSError as error:
        raise _not_written(error) from error
    try:
        for number, fetch in enumerate(wanted.frames, start=1):
            if stop.is_set():
                raise Cancelled
            try:
                here = fetch(stop)
                if not wanted.named and names_in(here) is Names.SAID:
                    raise Refusal.because("image_names_in_pixels", here.spot.sop_instance_uid)
                pixels = wanted.draw(here)
            except Trouble:
                raise  # the server or the disc is away: half a series is none
            except Refusal as refused:
                told.missing += 1
                told.left_out += refused.reasons if len(told.left_out) < _AT_ONCE else ()
            else:
                made = pixels if wanted.caption is None else wanted.caption(number, pixels)
                _write(made, wanted.folder / f"{number:04d}{wanted.ending}")
                told.files += 1
            went_on(number)
        if not told.files:
            raise Refusal(*(told.left_out or [Reason("media_nothing")]))
    except BaseException:
        take_away(wanted.folder)
        raise
    return told


def _write(pixels: Pixels, file: Path) -> None:
    made = jpeg(pixels) if file.suffix.lower() in (".jpg", ".jpeg") else png(pixels)
    part = file.with_name(file.name + ".part")
    try:
        part.write_bytes(made)
        put_in_place(part, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise _not_written(error) from error


def _not_written(error: OSError) -> Refusal:
    return Refusal.because("media_not_written", detail=error.strerror or type(error).__name__)
