"""The server's settings, declared once: from a TOML file, each overridden by a BENHAN_SERVER_… variable."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from records.errors import Refusal
from records.forms import Frozen


class Settings(Frozen):
    """What one hospital's server must know; paths are absolute or relative to the settings file."""

    dsn: str
    """The database for the running server (role `benhan_app`): postgresql://benhan_app@/benhan?host=/run/postgresql."""
    owner_dsn: str = ""
    """The same for who may become the tables' owner; only `benhan-server migrate` and `demo` use it."""
    home: Path
    """Folder of everything below that is not set by itself."""
    hospital_key: Path = Path("keys/hospital.key")
    """Wraps every encounter's key; outside database and blobs, and outside their backups."""
    server_key: Path = Path("keys/server.pem")
    """Signs receipts and audit seals."""
    recovery_key: Path = Path("keys/recovery.pub.pem")
    """Public half of the key with which IT can recover a workstation's drafts."""
    blobs: str = "blobs"
    """A folder, or s3://bucket/prefix."""
    images: str = "images"
    """DICOM files: a folder (often on a disk of its own), or s3://bucket/prefix."""
    s3_endpoint: str = ""
    dicom: Path = Path("keys/dicom.toml")
    """The DICOM service: its AE title and port, and the devices that may speak with it; no file: none is started."""
    pacs: Path = Path("keys/pacs.toml")
    """An existing PACS whose DICOMweb stands in our image store's place, with its secrets; no file: images are here."""
    organisation: Path = Path("keys/organisation")
    """Folder of the organisation's sealed keys; the PIN of one in an HSM stands in its file `pin`."""
    remote_signing: Path = Path("keys/remote_signing.toml")
    """The accounts at remote signing services, with their secrets; no file: none."""
    message_gateway: Path = Path("keys/message_gateway.toml")
    """How short messages are sent (one-time codes), with the gateway's secrets; no file: none are sent."""
    trust: Path = Path("trust")
    """Folder of PEM files: the CAs whose certificates may sign."""
    anchor: Path = Path("anchor/audit.anchor")
    """Where seals of the audit chain are copied to; belongs on another machine's disk."""
    host: str = "127.0.0.1"
    port: int = 8443
    public_url: str = ""
    """The server's address as people reach it (https://benhan.hospital.vn:8443): in the QR codes of prints."""
    tls_certificate: Path = Path("tls/server.pem")
    tls_key: Path = Path("tls/server.key")
    pool_size: int = 8
    training: bool = False
    facility: str
    facility_code: str
    health_department: str
    session_minutes: int = 720
    offline_days: int = Field(default=7, ge=0, le=60)
    """Sign-in on a workstation without the server is allowed this long after the last one with it."""
    lock_after_s: int = Field(default=600, ge=30)
    """A workstation that nobody touches locks its screen."""
    mirror_after_ms: int = Field(default=5000, ge=500)
    """What is typed is at the server this soon."""
    failed_attempts: int = 5
    lock_minutes: int = 15
    argon2_memory_kib: int = 19_456
    argon2_passes: int = 2
    heartbeat_s: float = 15.0
    seal_every_s: float = 10.0
    tsa_url: str = ""
    """The hospital's time-stamp service (RFC 3161); empty: no contract, signatures stay B-B."""
    tsa_username: str = ""
    tsa_password: str = ""
    tsa_wait_s: float = 2.0
    """A signature waits no longer than this for its stamp; then it goes without, and its evidence is pending (R16)."""
    trust_services_ca: Path | None = None
    """PEM file of further authorities for https addresses of these services, beside the system's."""
    revocation_wait_s: float = 5.0
    """An OCSP responder or a place of revocation lists is given this long to answer."""
    revocation_holds_min: int = 60
    """An answer of this age still counts before signing (R14)."""
    evidence_every_s: float = 5.0
    """How often the queue of evidence is looked at."""

    @field_validator("dsn", "owner_dsn")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgresql+psycopg://")):
            raise ValueError("a database is named as postgresql://role@/database?host=/run/postgresql")
        return value

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("public_url is the server's address, such as https://benhan.hospital.vn:8443")
        return value.rstrip("/")

    def path(self, value: Path) -> Path:
        """A setting's path, made absolute."""
        return value if value.is_absolute() else self.home / value


def read_settings(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the file, with BENHAN_SERVER_PORT and the like over it."""
    try:
        values: dict[str, Any] = {"home": file.resolve().parent, **tomllib.loads(file.read_text("utf-8"))}
        for name in Settings.model_fields:
            if (text := environment.get(f"BENHAN_SERVER_{name.upper()}")) is not None:
                values[name] = text
        return Settings.model_validate(values)
    except (OSError, ValueError, ValidationError) as error:
        raise Refusal.because("settings_unreadable", str(file), detail=str(error)) from error
