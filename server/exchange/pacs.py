"""An existing PACS that stands in our image store's place: its DICOMweb, spoken with the house's own credentials."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from records.errors import Refusal, Trouble
from records.forms import Frozen

_AS_IT_IS = "*,:;@!$'()/?"


class PacsSettings(Frozen):
    """The file `pacs.toml`."""

    url: str
    """The root of its DICOMweb, such as https://pacs.hospital.local/dicom-web."""
    username: str = ""
    password: str = ""
    headers: dict[str, str] = {}
    """What it wants beside, such as a token."""
    ca: str = ""
    """PEM file of its authority, where that is none of the system's."""
    wait_s: float = 30.0


def read_pacs(file: Path) -> PacsSettings | None:
    """The file's settings; nothing when there is no such file. Refuses one that cannot be understood."""
    if not file.is_file():
        return None
    try:
        return PacsSettings.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise Refusal.because("settings_unreadable", str(file), detail=str(error)) from error


class Pacs:
    """The door to it; it believes nothing of who may see what."""

    def __init__(self, settings: PacsSettings) -> None:
        login = (settings.username, settings.password) if settings.username else None
        trust = ssl.create_default_context(cafile=settings.ca or None)
        self._root = settings.url.rstrip("/")
        self.host = httpx.URL(settings.url).netloc.decode()
        self._client = httpx.Client(auth=login, verify=trust, timeout=settings.wait_s, trust_env=False,
                                    headers={**settings.headers, "Accept-Encoding": "identity"})

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def found(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answers of a search (QIDO-RS)."""
        answer = self.open("GET", path, query=query, headers={"Accept": "application/dicom+json"})
        try:
            answer.read()
            told = answer.json() if answer.content else []
        except (httpx.HTTPError, ValueError) as error:
            raise Trouble.because("pacs_out_of_reach", detail=type(error).__name__) from error
        finally:
            answer.close()
        return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []

    def open(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> httpx.Response:
        """Its answer, the body not read yet; what it cannot do is a trouble, what it has not is a refusal."""
        try:
            asked = self._client.build_request(method, self._root + path + _written(query or {}),
                                               headers=dict(headers), content=body)
            answer = self._client.send(asked, stream=True)
        except httpx.HTTPError as error:
            raise Trouble.because("pacs_out_of_reach", detail=type(error).__name__) from error
        status = answer.status_code
        if status < 400 or (method == "POST" and status == 409):
            return answer
        answer.close()
        if status == 404:
            raise Refusal.because("thing_unknown", "image")
        if status in (401, 403) or status >= 500:
            raise Trouble.because("pacs_out_of_reach", detail=f"HTTP {status}")
        raise Refusal.because("request_malformed", "PACS", detail=f"HTTP {status}")


def _written(query: Mapping[str, str]) -> str:
    """The query of an address; what may stand as it is does: Orthanc 1.10 does not read `%2A` as the wildcard `*`."""
    told = "&".join(f"{quote(name)}={quote(value, safe=_AS_IT_IS)}" for name, value in query.items())
    return f"?{told}" if told else ""


def open_pacs(settings: PacsSettings | None) -> Pacs | None:
    """The door, where there is one."""
    return None if settings is None else Pacs(settings)
