"""Who may speak with the DICOM service: its own name and port, and each device by its AE title."""

from __future__ import annotations

import re
import ssl
import tomllib
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from records.errors import Refusal
from records.forms import Frozen
from server.dicom.calling import Calling

_AET = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
"""An AE title: 1 to 16 characters without backslash, no spaces at its ends (PS3.8 9.3.2)."""


class May(StrEnum):
    """What a device may do beside C-ECHO."""

    STORE = "store"
    COMMIT = "commit"
    """Ask whether what it sent is safe here, before it forgets it."""
    FIND = "find"
    RETRIEVE = "retrieve"
    WORKLIST = "worklist"
    """Ask what is to be done."""
    PERFORM = "perform"
    """Say what it begins, completes and breaks off (MPPS)."""


class Letters(StrEnum):
    """How a device is told names and words."""

    ASKED = "asked"
    """In Vietnamese when it asks in UTF-8, else without diacritics: many modalities show rubbish for what they do not
    know."""
    UNICODE = "unicode"
    PLAIN = "plain"


class Peer(Frozen):
    """One device."""

    aet: str
    host: str
    """Where it is called back for C-MOVE and storage commitment; with `fixed`, the only address it may call from."""
    port: int = Field(default=104, ge=1, le=65535)
    may: frozenset[May] = frozenset({May.STORE, May.COMMIT})
    fixed: bool = False
    tls: bool = False
    """Whether it is called back over TLS."""
    modalities: tuple[str, ...] = ()
    """What it does (CT, DX …): of the worklist it sees orders for these, and those whose device is not known; all
    orders when nothing is said."""
    letters: Letters = Letters.ASKED

    @field_validator("aet")
    @classmethod
    def _title(cls, value: str) -> str:
        return _demand_title(value)


class DicomSettings(Frozen):
    """The file `dicom.toml`."""

    aet: str = "BENHAN"
    host: str = "0.0.0.0"  # noqa: S104 - devices stand elsewhere in the house
    port: int = Field(default=11112, ge=0, le=65535)
    associations: int = Field(default=32, ge=1, le=500)
    """How many devices may be connected at once, half of them from one address."""
    memory_mb: int = Field(default=2048, ge=64)
    """What all messages that are being received may take together; one may take half of it."""
    tls_certificate: str = ""
    tls_key: str = ""
    tls_ca: str = ""
    """The authority of the devices' certificates; with it, a device without one is turned away."""
    peers: tuple[Peer, ...] = ()

    @field_validator("aet")
    @classmethod
    def _title(cls, value: str) -> str:
        return _demand_title(value)

    def peer(self, aet: str) -> Peer | None:
        """The device of that name."""
        return next((one for one in self.peers if one.aet == aet), None)

    def tls(self, base: Path) -> ssl.SSLContext | None:
        """What the listener speaks TLS with; nothing without a certificate."""
        if not self.tls_certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(base / self.tls_certificate, base / self.tls_key)
        if self.tls_ca:
            context.load_verify_locations(base / self.tls_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def calling_tls(self, base: Path) -> ssl.SSLContext:
        """What a device is called back over TLS with."""
        context = ssl.create_default_context(cafile=str(base / self.tls_ca) if self.tls_ca else None)
        # Devices are known by their address and their authority; their certificates name no host of this house.
        context.check_hostname = False
        context.sslsocket_class = Calling
        if self.tls_certificate:
            context.load_cert_chain(base / self.tls_certificate, base / self.tls_key)
        return context


def read_dicom(file: Path) -> DicomSettings | None:
    """The file's settings; nothing when there is no such file. Refuses one that cannot be understood."""
    if not file.is_file():
        return None
    try:
        return DicomSettings.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise Refusal.because("settings_unreadable", str(file), detail=str(error)) from error


def _demand_title(value: str) -> str:
    if not _AET.fullmatch(value):
        raise ValueError("an AE title has 1 to 16 characters, no backslash, and no space at its ends")
    return value
