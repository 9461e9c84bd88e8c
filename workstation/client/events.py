"""The server's live events as an iterator that reconnects by itself and can be closed from another thread."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from uuid import UUID

import httpx
from pydantic import ValidationError

from imaging.system import WINDOWS
from records.errors import Refusal, Trouble
from records.forms import Frozen
from workstation.client.door import Door, SignedOut, away, refusal_of

log = logging.getLogger(__name__)
SILENCE_S = 40.0
"""The server's heartbeat comes each 15 s; silence for longer is a dead line."""
WAITS_S = (1.0, 2.0, 5.0, 10.0, 15.0)
"""Before the first, second … try to connect again."""
CONNECTED = "connected"
DISCONNECTED = "disconnected"


class ServerEvent(Frozen):
    """Something changed at the server; also `connected` and `disconnected`, which the stream says itself."""

    topic: str
    id: str = ""
    encounter: UUID | None = None
    entry: UUID | None = None
    ward: UUID | None = None


class EventStream:
    """GET /api/events, read on a background thread; `close()` ends the iteration at once."""

    def __init__(self, door: Door, waits_s: tuple[float, ...] = WAITS_S) -> None:
        self._door = door
        self._waits_s = waits_s
        self._closed = threading.Event()
        self._retry = threading.Event()
        self._socket: socket.socket | None = None
        self._last_id = ""

    def __iter__(self) -> Iterator[ServerEvent]:
        failures = 0
        while not self._closed.is_set():
            try:
                for event in self._read():
                    failures = 0
                    yield event
            except SignedOut:
                yield ServerEvent(topic=DISCONNECTED, id="signed-out")
                return
            except Refusal:
                yield ServerEvent(topic=DISCONNECTED)
            if not self._closed.is_set():
                self._retry.wait(self._waits_s[min(failures, len(self._waits_s) - 1)])
                self._retry.clear()
                failures += 1

    def retry_now(self) -> None:
        """Do not wait any longer before the next try."""
        self._retry.set()

    def close(self) -> None:
        """End the iteration, also while it waits for the server."""
        self._closed.set()
        self._retry.set()
        if (held := self._socket) is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
                if WINDOWS:  # there who waits for the server notices only this; elsewhere another thread's file
                    held.close()  # would soon have its number
            except OSError:
                log.debug("The event stream was closed already.")

    def _read(self) -> Iterator[ServerEvent]:
        headers = {**self._door.headers(), "Accept": "text/event-stream"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        try:
            with self._door.http.stream("GET", "/api/events", headers=headers,
                                        timeout=httpx.Timeout(SILENCE_S, connect=5.0)) as response:
                if not response.is_success:
                    raise refusal_of(response.status_code, response.read())
                self._socket = response.extensions["network_stream"].get_extra_info("socket")
                if self._closed.is_set():
                    return
                yield from self._events(response.iter_lines())
        except (httpx.HTTPError, OSError) as error:
            if not self._closed.is_set():
                raise away(error) if isinstance(error, httpx.HTTPError) else Trouble.because(
                    "server_away", detail=str(error)) from error
        finally:
            self._socket = None
        if not self._closed.is_set():
            raise Trouble.because("server_away", detail="the event stream ended")

    def _events(self, lines: Iterator[str]) -> Iterator[ServerEvent]:
        topic, identity, data = "", "", ""
        # The server sends its first line once it listens; with the head alone, what happens meanwhile would be missed.
        if next(lines, None) is not None:
            yield ServerEvent(topic=CONNECTED)
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if topic and (event := _event(topic, identity, data)):
                    self._last_id = identity or self._last_id
                    yield event
                topic, identity, data = "", "", ""
            elif name == "event":
                topic = value
            elif name == "id":
                identity = value
            elif name == "data":
                data += value


def _event(topic: str, identity: str, data: str) -> ServerEvent | None:
    try:
        told = json.loads(data) if data else {}
        known = {name: told.get(name) or None for name in ("encounter", "entry", "ward")}
        return ServerEvent(topic=topic, id=identity, **known)
    except (ValueError, AttributeError, ValidationError):
        log.warning("An event of the topic %s could not be read.", topic)
        return None
