"""The workstation's own settings, declared once: from a TOML file, each overridden by a BENHAN_… variable."""

from __future__ import annotations

import json
import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import Field, ValidationError

from records.errors import Refusal
from records.forms import Frozen

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""The zone of screen and paper, whatever the PC's own is."""


class Config(Frozen):
    """What must be known before anyone signs in; all else the hospital decides at the server."""

    server_url: str = "https://127.0.0.1:8443"
    ca_file: Path | None = None
    """PEM of the CA that the server's TLS certificate comes from; without it, the system's CAs."""
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("benhan", appauthor=False))
    """Where the encrypted local stores lie."""
    workstation: str = Field(default_factory=socket.gethostname)
    """The PC's name, as the audit shows it."""
    pkcs11_modules: tuple[Path, ...] = ()
    """Modules to try before the known ones."""
    pkcs11_environment: dict[str, str] = {}
    """Variables that a token's library wants to find, such as SOFTHSM2_CONF; only the token processes get them."""
    training_key: Path | None = None
    """A file for training servers only: a private key and its certificate, then the CAs above it, all in PEM."""
    demo_accounts: Path | None = None
    """JSON list of demo people that the sign-in window offers by a click."""
    certificate_warning_days: int = 45
    """How many days before its end the expiry of a certificate is told."""
    reader_url: str = ""
    """The fingerprint reader's web service on this PC, such as https://localhost:8443; empty: there is none."""
    reader_ca_file: Path | None = None
    """PEM of the CA of that service's certificate; without it, the system's CAs."""
    reader_licence: str = ""
    """What the maker's service wants as `licstr`."""
    timeout_s: float = 20.0
    """How long one request to the server may take."""
    image_memory_mb: int = Field(400, ge=64, le=65_536)
    """What the decoded pixels of all open series may take; 400 suits a PC of 4 GB."""
    use_keyring: bool = True
    """Keep the store's key in the system's keyring too, where there is one."""


def read_config(file: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """Settings from the file (or the usual places), overridden by BENHAN_SERVER_URL and the like.

    Editors of Windows put a mark of UTF-8 before the first letter.
    """
    values: dict[str, Any] = {}
    place = file or _usual_file(environment)
    try:
        if place is not None:
            values.update(tomllib.loads(place.read_text("utf-8-sig")))
        for name in Config.model_fields:
            if (text := environment.get(f"BENHAN_{name.upper()}")) is not None:
                values[name] = _from_variable(name, text)
        return Config.model_validate(values)
    except (OSError, ValueError, ValidationError) as error:
        raise Refusal.because("config_unreadable", str(place or "BENHAN_…"), detail=str(error)) from error


def _from_variable(name: str, text: str) -> Any:
    """A setting as a variable holds it: paths as in PATH, names and values as JSON, the rest as it stands."""
    match name:
        case "pkcs11_modules":
            return tuple(filter(None, text.split(os.pathsep)))
        case "pkcs11_environment":
            return json.loads(text)
    return text


def _usual_file(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get("BENHAN_CONFIG"):
        return Path(named)
    for folder in (platformdirs.user_config_path("benhan", appauthor=False),
                   platformdirs.site_config_path("benhan", appauthor=False)):
        if (folder / "workstation.toml").is_file():
            return folder / "workstation.toml"
    return None
