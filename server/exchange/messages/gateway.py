"""Sending one short message over HTTPS: the gateway's answer becomes a number, a refusal or trouble, with no secret."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Mapping
from typing import Any, Protocol

import httpx

from records.errors import Refusal, Trouble
from server.exchange.messages.settings import GatewaySettings

_log = logging.getLogger("benhan.server.messages")
LARGEST = 100_000
"""Bytes of an answer."""
_PLACE = re.compile(r"\{([a-z]+(?:\.\w+)?)\}")


class MessageGateway(Protocol):
    """What the services need of a gateway."""

    @property
    def label(self) -> str:
        """As people know it."""

    def wording(self, **facts: str) -> str:
        """The message's text with these facts: code, check, minutes."""

    def send(self, phone: str, text: str, reference: str) -> str:
        """Send once; the gateway's number of the message. That it was taken is known, that it arrived is not."""

    def close(self) -> None:
        """Close all connections."""


class HttpsGateway:
    """A gateway that takes one JSON object by POST."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        trusted = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        # trust_env=False: codes and secrets go to no proxy that nobody configured here.
        self._http = httpx.Client(verify=trusted, timeout=settings.answers_within_s, trust_env=False,
                                  follow_redirects=False, headers={"User-Agent": "benhan-server"})

    @property
    def label(self) -> str:
        """As people know it."""
        return self._settings.label

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def wording(self, **facts: str) -> str:
        """The message's text with these facts."""
        return self._settings.text.format(**facts)

    def send(self, phone: str, text: str, reference: str) -> str:
        """Send once: a second attempt by itself would let two phones ring for one act."""
        known = {"phone": self._settings.phones + phone[1:], "text": text, "reference": reference,
                 **{f"secret.{name}": held.get_secret_value() for name, held in self._settings.secrets.items()}}
        headers = {name: held.get_secret_value() for name, held in self._settings.headers.items()}
        try:
            answer = self._http.post(self._settings.url, json=_filled(self._settings.body, known), headers=headers)
            if len(answer.content) > LARGEST:
                raise httpx.HTTPError("answer too long")
        except httpx.HTTPError as error:
            raise self._away(type(error).__name__) from None
        if answer.status_code >= 500:
            raise self._away(f"status {answer.status_code}")
        return self._taken(answer)

    def _taken(self, answer: httpx.Response) -> str:
        told = _json(answer)
        good = all(_member(told, path) == wanted for path, wanted in self._settings.good.items())
        if not answer.is_success or not good:
            detail = f"{answer.status_code} {_member(told, self._settings.said)}".strip()[:200]
            _log.warning("%s refused a message: %s", self.label, detail)
            raise Refusal.because("code_gateway_refused", self.label, detail=detail)
        return _member(told, self._settings.number)[:100]

    def _away(self, detail: str) -> Trouble:
        _log.warning("%s did not answer: %s", self.label, detail)
        return Trouble.because("code_gateway_away", self.label, detail=detail)


def open_gateway(settings: GatewaySettings | None) -> MessageGateway | None:
    """The gateway of these settings, if there is one."""
    return HttpsGateway(settings) if settings is not None else None


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _PLACE.sub(lambda found: known.get(found.group(1), found.group()), value)
        case dict():
            return {name: _filled(inner, known) for name, inner in value.items()}
        case list():
            return [_filled(inner, known) for inner in value]
    return value


def _member(told: Any, path: str) -> str:
    """The value at `data.tranId` as text; empty when there is none."""
    for name in path.split(".") if path else ():
        told = told.get(name) if isinstance(told, dict) else None
    return str(told) if path and told is not None and not isinstance(told, dict | list) else ""


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
