"""What the server gives a signature while it is made: a time stamp, and what its authority says of the certificate."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable

from records.errors import Refusal
from records.messages import CertificateStanding
from workstation.models.desk import Desk
from workstation.signing.base import Identity

STANDING_WITHIN_S = 8.0
"""The server may ask authorities first; signing waits no longer for what may stay unknown."""


class Proofs:
    """Asked in the background only; whatever the server cannot give, signing goes on without (R16)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.standings: tuple[CertificateStanding, ...] = ()
        """As the server told last."""

    def look(self) -> tuple[CertificateStanding, ...]:
        """Ask how the person's certificates stand: at sign-in and before a stack (R14)."""
        with contextlib.suppress(Refusal):
            self.standings = self._desk.client.certificate_standings(STANDING_WITHIN_S)
        return self.standings

    def demand_unrevoked(self, identity: Identity) -> None:
        """Refuse to sign with a certificate that its authority revoked; what is unknown is not refused."""
        if self._desk.away:
            return
        told = next((one for one in self.look() if one.serial == identity.serial and one.state == "revoked"), None)
        if told is not None:
            raise Refusal.because("certificate_revoked_by_authority", identity.serial,
                                  at=f"{told.revoked_at:%d/%m/%Y}" if told.revoked_at else "")

    def stamping(self) -> Callable[[bytes], bytes] | None:
        """How the stack asks for stamps; None where the hospital has no contract or the server is away."""
        within = self._desk.account.settings.stamp_within_s
        if not within or self._desk.away:
            return None
        return lambda value: self._stamp(value, within)

    def _stamp(self, value: bytes, within_s: float) -> bytes:
        """The token over a signature's value, or nothing: then the evidence is pending."""
        with contextlib.suppress(Refusal):
            given = self._desk.client.stamp(hashlib.sha256(value).hexdigest(), within_s + 1.0)
            return base64.b64decode(given.token)
        return b""
