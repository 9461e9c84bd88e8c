"""judge_elsewhere(file, trust, at): an honest answer on a signed PDF that is no record of ours.

Who signed, when, whether it is whole and what was added can be told of any signed PDF; whether its page shows the
data, whose slot it is and who was allowed cannot, and is said to be unknown, never «no». A root that this hospital
does not know leaves the signer unknown too: it may be good, but nobody here can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509

from records import revocation
from records.anatomy import attachments, opened
from records.chains import path_to_root
from records.cms import Certificate
from records.errors import Reason, Refusal
from records.judged_signature import CLOCK_TOLERANCE
from records.render import VERSION_FILE
from records.render.words import moment
from records.revocation import Evidence
from records.signatures import Finding, Question, SignatureVerdict, Verdict, no, settled, unknown, yes
from records.signed_elsewhere import Seen, SeenFile, SeenStamp, look
from records.stamps_elsewhere import (
    HARMLESS,
    WEAK,
    JudgedStamp,
    authorities,
    judge_stamps,
    may_stamp,
    stamped_finding,
)
from records.trust import Trust

_NOT_OURS = (Question.CONTENT_IS_VERSION, Question.RENDERER_KNOWN, Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN)


def is_ours(file: bytes) -> bool:
    """It carries a version as our records do, or is no PDF at all, which the strict judge says best."""
    try:
        with opened(file) as document:
            return any(item.name == VERSION_FILE for item in attachments(document))
    except Refusal:
        return b"%PDF-" not in file[:1024]


def judge_elsewhere(file: bytes, trust: Trust, at: datetime) -> Verdict:
    """The verdict on a signed PDF from another program, as known at `at`."""
    sha256 = hashlib.sha256(file).hexdigest()
    try:
        seen = look(file)
    except Refusal as refusal:
        return Verdict(sha256, (Finding(Question.READABLE, "no", refusal.reasons),), elsewhere=True)
    stamps = judge_stamps(seen, trust, at)
    told = (stamped_finding(stamps),) if stamps else ()
    if not seen.signatures:
        return Verdict(sha256, (no(Question.NOTHING_ADDED_AFTER, "file_unsigned"), *told), elsewhere=True)
    of_file = (yes(Question.READABLE), _added(seen), *told,
               *(unknown(question, "not_our_record") for question in _NOT_OURS))
    signatures = tuple(_signature(one, seen, trust, at, stamps) for one in seen.signatures)
    return Verdict(sha256, of_file, signatures, elsewhere=True)


def seen_from(verdict: Verdict, facility_code: str) -> Verdict:
    """The verdict on a record as one hospital sees it: of another hospital's, an authority that nobody here knows
    leaves the signer unknown; of its own, it stays a no, because nobody signs here by an authority that is not known.
    """
    if verdict.version is None or verdict.version.stay.facility_code == facility_code:
        return verdict
    for signature in verdict.signatures:
        chain = next((item for item in signature.findings if item.question is Question.CHAIN_TRUSTED), None)
        if chain is not None and [reason.code for reason in chain.reasons] == ["chain_untrusted"]:
            verdict = verdict.with_signature_finding(signature.slot, unknown(
                Question.CHAIN_TRUSTED, "root_not_known_here", signature.signer, issuer=signature.issuer))
    return verdict


@dataclass(frozen=True)
class Chain:
    """Who vouches for a signer: certificates from the signer up, as far as they lead."""

    certificates: tuple[bytes, ...]
    trusted: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Signer first."""
        return tuple(Certificate(der).name or Certificate(der).issuer for der in self.certificates)


def chain_of_stamp(stamp: SeenStamp, evidence: Evidence, trust: Trust) -> Chain:
    """The chain of whoever stamped."""
    found = authorities(stamp, evidence, trust)
    if isinstance(found, str):
        above = _climbed(stamp.certificate, (*stamp.others, *evidence.certificates))
        return Chain((stamp.certificate, *above), trusted=False)
    return Chain((stamp.certificate, *reversed(found)), trusted=True)


def chain_of(seen: Seen, evidence: Evidence, trust: Trust, at: datetime) -> Chain:
    """The chain of one signature; of an unknown root, the certificates that lie in the file."""
    if not seen.certificate:
        return Chain((), trusted=False)
    found = _path(seen.certificate, (*seen.others, *evidence.certificates), trust, _when(seen, at))
    if isinstance(found, str):
        return Chain((seen.certificate, *_climbed(seen.certificate, (*seen.others, *evidence.certificates))), False)
    return Chain((seen.certificate, *reversed(found)), trusted=True)


def _path(certificate: bytes, others: Sequence[bytes], trust: Trust, when: datetime) -> list[bytes] | str:
    signer = Certificate(certificate)
    within = min(max(when, signer.parsed.not_valid_before), signer.parsed.not_valid_after)
    return path_to_root(signer, [Certificate(der) for der in dict.fromkeys(others)], trust, within)


def _climbed(certificate: bytes, others: Sequence[bytes]) -> tuple[bytes, ...]:
    by_subject = {x509.Certificate.load(der).subject.dump(): der for der in others}
    issuer, chain = x509.Certificate.load(certificate).issuer.dump(), []
    while (above := by_subject.pop(issuer, None)) is not None:
        chain.append(above)
        issuer = x509.Certificate.load(above).issuer.dump()
    return tuple(chain)


def _when(seen: Seen, at: datetime) -> datetime:
    return seen.stamp.at if seen.stamp is not None and seen.stamp.fits else seen.claimed or at


def _added(seen: SeenFile) -> Finding:
    """Nothing stands behind any signature but evidence, filled fields and further signatures."""
    question = Question.NOTHING_ADDED_AFTER
    changed = [one.name for one in seen.signatures if one.after not in HARMLESS and not one.failure]
    if changed:
        return no(question, "changed_after_signature", ", ".join(changed))
    if any(one.failure for one in seen.signatures):
        return unknown(question, "signature_not_understood", "")
    return yes(question)


def _signature(one: Seen, file: SeenFile, trust: Trust, at: datetime,
               stamps: Sequence[JudgedStamp]) -> SignatureVerdict:
    signer = Certificate(one.certificate) if one.certificate else None
    stamped, proved = _stamped(one, file, trust, at)
    if one.stamp is None:
        stamped, proved = _stamped_with_file(one, stamps) or (stamped, proved)
    findings = (_intact(one), *_certificate(one, signer, file, trust, (proved, at)), stamped,
                unknown(Question.SLOT_KNOWN, "not_our_record"), _in_time(one, at))
    return SignatureVerdict(
        slot=one.name, signer=(signer.name or one.said_name) if signer else one.said_name,
        national_id=signer.national_id if signer else "", serial=signer.serial if signer else "",
        issuer=signer.issuer if signer else "", claimed_at=one.claimed, findings=findings, title="",
        certificate_sha256=hashlib.sha256(one.certificate).hexdigest() if one.certificate else "", stamped_at=proved)


def _intact(one: Seen) -> Finding:
    question = Question.INTACT
    if one.failure:
        return unknown(question, "signature_not_understood", one.name, detail=one.failure)
    reasons = [Reason(code, one.name) for code, wrong in (
        ("signature_altered", not one.intact), ("signature_wrong", not one.fits),
        ("signature_bytes_uncovered", not one.whole)) if wrong]
    weak = one.algorithm if one.algorithm in WEAK else Certificate(one.certificate).weakness()
    if weak:
        reasons.append(Reason("signature_algorithm_weak", one.name, {"algorithm": weak}))
    return settled(question, reasons, digest=one.algorithm, covers=one.covers)


def _certificate(one: Seen, signer: Certificate | None, file: SeenFile, trust: Trust,
                 times: tuple[datetime | None, datetime]) -> tuple[Finding, ...]:
    if signer is None:
        return tuple(unknown(question, "signature_not_understood", one.name) for question in (
            Question.CHAIN_TRUSTED, Question.CERTIFICATE_VALID_AT, Question.KEY_USAGE, Question.NOT_REVOKED))
    proved, at = times
    found = _path(one.certificate, (*one.others, *file.evidence.certificates), trust, proved or one.claimed or at)
    usage = yes(Question.KEY_USAGE) if signer.for_documents else unknown(
        Question.KEY_USAGE, "certificate_names_no_documents", signer.name)
    if isinstance(found, str):
        chain = unknown(Question.CHAIN_TRUSTED, "root_not_known_here", signer.name, issuer=signer.issuer)
        revoked = unknown(Question.NOT_REVOKED, "revocation_unchecked")
    else:
        chain = yes(Question.CHAIN_TRUSTED, root=Certificate(found[0]).name, length=len(found))
        revoked = _not_revoked(one, found, file.evidence, (proved, at))
    return (chain, _validity(one, signer, proved), usage, revoked)


def _validity(one: Seen, signer: Certificate, proved: datetime | None) -> Finding:
    question, when = Question.CERTIFICATE_VALID_AT, proved or one.claimed
    begin, end = signer.parsed.not_valid_before, signer.parsed.not_valid_after
    if when is None:
        return unknown(question, "signed_without_time", one.name)
    if when > end:
        return no(question, "signed_after_expiry", signer.name, until=moment(end), at=moment(when))
    if when < begin:
        return no(question, "signed_before_validity", signer.name, since=moment(begin), at=moment(when))
    return yes(question, since=begin.isoformat(), until=end.isoformat(), time="stamped" if proved else "claimed")


def _not_revoked(one: Seen, path: Sequence[bytes], evidence: Evidence,
                 times: tuple[datetime | None, datetime]) -> Finding:
    proved, at = times
    question, when = Question.NOT_REVOKED, proved or one.claimed or at
    said = [(link, revocation.state(link.certificate, link.issuer, evidence, when))
            for link in revocation.links(one.certificate, path)]
    for link, told in said:
        since = told.revoked_at
        facts = {"at": moment(since, seconds=True) if since else "", "signed": moment(when, seconds=True)}
        if told.answer == "revoked":
            return no(question, "certificate_revoked_before", revocation.name(link), **facts)
        if since is not None and proved is None:
            return unknown(question, "certificate_revoked_since", revocation.name(link), **facts)
    if not said or any(told.answer == "unknown" for _, told in said):
        return unknown(question, "revocation_unchecked")
    kinds = sorted({told.by.kind for _, told in said if told.by})
    given = min(told.by.since for _, told in said if told.by)
    return yes(question, by=", ".join(kinds), given_at=given.isoformat(), for_time=when.isoformat())


def _stamped(one: Seen, file: SeenFile, trust: Trust, at: datetime) -> tuple[Finding, datetime | None]:
    """Whether a trusted authority stamped it, and when: only such a stamp proves a moment."""
    question, stamp = Question.TIME_STAMPED, one.stamp
    if stamp is None:
        return unknown(question, "stamp_missing", one.name), None
    authority = Certificate(stamp.certificate)
    if not stamp.fits:
        return no(question, "stamp_wrong_elsewhere", one.name), None
    if stamp.at > at + CLOCK_TOLERANCE:
        return no(question, "stamp_in_future", one.name, stamped=moment(stamp.at, seconds=True), claimed=""), None
    if not may_stamp(stamp) or isinstance(authorities(stamp, file.evidence, trust), str):
        return unknown(question, "stamp_authority_not_known_here", one.name, authority=authority.name,
                       at=moment(stamp.at, seconds=True)), None
    return yes(question, at=stamp.at.isoformat(), authority=authority.name), stamp.at


def _stamped_with_file(one: Seen, stamps: Sequence[JudgedStamp]) -> tuple[Finding, datetime | None] | None:
    """The oldest good stamp over the whole file proves that the signature existed then.

    One that came after the certificate had ended does not say that it was made before: then nothing is proved.
    """
    found = next((item.seen.stamp for item in stamps if item.proves(one)), None)
    if found is None:
        return None
    within = bool(one.certificate) and found.at <= Certificate(one.certificate).parsed.not_valid_after
    told = yes(Question.TIME_STAMPED, at=found.at.isoformat(), authority=Certificate(found.certificate).name,
               by="document")
    return told, found.at if within else None


def _in_time(one: Seen, at: datetime) -> Finding:
    if one.claimed is None:
        return unknown(Question.IN_TIME, "signed_without_time", one.name)
    if one.claimed > at + CLOCK_TOLERANCE:
        return no(Question.IN_TIME, "signed_in_future", one.name, at=moment(one.claimed, seconds=True))
    return yes(Question.IN_TIME)
