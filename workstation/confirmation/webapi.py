"""Driver of readers with a web service on the PC (SecuGen WebAPI and its like): POST /SGIFPCapture on localhost.

Confirmed in several public programs that call the service: https://localhost:8443; POST with form fields
`Timeout` (ms), `Quality`, `licstr`, `templateFormat` (ISO or ANSI); the answer's `ErrorCode` (0: good), `BMPBase64`,
`TemplateBase64`, `ImageQuality` (1-100), `SerialNumber`, `Manufacturer`, `Model`; 55 for no reader, 101 for too few
minutiae, an empty body when no finger came. Not confirmed by the maker's own text: 54 for a time-out. Never tried on
a real reader here.
"""

from __future__ import annotations

import base64
import binascii
import ssl
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from records.errors import Refusal, Trouble
from workstation.confirmation.base import Print

PATH = "/SGIFPCapture"
ASKED_QUALITY = 50
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_FINGER, _NO_READER, _POOR = 54, 55, 101
_CODES = {_NO_FINGER: "reader_no_finger", _NO_READER: "reader_not_plugged", _POOR: "reader_print_poor"}


class WebApiReader:
    """A reader behind the service at `url`, which must be on this PC: a print never travels."""

    def __init__(self, url: str, *, ca_file: Path | None = None, licence: str = "") -> None:
        if urlsplit(url).hostname not in LOOPBACK or urlsplit(url).scheme != "https":
            raise Refusal.because("reader_not_on_this_pc", url)
        self._url, self._licence = url.rstrip("/") + PATH, licence
        # The maker's installer puts its certificate among the system's; another one is named in the settings.
        self._tls = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)

    def read(self, wait_s: float) -> Print:
        """Wait for a finger so long."""
        form = {"Timeout": str(int(wait_s * 1000)), "Quality": str(ASKED_QUALITY), "licstr": self._licence,
                "templateFormat": "ISO"}
        try:
            with httpx.Client(verify=self._tls, timeout=httpx.Timeout(wait_s + 5, connect=3), trust_env=False) as http:
                answer = http.post(self._url, data=form)
        except httpx.ReadTimeout as error:
            raise Refusal.because("reader_no_finger") from error
        except httpx.HTTPError as error:
            raise Trouble.because("reader_absent", detail=type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise Trouble.because("reader_absent", detail=f"HTTP {answer.status_code}")
        if not answer.content:
            raise Refusal.because("reader_no_finger")
        return _print(_json(answer))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise Trouble.because("reader_garbled") from error
    if not isinstance(told, dict):
        raise Trouble.because("reader_garbled")
    return told


def _print(told: dict[str, Any]) -> Print:
    """The print of a good answer; the code's refusal of any other."""
    try:
        code = int(told["ErrorCode"])
        if code:
            raise _refused(code)
        device = " ".join(text for name in ("Manufacturer", "Model") if (text := str(told.get(name) or "").strip()))
        serial = str(told.get("SerialNumber") or "").strip()
        found = Print(
            base64.b64decode(told["BMPBase64"], validate=True), base64.b64decode(told["TemplateBase64"], validate=True),
            min(100, max(0, int(told["ImageQuality"]))), ", ".join(filter(None, (device, serial)))[:150])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Trouble.because("reader_garbled") from error
    if not (found.image and found.template and found.device):
        raise Trouble.because("reader_garbled")
    return found


def _refused(code: int) -> Refusal:
    if (known := _CODES.get(code)) is not None:
        return Refusal.because(known)
    return Trouble.because("reader_failed", number=code)
