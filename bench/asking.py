"""Who asks a DICOMweb server: one kept connection, or several at once, each in a process of its own.

Threads of one process would wait for each other's interpreter, and the figure would tell of them instead of the server.
"""

from __future__ import annotations

import http.client
import multiprocessing
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any
from urllib.parse import urlsplit

_WARM = 3
"""Requests that each asks before it is counted."""
_TOGETHER_S = 60.0
_barrier: Any = None


@dataclass(frozen=True)
class Place:
    """A server: where its DICOMweb is and how it is signed in to, where its DICOM service listens."""

    url: str
    headers: dict[str, str]
    ca: Path | None
    """Who vouches for its certificate; nobody where it speaks plain HTTP."""
    aet: str
    dicom_port: int

    def connection(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        at = urlsplit(self.url)
        if self.ca is not None:
            return http.client.HTTPSConnection(at.hostname or "", at.port,
                                               context=ssl.create_default_context(cafile=str(self.ca)))
        return http.client.HTTPConnection(at.hostname or "", at.port)

    def ask(self, line: http.client.HTTPConnection, path: str, **headers: str) -> bytes:
        """The body of the answer to a GET."""
        line.request("GET", urlsplit(self.url).path + path, headers={**self.headers, **headers})
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {path}: {body[:200]!r}")
        return body


def rate(place: Place, paths: Sequence[str], accept: str, *, people: int, each: int) -> float:
    """Requests a second of so many processes together, from the moment when all of them are ready."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(people, timeout=_TOGETHER_S)
    work = [(place, [*paths[number:], *paths[:number]], accept, each) for number in range(people)]
    with context.Pool(people, _begin, (barrier,)) as pool:
        spans = pool.map(_ask, work, chunksize=1)
    return people * each / (max(end for _, end in spans) - min(start for start, _ in spans))


def _begin(barrier: Any) -> None:
    global _barrier  # noqa: PLW0603 # the only way by which a pool hands a barrier on
    _barrier = barrier


def _ask(work: tuple[Place, list[str], str, int]) -> tuple[float, float]:
    """When it began and when it ended, by the clock that all processes share."""
    place, paths, accept, each = work
    line = place.connection()
    for index in range(_WARM):
        place.ask(line, paths[index % len(paths)], Accept=accept)
    try:
        _barrier.wait()
    except BrokenBarrierError:
        raise AssertionError("the others were not ready") from None
    with suppress(http.client.RemoteDisconnected):
        # A server that has hung up while the others got ready is called anew, which is not counted either.
        place.ask(line, paths[0], Accept=accept)
    start = time.perf_counter()
    for index in range(each):
        place.ask(line, paths[index % len(paths)], Accept=accept)
    return start, time.perf_counter()
