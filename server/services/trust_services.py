"""The door to time-stamp authorities, OCSP responders and places of revocation lists, over HTTP or HTTPS.

Addresses stand in certificates, that is in what others wrote: an answer is bounded in size and in time, no redirect is
followed, and nothing but a status is told of what was not an answer. A service that did not answer is left alone for a
while, so that a stack of fifty does not wait for it fifty times.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from records.errors import Trouble

_log = logging.getLogger("benhan.server.trust")
RESTS_S = 30.0
"""A service that failed is not asked again for so long."""
LARGEST = 8_000_000
"""Bytes of an answer; a national authority's revocation list has some megabytes."""


class TrustServices:
    """Asks; whoever asks verifies what comes back."""

    def __init__(self, *, wait_s: float, stamp_wait_s: float, login: tuple[str, str] | None = None,
                 ca: Path | None = None) -> None:
        self._wait_s, self._stamp_wait_s, self._login = wait_s, stamp_wait_s, login
        # The system's authorities, and the hospital's own beside them: a service in the house has a certificate of it.
        trusted = ssl.create_default_context()
        if ca is not None:
            trusted.load_verify_locations(cafile=ca)
        # trust_env=False: what is asked says who signs here, and goes to no proxy that nobody configured here.
        # identity: a small answer that unpacks into a huge one is not unpacked.
        self._http = httpx.Client(verify=trusted, timeout=wait_s, trust_env=False, follow_redirects=False,
                                  headers={"User-Agent": "benhan-server", "Accept-Encoding": "identity"})
        self._resting: dict[str, float] = {}
        self._woken = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def stamp(self, url: str, request: bytes) -> bytes:
        """The answer of a time-stamp authority (RFC 3161 3.4)."""
        return self._ask("POST", url, request, "application/timestamp-query", self._stamp_wait_s, self._login)

    def ocsp(self, url: str, request: bytes) -> bytes:
        """The answer of an OCSP responder (RFC 6960 appendix A)."""
        return self._ask("POST", url, request, "application/ocsp-request")

    def crl(self, url: str) -> bytes:
        """A revocation list."""
        return self._ask("GET", url)

    def _ask(self, method: str, url: str, body: bytes = b"", kind: str = "", wait_s: float | None = None,  # noqa: PLR0917
             login: tuple[str, str] | None = None) -> bytes:
        place = urlsplit(url)
        service = f"{place.scheme}://{place.netloc}{place.path}"
        if place.scheme not in ("http", "https") or place.username is not None:
            raise Trouble.because("trust_service_away", place.hostname or "", detail="it has no address to be asked at")
        if self._rests(service):
            raise Trouble.because("trust_service_away", place.netloc, detail="it is left alone for a while")
        asked_at = time.monotonic()
        try:
            return self._bounded(self._http.build_request(
                method, url, content=body or None, headers={"Content-Type": kind} if kind else {},
                timeout=wait_s or self._wait_s), wait_s or self._wait_s, login)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._rest(service, asked_at)
            _log.warning("%s did not answer: %s: %s", service, type(error).__name__, error)
            raise Trouble.because("trust_service_away", place.netloc, detail=f"{type(error).__name__}") from error

    def _bounded(self, request: httpx.Request, wait_s: float, login: tuple[str, str] | None) -> bytes:
        """The body, no longer than `LARGEST` and no later than `wait_s`: httpx's own time begins anew at each byte."""
        ends = time.monotonic() + wait_s
        answer = self._http.send(request, stream=True, auth=login or httpx.USE_CLIENT_DEFAULT, follow_redirects=False)
        try:
            if answer.status_code != httpx.codes.OK:
                raise httpx.HTTPError(f"status {answer.status_code}")
            return b"".join(_within(answer, ends))
        finally:
            answer.close()

    def _rests(self, service: str) -> bool:
        with self._lock:
            return self._resting.get(service, 0.0) > time.monotonic()

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
