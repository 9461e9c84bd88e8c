"""The way to a signing service: JSON over HTTPS; its words become values, refusals or troubles, never with a secret."""

from __future__ import annotations

import base64
import binascii
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from records.errors import Refusal, Trouble
from server.exchange.remote_signing.accounts import Account
from server.exchange.remote_signing.protocol import Answered

_log = logging.getLogger("benhan.server.remote_signing")
LARGEST = 8_000_000
"""Bytes of an answer: 500 signatures are a twentieth of it."""
_EARLY_S = 30.0
"""A token is renewed this long before its end."""


class Door:
    """Sends and receives for one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        trusted = ssl.create_default_context(cafile=str(account.ca) if account.ca else None)
        # trust_env=False: secrets go to no proxy that nobody configured here.
        self._http = httpx.Client(verify=trusted, timeout=account.answers_within_s, trust_env=False,
                                  follow_redirects=False, headers={"User-Agent": "benhan-server"})
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def post(self, path: str, body: Mapping[str, Any], *, token: str = "", form: bool = False) -> tuple[
            int, dict[str, Any]]:
        """Status (2xx, or 400 whose words the caller knows) and JSON."""
        try:
            answer = self._http.post(
                f"{self.account.url}{path}", json=None if form else body, data=body if form else None,
                headers={"Authorization": f"Bearer {token}"} if token else {})
            if len(answer.content) > LARGEST:
                raise httpx.HTTPError("answer too long")
        except httpx.HTTPError as error:
            raise self._away(path, type(error).__name__) from None
        told = _json(answer)
        if answer.is_success or answer.status_code == httpx.codes.BAD_REQUEST:
            return answer.status_code, told
        raise self._no(path, answer.status_code, told)

    def token(self, key: str, fetch: Callable[[], tuple[int, dict[str, Any]]]) -> str:
        """An access token, kept in memory until shortly before its end; asked for under no lock of the others."""
        with self._lock:
            held, until = self._tokens.get(key, ("", 0.0))
        if held and time.monotonic() < until:
            return held
        _, told = fetch()
        fresh = str(told.get("access_token") or "")
        if not fresh:
            raise Refusal.because("remote_service_login", self.account.label)
        with self._lock:
            self._tokens[key] = (fresh, time.monotonic() + float(told.get("expires_in") or 60) - _EARLY_S)
        return fresh

    def forget_tokens(self) -> None:
        """Log in anew: the service refused a token."""
        with self._lock:
            self._tokens.clear()

    def refused(self, status: int, told: Mapping[str, Any]) -> Refusal:
        """The service did not understand or did not want what we sent."""
        detail = f"{status} {words(told)}".strip()
        _log.warning("%s refused: %s", self.account.name, detail)
        return Refusal.because("remote_service_refused", self.account.label, detail=detail)

    def _away(self, path: str, detail: str) -> Trouble:
        _log.warning("%s%s did not answer: %s", self.account.url, path, detail)
        return Trouble.because("remote_service_away", self.account.label, detail=detail)

    def _no(self, path: str, status: int, told: Mapping[str, Any]) -> Refusal:
        if status == httpx.codes.UNAUTHORIZED:
            self.forget_tokens()
            _log.error("%s refused our account: %s", self.account.name, words(told))
            return Refusal.because("remote_service_login", self.account.label)
        if status == httpx.codes.FORBIDDEN:
            return Refusal.because("remote_certificate_not_active", self.account.label, detail=words(told))
        if status >= 500 or status == httpx.codes.TOO_MANY_REQUESTS:
            return self._away(path, f"status {status}")
        return self.refused(status, told)


def words(told: Mapping[str, Any]) -> str:
    """What the service said, short."""
    parts = (told.get(name) for name in ("error", "error_description", "message", "status"))
    return " ".join(str(part) for part in parts if part)[:200]


def in_order(values: Any, expected: int) -> Answered:
    """A list whose order is that of the hashes."""
    listed = values if isinstance(values, list) else []
    found = {place: raw for place, value in enumerate(listed[:expected]) if (raw := octets(value))}
    return Answered(found, max(0, len(listed) - expected))


def octets(value: Any) -> bytes:
    """Base64, with whatever spaces and line ends stand in it; nothing when it is none."""
    try:
        return base64.b64decode("".join(str(value or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def certificate_octets(value: Any) -> bytes:
    """DER from base64 or PEM."""
    lines = (line for line in str(value or "").splitlines() if not line.startswith("-----"))
    return octets("".join(lines))


def base64_of(data: bytes) -> str:
    """Base64 on one line."""
    return base64.b64encode(data).decode("ascii")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {"items": told}
