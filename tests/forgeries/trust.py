"""The forgeries' time stamps and answers on revocation: of one day, by the same authority, made by Certomancer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from records import cades, evidence, render, timestamps
from records.revocation import Evidence
from server.demo import pki
from server.demo.pki import Issued
from tests.forgeries import people
from tests.forgeries.signing import good, mark_of, signed
from tests.trust_services import Authority, stamp

STAMPED = people.SIGNED + timedelta(seconds=2)
LATER = people.SIGNED + timedelta(minutes=5)
"""When the evidence was gathered."""


@cache
def authority() -> Authority:
    return Authority.of(people.issuing(), people.LONG_AGO)


@cache
def root_authority() -> Authority:
    return Authority.of(people.root(), people.LONG_AGO)


@cache
def stamper() -> Issued:
    return pki.issue_stamper(people.issuing(), begin=people.LONG_AGO, services=people.SERVICES)


@cache
def strange_stamper() -> Issued:
    """Of an authority that nobody trusts."""
    return pki.issue_stamper(people.strange_issuing(), begin=people.LONG_AGO)


def token(digest: bytes, by: Issued | None = None, at: datetime = STAMPED) -> bytes:
    """A time stamp over a digest."""
    return timestamps.answered(stamp(by or stamper(), timestamps.request(digest, 7), at), digest, 7).der


Stamping = Callable[[bytes], bytes]
"""Signature value -> token."""


def stamped_container(person: Issued, stamping: Stamping | None = None) -> Callable[[bytes], bytes]:
    """The container that the workstation makes with a time stamp."""
    give = stamping or (lambda value: token(hashlib.sha256(value).digest()))

    def made(digest: bytes) -> bytes:
        who = people.identity(person)
        attributes = cades.signed_attributes(digest, who)
        value = people.raw_signature(person, attributes)
        return cades.container(attributes, value, who, give(value))

    return made


def stamped_by(stamping: Stamping | None = None, person: Issued | None = None) -> bytes:
    """A row whose signature bears that stamp."""
    who = person or people.doctor()
    return with_container(stamped_container(who, stamping), who)


def with_container(cms: Callable[[bytes], bytes], person: Issued | None = None) -> bytes:
    """A row whose signature is that container, with room for a time stamp."""
    version, who = people.row(), person or people.doctor()
    return signed(render.render_entry(version), "doctor", who, mark_of(version, "doctor", who), cms=cms,
                  reserved=12288 + 16384)


@cache
def stamped() -> bytes:
    """A good row with a good stamp (B-T)."""
    return stamped_by()


def proofs(*people_asked: Issued, at: datetime = LATER, authority_of: Authority | None = None) -> Evidence:
    """Answers about persons, the stamper and the issuing authority; the certificates of all chains."""
    issuing = authority_of or authority()
    ocsps = tuple(issuing.answer_for(one, at) for one in (*people_asked, stamper()))
    certificates = {people.issuing().der, people.root().der, stamper().der, *(one.der for one in people_asked)}
    return Evidence(tuple(certificates), ocsps, (root_authority().listed(at),))


@cache
def lasting() -> bytes:
    """A good row for ever (B-LT): stamped when it was signed, its evidence behind it."""
    return evidence.stored(stamped(), proofs(people.doctor()))


@cache
def lasting_without_stamp() -> bytes:
    """A good row that nobody stamped when it was signed: the document's stamp and the evidence came together."""
    return evidence.stored(document_stamped(good()), proofs(people.doctor()))


def document_stamped(file: bytes, at: datetime = LATER) -> bytes:
    """The file with the document's time stamp behind it."""
    place = evidence.stamp_place(file)
    return place.filled(token(place.digest, at=at))
