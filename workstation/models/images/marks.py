"""What a reader measures on a picture: lines, angles and regions, each of one frame, kept, changed and taken back.

The points are image points as `imaging.geometry` counts them, so that a mark stays where it is at any zoom or turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.geometry import Point
from records.errors import Refusal
from workstation.models.images.readings import Reading
from workstation.models.images.stack import Spot

if TYPE_CHECKING:
    from workstation.models.images.view_state import Tool

MOST_POINTS = 4000
MOST_STEPS = 200


class Kind(StrEnum):
    """What a mark measures."""

    LENGTH = "length"
    ANGLE = "angle"
    """Three points, the corner in the middle."""
    COBB = "cobb"
    """Two lines of two points."""
    ELLIPSE = "ellipse"
    """Two opposite corners of the rectangle around it."""
    RECTANGLE = "rectangle"
    """Two opposite corners."""
    FREEHAND = "freehand"
    """A closed line of three points or more."""

    @property
    def is_region(self) -> bool:
        """Whether it measures what lies inside."""
        return self in (Kind.ELLIPSE, Kind.RECTANGLE, Kind.FREEHAND)


POINTS = {Kind.LENGTH: 2, Kind.ANGLE: 3, Kind.COBB: 4, Kind.ELLIPSE: 2, Kind.RECTANGLE: 2}
KIND_WORDS = {Kind.LENGTH: "Dài", Kind.ANGLE: "Góc", Kind.COBB: "Góc Cobb", Kind.ELLIPSE: "Vùng",
              Kind.RECTANGLE: "Vùng chữ nhật", Kind.FREEHAND: "Vùng vẽ tay"}


@dataclass(frozen=True)
class Mark:
    """One measurement. `reading` is what it said when its pixels were last here: None before it was measured."""

    spot: Spot
    kind: Kind
    points: tuple[Point, ...]
    id: UUID
    reading: Reading | None = None
    author: str = ""
    """Who drew it, where that was somebody else: theirs is shown and stays as it is. Empty for the reader's own."""

    @classmethod
    def new(cls, spot: Spot, kind: Kind, points: Iterable[Point]) -> Mark:
        """A mark that was not there before."""
        return cls(spot, kind, tuple(points), uuid4())

    def moved(self, index: int, to: Point) -> Mark:
        """One point elsewhere; what it measured no longer holds."""
        points = (*self.points[:index], to, *self.points[index + 1:])
        return replace(self, points=points, reading=None)

    def shifted(self, by: Point) -> Mark:
        """All of it elsewhere."""
        return replace(self, points=tuple((x + by[0], y + by[1]) for x, y in self.points), reading=None)

    def as_json(self) -> dict[str, Any]:
        """The mark as it is kept and travels."""
        spot = self.spot
        return {
            "id": str(self.id), "study_uid": spot.study_uid, "series_uid": spot.series_uid,
            "sop_instance_uid": spot.sop_instance_uid, "frame": spot.frame, "kind": self.kind.value,
            "points": [[x, y] for x, y in self.points],
            "reading": None if self.reading is None else self.reading.as_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Mark:
        """A kept mark; refuses what no mark can be, because a wrong measure is worse than none."""
        try:
            spot = Spot(str(data["study_uid"]), str(data["series_uid"]), str(data["sop_instance_uid"]),
                        int(data["frame"]))
            points = tuple((float(x), float(y)) for x, y in data["points"])
            reading = data.get("reading")
            mark = cls(spot, Kind(data["kind"]), points, UUID(str(data["id"])),
                       None if reading is None else Reading.from_json(reading))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refusal.because("mark_unreadable", detail=repr(error)) from error
        if not mark.is_whole:
            raise Refusal.because("mark_unreadable", detail=f"{mark.kind} with {len(points)} points")
        return mark

    @property
    def is_whole(self) -> bool:
        """Whether it has the points of its kind, all of them real places."""
        needed = POINTS.get(self.kind)
        enough = 3 <= len(self.points) <= MOST_POINTS if needed is None else len(self.points) == needed
        return enough and all(math.isfinite(x) and math.isfinite(y) for x, y in self.points)


@dataclass(frozen=True)
class _Step:
    """One act of the reader: what stood before and what after; None where there was no mark."""

    before: Mark | None
    after: Mark | None


class Marks(QObject):
    """All marks of what is open, shared by every viewport; each act can be taken back."""

    changed = pyqtSignal(object)
    """A `Mark` that is new or another than before, by the reader's act: whoever keeps marks keeps it."""
    removed = pyqtSignal(object)
    """A `Mark` that is gone, by the reader's act."""
    redrawn = pyqtSignal()
    """Anything at all has changed: what shows marks shows them anew."""
    taken = pyqtSignal(object)
    """The reader took another `Tool`: one hand, one tool, in whichever viewport it draws."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._marks: dict[UUID, Mark] = {}
        self._steps: list[_Step] = []
        self._undone: list[_Step] = []
        self._tool: Tool | None = None

    @property
    def tool(self) -> Tool | None:
        """What the reader holds; None before anything was taken."""
        return self._tool

    def take(self, tool: Tool) -> None:
        """Another tool into the hand."""
        if tool is not self._tool:
            self._tool = tool
            self.taken.emit(tool)

    def all(self) -> tuple[Mark, ...]:
        """Every mark, the oldest first."""
        return tuple(self._marks.values())

    def of(self, spot: Spot) -> tuple[Mark, ...]:
        """The marks of one frame, the oldest first."""
        return tuple(mark for mark in self._marks.values() if mark.spot == spot)

    def get(self, mark_id: UUID) -> Mark | None:
        """A mark by its id."""
        return self._marks.get(mark_id)

    def restore(self, marks: Iterable[Mark]) -> None:
        """Kept marks come back: no act of the reader, so nothing is announced to who keeps them."""
        self._marks.update((mark.id, mark) for mark in marks)
        self.redrawn.emit()

    def forget(self) -> None:
        """Another person's pictures are opened: nothing of these stays."""
        self._marks.clear()
        self._steps.clear()
        self._undone.clear()
        self.redrawn.emit()

    def put(self, mark: Mark) -> None:
        """A mark that is new, or changed. Another person's stays as it is."""
        before = self._marks.get(mark.id)
        if before != mark and not (before is not None and before.author):
            self._note(_Step(before, mark))
            self._set(mark)

    def remove(self, mark_id: UUID) -> None:
        """A mark is deleted; undo brings it back. Another person's stays."""
        before = self._marks.get(mark_id)
        if before is not None and not before.author:
            self._note(_Step(before, None))
            self._drop(before)

    def read(self, mark_id: UUID, reading: Reading) -> None:
        """What a mark says now that its pixels are here; not an act, but kept when it was not known before."""
        mark = self._marks.get(mark_id)
        if mark is not None and mark.reading != reading:
            self._set(replace(mark, reading=reading))

    @property
    def can_undo(self) -> bool:
        """Whether there is an act to take back."""
        return bool(self._steps)

    def undo(self) -> Mark | None:
        """Take back the last act; answers the mark it was about, for the viewport to go there."""
        if not self._steps:
            return None
        step = self._steps.pop()
        self._undone.append(step)
        if step.before is not None:
            self._set(step.before)
            return step.before
        if step.after is not None:
            self._drop(step.after)
        return step.after

    @property
    def can_redo(self) -> bool:
        """Whether an act was taken back, and nothing was done since."""
        return bool(self._undone)

    def redo(self) -> Mark | None:
        """Do again what was taken back last; answers the mark it was about."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._steps.append(step)
        if step.after is not None:
            self._set(step.after)
        elif step.before is not None:
            self._drop(step.before)
        return step.after or step.before

    def _note(self, step: _Step) -> None:
        self._undone.clear()
        self._steps = [*self._steps[1 - MOST_STEPS:], step]

    def _set(self, mark: Mark) -> None:
        self._marks[mark.id] = mark
        self.changed.emit(mark)
        self.redrawn.emit()

    def _drop(self, mark: Mark) -> None:
        self._marks.pop(mark.id, None)
        self.removed.emit(mark)
        self.redrawn.emit()
