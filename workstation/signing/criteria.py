"""Which certificate a person signs with: decided from values, so that the refusal can name what was found instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from records.errors import Cancelled, Refusal
from workstation.signing.base import Identity, Prompter, Signer, failure


@dataclass(frozen=True)
class Criteria:
    """Who signs, and when."""

    at: datetime
    national_id: str = ""
    """The person's identity number; a certificate that carries another is never used."""
    serials: frozenset[str] = frozenset()
    """The person's enrolled certificates, upper-case hexadecimal; empty while enrolling."""


def choose(signer: Signer, criteria: Criteria, prompter: Prompter) -> Identity:
    """The certificate to sign with; the person is asked only when several fit equally."""
    identities = signer.identities()
    if not identities:
        raise signer.absence()
    best = fitting(identities, criteria)
    if len(best) == 1:
        return best[0]
    chosen = prompter.choose_identity(best)
    if chosen is None:
        raise Cancelled
    return chosen


def fitting(identities: Sequence[Identity], criteria: Criteria) -> tuple[Identity, ...]:
    """The certificates that fit best, at least one; else the refusal says why none does."""
    own = _own(identities, criteria.national_id)
    enrolled = _enrolled(own, criteria.serials)
    usable = tuple(identity for identity in enrolled if identity.refusal(criteria.at) is None)
    if not usable:
        raise Refusal(*(reason for identity in enrolled if (reason := identity.refusal(criteria.at))))
    binding = tuple(identity for identity in usable if binds(identity))
    return binding or usable


def binds(identity: Identity) -> bool:
    """Whether its key usage has nonRepudiation, which a person's signature should stand on."""
    try:
        return identity.parsed.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except x509.ExtensionNotFound:
        return False


def _own(identities: Sequence[Identity], national_id: str) -> tuple[Identity, ...]:
    """Without certificates that name another person; one that names no number is judged by its enrolment."""
    own = tuple(identity for identity in identities
                if not national_id or not identity.national_id or identity.national_id == national_id)
    if not own:
        names = ", ".join(dict.fromkeys(identity.full_name for identity in identities))
        raise failure("token_of_another_person", names=names)
    return own


def _enrolled(identities: tuple[Identity, ...], serials: frozenset[str]) -> tuple[Identity, ...]:
    if not serials:
        return identities
    enrolled = tuple(identity for identity in identities if identity.serial in serials)
    if not enrolled:
        raise failure("token_not_enrolled", serials=", ".join(identity.serial for identity in identities))
    return enrolled
