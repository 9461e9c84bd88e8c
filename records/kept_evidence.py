"""Does a file keep what proves its signatures for ever (PAdES B-LT): all of it, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from records.cms import Certificate
from records.errors import Reason
from records.judged_signature import JudgedSignature, stamp_links
from records.revocation import Evidence, Link, standings
from records.signatures import Finding, Question, settled, unknown
from records.timestamps import Token, authorities
from records.trust import Trust

__all__ = ["chain_certificates", "kept"]


def kept(evidence: Evidence | None, signatures: Sequence[JudgedSignature], stamp: Token | None,
         stamp_reasons: Sequence[Reason], trust: Trust) -> Finding:
    """Whether the store in the file proves each chain at its moment, and each signature's time is stamped."""
    question = Question.EVIDENCE_KEPT
    if evidence is None:
        return unknown(question, "evidence_not_inside")
    reasons = list(stamp_reasons)
    for item in signatures:
        if item.proved is None and not stamp_reasons:
            # A stamp that is there and not good says why itself; one that is not there was taken out.
            reasons += item.stamp_reasons or [Reason("evidence_without_time", item.value.field)]
    needed = [*(pair for item in signatures for pair in item.wanted()), *stamp_links(stamp, trust)]
    reasons += _unproved(needed, evidence)
    if foreign := _strangers(evidence, [link for link, _ in needed], chain_certificates(signatures, stamp, trust)):
        reasons.append(Reason("evidence_carries_strangers", "", {"count": foreign}))
    return settled(question, reasons, certificates=len(evidence.certificates), ocsps=len(evidence.ocsps),
                   crls=len(evidence.crls))


def chain_certificates(signatures: Sequence[JudgedSignature], stamp: Token | None, trust: Trust) -> frozenset[bytes]:
    """Every certificate of the chains: signers, authorities, who stamped."""
    found: set[bytes] = set()
    for item in signatures:
        if item.container is not None and not isinstance(item.path, str):
            found |= {item.container.signer.der, *item.path}
    for token in (*(item.token for item in signatures), stamp):
        path = authorities(token, trust) if token is not None else ""
        if token is not None and not isinstance(path, str):
            found |= {token.container.signer.der, *path}
    return frozenset(found)


def _unproved(needed: Sequence[tuple[Link, datetime]], evidence: Evidence) -> Iterator[Reason]:
    seen: set[bytes] = set()
    for link, moment in needed:
        told = [item for item in standings(link.certificate, link.issuer, evidence) if item.settles(moment)]
        if not told and link.certificate not in seen:
            seen.add(link.certificate)
            yield Reason("evidence_incomplete", Certificate(link.certificate).name)


def _strangers(evidence: Evidence, links: Sequence[Link], chains: frozenset[bytes]) -> int:
    """How many things in the store speak of nobody here."""
    of_somebody = {item.der for link in links for item in standings(link.certificate, link.issuer, evidence)}
    return (len(set(evidence.certificates) - chains)
            + len({*evidence.ocsps, *evidence.crls} - of_somebody))
