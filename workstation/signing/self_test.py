"""Tries a PC's tokens for the IT person: drivers, slots, tokens, certificates, one signature over random bytes.

Only `try_signature` asks for a PIN, and nothing keeps one; what is signed is random bytes, never a patient's.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from records.errors import Cancelled, Reason, Refusal
from records.identities import Identity
from workstation.signing.base import Prompter
from workstation.signing.process import TokenProcess
from workstation.signing.token import TokenSigner

RANDOM_BYTES = 64
_ELF_BITS = {1: 32, 2: 64}
_PE_BITS = {0x014C: 32, 0x8664: 64, 0xAA64: 64}


@dataclass(frozen=True)
class ModuleFile:
    """A driver's file on the disk."""

    path: str
    size: int = 0
    sha256: str = ""
    changed: str = ""
    """When it was written (ISO 8601)."""
    bits: int | None = None
    """32 or 64; None for a file that is neither ELF nor PE."""

    @property
    def there(self) -> bool:
        """Whether there is such a file."""
        return bool(self.sha256)


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate with a key on a token, without the key."""

    serial: str
    name: str
    issuer: str
    not_before: str
    not_after: str
    key: str
    usage: tuple[str, ...]
    token: str
    reasons: tuple[Reason, ...] = ()
    """Why it may not sign now."""
    enrolled: bool | None = None
    """None: nobody is signed in, so nobody can tell."""


@dataclass(frozen=True)
class ModuleSeen:
    """One driver: its file, what it says without a PIN, and how long that took."""

    file: ModuleFile
    told: dict[str, Any] = field(default_factory=dict)
    """`token_survey.survey`; empty when it failed."""
    certificates: tuple[CertificateSeen, ...] = ()
    took_ms: float = 0.0
    reasons: tuple[Reason, ...] = ()
    """Why it could not be used."""

    @property
    def tokens(self) -> tuple[dict[str, Any], ...]:
        """The tokens that are in and were ever set up: an empty slot of a driver may show a blank one."""
        return tuple(slot["token"] for slot in self.told.get("slots", ())
                     if slot["token"] and "TOKEN_INITIALIZED" in slot["token"]["flags"])

    def as_json(self) -> dict[str, Any]:
        """For the report's file."""
        certificates = [{**asdict(seen), "reasons": [reason.as_json() for reason in seen.reasons]}
                        for seen in self.certificates]
        return {"file": asdict(self.file), "told": self.told, "certificates": certificates,
                "took_ms": round(self.took_ms, 1), "reasons": [reason.as_json() for reason in self.reasons]}


@dataclass(frozen=True)
class Trial:
    """One signature over random bytes."""

    serial: str = ""
    took_ms: float = 0.0
    verified: bool = False
    reasons: tuple[Reason, ...] = ()
    skipped: bool = False
    """The person gave no PIN, or nobody was asked."""

    def as_json(self) -> dict[str, Any]:
        """For the report's file."""
        return {**asdict(self), "took_ms": round(self.took_ms, 1),
                "reasons": [reason.as_json() for reason in self.reasons]}


def examine(signer: TokenSigner, at: datetime, approved: frozenset[str] | None = None) -> tuple[ModuleSeen, ...]:
    """Every driver, one after another, without a PIN. `approved`: the enrolled serials of who is signed in."""
    return tuple(_examined(path, process, at, approved) for path, process in signer.processes.items())


def try_signature(signer: TokenSigner, identity: Identity, prompter: Prompter) -> Trial:
    """Sign random bytes once, after the PIN; the time is the token's alone, from the bytes to the signature."""
    data = secrets.token_bytes(RANDOM_BYTES)
    try:
        signer.open(identity, prompter)
        begun = time.perf_counter()
        signature = signer.sign_raw(data, identity.mechanism)
        took = (time.perf_counter() - begun) * 1000
    except Cancelled:
        return Trial(identity.serial, skipped=True)
    except Refusal as refusal:
        return Trial(identity.serial, reasons=refusal.reasons)
    finally:
        signer.close()
    return Trial(identity.serial, took, identity.made(signature, data))


def module_file(path: Path) -> ModuleFile:
    """What the disk says of a driver; empty when there is no such file."""
    try:
        content = path.read_bytes()
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    except OSError:
        return ModuleFile(str(path))
    return ModuleFile(str(path), len(content), hashlib.sha256(content).hexdigest(), changed, _bits(content))


def _examined(path: str, process: TokenProcess, at: datetime, approved: frozenset[str] | None) -> ModuleSeen:
    file, begun = module_file(Path(path)), time.perf_counter()
    try:
        told = process.survey()
        identities = tuple(identity for token in process.tokens() for identity in token.identities)
    except Refusal as refusal:
        return ModuleSeen(file, reasons=refusal.reasons, took_ms=(time.perf_counter() - begun) * 1000)
    took_ms = (time.perf_counter() - begun) * 1000
    return ModuleSeen(file, told, _certificates(identities, at, approved), took_ms)


def _certificates(identities: Sequence[Identity], at: datetime, approved: frozenset[str] | None) -> tuple[
        CertificateSeen, ...]:
    return tuple(CertificateSeen(
        serial=one.serial, name=one.full_name, issuer=one.issuer, not_before=one.not_before.isoformat(),
        not_after=one.not_after.isoformat(), key=one.key_words, usage=one.usage, token=one.token_label,
        reasons=tuple(reason for reason in (one.refusal(at),) if reason),
        enrolled=None if approved is None else one.serial in approved) for one in identities)


def _bits(content: bytes) -> int | None:
    if content[:4] == b"\x7fELF":
        return _ELF_BITS.get(content[4])
    if content[:2] == b"MZ":
        start = int.from_bytes(content[0x3C:0x40], "little")
        return _PE_BITS.get(int.from_bytes(content[start + 4:start + 6], "little"))
    return None
