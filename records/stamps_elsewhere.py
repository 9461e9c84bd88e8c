"""Judging the time stamps that other programs put over a whole file (PAdES B-LTA): who, when, over what.

One finding for the file (`Question.DOCUMENT_STAMPED`); its evidence holds each stamp with its own answer, oldest first,
so that a screen can tell them one by one. A stamp that is wrong is a no; an authority unknown here leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records import revocation
from records.chains import path_to_root
from records.cms import Certificate
from records.errors import Reason
from records.judged_signature import CLOCK_TOLERANCE
from records.render.words import moment
from records.revocation import Evidence
from records.signatures import Answer, Finding, Question
from records.signed_elsewhere import After, Seen, SeenDocumentStamp, SeenFile, SeenStamp
from records.trust import Trust

WEAK = frozenset({"md2", "md5", "sha1"})
HARMLESS: frozenset[After] = frozenset({"nothing", "evidence", "filling"})


@dataclass(frozen=True)
class JudgedStamp:
    """One document time stamp: what stands in the file, the answer, and why it is not yes."""

    seen: SeenDocumentStamp
    answer: Answer
    reasons: tuple[Reason, ...] = ()

    def proves(self, signature: Seen) -> bool:
        """It is good, and the whole signature stood in the file when it was made."""
        return self.answer == "yes" and 0 < signature.covers < self.seen.covers

    def as_json(self) -> dict[str, Any]:
        """As a finding's evidence keeps it."""
        told: dict[str, Any] = {"name": self.seen.name, "answer": self.answer, "covers": self.seen.covers,
                                "whole": self.seen.whole, "after": self.seen.after,
                                "reasons": [reason.as_json() for reason in self.reasons]}
        if self.seen.stamp is not None:
            authority = Certificate(self.seen.stamp.certificate)
            told |= {"at": self.seen.stamp.at.isoformat(), "over": self.seen.stamp.over,
                     "authority": authority.name, "issuer": authority.issuer,
                     "until": authority.parsed.not_valid_after.isoformat()}
        return told


def judge_stamps(file: SeenFile, trust: Trust, at: datetime) -> tuple[JudgedStamp, ...]:
    """Each document time stamp of the file, oldest first."""
    return tuple(_judged(one, file.evidence, trust, at) for one in file.document_stamps)


def stamped_finding(judged: tuple[JudgedStamp, ...]) -> Finding:
    """The file's answer: the worst of its stamps, with all of them as evidence."""
    answers = {one.answer for one in judged}
    worst: Answer = "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"
    reasons = tuple(reason for one in judged if one.answer == worst for reason in one.reasons)
    return Finding(Question.DOCUMENT_STAMPED, worst, reasons, {"stamps": [one.as_json() for one in judged]})


def authorities(stamp: SeenStamp, evidence: Evidence, trust: Trust) -> list[bytes] | str:
    """DER of the chain above whoever stamped, root first; or why it leads to no root that is trusted for stamps."""
    signer = Certificate(stamp.certificate)
    within = min(max(stamp.at, signer.parsed.not_valid_before), signer.parsed.not_valid_after)
    others = [Certificate(der) for der in dict.fromkeys((*stamp.others, *evidence.certificates))]
    return path_to_root(signer, others, trust.stamps, within)


def may_stamp(stamp: SeenStamp) -> bool:
    """Its certificate names time stamping (RFC 3161 2.3)."""
    usage = Certificate(stamp.certificate).parsed.extended_key_usage_value
    return usage is not None and "time_stamping" in usage.native


def _judged(one: SeenDocumentStamp, evidence: Evidence, trust: Trust, at: datetime) -> JudgedStamp:
    if one.stamp is None:
        return JudgedStamp(one, "no", (Reason("document_stamp_unreadable", one.name, {"detail": one.failure}),))
    wrong = (*_wrong(one, one.stamp, at), *_revoked(one, one.stamp, evidence, trust))
    if wrong:
        return JudgedStamp(one, "no", wrong)
    if isinstance(authorities(one.stamp, evidence, trust), str):
        facts = {"at": moment(one.stamp.at, seconds=True), "authority": Certificate(one.stamp.certificate).name}
        return JudgedStamp(one, "unknown", (Reason("stamp_authority_not_known_here", one.name, facts),))
    return JudgedStamp(one, "yes")


def _wrong(one: SeenDocumentStamp, stamp: SeenStamp, at: datetime) -> tuple[Reason, ...]:
    """What is wrong with a stamp, whoever its authority is."""
    authority = Certificate(stamp.certificate)
    facts = {"at": moment(stamp.at, seconds=True), "authority": authority.name}
    begin, end = authority.parsed.not_valid_before, authority.parsed.not_valid_after
    weak = next((name for name in stamp.algorithms if name in WEAK), "") or authority.weakness()
    return tuple(Reason(code, one.name, {**facts, "algorithm": weak}) for code, wrong in (
        ("document_stamp_of_other_bytes", not stamp.over), ("document_stamp_forged", not stamp.genuine),
        ("document_stamp_uncovered", not one.whole), ("document_stamp_weak", bool(weak)),
        ("document_stamp_not_by_an_authority", not may_stamp(stamp)),
        ("document_stamp_outside_validity", not begin <= stamp.at <= end),
        ("document_stamp_in_future", stamp.at > at + CLOCK_TOLERANCE),
        ("document_stamp_changed_after", one.after not in HARMLESS)) if wrong)


def _revoked(one: SeenDocumentStamp, stamp: SeenStamp, evidence: Evidence, trust: Trust) -> Iterator[Reason]:
    """The file itself holds the proof that a certificate had been revoked when it stamped."""
    path = authorities(stamp, evidence, trust)
    for link in revocation.links(stamp.certificate, path) if not isinstance(path, str) else ():
        told = revocation.state(link.certificate, link.issuer, evidence, stamp.at)
        if told.answer == "revoked" and told.revoked_at is not None:
            yield Reason("document_stamp_revoked", one.name, {
                "name": revocation.name(link), "since": moment(told.revoked_at, seconds=True)})
