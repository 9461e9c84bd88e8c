"""Which certificate this person signs with: what the hospital enrolled against what the token holds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.errors import Refusal, Trouble
from records.messages import CertificateView
from records.signatures import same_name
from workstation.models.desk import Desk
from workstation.signing.base import Identity, Signer, TokenInfo, failure

KEPT = "own_certificates"
CHOSEN = "chosen_certificate"


@dataclass(frozen=True)
class Found:
    """What a look at the tokens gave, without a PIN."""

    identities: tuple[Identity, ...]
    """All that fit equally, the one chosen last time first; the person chooses when there are several."""
    tokens: tuple[TokenInfo, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Serials of one person's certificates by where they stand at the server, upper-case hexadecimal."""

    approved: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, views: Iterable[CertificateView]) -> Standing:
        """From the server's list of one person's certificates; a serial that was approved again is approved."""
        by_state: dict[str, set[str]] = {}
        for view in views:
            by_state.setdefault(view.state, set()).add(view.serial.upper())
        approved = frozenset(by_state.get("approved", ()))
        return cls(approved, frozenset(by_state.get("pending", ())), frozenset(by_state.get("revoked", ())) - approved)

    def as_json(self) -> dict[str, list[str]]:
        """As this PC keeps it for outages."""
        return {name: sorted(getattr(self, name)) for name in ("approved", "pending", "revoked")}

    @classmethod
    def from_json(cls, kept: Any) -> Standing:
        """As it was kept; an older program kept only what was approved."""
        if isinstance(kept, list):
            return cls(frozenset(kept))
        return cls(*(frozenset(kept.get(name, ())) for name in ("approved", "pending", "revoked")))


class OwnCertificates:
    """Where the person's certificates stand, and which one they chose; called in the background."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def refresh(self) -> Standing:
        """Ask the server, and keep the answer for the time when it is away."""
        person = self._desk.account.person.id
        standing = Standing.of(view for view in self._desk.client.certificates() if view.person == person)
        self._desk.store.keep(KEPT, standing.as_json())
        return standing

    def standing(self) -> Standing | None:
        """The server's word of this moment, so that what was revoked signs nothing more; what was kept while it is
        away. None: it never answered.
        """
        if not self._desk.away:
            with contextlib.suppress(Trouble):
                return self.refresh()
        held = self._desk.store.kept(KEPT)
        return Standing.from_json(held) if held is not None else None

    def remember(self, serial: str) -> None:
        """The person signs with this one when several fit."""
        self._desk.store.keep(CHOSEN, serial)

    def chosen(self) -> str:
        """The serial they chose last, or nothing."""
        return str(self._desk.store.kept(CHOSEN) or "")

    def might_be_own(self, identity: Identity) -> bool:
        """While the server never said what is enrolled: the number decides, or without one the name."""
        person = self._desk.account.person
        if identity.national_id:
            return identity.national_id == person.national_id
        return same_name(identity.full_name, person.full_name)


def elsewhere(identity: Identity | None) -> str:
    """The remote service that holds the key, as people know it; nothing when a token does."""
    return identity.token_label if identity is not None and identity.module.startswith("remote:") else ""


def look(signer: Signer, own: OwnCertificates, national_id: str, at: datetime) -> Found:
    """The certificates to sign with, best first; refuses when none fits, and says what was found instead."""
    from workstation.signing.criteria import Criteria, fitting

    identities = signer.identities()
    if not identities:
        raise signer.absence()
    standing = own.standing()
    if standing is None:
        identities = _perhaps_own(identities, own)
    else:
        identities = _not_revoked(identities, standing)
        _some_enrolled(identities, standing, national_id)
    best = fitting(identities, Criteria(at=at, national_id=national_id,
                                        serials=standing.approved if standing else frozenset()))
    chosen = own.chosen()
    best = tuple(sorted(best, key=lambda identity: identity.serial != chosen))
    return Found(best, signer.tokens())


def _perhaps_own(identities: tuple[Identity, ...], own: OwnCertificates) -> tuple[Identity, ...]:
    mine = tuple(identity for identity in identities if own.might_be_own(identity))
    if not mine:
        raise failure("token_of_another_person", names=", ".join({identity.full_name for identity in identities}))
    return mine


def _not_revoked(identities: tuple[Identity, ...], standing: Standing) -> tuple[Identity, ...]:
    left = tuple(identity for identity in identities if identity.serial not in standing.revoked)
    if not left:
        raise Refusal.because("own_certificate_revoked", serial=identities[0].serial, name=identities[0].full_name)
    return left


def _some_enrolled(identities: tuple[Identity, ...], standing: Standing, national_id: str) -> None:
    """A token that holds another certificate of the same person was renewed: that is said, and enrolment offered."""
    if any(identity.serial in standing.approved for identity in identities):
        return
    own = [identity for identity in identities if national_id and identity.national_id == national_id]
    waiting = next((identity for identity in own if identity.serial in standing.pending), None)
    if waiting is not None:
        raise Refusal.because("certificate_pending", serial=waiting.serial)
    if own and standing.approved:
        raise Refusal.because("certificate_renewed", serial=own[0].serial,
                              enrolled=", ".join(sorted(standing.approved)))
    if not standing.approved:
        raise Refusal.because("no_certificate_approved")
