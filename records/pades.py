"""judge(file, trust, at): is this signed PDF good, question by question.

Offline and pure: trust and time are given, nothing is fetched. pyHanko judges the value and the chain of certificates
(`records.chains`); the file itself is judged here, more narrowly than any verifier does: laid out as we write it
(`records.revisions`), its values in the one encoding that we write (`records.cms`), each revision the rendered
document with one more signature and its mark and nothing else (`records.anatomy`). pyHanko's and poppler's view of
the same files stands beside it in the tests (`tests/judges.md`).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from records import canonical, forms, render
from records.anatomy import CDA_FILE, SignatureValue, attachments, differences, opened, signature_values
from records.chains import Trust, path_to_root, wrong_value
from records.cms import Certificate, Container, read, unpadded
from records.entries import Version
from records.errors import Reason, Refusal
from records.forms import SignatureSlot
from records.render.words import moment
from records.revisions import Revision, revisions
from records.signatures import (
    Content,
    Finding,
    Question,
    SignatureVerdict,
    Verdict,
    mark_for,
    no,
    same_name,
    settled,
    unknown,
    yes,
)
from records.slot_words import in_words

__all__ = ["CLOCK_TOLERANCE", "Beside", "Trust", "judge"]

CLOCK_TOLERANCE = timedelta(minutes=2)
"""A workstation's clock may be off by so much when it signs (the server refuses more)."""
Beside = Callable[[Version], Mapping[str, bytes]]
LARGEST_VERSION = 1024 * 1024
"""More than any form can hold; a hostile version must not keep the renderer busy."""
SUBFILTER = "/ETSI.CAdES.detached"
_MOMENT = re.compile(r"D:(\d{14})(?:Z|([+-]\d\d)'(\d\d)')")
_log = logging.getLogger(__name__)


def judge(file: bytes, trust: Trust, at: datetime, expected: Version | None = None,
          beside: Beside | None = None) -> Verdict:
    """The verdict on one file, as known at `at`.

    `expected`: the version that the file must carry. `beside`: what else must be attached, by name (`cda.xml`), told
    from the attached version; None: a composition may carry a `cda.xml`, but nobody judges what it says.
    """
    sha256 = hashlib.sha256(file).hexdigest()
    try:
        return in_words(_Case(file, trust, at, expected, beside).verdict(sha256))
    except Refusal as refusal:
        return Verdict(sha256, (Finding(Question.READABLE, "no", refusal.reasons),))
    except Exception as error:
        # A parser that chokes on a hostile file must neither stop the server nor let the file pass.
        _log.info("a file that could not be judged: %s", sha256, exc_info=True)
        told = f"{type(error).__name__}: {error}"[:200]
        return Verdict(sha256, (no(Question.READABLE, "file_unreadable", detail=told),))


class _Case:
    """One file while it is judged."""

    def __init__(self, file: bytes, trust: Trust, at: datetime, expected: Version | None,
                 beside: Beside | None) -> None:
        self.file, self.trust, self.at = file, trust, at
        self.expected, self.beside = expected, beside
        self.reached: set[int] = set()

    def verdict(self, sha256: str) -> Verdict:
        self.revisions = revisions(self.file)
        with opened(self.file) as document:
            self.values = signature_values(document)
            self.attached = attachments(document)
            warnings = [str(item) for item in document.get_warnings()]
        content, version = self._content()
        self.version = version
        self.signatures = [_Signature(self, value) for value in self.values]
        for before, after in zip(self.signatures, self.signatures[1:], strict=False):
            after.previous = before
        reference = None
        if version is not None:
            reference = Content.of(version, content.evidence["sha256"])
        readable = yes(Question.READABLE, revisions=len(self.revisions))
        if warnings:
            readable = no(Question.READABLE, "file_not_by_signing", detail=warnings[0][:200])
        findings = (readable, self._coverage(), content, *self._document())
        return Verdict(sha256, findings, tuple(item.verdict() for item in self.signatures), reference, version)

    def _coverage(self) -> Finding:
        """The last signature covers the whole file."""
        question = Question.NOTHING_ADDED_AFTER
        if not self.values:
            return no(question, "file_unsigned")
        last = self.values[-1]
        end = sum(last.byte_range[2:])
        if end == len(self.file):
            return yes(question, bytes=len(self.file))
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
        return (known, *self._pages(drawn))

    def _pages(self, drawn: bytes) -> tuple[Finding, ...]:
        page, marks = Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN
        last = self._differences(drawn, self.revisions[-1])
        of_marks = [item for item in last if item.code.startswith(("annotation_", "widget_", "mark_"))]
        of_page = [item for item in last if item not in of_marks]
        of_marks += [reason for signature in self.signatures for reason in signature.mark_reasons]
        shown = yes(page, drawn=hashlib.sha256(drawn).hexdigest(), digest=render.page_digest(drawn))
        return (
            shown if not of_page else settled(page, of_page),
            settled(marks, of_marks),
            settled(Question.ONE_SIGNATURE_PER_REVISION, self._growth(drawn), signatures=len(self.values)),
        )

    def _differences(self, drawn: bytes, revision: Revision) -> tuple[Reason, ...]:
        """Where the file, as it was at the end of that revision, is not the drawn one with its signatures."""
        past = self.file[:revision.end]
        if past == drawn:
            self.reached.update(revision.objects)
            return ()
        signed = {item.value.field: item.marks for item in self.signatures if item.end <= revision.end}
        with opened(past) as document, opened(drawn) as mine:
            return differences(mine, document, signed, self.reached)

    def _growth(self, drawn: bytes) -> list[Reason]:
        """Each revision after the first adds one signature; what it shows was checked for the last one already."""
        ends = [item.end for item in self.signatures]
        reasons = []
        for index, revision in enumerate(self.revisions):
            due = ends.count(revision.end)
            if due != (1 if index else 0):
                reasons.append(_more(index, f"{due} signatures"))
            elif index < len(self.revisions) - 1:
                reasons += [_more(index, reason.english) for reason in self._differences(drawn, revision)]
            kept = [item for item in self.signatures if item.end < revision.end]
            if any(item.value.number in revision.objects for item in kept):
                reasons.append(_more(index, "an earlier signature is written anew"))
        for index, revision in enumerate(self.revisions if not reasons else ()):
            if idle := set(revision.objects) - self.reached:
                reasons.append(_more(index, f"objects that nothing leads to: {sorted(idle)[:10]}"))
        return reasons


class _Signature:
    """One signature while it is judged."""

    def __init__(self, case: _Case, value: SignatureValue) -> None:
        self.case, self.value = case, value
        self.previous: _Signature | None = None
        self.end = sum(value.byte_range[2:])
        self.claimed = _moment(value.moment)
        self.reasons: list[Reason] = list(self._gap())
        self.container: Container | None = None
        written = b""
        if not self.reasons:
            written = case.file[value.byte_range[1] + 1:value.byte_range[2] - 1]
            der, reasons = unpadded(value.contents, written, value.field)
            self.reasons += reasons
            try:
                self.container = read(der, value.field)
            except Refusal as refusal:
                self.reasons += refusal.reasons
        self.slot = self._slot()
        self.mark_reasons: list[Reason] = []
        self.marks = self._marks()

    def _gap(self) -> Sequence[Reason]:
        """The byte range leaves out exactly the value, which lies in the object that its revision writes."""
        value, file = self.value, self.case.file
        uncovered = (Reason("signature_bytes_uncovered", value.field),)
        if len(value.byte_range) != 4:
            return uncovered
        start, length, after, _ = value.byte_range
        home = next((item for item in self.case.revisions if item.end == self.end), None)
        if start != 0 or home is None or home.start == 0 or value.number not in home.objects:
            return uncovered
        begin, end = home.objects[value.number]
        if not begin < length < after < end or file[length:length + 1] != b"<" or file[after - 1:after] != b">":
            return uncovered
        return ()

    def _slot(self) -> SignatureSlot | None:
        version = self.case.version
        if version is None:
            return None
        kind = forms.form(version.form.code, version.form.edition).kind(version.form.kind)
        return next((slot for slot in kind.slots if render.slot_field(slot.key) == self.value.field), None)

    def _marks(self) -> frozenset[str]:
        """Digests of the marks that this signature may show; what is wrong with its words goes to `mark_reasons`."""
        version, value = self.case.version, self.value
        if self.container is None or self.slot is None or self.claimed is None or version is None:
            self.mark_reasons.append(Reason("mark_not_judged", value.field))
            return frozenset()
        signer = self.container.signer
        if not same_name(value.name, signer.name):
            self.mark_reasons.append(Reason("mark_name_not_of_certificate", value.field,
                                            {"shown": value.name, "certified": signer.name}))
        author = version.author
        if self.slot.author and not (same_name(signer.name, author.full_name) and value.reason == author.title):
            self.mark_reasons.append(Reason("mark_not_of_author", self.slot.label, {
                "author": f"{author.full_name} ({author.title})", "signer": f"{signer.name} ({value.reason})"}))
        try:
            mark = mark_for(version, self.slot.key, full_name=value.name, title=value.reason, signed_at=self.claimed,
                            certificate_serial=signer.serial, certificate_issuer=signer.issuer)
            return frozenset((render.mark_digest(render.mark_appearance(mark)),))
        except Refusal as refusal:
            self.mark_reasons += refusal.reasons
            return frozenset()

    def verdict(self) -> SignatureVerdict:
        signer = self.container.signer if self.container else None
        return SignatureVerdict(
            slot=self.slot.key if self.slot else self.value.field,
            signer=signer.name if signer else self.value.name,
            title=self.value.reason,
            national_id=signer.national_id if signer else "",
            serial=signer.serial if signer else "",
            issuer=signer.issuer if signer else "",
            claimed_at=self.claimed,
            certificate_sha256=hashlib.sha256(signer.der).hexdigest() if signer else "",
            findings=(self._intact(), *self._certificate(), self._slot_known(), self._in_time()),
        )

    def _intact(self) -> Finding:
        """The bytes, the value, and their binding to the certificate."""
        reasons, where = list(self.reasons), self.value.field
        if self.value.foreign_keys or self.value.subfilter != SUBFILTER:
            told = ", ".join((self.value.subfilter, *self.value.foreign_keys))
            reasons.append(Reason("signature_encoding_foreign", where, {"detail": told}))
        if self.container is None:
            return settled(Question.INTACT, reasons or [Reason("signature_unreadable", where, {"detail": ""})])
        weak = self.container.weakness or self.container.signer.weakness()
        if weak:
            reasons.append(Reason("signature_algorithm_weak", where, {"algorithm": weak}))
        elif not self.reasons:
            reasons += wrong_value(self.container, self._digest(self.container.digest), where)
        return settled(Question.INTACT, reasons, digest=self.container.digest, covers=self.end)

    def _digest(self, algorithm: str) -> bytes:
        _, length, after, rest = self.value.byte_range
        digest = hashlib.new(algorithm, self.case.file[:length])
        digest.update(self.case.file[after:after + rest])
        return digest.digest()

    def _certificate(self) -> tuple[Finding, ...]:
        if self.container is None:
            return tuple(unknown(question, "signature_unreadable", self.value.field, detail="") for question in (
                Question.CHAIN_TRUSTED, Question.CERTIFICATE_VALID_AT, Question.KEY_USAGE, Question.NOT_REVOKED))
        signer = self.container.signer
        usage = yes(Question.KEY_USAGE, usage="nonRepudiation") if signer.for_documents else no(
            Question.KEY_USAGE, "certificate_not_for_documents", signer.name)
        return (self._chain(self.container), self._validity(signer), usage,
                unknown(Question.NOT_REVOKED, "revocation_unchecked"))

    def _chain(self, container: Container) -> Finding:
        """A path from the certificate to a trusted root, at the claimed time; nothing else inside."""
        signer, question = container.signer, Question.CHAIN_TRUSTED
        begin, end = signer.parsed.not_valid_before, signer.parsed.not_valid_after
        when = min(max(self.claimed or self.case.at, begin), end)
        trust = self.case.trust
        found = path_to_root(signer, container.others, trust, when)
        if isinstance(found, str):
            return Finding(question, "no", (Reason("chain_untrusted", signer.name, {"issuer": signer.issuer}),),
                           {"detail": found})
        known = {*trust.roots, *trust.intermediates}
        strangers = [item for item in container.others
                     if item.der not in known and not (item.der in found and item.well_formed)]
        if strangers:
            return no(question, "chain_carries_strangers", self.value.field)
        return yes(question, root=Certificate(found[0]).name, length=len(found))

    def _validity(self, signer: Certificate) -> Finding:
        question, name = Question.CERTIFICATE_VALID_AT, signer.name
        begin, end = signer.parsed.not_valid_before, signer.parsed.not_valid_after
        if self.claimed is None:
            return unknown(question, "signed_without_time", self.value.field)
        if self.claimed > end:
            return no(question, "signed_after_expiry", name, until=moment(end), at=moment(self.claimed))
        if self.claimed < begin:
            return no(question, "signed_before_validity", name, since=moment(begin), at=moment(self.claimed))
        return yes(question, since=begin.isoformat(), until=end.isoformat(), time="claimed")

    def _slot_known(self) -> Finding:
        if self.case.version is None:
            return unknown(Question.SLOT_KNOWN, "version_needed")
        if self.slot is None:
            return no(Question.SLOT_KNOWN, "slot_not_of_form", self.value.field)
        kind = forms.form(self.case.version.form.code, self.case.version.form.edition).kind(self.case.version.form.kind)
        signed = {item.slot.key for item in self.case.signatures if item.slot and item.end < self.end}
        waits = [Reason("slot_waits_for_slot", self.slot.label, {"earlier": kind.slot(earlier).label})
                 for earlier in self.slot.after if earlier not in signed and not kind.slot(earlier).optional]
        if waits:
            return settled(Question.SLOT_KNOWN, waits)
        return yes(Question.SLOT_KNOWN, label=self.slot.label)

    def _in_time(self) -> Finding:
        question, where, version = Question.IN_TIME, self.value.field, self.case.version
        if self.claimed is None:
            return no(question, "signed_without_time", where)
        reasons, at = [], {"at": moment(self.claimed, seconds=True)}
        if self.claimed > self.case.at + CLOCK_TOLERANCE:
            reasons.append(Reason("signed_in_future", where, at))
        if version is not None and self.claimed < version.written_at - CLOCK_TOLERANCE:
            reasons.append(Reason("signed_before_written", where, {**at, "written": moment(version.written_at)}))
        before = self.previous.claimed if self.previous else None
        if before is not None and self.claimed < before - CLOCK_TOLERANCE:
            reasons.append(Reason("signed_before_earlier", where, at))
        return settled(question, reasons, time="claimed")


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


def _moment(told: str) -> datetime | None:
    """An aware instant from a PDF date with seconds and zone; anything looser is none."""
    found = _MOMENT.fullmatch(told)
    if found is None:
        return None
    digits, hours, minutes = found.groups()
    try:
        return datetime.strptime(f"{digits}{hours or '+00'}{minutes or '00'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
