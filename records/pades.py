"""judge(file, trust, at): is this signed PDF good, question by question (R15).

Offline and pure: trust, time and evidence are given, nothing is fetched. pyHanko judges the value and the chain of
certificates (`records.chains`); the file itself is judged here, more narrowly than any verifier does: laid out as we
write it (`records.revisions`), its values in the one encoding that we write (`records.cms`), each revision the rendered
document with one more signature and its mark and nothing else (`records.anatomy`), behind them at most the one
evidence that we write (`records.evidence`). pyHanko's and poppler's view of the same files stands beside it in the
tests (`tests/judges.md`). Each signature is judged in `records.judged_signature`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from records import canonical, evidence, forms, render, timestamps
from records.anatomy import CDA_FILE, Rendered, attachments, differences, opened, signature_values
from records.entries import Version
from records.errors import Reason, Refusal
from records.evidence import Peeled
from records.judged_signature import CLOCK_TOLERANCE, Around, JudgedSignature, stamp_links
from records.kept_evidence import chain_certificates, kept
from records.revisions import Revision, revisions
from records.revocation import Evidence, Link
from records.signatures import Content, Finding, Question, Verdict, no, settled, unknown, yes
from records.slot_words import in_words
from records.timestamps import Token
from records.trust import Trust

__all__ = ["CLOCK_TOLERANCE", "Beside", "Evidence", "Trust", "Wanted", "judge", "wanted"]

Beside = Callable[[Version], Mapping[str, bytes]]
LARGEST_VERSION = 1024 * 1024
"""More than any form can hold; a hostile version must not keep the renderer busy."""
_STAMP = evidence.STAMP_FIELD
_NOTHING = Evidence()
_log = logging.getLogger(__name__)


def judge(file: bytes, trust: Trust, at: datetime, expected: Version | None = None,
          beside: Beside | None = None, *, fetched: Evidence = _NOTHING) -> Verdict:
    """The verdict on one file, as known at `at`.

    `expected`: the version that the file must carry. `beside`: what else must be attached, by name (`cda.xml`), told
    from the attached version; None: a composition may carry a `cda.xml`, but nobody judges what it says.
    `fetched`: what is known of revocation beside the evidence that the file itself carries.
    """
    sha256 = hashlib.sha256(file).hexdigest()
    try:
        case = _Case(evidence.peeled(file), trust, at, fetched=fetched, expected=expected, beside=beside)
        return in_words(case.verdict(sha256, len(file)))
    except Refusal as refusal:
        return Verdict(sha256, (Finding(Question.READABLE, "no", refusal.reasons),))
    except Exception as error:
        # A parser that chokes on a hostile file must neither stop the server nor let the file pass.
        _log.info("a file that could not be judged: %s", sha256, exc_info=True)
        told = f"{type(error).__name__}: {error}"[:200]
        return Verdict(sha256, (no(Question.READABLE, "file_unreadable", detail=told),))


def wanted(file: bytes, trust: Trust, at: datetime) -> Wanted:
    """What a file without a store still wants to keep its evidence; it may have the document's time stamp already."""
    signed, stamp, digest = evidence.without_stamp(file)
    case = _Case(Peeled(signed, None, stamp, digest), trust, at)
    return case.wanted()


@dataclass(frozen=True)
class Wanted:
    """What must be proved of every chain in a file."""

    links: tuple[tuple[Link, datetime], ...]
    """What must not be revoked, and at which moment."""
    certificates: frozenset[bytes]
    """Of all chains: signers, authorities, who stamped."""
    timed: bool
    """Every signature's time is stamped."""


class _Case:
    """One file while it is judged."""

    def __init__(self, peeled: Peeled, trust: Trust, at: datetime, *, fetched: Evidence = _NOTHING,
                 expected: Version | None = None, beside: Beside | None = None) -> None:
        self.file, self.peeled, self.trust, self.at = peeled.signed, peeled, trust, at
        self.evidence = fetched.and_also(peeled.evidence) if peeled.evidence else fetched
        self.expected, self.beside = expected, beside
        self.reached: set[int] = set()
        self.stamp, self.stamp_reasons = self._document_stamp()

    def _document_stamp(self) -> tuple[Token | None, tuple[Reason, ...]]:
        """The document's time stamp when it is good, and what is wrong with one that is not."""
        if not self.peeled.stamp:
            return None, ()
        try:
            token = timestamps.read(self.peeled.stamp, _STAMP)
        except Refusal as refusal:
            return None, refusal.reasons
        reasons = timestamps.wrong(token, self.peeled.stamped, self.trust, _STAMP)
        if token.at > self.at + CLOCK_TOLERANCE:
            reasons = (*reasons, Reason("stamp_in_future", _STAMP, {"stamped": token.at.isoformat(), "claimed": ""}))
        return (None, reasons) if reasons else (token, ())

    def _read(self) -> tuple[Finding, list[str]]:
        """Everything that the signatures are judged with; what the parser warned of."""
        self.revisions = revisions(self.file)
        with opened(self.file) as document:
            self.values = signature_values(document)
            self.attached = attachments(document)
            warnings = [str(item) for item in document.get_warnings()]
        content, self.version = self._content()
        around = Around(self.file, self.revisions, self.version, self.trust, self.at, self.evidence, self.stamp)
        self.signatures: list[JudgedSignature] = []
        for value in self.values:
            self.signatures.append(JudgedSignature(around, value, self.signatures))
        return content, warnings

    def wanted(self) -> Wanted:
        self._read()
        found = [item for signature in self.signatures for item in signature.wanted()]
        return Wanted(tuple(dict.fromkeys((*found, *stamp_links(self.stamp, self.trust)))),
                      chain_certificates(self.signatures, self.stamp, self.trust),
                      bool(self.signatures) and all(item.proved is not None for item in self.signatures))

    def verdict(self, sha256: str, size: int) -> Verdict:
        content, warnings = self._read()
        reference = None
        if self.version is not None:
            reference = Content.of(self.version, content.evidence["sha256"])
        readable = yes(Question.READABLE, revisions=len(self.revisions))
        if warnings:
            readable = no(Question.READABLE, "file_not_by_signing", detail=warnings[0][:200])
        told = kept(self.peeled.evidence, self.signatures, self.stamp, self.stamp_reasons, self.trust)
        findings = (readable, self._coverage(size), content, *self._document(), told)
        return Verdict(sha256, findings, tuple(item.verdict() for item in self.signatures), reference, self.version)

    def _coverage(self, size: int) -> Finding:
        """The last signature covers the whole file but for the evidence behind it, which was written again."""
        question = Question.NOTHING_ADDED_AFTER
        if not self.values:
            return no(question, "file_unsigned")
        last = self.values[-1]
        end = sum(last.byte_range[2:])
        if end == len(self.file):
            return yes(question, bytes=end, evidence=size - end)
        if any(revision.end == end for revision in self.revisions):
            return no(question, "revision_after_last_signature")
        return no(question, "signature_bytes_uncovered", last.field)

    def _content(self) -> tuple[Finding, Version | None]:
        """The attached version, when it is one, and whether it is the right one."""
        question = Question.CONTENT_IS_VERSION
        found = [item for item in self.attached if item.name == render.VERSION_FILE]
        if len(found) != 1:
            return no(question, "attachment_missing"), None
        if len(found[0].data) > LARGEST_VERSION:
            return no(question, "file_too_large", size=len(found[0].data), limit=LARGEST_VERSION), None
        try:
            version = canonical.decode(found[0].data)
            kind = forms.form(version.form.code, version.form.edition).kind(version.form.kind)
        except Refusal as refusal:
            return Finding(question, "no", refusal.reasons), None
        except RecursionError:
            return no(question, "version_unreadable", detail="it is nested too deeply"), None
        others = {item.name: item.data for item in self.attached if item is not found[0]}
        wanted = self.beside(version) if self.beside is not None else None
        allowed = set(wanted if wanted is not None else (CDA_FILE,) if kind.gathers else ())
        reasons = list(_not_expected(version, found[0].data, self.expected))
        if not set(others) <= allowed or len(self.attached) != 1 + len(others):
            reasons.append(Reason("attachment_not_alone", "", {"names": ", ".join(sorted(others))[:200]}))
        elif wanted is not None and others != dict(wanted):
            reasons.append(Reason("attachment_not_as_made", "", {"names": ", ".join(sorted(wanted))}))
        evidence = {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}
        return settled(question, reasons, sha256=canonical.sha256(found[0].data), **evidence), version

    def _document(self) -> tuple[Finding, ...]:
        """Everything that the page shows: renderer, pages, marks, revisions."""
        questions = (Question.RENDERER_KNOWN, Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN,
                     Question.ONE_SIGNATURE_PER_REVISION)
        if self.version is None:
            return tuple(unknown(question, "version_needed") for question in questions)
        renderer = self.version.renderer
        if renderer not in render.RENDERERS:
            return tuple(unknown(question, "renderer_not_here", renderer) for question in questions)
        known = yes(Question.RENDERER_KNOWN, renderer=renderer)
        try:
            drawn = render.render_entry(
                self.version, [item for item in self.attached if item.name != render.VERSION_FILE])
        except (Refusal, TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError) as error:
            # Values that no validation would let pass: whoever signed them, we cannot draw them.
            told = Reason("page_not_drawable", "", {"detail": f"{type(error).__name__}: {error}"[:200]})
            return (known, *(settled(question, [told]) for question in questions[1:]))
        with opened(drawn) as mine:
            return (known, *self._pages(drawn, Rendered(mine)))

    def _pages(self, drawn: bytes, mine: Rendered) -> tuple[Finding, ...]:
        page, marks = Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN
        last = self._differences(drawn, mine, self.revisions[-1])
        of_marks = [item for item in last if item.code.startswith(("annotation_", "widget_", "mark_"))]
        of_page = [item for item in last if item not in of_marks]
        of_marks += [reason for signature in self.signatures for reason in signature.mark_reasons]
        shown = yes(page, drawn=hashlib.sha256(drawn).hexdigest(), digest=render.page_digest(drawn))
        return (
            shown if not of_page else settled(page, of_page),
            settled(marks, of_marks),
            settled(Question.ONE_SIGNATURE_PER_REVISION, self._growth(drawn, mine), signatures=len(self.values)),
        )

    def _differences(self, drawn: bytes, mine: Rendered, revision: Revision) -> tuple[Reason, ...]:
        """Where the file, as it was at the end of that revision, is not the drawn one with its signatures."""
        past = self.file[:revision.end]
        if past == drawn:
            self.reached.update(revision.objects)
            return ()
        signed = {item.value.field: item.marks for item in self.signatures if item.end <= revision.end}
        with opened(past) as document:
            return differences(mine, document, signed, self.reached)

    def _growth(self, drawn: bytes, mine: Rendered) -> list[Reason]:
        """Each revision after the first adds one signature; what it shows was checked for the last one already."""
        ends = [item.end for item in self.signatures]
        reasons = []
        for index, revision in enumerate(self.revisions):
            due = ends.count(revision.end)
            if due != (1 if index else 0):
                reasons.append(_more(index, f"{due} signatures"))
            elif index < len(self.revisions) - 1:
                reasons += [_more(index, reason.english) for reason in self._differences(drawn, mine, revision)]
            kept = [item for item in self.signatures if item.end < revision.end]
            if any(item.value.number in revision.objects for item in kept):
                reasons.append(_more(index, "an earlier signature is written anew"))
        for index, revision in enumerate(self.revisions if not reasons else ()):
            if idle := set(revision.objects) - self.reached:
                reasons.append(_more(index, f"objects that nothing leads to: {sorted(idle)[:10]}"))
        return reasons


def _not_expected(version: Version, data: bytes, expected: Version | None) -> Sequence[Reason]:
    """Why the attached version is not the expected one, the plainest reason first; `data`: its canonical bytes."""
    if expected is None or data == canonical.encode(expected):
        return ()
    if version.subject.id != expected.subject.id:
        return (Reason("version_other_patient"),)
    if version.entry != expected.entry:
        return (Reason("version_other_entry", "", {"found": version.entry, "expected": expected.entry}),)
    if version.version != expected.version:
        return (Reason("version_other_number", "", {"found": version.version, "expected": expected.version}),)
    return (Reason("version_other_content"),)


def _more(index: int, detail: str) -> Reason:
    return Reason("revision_changes_more", str(index), {"detail": detail[:300]})
