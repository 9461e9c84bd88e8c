"""Where a reader looks in a stack, and what is seen meanwhile: it changes only when the reader asks.

A place whose pixels are not here yet leaves the former picture in sight; one that cannot be shown says why. What is
loaded elsewhere changes nothing, and while a mark is being made the picture below it stays.
"""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.geometry import aspect_of
from records.errors import Reason
from workstation.models.images.marks import Marks
from workstation.models.images.measuring import reading_of
from workstation.models.images.stack import Loaded, Stack
from workstation.models.images.view_state import ViewState


class Gaze(QObject):
    """The state of one viewport over one stack."""

    turned = pyqtSignal(object)
    """It looks another way: the `ViewState` before. `state` is the new one."""
    scrolled = pyqtSignal(int)
    """The reader went to another place: what is linked follows. Not emitted for `go_to` and `look`."""
    counted = pyqtSignal()
    """The series has grown; what is seen is the same."""
    shown = pyqtSignal()
    """Another picture is seen (`here`), or none, or why there is none (`reason`)."""

    def __init__(self, marks: Marks, held: Callable[[], bool] = lambda: False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._marks, self._held = marks, held
        self._stack: Stack | None = None
        self._state = ViewState()
        self._here: Loaded | None = None
        self._reason: Reason | None = None
        self._seen = 0
        self._aspect = 1.0

    @property
    def stack(self) -> Stack | None:
        """What is read."""
        return self._stack

    @property
    def state(self) -> ViewState:
        """How it is looked at; `state.place` is what the reader asked for, `seen` what is seen."""
        return self._state

    @property
    def here(self) -> Loaded | None:
        """What is seen; None while there is no picture."""
        return self._here

    @property
    def aspect(self) -> float:
        """A pixel's height by its width in what is seen."""
        return self._aspect

    @property
    def reason(self) -> Reason | None:
        """Why there is no picture at the place that was asked for."""
        return self._reason

    @property
    def seen(self) -> int:
        """The place of what is seen."""
        return self._seen

    @property
    def count(self) -> int:
        """How many places there are."""
        return 0 if self._stack is None else len(self._stack)

    @property
    def awaited(self) -> int | None:
        """The place that was asked for and is not here yet."""
        settled = self._seen == self._state.place and (self._here is not None or self._reason is not None)
        return None if settled or not self.count else self._state.place

    def open(self, stack: Stack | None, state: ViewState | None = None) -> None:
        """Another stack, from its beginning or as `state` says; the tool stays in the hand."""
        if self._stack is not None:
            self._stack.arrived.disconnect(self._came)
            self._stack.failed.disconnect(self._came)
        before = self._state
        self._stack, self._here, self._reason, self._seen = stack, None, None, 0
        self._state = (state or ViewState(tool=before.tool)).at(0 if state is None else state.place, self.count)
        if stack is not None:
            stack.arrived.connect(self._came)
            stack.failed.connect(self._came)
            self._seek()
        if self.awaited is not None or not self.count:
            self.shown.emit()
        self.turned.emit(before)

    def exchange(self, stack: Stack) -> None:
        """The series has grown: the same picture, window and hand, at the place that it has now."""
        if self._stack is None:
            return
        places = {stack.spot(place): place for place in range(len(stack))}
        wanted, seen = self._stack.spot(self._state.place), self._stack.spot(self._seen)
        self._stack.arrived.disconnect(self._came)
        self._stack.failed.disconnect(self._came)
        self._stack = stack
        stack.arrived.connect(self._came)
        stack.failed.connect(self._came)
        self._seen = places[seen]
        self._state = self._state.at(places[wanted], self.count)
        if self.awaited is not None and not self._held():
            self._find()
        self.counted.emit()

    def look(self, state: ViewState) -> None:
        """Look this way (a linked viewport, a hanging rule): nobody is told that the reader scrolled."""
        before, self._state = self._state, state.at(state.place, self.count)
        if self._state == before:
            return
        self.turned.emit(before)
        if self._state.place != before.place:
            self._seek()

    def go_to(self, place: int) -> None:
        """Another place, asked for by a link or a list: nobody is told that the reader scrolled."""
        self.look(self._state.at(place, self.count))

    def become(self, state: ViewState) -> None:
        """The reader looks another way."""
        before = self._state.place
        self.look(state)
        if self._state.place != before:
            self.scrolled.emit(self._state.place)

    def scroll_to(self, place: int) -> None:
        """The reader goes to another place."""
        self.become(self._state.at(place, self.count))

    def settle(self) -> None:
        """A mark is finished: the picture that was asked for may be shown, if it came meanwhile."""
        if self.awaited is not None:
            self._find()

    def ready(self, place: int) -> bool:
        """Whether a place could be shown at once; if not, it is asked for."""
        if self._stack is None or self._stack.loaded(place) is not None:
            return self._stack is not None
        self._stack.look_at(place)
        return False

    def _seek(self) -> None:
        if self._stack is not None and self.count:
            self._stack.look_at(self._state.place)
            self._find()

    def _find(self) -> None:
        """Show the asked place if its pixels are here, or why they never will be; else what is seen stays."""
        if self._stack is None:
            return
        place = self._state.place
        loaded, reason = self._stack.loaded(place), self._stack.why_not(place)
        if loaded is not None or reason is not None:
            self._show(loaded, None if loaded is not None else reason, place)

    def _came(self, place: int) -> None:
        """Only the place that the reader asked for and does not see yet is of any interest: its pixels may come after
        it was told why they did not (the network was cut, and is back).
        """
        told_only = self._here is None and self._reason is not None and place == self._seen == self._state.place
        if (place == self.awaited or told_only) and not self._held():
            self._find()

    def _show(self, loaded: Loaded | None, reason: Reason | None, place: int) -> None:
        self._here, self._reason, self._seen = loaded, reason, place
        if loaded is not None:
            self._aspect = aspect_of(loaded.image.dataset, loaded.image.groups, loaded.spot.frame)
            for mark in self._marks.of(loaded.spot):
                if mark.reading is None:
                    self._marks.read(mark.id, reading_of(mark, loaded))
        self.shown.emit()
