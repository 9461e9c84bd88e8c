"""Remote signing between workstation and server: which certificates, a wish, how it stands."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen

MOST_HASHES = 1000
"""In one authorisation."""
RemoteState = Literal["code_wanted", "asked", "asking", "waiting", "signed", "partly", "declined", "failed",
                      "cancelled"]


class RemoteCertificateView(Frozen):
    """GET /api/remote-signing/certificates: a certificate of mine whose key lies at a service."""

    service: str
    label: str
    """The service, as people know it."""
    needs_code: bool
    """Confirmed by PIN and one-time code on the workstation, instead of a tap on the phone."""
    credential: str
    certificate: str
    """DER, base64."""
    chain: tuple[str, ...] = ()


class RemoteSigningWish(Frozen):
    """POST /api/remote-signing/transactions: have these hashes signed, with one confirmation."""

    service: str
    credential: str = Field(max_length=200)
    certificate: str = Field(max_length=20_000)
    """The one that was chosen: DER, base64. A signature of any other is refused."""
    hashes: tuple[str, ...] = Field(min_length=1, max_length=MOST_HASHES)
    """SHA-256 (hexadecimal) of DER signed attributes, in order."""
    description: str = Field("", max_length=200)
    transaction: UUID | None = None
    """Its number, made on the workstation, so that who was killed while asking can ask what came of it; else the
    server makes one."""


class RemoteCode(Frozen):
    """POST …/{transaction}/confirm: what the person gives where nobody taps on a phone."""

    secret: str = Field(min_length=1, max_length=100, repr=False)
    otp: str = Field(min_length=1, max_length=20, repr=False)


class RemoteSigningView(Frozen):
    """How a transaction stands; signatures are verified before they stand here."""

    id: UUID
    service: str
    label: str
    state: RemoteState
    hashes: tuple[str, ...]
    signatures: tuple[str, ...] = ()
    """Base64 in the order of the hashes, empty where none came; nothing before the end."""
    reasons: tuple[dict[str, Any], ...] = ()
    begun_at: Instant
    ends_at: Instant

    @property
    def open(self) -> bool:
        """Something may still come of it."""
        return self.state in ("code_wanted", "asked", "asking", "waiting")


class CallBack(Frozen):
    """What SmartCA sends when a person has confirmed; anybody could: nothing in it is believed unverified."""

    sp_id: str = Field(max_length=200)
    transaction_id: str = Field(max_length=100)
    status_code: int = 0
    message: str = Field("", max_length=2000)
    signed_files: tuple[dict[str, Any], ...] = Field((), max_length=MOST_HASHES)
