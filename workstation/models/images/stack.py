"""A series as a reader scrolls it: places in order, each a frame of an SOP instance, with its pixels once here."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.geometry import Plane
from imaging.grey import Grey
from imaging.image import Frame, Image
from records.errors import Reason


@dataclass(frozen=True)
class Spot:
    """What a measurement, a key image and a mark belong to: one frame (from 1) of one SOP instance."""

    study_uid: str
    series_uid: str
    sop_instance_uid: str
    frame: int = 1


@dataclass(frozen=True, eq=False)
class Loaded:
    """One place with all that painting and measuring need."""

    spot: Spot
    image: Image
    frame: Frame
    grey: Grey

    def without_planes(self) -> Loaded:
        """Without the file's overlay planes, which may spell a name and go with it (PS3.15 table E.1-1)."""
        return self if self.frame.overlay is None else replace(self, frame=replace(self.frame, overlay=None))


Fetch = Callable[[threading.Event], Loaded]
"""Reads one frame in the background, until it is given up."""


class Stack(QObject):
    """What a viewport shows. Lives on the UI thread; every method answers at once from memory and never waits.

    The place that is shown belongs to the viewport, not to the stack: loading never changes what is shown. Its length
    and order never change once it is handed out: a series that has grown is another stack, which holds the same pixels.
    """

    arrived = pyqtSignal(int)
    """The place (from 0) whose pixels are here now."""
    failed = pyqtSignal(int)
    """The place that cannot be shown: `why_not` says why. The others go on."""

    @abstractmethod
    def __len__(self) -> int:
        """How many places."""

    @abstractmethod
    def spot(self, place: int) -> Spot:
        """Whose pixels stand at a place; known before they are here."""

    @abstractmethod
    def plane(self, place: int) -> Plane | None:
        """Where it lies in the patient, as soon as the header is known."""

    @abstractmethod
    def loaded(self, place: int) -> Loaded | None:
        """The pixels when they are in memory; asking keeps them from being put out first."""

    @abstractmethod
    def why_not(self, place: int) -> Reason | None:
        """Why there is no picture at a place; None while it may still come."""

    @abstractmethod
    def look_at(self, place: int) -> None:
        """The reader is here: load this place first, then outward from it."""

    @abstractmethod
    def fetching(self, place: int) -> Fetch:
        """How a place's pixels are had in the background whether they are here or not; it refuses as the file does."""

    @property
    def parts(self) -> tuple[range, ...]:
        """Stretches whose places lie on parallel planes, the largest first: a series may hold a localizer as well."""
        return (range(len(self)),)

    @property
    @abstractmethod
    def frame_time_ms(self) -> float | None:
        """The file's own time from frame to frame for cine (PS3.3 C.7.6.5); None when it does not say."""
