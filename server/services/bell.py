"""A bell that any thread rings and tasks of the event loop wait for: work that has come does not wait for a clock."""

from __future__ import annotations

import asyncio
import contextlib


class Bell:
    """Hung up by the loop that listens; ringing before that, or after its end, is heard by nobody and harms nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()

    def hang(self) -> None:
        """This loop listens from now on."""
        self._loop, self._rung = asyncio.get_running_loop(), asyncio.Event()

    def ring(self) -> None:
        """From any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, at_most_s: float) -> None:
        """Until it rings, or so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), at_most_s)
        self._rung.clear()
