"""Which certificate this person signs with: what the hospital enrolled against what the token holds."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

from records.errors import Refusal, Trouble
from workstation.models.desk import Desk
from workstation.signing.base import Identity, Signer, TokenInfo

KEPT = "own_certificates"


@dataclass(frozen=True)
class Found:
    """What a look at the tokens gave, without a PIN."""

    identities: tuple[Identity, ...]
    """All that fit equally; the person chooses when there are several."""
    tokens: tuple[TokenInfo, ...] = ()


class OwnCertificates:
    """The serials of the person's approved certificates; called in the background."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def refresh(self) -> frozenset[str]:
        """Ask the server, and keep the answer for the time when it is away."""
        person = self._desk.account.person.id
        serials = sorted({view.serial.upper() for view in self._desk.client.certificates()
                          if view.person == person and view.state == "approved"})
        self._desk.store.keep(KEPT, serials)
        return frozenset(serials)

    def serials(self) -> frozenset[str] | None:
        """What is known; asks the server when nothing is. None: it never answered, and the name alone decides."""
        held = self._desk.store.kept(KEPT)
        if held:
            return frozenset(held)
        with contextlib.suppress(Trouble):
            return self.refresh()
        return frozenset(held) if held is not None else None


def look(signer: Signer, own: OwnCertificates, national_id: str, at: datetime) -> Found:
    """The certificates to sign with, best first; refuses when none fits, and says what was found instead."""
    from workstation.signing.criteria import Criteria, fitting
    from workstation.signing.token import TokenSigner

    identities = signer.identities()
    if not identities:
        raise signer.absence()
    serials = own.serials()
    if serials is not None and not serials:
        raise Refusal.because("no_certificate_approved")
    try:
        best = fitting(identities, Criteria(at=at, national_id=national_id, serials=serials or frozenset()))
    except Refusal as refusal:
        if refusal.reasons[0].code != "token_not_enrolled":
            raise
        # A new token may have been approved since this PC asked last.
        best = fitting(identities, Criteria(at=at, national_id=national_id, serials=own.refresh()))
    return Found(best, signer.tokens() if isinstance(signer, TokenSigner) else ())
