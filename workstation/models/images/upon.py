"""Presentation states that stay on a viewport: each image of the stack is seen with its own window, area and turn.

What the reader changed since stays as the reader has it: a state gives back only what it gave itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace

from imaging.objects.presentation import Presentation
from records.errors import Refusal
from workstation.models.images.stack import Loaded
from workstation.models.images.states import Laid, Over, laid, over
from workstation.models.images.view_state import ViewState

Seen = Callable[[Loaded, tuple[int, int], ViewState], tuple[ViewState, Over | None]]
"""How a frame is looked at below what lies on the viewport, and what that puts over it."""


class Upon:
    """What was saved at once, over one viewport, from when it was laid until it is taken off."""

    def __init__(self, states: Sequence[Presentation]) -> None:
        self._states = states
        self._given: ViewState | None = None
        self._last: tuple[Loaded, Over | None] | None = None

    def lay(self, here: Loaded, size: tuple[int, int], look: ViewState) -> Laid:
        """Upon the frame that is seen; refuses one that no state speaks of."""
        found = laid(self._of(here), here, size, look)
        self._given, self._last = found.look, (here, found.over)
        return found

    def follow(self, here: Loaded, size: tuple[int, int], look: ViewState) -> ViewState:
        """How the next frame is looked at; one that the state does not speak of as the one before it."""
        given = self._given
        try:
            wanted = self.lay(here, size, look).look
        except Refusal:
            self._last = here, None
            return look
        return wanted if given is None else _kept(look, given, wanted)

    def still(self) -> Seen:
        """How frames would be looked at one after the other from where the reader is now, and what is put over each: as
        `follow`, whatever the reader does meanwhile. Called on one thread, any.
        """
        other = copy(self)
        now: list[ViewState] = []

        def seen(here: Loaded, size: tuple[int, int], look: ViewState) -> tuple[ViewState, Over | None]:
            now[:] = [other.follow(here, size, now[0] if now else look)]
            return now[0], other.over(here)

        return seen

    def over(self, here: Loaded) -> Over | None:
        """What the state puts over a frame; None for one that it does not speak of."""
        if self._last is None or self._last[0] is not here:
            self._last = here, over(self._of(here), here)
        return self._last[1]

    def _of(self, here: Loaded) -> Presentation:
        """The state that speaks of a frame, else the one that was asked for."""
        spot = here.spot
        return next((state for state in self._states if state.shows(spot.sop_instance_uid, spot.frame)),
                    self._states[0])


def _kept(look: ViewState, given: ViewState, wanted: ViewState) -> ViewState:
    """`wanted`, save what differs from what was `given` last: that is the reader's own."""
    if (look.voi, look.invert) != (given.voi, given.invert):
        wanted = replace(wanted, voi=look.voi, invert=look.invert)
    turns = (look.mirrored, look.quarter_turns)
    if (*turns, look.zoom, look.centre) != (given.mirrored, given.quarter_turns, given.zoom, given.centre):
        wanted = replace(wanted, mirrored=look.mirrored, quarter_turns=look.quarter_turns, zoom=look.zoom,
                         centre=look.centre)
    return wanted
