"""What happens, told at once: one listening connection a process, fanned out to every open stream."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

_log = logging.getLogger("benhan.server.live")
DELEGATION = "delegation"
"""Somebody was given the right to sign for another, or lost it: what the reader may see is asked anew."""
BACKLOG = 1000
"""Events that a slow reader may leave unread before its stream is closed; it reloads when it comes back."""


@dataclass(frozen=True)
class Event:
    """One notice: its topic, and which encounter, entry and ward it is about."""

    number: int
    topic: str
    data: dict[str, Any]

    @property
    def ward(self) -> UUID | None:
        """The ward whose people are told; none means everyone."""
        return UUID(self.data["ward"]) if self.data.get("ward") else None


@dataclass(eq=False)
class Stream:
    """One reader's queue; `None` in it says that the stream is over."""

    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG + 1))

    def put(self, event: Event) -> None:
        """Hand the event on, or end a stream whose reader does not keep up."""
        if self.queue.qsize() >= BACKLOG:
            self.end()
        else:
            self.queue.put_nowait(event)

    def end(self) -> None:
        """Let the reader finish."""
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """Listens to the database and hands each notice to all streams of this process."""

    def __init__(self, dsn: str, channel: str) -> None:
        self._dsn = dsn
        self._channel = channel
        self._streams: set[Stream] = set()
        self._number = 0
        self._closed = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for as long as the program serves."""
        task = asyncio.create_task(self._listen(), name="live feed")
        try:
            yield
        finally:
            self.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """A stream of what happens from now on."""
        stream = Stream()
        self._streams.add(stream)
        if self._closed:
            stream.end()
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    def close(self) -> None:
        """End every stream, now and later: the program stops."""
        self._closed = True
        self._end_all()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                    await connection.execute(f'LISTEN "{self._channel}"'.encode())
                    async for notice in connection.notifies():
                        self._hand_on(notice.payload)
            except psycopg.Error as error:
                _log.warning("The live feed lost the database: %s", str(error).splitlines()[0] if str(error) else error)
            # Notices may have been missed: every reader starts anew and loads what it shows again.
            self._end_all()
            await asyncio.sleep(1)

    def _hand_on(self, payload: str) -> None:
        data = json.loads(payload)
        self._number += 1
        event = Event(self._number, data.pop("topic"), data)
        for stream in tuple(self._streams):
            stream.put(event)

    def _end_all(self) -> None:
        for stream in tuple(self._streams):
            stream.end()


def as_sse(event: Event) -> str:
    """The event as it travels."""
    return f"id: {event.number}\nevent: {event.topic}\ndata: {json.dumps(event.data)}\n\n"


async def told(
    stream: Stream, sees: Callable[[Event], bool], alive: Callable[[], Any], *, heartbeat_s: float,
) -> AsyncIterator[str]:
    """The text of one reader's stream: events that the reader may see, heartbeats between, until the session ends."""
    yield ": open\n\n"
    clock = asyncio.get_running_loop().time
    asked = clock()
    while True:
        event = await _next(stream, heartbeat_s)
        topic = event.topic if event is not None else ""
        ended = topic == "session"
        if topic in ("session", DELEGATION) or clock() - asked >= heartbeat_s:
            asked = clock()
            if not await alive():
                return
            yield ": heartbeat\n\n"
        if event is _OVER:
            return
        if event is not None and not ended and sees(event):
            yield as_sse(event)


_OVER = Event(0, "", {})


async def _next(stream: Stream, wait_s: float) -> Event | None:
    """The next event, `_OVER` at the end, nothing when it took too long."""
    try:
        event = await asyncio.wait_for(stream.queue.get(), wait_s)
    except TimeoutError:
        return None
    return _OVER if event is None else event
