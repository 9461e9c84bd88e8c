"""New planes through a series (MPR): gathered while it loads, cut in the background, one place at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from imaging.geometry import Plane
from imaging.image import Frame, Image
from imaging.sources import MIB
from imaging.volumes import Volume, reslice, standard_plane, volume_of
from records.errors import Reason, Refusal
from workstation.background import Background, Job, Query
from workstation.models.images.stack import Fetch, Loaded, Spot, Stack

PLANE_WORDS = {"axial": "Mặt cắt ngang", "coronal": "Mặt đứng ngang", "sagittal": "Mặt đứng dọc"}
LEAST_STEP_MM = 2.0
KEPT = 48
NUDGE_MS = 700
"""When nothing came for so long, the next slice that is missing is asked for."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A volume and the places along one direction at which it is cut."""

    volume: Volume
    name: str
    planes: tuple[Plane, ...]
    width: int
    height: int


def needs_bytes(columns: int, rows: int, count: int, itemsize: int) -> int:
    """What a series takes as one volume."""
    return columns * rows * count * itemsize


def cut(volume: Volume, name: str) -> Cut:
    """Planes from the first voxel to the last, two millimetres apart or as fine as the volume is."""
    shape = np.array(volume.values.shape) - 1
    corners = np.array([volume.place(shape * [corner >> axis & 1 for axis in range(3)]) for corner in range(8)])
    plane, width, height = standard_plane(volume, name, corners.mean(axis=0))
    along = corners @ plane.normal
    step = max(LEAST_STEP_MM, plane.x_mm)
    count = max(1, int((along.max() - along.min()) / step) + 1)
    here = float(plane.position @ plane.normal)
    planes = tuple(replace(plane, position=plane.position + plane.normal * (along.min() + number * step - here))
                   for number in range(count))
    return Cut(volume, name, planes, width, height)


class Gathering(QObject):
    """Fills a volume as its slices arrive; what the viewport shows is not moved by it."""

    progressed = pyqtSignal(int, int)
    """Slices that are in it, and all."""
    ready = pyqtSignal(object)
    """PlaneStack."""
    refused = pyqtSignal(object)
    """Refusal: no plane can be made of this series."""

    def __init__(self, stack: Stack, name: str, background: Background, bound: int, parent: QObject | None = None,
                 ) -> None:
        super().__init__(parent)
        self._stack, self.name, self._background, self._bound = stack, name, background, bound
        self._values: dict[int, NDArray[Any]] = {}
        self._planes: dict[int, Plane] = {}
        self._first: Loaded | None = None
        self._job: Job | None = None
        self._over = False
        self._nudge = QTimer(self)
        self._nudge.setInterval(NUDGE_MS)
        self._nudge.timeout.connect(self._ask_next)

    def begin(self) -> None:
        """Take what is here; the rest as it comes."""
        self._stack.arrived.connect(self._take)
        self._stack.failed.connect(self._failed)
        for place in range(len(self._stack)):
            if self._stack.why_not(place) is not None:
                self._failed(place)
                return
            self._take(place)
        if not self._over and self._job is None:
            self._nudge.start()

    def cancel(self) -> None:
        """Not wanted any more: all that was gathered is let go."""
        self._over = True
        self._nudge.stop()
        self._values.clear()
        if self._job is not None:
            self._job.cancel()

    def _take(self, place: int) -> None:
        here = None if self._over or place in self._values else self._stack.loaded(place)
        plane = self._stack.plane(place)
        if here is None:
            return
        if plane is None or not here.frame.is_grey:
            self._refuse(Reason("volume_no_place" if plane is None else "volume_in_colour"))
            return
        if self._first is None:
            self._first = here
            values = here.frame.values
            needs = needs_bytes(here.frame.columns, here.frame.rows, len(self._stack), values.dtype.itemsize)
            if needs > self._bound // 2:
                self._refuse(Reason("image_volume_too_large", facts={
                    "needs": needs // MIB, "bound": self._bound // 2 // MIB}))
                return
        self._values[place], self._planes[place] = here.frame.values, plane
        self.progressed.emit(len(self._values), len(self._stack))
        if len(self._values) == len(self._stack):
            self._build()

    def _failed(self, place: int) -> None:
        if not self._over:
            count = sum(self._stack.why_not(number) is not None for number in range(len(self._stack)))
            self._refuse(Reason("image_volume_not_whole", facts={"count": count}))

    def _refuse(self, why: Reason) -> None:
        self.cancel()
        self.refused.emit(Refusal(why))

    def _ask_next(self) -> None:
        missing = next((place for place in range(len(self._stack)) if place not in self._values), None)
        if missing is not None and self._stack.loaded(missing) is None:
            self._stack.look_at(missing)
        elif missing is not None:
            self._take(missing)

    def _build(self) -> None:
        self._nudge.stop()
        order = sorted(self._values)
        values, planes = [self._values[place] for place in order], [self._planes[place] for place in order]

        def work() -> Cut:
            made = volume_of(values, planes)
            if isinstance(made, Reason):
                raise Refusal(made)
            return cut(made, self.name)

        self._job = self._background.run(Query("make planes", work, self._built, self._not_built), lane="planes")

    def _built(self, made: Cut) -> None:
        first, self._over = self._first, True
        self._values.clear()
        if first is not None:
            self.ready.emit(PlaneStack(made, first, self._background))

    def _not_built(self, why: Refusal) -> None:
        self.cancel()
        self.refused.emit(why)


class PlaneStack(Stack):
    """The planes of one direction. A place belongs to no SOP instance: what is measured here is not kept."""

    def __init__(self, made: Cut, first: Loaded, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cut, self._first, self._background = made, first, background
        self._kept: OrderedDict[int, Loaded] = OrderedDict()
        self._asked: set[int] = set()

    @property
    def name(self) -> str:
        """«coronal», «sagittal»."""
        return self._cut.name

    def __len__(self) -> int:
        return len(self._cut.planes)

    def spot(self, place: int) -> Spot:
        return Spot(self._first.spot.study_uid, self._first.spot.series_uid, "", place + 1)

    def plane(self, place: int) -> Plane | None:
        return self._cut.planes[place]

    def loaded(self, place: int) -> Loaded | None:
        found = self._kept.get(place)
        if found is not None:
            self._kept.move_to_end(place)
        return found

    def why_not(self, place: int) -> Reason | None:
        return None

    def look_at(self, place: int) -> None:
        for wanted in (place, place + 1, place - 1, place + 2, place - 2):
            if 0 <= wanted < len(self) and wanted not in self._kept and wanted not in self._asked:
                self._asked.add(wanted)
                self._background.run(Query("cut a plane", self._work(wanted), partial(self._made, wanted)),
                                     lane="planes")

    def fetching(self, place: int) -> Fetch:
        work = self._work(place)
        return lambda _given_up: work()

    def _work(self, place: int) -> Callable[[], Loaded]:
        made, first, spot = self._cut, self._first, self.spot(place)

        def work() -> Loaded:
            plane = made.planes[place]
            found = reslice(made.volume, plane, made.width, made.height)
            kind = made.volume.values.dtype
            values = np.rint(found).astype(kind) if kind.kind in "iu" else found
            return Loaded(spot, _image_on(first.image, plane, made), Frame(1, values), first.grey)

        return work

    def _made(self, place: int, here: Loaded) -> None:
        self._asked.discard(place)
        self._kept[place] = here
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.arrived.emit(place)

    @property
    def frame_time_ms(self) -> float | None:
        return None


def _image_on(source: Image, plane: Plane, made: Cut) -> Image:
    """The series' own attributes with the plane's place and spacing, so that whatever is measured is true."""
    dataset = deepcopy(source.dataset)
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "OverlayData",
                    "PixelAspectRatio", "SliceThickness"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.Rows, dataset.Columns = made.height, made.width
    dataset.PixelSpacing = [plane.y_mm, plane.x_mm]
    dataset.ImagePositionPatient = [float(value) for value in plane.position]
    dataset.ImageOrientationPatient = [float(value) for value in (*plane.across, *plane.down)]
    return Image(replace(source.header, dataset=dataset), source.limits, source.identity)
