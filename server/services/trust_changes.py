"""Changing whom the hospital trusts: one person proposes the whole next edition, another one accepts or rejects it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from records.errors import Reason, Refusal
from records.messages import TrustDecision, TrustedAuthority, TrustEdition, TrustProposal
from records.trust import STAMPS_ONLY
from server.services import identity, rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import trust_lists as store
from server.store.trust_lists import Edition


def listed(desk: Desk) -> tuple[TrustEdition, ...]:
    """Every edition, the newest first, the folder last."""
    rights.demand(desk.person, Right.CHANGE_TRUST)
    here = desk.hospital.trust_list
    folder = TrustEdition(number=0, state="accepted", in_force=here.now.number == 0,
                          authorities=tuple(_authorities(here.folder.pems)))
    return (*(_view(desk, one) for one in store.listed(desk.db)), folder)


def propose(desk: Desk, proposal: TrustProposal) -> TrustEdition:
    """The whole next edition; refuses a text that holds no authority's certificate."""
    rights.demand(desk.person, Right.CHANGE_TRUST)
    if problems := tuple(_problems(proposal)):
        raise Refusal(*problems)
    number = store.propose(desk.db, proposal.pems, proposal.valid_from, proposal.note.strip(), desk.person.id)
    desk.note("trust.propose", facts={"edition": number, "valid_from": proposal.valid_from.isoformat(),
                                      "note": proposal.note.strip()})
    return _one(desk, number)


def accept(desk: Desk, number: int, decision: TrustDecision) -> TrustEdition:
    """The second person's yes; from its day on the edition is the one that counts."""
    return _decided(desk, number, "accept", decision)


def reject(desk: Desk, number: int, decision: TrustDecision) -> TrustEdition:
    """The second person's no."""
    return _decided(desk, number, "reject", decision)


def _decided(desk: Desk, number: int, word: str, decision: TrustDecision) -> TrustEdition:
    rights.demand(desk.person, Right.CHANGE_TRUST)
    found = store.edition(desk.db, number)
    if found is None:
        raise Refusal.because("thing_unknown", "trust list")
    if found.proposed_by == desk.person.id:
        raise Refusal.because("approves_own_trust_list")
    store.decide(desk.db, number, word, desk.person.id, decision.reason.strip())
    desk.note(f"trust.{word}", facts={"edition": number, "reason": decision.reason.strip()})
    told = _one(desk, number)
    desk.hospital.trust_list.forget()
    return told


def _one(desk: Desk, number: int) -> TrustEdition:
    found = store.edition(desk.db, number)
    if found is None:
        raise LookupError("an edition vanished inside its own transaction")
    return _view(desk, found)


def _view(desk: Desk, one: Edition) -> TrustEdition:
    state = {"": "proposed", "accept": "accepted", "reject": "rejected"}[one.decision]
    return TrustEdition.model_validate({
        "number": one.number, "state": state, "in_force": desk.hospital.trust_list.now.number == one.number,
        "valid_from": one.valid_from, "note": one.note, "proposed_by": one.proposer, "decided_by": one.decider,
        "authorities": tuple(_authorities(one.pems))})


def _problems(proposal: TrustProposal) -> Iterator[Reason]:
    roots = 0
    for place, text in enumerate(proposal.pems, start=1):
        found = _certificates(text)
        if not found:
            yield Reason("trust_text_empty", str(place))
        for certificate in found:
            roots += certificate.issuer == certificate.subject
            if not identity.is_authority(certificate):
                yield Reason("trust_not_an_authority", identity.common_name(certificate.subject))
    if not roots:
        yield Reason("trust_without_root")


def _authorities(pems: tuple[str, ...]) -> Iterator[TrustedAuthority]:
    for text in pems:
        for certificate in _certificates(text):
            der = certificate.public_bytes(Encoding.DER)
            yield TrustedAuthority(
                name=identity.common_name(certificate.subject), sha256=hashlib.sha256(der).hexdigest(),
                root=certificate.issuer == certificate.subject, until=certificate.not_valid_after_utc,
                stamps_only=STAMPS_ONLY.decode() in text.partition("-----BEGIN")[0])


def _certificates(text: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return []
