"""The door to time-stamp authorities, OCSP responders and places of revocation lists, over HTTP or HTTPS.

Addresses stand in certificates, that is in what others wrote: an answer is bounded in size and in time, no redirect is
followed, and nothing but a status is told of what was not an answer. A service that did not answer is left alone for a
while, so that a stack of fifty does not wait for it fifty times.

Connections are kept from one question to the next, and a service ends them when it likes, also in the moment in which
a question sets out. Such a question is asked once more, at once, within the same time, over a new connection. A time
stamp too, though it may be counted twice on the authority's bill: a signature that goes without one is stamped later
by the queue of evidence, which costs that second stamp as well, and the signer has none.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from records.errors import Reason, Trouble

_log = logging.getLogger("benhan.server.trust")
RESTS_S = 30.0
"""A service that failed is not asked again for so long."""
LARGEST = 8_000_000
"""Bytes of an answer; a national authority's revocation list has some megabytes."""


_CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""How a kept connection that the other side has ended shows itself."""


@dataclass(frozen=True)
class _Question:
    """What is sent, and where to."""

    method: str
    url: str
    body: bytes = b""
    kind: str = ""
    login: tuple[str, str] | None = None


class Resting(Trouble):
    """The service was not asked at all: it failed a moment ago, and is left alone for `left_s` seconds more."""

    def __init__(self, *reasons: Reason, left_s: float) -> None:
        super().__init__(*reasons)
        self.left_s = left_s


class TrustServices:
    """Asks; whoever asks verifies what comes back."""

    def __init__(self, *, wait_s: float, stamp_wait_s: float, login: tuple[str, str] | None = None,
                 ca: Path | None = None) -> None:
        self._wait_s, self._stamp_wait_s, self._login = wait_s, stamp_wait_s, login
        # The system's authorities, and the hospital's own beside them: a service in the house has a certificate of it.
        trusted = ssl.create_default_context()
        if ca is not None:
            trusted.load_verify_locations(cafile=ca)
        self._trusted = trusted
        self._http = self._client()
        self._resting: dict[str, float] = {}
        self._woken = 0.0
        self._lock = threading.Lock()

    def _client(self) -> httpx.Client:
        # trust_env=False: what is asked says who signs here, and goes to no proxy that nobody configured here.
        # identity: a small answer that unpacks into a huge one is not unpacked.
        return httpx.Client(verify=self._trusted, timeout=self._wait_s, trust_env=False, follow_redirects=False,
                            headers={"User-Agent": "benhan-server", "Accept-Encoding": "identity"})

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def stamp(self, url: str, request: bytes) -> bytes:
        """The answer of a time-stamp authority (RFC 3161 3.4)."""
        return self._ask(_Question("POST", url, request, "application/timestamp-query", self._login),
                         self._stamp_wait_s)

    def ocsp(self, url: str, request: bytes) -> bytes:
        """The answer of an OCSP responder (RFC 6960 appendix A)."""
        return self._ask(_Question("POST", url, request, "application/ocsp-request"), self._wait_s)

    def crl(self, url: str) -> bytes:
        """A revocation list."""
        return self._ask(_Question("GET", url), self._wait_s)

    def _ask(self, question: _Question, wait_s: float) -> bytes:
        place = urlsplit(question.url)
        service = f"{place.scheme}://{place.netloc}{place.path}"
        if place.scheme not in ("http", "https") or place.username is not None:
            raise Trouble.because("trust_service_away", place.hostname or "", detail="it has no address to be asked at")
        if left_s := self._rests(service):
            raise Resting(Reason("trust_service_away", place.netloc, {"detail": "it is left alone for a while"}),
                          left_s=left_s)
        asked_at = time.monotonic()
        try:
            return self._answer(question, asked_at + wait_s)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._rest(service, asked_at)
            _log.warning("%s did not answer: %s: %s", service, type(error).__name__, error)
            raise Trouble.because("trust_service_away", place.netloc, detail=f"{type(error).__name__}") from error

    def _answer(self, question: _Question, ends: float) -> bytes:
        """Asked once; twice where the first time went into a kept connection that nobody was at the end of any more."""
        way = _Way()
        try:
            return _bounded(self._http, question, ends, way)
        except _CLOSED as error:
            if way.opened or way.answered or time.monotonic() >= ends:
                raise
            _log.info("A kept connection was closed (%s): %s is asked once more", error, question.url)
        with self._client() as fresh:
            return _bounded(fresh, question, ends, _Way())

    def _rests(self, service: str) -> float:
        """For how many seconds more."""
        with self._lock:
            return max(0.0, self._resting.get(service, 0.0) - time.monotonic())

    def _rest(self, service: str, asked_at: float) -> None:
        """Unless everyone is to be asked again since: that question was from before."""
        with self._lock:
            if asked_at >= self._woken:
                self._resting[service] = time.monotonic() + RESTS_S

    def wake(self) -> None:
        """Ask everyone again."""
        with self._lock:
            self._woken = time.monotonic()
            self._resting.clear()


class _Way:
    """What httpx tells of the way that one question went."""

    def __init__(self) -> None:
        self.opened = False
        """A connection was made for it."""
        self.answered = False
        """The head of an answer came back."""

    def __call__(self, event: str, _: Mapping[str, Any]) -> None:
        self.opened |= event == "connection.connect_tcp.started"
        self.answered |= event == "http11.receive_response_headers.complete"


def _bounded(http: httpx.Client, question: _Question, ends: float, way: _Way) -> bytes:
    """The body, no longer than `LARGEST` and no later than `ends`: httpx's own time begins anew at each byte."""
    request = http.build_request(
        question.method, question.url, content=question.body or None,
        headers={"Content-Type": question.kind} if question.kind else {},
        timeout=max(ends - time.monotonic(), 0.01), extensions={"trace": way})
    answer = http.send(request, stream=True, auth=question.login or httpx.USE_CLIENT_DEFAULT, follow_redirects=False)
    try:
        if answer.status_code != httpx.codes.OK:
            raise httpx.HTTPError(f"status {answer.status_code}")
        return b"".join(_within(answer, ends))
    finally:
        answer.close()


def _within(answer: httpx.Response, ends: float) -> Iterator[bytes]:
    """The parts of an answer until it is over, too long, or too late."""
    size = 0
    for part in answer.iter_raw():
        size += len(part)
        if size > LARGEST:
            raise httpx.HTTPError(f"the answer is longer than {LARGEST} bytes")
        if time.monotonic() > ends:
            raise httpx.ReadTimeout("the answer came too slowly")
        yield part
