"""Verdict: what a judge found in a signed file, each question apart; values only, the judging is in `records.pades`.

A judgement is not an error. Each question has its answer, its reasons and its evidence, so that a screen can
explain it, a receipt can keep it, and the server can add the answers that only it knows (enrolled, authorised).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self
from uuid import UUID

from records.entries import Mark, Version
from records.errors import Reason, Refusal
from records.forms import form

Answer = Literal["yes", "no", "unknown"]


class Question(StrEnum):
    """What is asked of a signed file (the first group) and of each of its signatures (the second)."""

    READABLE = "readable"
    NOTHING_ADDED_AFTER = "nothing_added_after"
    """The last signature covers the whole file but for its own value; no byte stands outside."""
    ONE_SIGNATURE_PER_REVISION = "one_signature_per_revision"
    """Each revision adds one signature with its mark and nothing else."""
    CONTENT_IS_VERSION = "content_is_version"
    """Exactly one attached version, canonical, the same in each revision, and the expected one when one is."""
    RENDERER_KNOWN = "renderer_known"
    PAGE_AS_RENDERED = "page_as_rendered"
    """The last revision shows the pages that `records.render` draws from the attached version, and carries nothing
    beside them."""
    MARKS_AS_DRAWN = "marks_as_drawn"
    """The only annotations are the form's signature widgets, at their places, each with the mark that records draws."""

    EVIDENCE_KEPT = "evidence_kept"
    """The file keeps what proves its signatures for ever (PAdES B-LT); unknown in a file that was only signed."""

    DOCUMENT_STAMPED = "document_stamped"
    """Of a file from elsewhere (PAdES B-LTA): each of its document time stamps is right and by a trusted authority;
    not asked of a file that has none."""

    INTACT = "intact"
    CHAIN_TRUSTED = "chain_trusted"
    CERTIFICATE_VALID_AT = "certificate_valid_at"
    KEY_USAGE = "key_usage"
    NOT_REVOKED = "not_revoked"
    """At the stamped time, else at the claimed one (R14); unknown without evidence (OCSP, CRL)."""
    TIME_STAMPED = "time_stamped"
    """By a trusted authority (RFC 3161), over this signature or over the whole file; unknown without a stamp (R16)."""
    SLOT_KNOWN = "slot_known"
    """The form has that slot, and the slots that it waits for are signed (R17)."""
    IN_TIME = "in_time"
    """Not signed before it was written, after the moment of judgement, or before an earlier signature."""
    SIGNER_ENROLLED = "signer_enrolled"
    """Only the server knows: the certificate is enrolled for that person."""
    AUTHORISED = "authorised"
    """Only the server knows: the policy allowed that slot then."""

    @property
    def vietnamese(self) -> str:
        """The question as the explain panel puts it."""
        return Reason(_ASKED[self]).vietnamese


_ASKED = {
    Question.READABLE: "question_readable",
    Question.NOTHING_ADDED_AFTER: "question_nothing_added_after",
    Question.ONE_SIGNATURE_PER_REVISION: "question_one_signature_per_revision",
    Question.CONTENT_IS_VERSION: "question_content_is_version",
    Question.RENDERER_KNOWN: "question_renderer_known",
    Question.PAGE_AS_RENDERED: "question_page_as_rendered",
    Question.MARKS_AS_DRAWN: "question_marks_as_drawn",
    Question.EVIDENCE_KEPT: "question_evidence_kept",
    Question.DOCUMENT_STAMPED: "question_document_stamped",
    Question.INTACT: "question_intact",
    Question.CHAIN_TRUSTED: "question_chain_trusted",
    Question.CERTIFICATE_VALID_AT: "question_certificate_valid_at",
    Question.KEY_USAGE: "question_key_usage",
    Question.NOT_REVOKED: "question_not_revoked",
    Question.TIME_STAMPED: "question_time_stamped",
    Question.SLOT_KNOWN: "question_slot_known",
    Question.IN_TIME: "question_in_time",
    Question.SIGNER_ENROLLED: "question_signer_enrolled",
    Question.AUTHORISED: "question_authorised",
}
MAY_STAY_UNKNOWN = frozenset({Question.NOT_REVOKED, Question.SIGNER_ENROLLED, Question.AUTHORISED,
                              Question.TIME_STAMPED, Question.EVIDENCE_KEPT, Question.DOCUMENT_STAMPED})
"""Good is possible without these; a "no" to one of them is still a no."""


class EvidenceLevel(StrEnum):
    """How long a signature can be proved (PAdES): while its certificate lives, from its stamp on, or for ever."""

    B = "B"
    T = "T"
    LT = "LT"

    def reaches(self, wanted: EvidenceLevel) -> bool:
        """At least that level."""
        order = tuple(EvidenceLevel)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True)
class Finding:
    """One answered question."""

    question: Question
    answer: Answer
    reasons: tuple[Reason, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The finding as it travels (`messages.FindingView`)."""
        return {
            "question": self.question.value,
            "answer": self.answer,
            "reasons": [reason.as_json() for reason in self.reasons],
            "evidence": dict(self.evidence),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A finding that travelled."""
        reasons = tuple(Reason.from_json(item) for item in data.get("reasons", ()))
        return cls(Question(data["question"]), data["answer"], reasons, dict(data.get("evidence", {})))


def yes(question: Question, **evidence: Any) -> Finding:
    """The question is answered well."""
    return Finding(question, "yes", (), evidence)


def no(question: Question, code: str, where: str = "", /, **facts: Any) -> Finding:
    """The question is answered badly, for one reason."""
    return Finding(question, "no", (Reason(code, where, facts),))


def unknown(question: Question, code: str, where: str = "", /, **facts: Any) -> Finding:
    """The question cannot be answered, for one reason."""
    return Finding(question, "unknown", (Reason(code, where, facts),))


def settled(question: Question, reasons: tuple[Reason, ...] | list[Reason], **evidence: Any) -> Finding:
    """No when there is a reason against, else yes."""
    return Finding(question, "no" if reasons else "yes", tuple(reasons), evidence)


@dataclass(frozen=True)
class SignatureVerdict:
    """One signature: who, where, when as claimed, and what was found."""

    slot: str
    signer: str
    """Common name of the certificate."""
    national_id: str
    """The subject's identity number (CCCD:…, UID or serialNumber), digits only; empty when there is none."""
    serial: str
    """Upper-case hexadecimal."""
    issuer: str
    claimed_at: datetime | None
    findings: tuple[Finding, ...]
    title: str = ""
    certificate_sha256: str = ""
    """Of the certificate's DER: what an enrolment is looked up by."""
    stamped_at: datetime | None = None
    """When an authority stamped this very signature, if its stamp is good."""

    @property
    def good(self) -> bool:
        """Every question is answered yes, but for those that may stay unknown."""
        return _good(self.findings)

    def answer(self, question: Question) -> Answer:
        """The answer to one question; unknown when it was not asked."""
        return _answer(self.findings, question)

    def evidence(self, question: Question) -> Mapping[str, Any]:
        """What was noted beside one answer."""
        return next((item.evidence for item in self.findings if item.question is question), {})

    def with_finding(self, finding: Finding) -> Self:
        """The same with the question answered anew (the server adds what only it knows)."""
        kept = tuple(item for item in self.findings if item.question is not finding.question)
        return replace(self, findings=(*kept, finding))

    def as_json(self) -> dict[str, Any]:
        """The signature's verdict as it travels."""
        return {
            "slot": self.slot,
            "signer": self.signer,
            "title": self.title,
            "national_id": self.national_id,
            "serial": self.serial,
            "issuer": self.issuer,
            "certificate_sha256": self.certificate_sha256,
            "claimed_at": self.claimed_at.isoformat(timespec="seconds") if self.claimed_at else None,
            "stamped_at": self.stamped_at.isoformat() if self.stamped_at else None,
            "findings": [finding.as_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A signature's verdict that travelled."""
        claimed, stamped = data.get("claimed_at"), data.get("stamped_at")
        return cls(
            slot=data["slot"], signer=data["signer"], title=data.get("title", ""), national_id=data["national_id"],
            serial=data["serial"], issuer=data["issuer"], certificate_sha256=data.get("certificate_sha256", ""),
            claimed_at=datetime.fromisoformat(claimed) if claimed else None,
            findings=tuple(Finding.from_json(item) for item in data["findings"]),
            stamped_at=datetime.fromisoformat(stamped) if stamped else None,
        )


@dataclass(frozen=True)
class Content:
    """Which version the file carries, without what it says: a receipt outlives the destruction of the content."""

    entry: UUID
    version: int
    form: str
    edition: str
    kind: str
    renderer: str
    sha256: str
    """Of the version's canonical bytes."""

    @classmethod
    def of(cls, version: Version, sha256: str) -> Self:
        """The reference to a version whose canonical bytes have that hash."""
        ref = version.form
        return cls(version.entry, version.version, ref.code, ref.edition, ref.kind, version.renderer, sha256)

    def as_json(self) -> dict[str, Any]:
        """As it travels."""
        return {"entry": str(self.entry), "version": self.version, "form": self.form, "edition": self.edition,
                "kind": self.kind, "renderer": self.renderer, "sha256": self.sha256}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A reference that travelled."""
        return cls(UUID(data["entry"]), data["version"], data["form"], data["edition"], data["kind"],
                   data["renderer"], data["sha256"])


@dataclass(frozen=True)
class Verdict:
    """What was found in one file."""

    file_sha256: str
    findings: tuple[Finding, ...]
    signatures: tuple[SignatureVerdict, ...] = ()
    content: Content | None = None
    version: Version | None = field(default=None, compare=False)
    """What the file says; stays where it was judged, never in the JSON."""
    elsewhere: bool = field(default=False, compare=False)
    """It is no record of ours (`records.elsewhere`): much cannot be told, and such a file is never good here."""

    @property
    def good(self) -> bool:
        """Signed, and every question of the file and of each signature is answered well."""
        return bool(self.signatures) and _good(self.findings) and all(item.good for item in self.signatures)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Everything that speaks against the file, each once: what is wrong first, then what cannot be told."""
        every = (*self.findings, *(item for signature in self.signatures for item in signature.findings))
        told: dict[tuple[str, str], Reason] = {}
        for answer in ("no", "unknown"):
            for item in every:
                if item.answer == answer and _bad(item):
                    told.update({(reason.code, reason.where): reason for reason in item.reasons
                                 if (reason.code, reason.where) not in told})
        return tuple(told.values()) or (() if self.signatures else (Reason("file_unsigned"),))

    def answer(self, question: Question) -> Answer:
        """The file's answer to one question; of a signature's question, the worst of all signatures."""
        answers = {_answer(self.findings, question)} if _asked(self.findings, question) else {
            signature.answer(question) for signature in self.signatures}
        return next((one for one in ("no", "unknown", "yes") if one in answers), "unknown")

    @property
    def level(self) -> EvidenceLevel:
        """What the weakest of its signatures can be proved by."""
        if not self.signatures or self.answer(Question.TIME_STAMPED) != "yes":
            return EvidenceLevel.B
        lasting = self.answer(Question.EVIDENCE_KEPT) == "yes" and self.answer(Question.NOT_REVOKED) == "yes"
        return EvidenceLevel.LT if lasting else EvidenceLevel.T

    @property
    def elliptic(self) -> bool:
        """A signature is by ECDSA, which PDF 1.7 does not know: the file's PDF/A claim counts for its pages only."""
        return any(finding.evidence.get("key") == "ec" for signature in self.signatures
                   for finding in signature.findings if finding.question is Question.INTACT)

    def slot(self, key: str) -> SignatureVerdict | None:
        """The signature in that slot, if there is one."""
        return next((item for item in self.signatures if item.slot == key), None)

    def with_signature_finding(self, slot: str, finding: Finding) -> Self:
        """The same with one signature's question answered anew."""
        return replace(self, signatures=tuple(
            item.with_finding(finding) if item.slot == slot else item for item in self.signatures))

    def as_json(self) -> dict[str, Any]:
        """The verdict as it travels and as a receipt keeps it."""
        return {
            "file_sha256": self.file_sha256,
            "good": self.good,
            "level": self.level.value,
            "content": self.content.as_json() if self.content else None,
            "findings": [finding.as_json() for finding in self.findings],
            "signatures": [signature.as_json() for signature in self.signatures],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A verdict that travelled; what the file says did not travel with it."""
        return cls(
            file_sha256=data["file_sha256"],
            findings=tuple(Finding.from_json(item) for item in data["findings"]),
            signatures=tuple(SignatureVerdict.from_json(item) for item in data["signatures"]),
            content=Content.from_json(data["content"]) if data.get("content") else None,
        )


def _bad(finding: Finding) -> bool:
    return finding.answer == "no" or (finding.answer == "unknown" and finding.question not in MAY_STAY_UNKNOWN)


def _good(findings: tuple[Finding, ...]) -> bool:
    return bool(findings) and not any(_bad(finding) for finding in findings)


def _asked(findings: tuple[Finding, ...], question: Question) -> bool:
    return any(finding.question is question for finding in findings)


def _answer(findings: tuple[Finding, ...], question: Question) -> Answer:
    return next((finding.answer for finding in findings if finding.question is question), "unknown")


def same_name(first: str, second: str) -> bool:
    """Whether two names are one but for letter case and spaces (certificates often shout: NGUYỄN VĂN AN)."""
    return _folded(first) == _folded(second)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def mark_for(version: Version, slot: str, *, full_name: str, title: str, signed_at: datetime,
             certificate_serial: str, certificate_issuer: str) -> Mark:
    """The mark that a signature shows (R13); signing and judging both build it here.

    The signed file carries its parts: `/Name` the full name (the certificate's common name but for letter case),
    `/Reason` the title, `/M` the time, the field's name the slot; number and issuer come from the certificate.
    """
    if not title or not full_name:
        raise Refusal.because("mark_incomplete", slot)
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    return Mark(
        slot=slot, slot_label=kind.slot(slot).label, full_name=full_name, title=title, signed_at=signed_at,
        certificate_serial=certificate_serial.upper(), certificate_issuer=certificate_issuer,
        training=version.training,
    )
