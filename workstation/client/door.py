"""One request over TLS: what the server answers becomes an answer, a refusal, or trouble."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import ValidationError

from records.errors import Cancelled, Reason, Refusal, Trouble
from records.messages import Problem
from workstation.client.clock import ServerClock
from workstation.client.errands import Brought, CourierGone, Errands

log = logging.getLogger(__name__)
JSON = "application/json"
DICOM_JSON = "application/dicom+json"
MUCH = 1 << 20
"""Bytes still to come of an answer that is worth giving up."""


class SignedOut(Trouble):
    """The server no longer knows this session (401); the work is kept until the person signs in again."""

    token: str | None = None
    """Of which session the server said so; None where that is not known."""


@dataclass(frozen=True)
class Answer:
    """What the server said to a command that it did not refuse."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Door:
    """An HTTPS connection pool with one token; may be used from several background threads."""

    def __init__(self, base_url: str, ca_file: Path | None = None, *, timeout_s: float = 20.0,
                 workstation: str = "") -> None:
        self.clock = ServerClock()
        self.token: str | None = None
        self.errands = Errands(ca_file, timeout_s)
        # trust_env=False: a proxy set for browsing must not carry a hospital's records.
        self.http = httpx.Client(
            base_url=base_url,
            verify=_trust(base_url, ca_file),
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            trust_env=False,
            headers={"User-Agent": "benhan-workstation",
                     "X-Workstation": workstation.encode("ascii", "replace").decode()},
        )

    def close(self) -> None:
        """Close all connections."""
        self.errands.close()
        self.http.close()

    def headers(self) -> dict[str, str]:
        """The headers that say who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def ask(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: bytes = b"",
            content_type: str = JSON, key: UUID | None = None, allow: tuple[int, ...] = (),
            within_s: float | None = None) -> Answer:
        """One request, given up after `within_s` (else after this door's patience).

        Raises Refusal (4xx but those of `allow`), SignedOut (401) or Trouble (away, 5xx).
        """
        token, headers = self.token, self.headers()
        if body:
            headers["Content-Type"] = content_type
        if key is not None:
            headers["Idempotency-Key"] = str(key)
        sent = datetime.now(UTC)
        try:
            # An empty `params` would cut the query off a path that has one (commands of the outbox).
            response = self.http.request(method, path, params=plain_query(query) or None, content=body, headers=headers,
                                         timeout=within_s or httpx.USE_CLIENT_DEFAULT)
        except httpx.HTTPError as error:
            raise away(error) from error
        self._compare_clocks(response, sent)
        if response.is_success or response.status_code in allow:
            return Answer(response.status_code, response.content, dict(response.headers))
        refusal = refusal_of(response.status_code, response.content)
        if isinstance(refusal, SignedOut):
            refusal.token = token
        raise refusal

    def read(self, path: str, *, accept: str, given_up: Callable[[], bool] | None = None) -> tuple[str, bytes]:
        """A large answer, unpacked by nobody: its content type and bytes. It comes by courier, beside this program.

        `given_up` is asked while it comes; when it says so and much is still to come, the connection is closed and
        `Cancelled` is raised.
        """
        headers = {**self.headers(), "Accept": accept, "Accept-Encoding": "identity"}
        try:
            brought = self._sent_for(path, headers, given_up)
        except CourierGone:
            return self._read_here(path, headers, given_up)
        return brought.kind, brought.body

    def read_list(self, path: str, keep: Sequence[str]) -> list[bytes]:
        """A list of DICOM's JSON as short texts: each data set apart with the attributes of `keep` and perhaps more,
        or all in one list where no courier could take it apart.
        """
        headers = {**self.headers(), "Accept": DICOM_JSON}
        try:
            brought = self._sent_for(path, headers, None, keep)
        except CourierGone:
            return [self.ask("GET", path).body]
        return [b"[" + line + b"]" for line in brought.body.split(b"\n")] if brought.listed else [brought.body]

    def warm(self) -> None:
        """Somebody is about to read what is large."""
        self.errands.warm(self._url(""))

    def _url(self, path: str) -> str:
        return str(self.http.base_url).rstrip("/") + path

    def _sent_for(self, path: str, headers: Mapping[str, str], given_up: Callable[[], bool] | None,
                  keep: Sequence[str] = ()) -> Brought:
        headers = {name: self.http.headers[name] for name in ("User-Agent", "X-Workstation")} | dict(headers)
        brought = self.errands.fetch(self._url(path), headers, much=MUCH, given_up=given_up, keep=keep)
        if brought.failed:
            raise _away(brought.failed)
        if not 200 <= brought.status < 300:
            raise refusal_of(brought.status, brought.body)
        return brought

    def _read_here(self, path: str, headers: Mapping[str, str], given_up: Callable[[], bool] | None
                   ) -> tuple[str, bytes]:
        """Where no courier can be had."""
        try:
            with self.http.stream("GET", path, headers=headers) as response:
                if not response.is_success:
                    raise refusal_of(response.status_code, response.read())
                return response.headers.get("Content-Type", ""), _collected(response, given_up)
        except httpx.HTTPError as error:
            raise away(error) from error

    def _compare_clocks(self, response: httpx.Response, sent: datetime) -> None:
        # The Date header has whole seconds, cut off: half a second later is the middle of what it may mean.
        if date := response.headers.get("Date"):
            try:
                told = parsedate_to_datetime(date)
            except ValueError:
                return
            received = datetime.now(UTC)
            if told.tzinfo is not None and (received - sent).total_seconds() < 60:
                self.clock.note(told, sent=sent, received=received)


def _collected(response: httpx.Response, given_up: Callable[[], bool] | None) -> bytes:
    left, parts = int(response.headers.get("Content-Length") or MUCH), []
    for part in response.iter_raw():
        parts.append(part)
        left -= len(part)
        # To end a connection costs a new handshake: what is nearly here is taken.
        if left > MUCH and given_up is not None and given_up():
            raise Cancelled
    return b"".join(parts)


def plain_query(query: Mapping[str, Any] | None) -> dict[str, str]:
    """Query values as text; what is None is left out."""
    shown: dict[str, str] = {}
    for name, value in (query or {}).items():
        if value is None:
            continue
        if isinstance(value, bool):
            shown[name] = "true" if value else "false"
        else:
            shown[name] = value.isoformat() if isinstance(value, datetime) else str(value)
    return shown


def refusal_of(status: int, body: bytes) -> Refusal:
    """The refusal or trouble that an unsuccessful answer is."""
    reasons = _reasons(body)
    if status == httpx.codes.UNAUTHORIZED:
        return SignedOut(*(reasons or (Reason("session_over"),)))
    if status >= 500:
        log.warning("The server answered %s: %s", status, " ".join(reason.english for reason in reasons))
        return Trouble(*(reasons or (Reason("server_broken", "", {"status": status}),)))
    return Refusal(*(reasons or (Reason("server_refused", "", {"status": status}),)))


def away(error: httpx.HTTPError) -> Trouble:
    """The trouble that a network error is: not there, or not the hospital's server."""
    return _away(f"{type(error).__name__}: {error}")


def _away(detail: str) -> Trouble:
    log.info("The server did not answer: %s", detail)
    return Trouble.because("server_not_trusted" if "CERTIFICATE_VERIFY_FAILED" in detail else "server_away",
                           detail=detail)


def _reasons(body: bytes) -> tuple[Reason, ...]:
    try:
        return tuple(Reason.from_json(item) for item in Problem.model_validate_json(body).reasons)
    except (ValidationError, KeyError, TypeError):
        return ()


def _trust(base_url: str, ca_file: Path | None) -> ssl.SSLContext | bool:
    if not base_url.startswith("https:"):
        return False
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise Refusal.because("ca_unreadable", str(ca_file), detail=str(error)) from error
