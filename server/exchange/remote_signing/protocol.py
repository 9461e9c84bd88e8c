"""What every remote signing service does for us, in our words: list certificates, begin, ask how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from records.errors import Reason


@dataclass(frozen=True)
class RemoteCertificate:
    """A certificate whose key the service holds for a person."""

    credential: str
    """By which the service knows it."""
    der: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    """Issuer first."""


@dataclass(frozen=True)
class Code:
    """What a person gives instead of a tap on the phone; shows itself to nobody."""

    secret: str = field(repr=False)
    """The PIN or password of the key at the service."""
    otp: str = field(repr=False)
    """The one-time code."""


@dataclass(frozen=True)
class Wish:
    """Hashes that one person is asked to have signed, with one confirmation."""

    transaction: UUID
    """New for each attempt: no attempt is ever sent twice under one number."""
    user: str
    """The person's number at the service: their identity number."""
    credential: str
    hashes: tuple[bytes, ...] = field(repr=False)
    """SHA-256 of DER signed attributes, in order; never of documents."""
    description: str = ""
    """Shown on the phone."""


@dataclass(frozen=True)
class Waiting:
    """The person has not confirmed yet; `handle` is what the service must be asked with."""

    handle: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Answered:
    """Values by the place of their hash; a place may be missing. Nobody has verified them yet."""

    signatures: Mapping[int, bytes] = field(repr=False)
    surplus: int = 0
    """How many values came for which there was no hash."""


@dataclass(frozen=True)
class Declined:
    """It comes to nothing: refused on the phone, too late there, a wrong code."""

    reason: Reason


Step = Waiting | Answered | Declined


class RemoteService(Protocol):
    """One service. A `Trouble`: it did not answer; a `Refusal`: it said no to us."""

    @property
    def needs_code(self) -> bool:
        """The person gives a `Code` on the workstation, instead of confirming on the phone."""

    def certificates_of(self, user: str) -> tuple[RemoteCertificate, ...]:
        """The person's certificates, usable or not."""

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """Ask the person to confirm; called once for a wish, whatever comes of it."""

    def poll(self, wish: Wish, handle: Mapping[str, Any]) -> Step:
        """How it stands."""

    def close(self) -> None:
        """Close all connections."""
