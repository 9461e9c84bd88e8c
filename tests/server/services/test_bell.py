"""A bell that any thread rings: heard at once, and by nobody when nobody listens."""

from __future__ import annotations

import asyncio
import threading
import time

from server.services.bell import Bell


def test_who_waits_is_woken_from_another_thread_and_otherwise_by_the_clock() -> None:
    bell = Bell()

    async def wait() -> tuple[float, float]:
        bell.hang()
        threading.Timer(0.05, bell.ring).start()
        begun = time.monotonic()
        await bell.wait(20)
        woken = time.monotonic()
        await bell.wait(0.1)  # one ring wakes once
        return woken - begun, time.monotonic() - woken

    rung, unrung = asyncio.run(wait())
    assert rung < 5
    assert unrung >= 0.09


def test_ringing_before_anybody_listens_and_after_the_end_harms_nothing() -> None:
    bell = Bell()
    bell.ring()

    async def hang() -> None:
        bell.hang()

    asyncio.run(hang())
    bell.ring()
