"""One signature while its file is judged (`records.pades`): bytes, certificate, time, revocation, slot, mark."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from records import forms, render, revocation, timestamps
from records.anatomy import SignatureValue
from records.chains import path_to_root, wrong_value
from records.cms import Certificate, Container, read, unpadded
from records.entries import Version
from records.errors import Reason, Refusal
from records.forms import SignatureSlot
from records.render.words import moment
from records.revisions import Revision
from records.revocation import Evidence, Link
from records.signatures import Finding, Question, SignatureVerdict, mark_for, no, same_name, settled, unknown, yes
from records.timestamps import Token
from records.trust import Trust

CLOCK_TOLERANCE = timedelta(minutes=2)
"""A workstation's clock may be off by so much when it signs (the server refuses more)."""
STAMP_FOLLOWS = timedelta(minutes=10)
"""A signature is stamped when it is made; a stamp that came later does not confirm the claimed time."""
SUBFILTER = "/ETSI.CAdES.detached"
_MOMENT = re.compile(r"D:(\d{14})(?:Z|([+-]\d\d)'(\d\d)')")


@dataclass(frozen=True)
class Around:
    """What a signature is judged in: its file, and what is known from outside."""

    file: bytes = field(repr=False)
    revisions: tuple[Revision, ...] = field(repr=False)
    version: Version | None = field(repr=False)
    trust: Trust = field(repr=False)
    at: datetime
    evidence: Evidence = field(repr=False)
    stamp: Token | None = field(default=None, repr=False)
    """The document's time stamp, when it is good: it proves every signature before it."""


class JudgedSignature:
    """One signature while it is judged."""

    def __init__(self, around: Around, value: SignatureValue, earlier: Sequence[JudgedSignature]) -> None:
        self.around, self.value = around, value
        self.earlier = tuple(earlier)
        self.end = sum(value.byte_range[2:])
        self.claimed = instant(value.moment)
        self.reasons: list[Reason] = list(self._gap())
        self.container: Container | None = None
        written = b""
        if not self.reasons:
            written = around.file[value.byte_range[1] + 1:value.byte_range[2] - 1]
            der, reasons = unpadded(value.contents, written, value.field)
            self.reasons += reasons
            try:
                self.container = read(der, value.field)
            except Refusal as refusal:
                self.reasons += refusal.reasons
        self.slot = self._slot()
        self.mark_reasons: list[Reason] = []
        self.marks = self._marks()
        self.token, self.stamp_reasons = self._stamp()
        self.path = self._path()

    def _gap(self) -> Sequence[Reason]:
        """The byte range leaves out exactly the value, which lies in the object that its revision writes."""
        value, file = self.value, self.around.file
        uncovered = (Reason("signature_bytes_uncovered", value.field),)
        if len(value.byte_range) != 4:
            return uncovered
        start, length, after, _ = value.byte_range
        home = next((item for item in self.around.revisions if item.end == self.end), None)
        if start != 0 or home is None or home.start == 0 or value.number not in home.objects:
            return uncovered
        begin, end = home.objects[value.number]
        if not begin < length < after < end or file[length:length + 1] != b"<" or file[after - 1:after] != b">":
            return uncovered
        return ()

    def _slot(self) -> SignatureSlot | None:
        version = self.around.version
        if version is None:
            return None
        kind = forms.form(version.form.code, version.form.edition).kind(version.form.kind)
        return next((slot for slot in kind.slots if render.slot_field(slot.key) == self.value.field), None)

    def _marks(self) -> frozenset[str]:
        """Digests of the marks that this signature may show; what is wrong with its words goes to `mark_reasons`."""
        version, value = self.around.version, self.value
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

    def _stamp(self) -> tuple[Token | None, tuple[Reason, ...]]:
        """The signature's time stamp when it is good, and what is wrong with one that is not."""
        if self.container is None or not self.container.stamp:
            return None, ()
        where = self.value.field
        try:
            token = timestamps.read(self.container.stamp, where)
        except Refusal as refusal:
            return None, refusal.reasons
        value = self.container.info["signature"].native
        reasons = list(timestamps.wrong(token, hashlib.sha256(value).digest(), self.around.trust, where))
        facts = {"stamped": moment(token.at, seconds=True), "claimed": moment(self.claimed, seconds=True)
                 if self.claimed else ""}
        if token.at > self.around.at + CLOCK_TOLERANCE:
            reasons.append(Reason("stamp_in_future", where, facts))
        if self.claimed and not -CLOCK_TOLERANCE <= token.at - self.claimed <= STAMP_FOLLOWS:
            reasons.append(Reason("stamp_far_from_claim", where, facts))
        return (None, tuple(reasons)) if reasons else (token, ())

    @property
    def proved(self) -> datetime | None:
        """The earliest moment at which the signature is proved to have been there; None: only its own claim."""
        stamps = [token.at for token in (self.token, self.around.stamp) if token is not None]
        return min(stamps, default=None)

    def _path(self) -> list[bytes] | str:
        """The chain above the certificate, root first, or why there is none."""
        if self.container is None:
            return "no certificate"
        signer = self.container.signer
        begin, end = signer.parsed.not_valid_before, signer.parsed.not_valid_after
        when = min(max(self.claimed or self.around.at, begin), end)
        return path_to_root(signer, self.container.others, self.around.trust, when)

    def wanted(self) -> tuple[tuple[Link, datetime], ...]:
        """What must be proved not revoked, and for which moment: the signer's chain and the stamp's."""
        found: list[tuple[Link, datetime]] = []
        if self.container is not None and not isinstance(self.path, str):
            moment_of = self.proved or self.claimed or self.around.at
            found += ((link, moment_of) for link in revocation.links(self.container.signer.der, self.path))
        return (*found, *stamp_links(self.token, self.around.trust))

    def verdict(self) -> SignatureVerdict:
        """Every question about this signature, answered."""
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
            findings=(self._intact(), *self._certificate(), self._stamped(), self._slot_known(), self._in_time()),
            stamped_at=self.token.at if self.token else None,
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
        key = self.container.signer.parsed.public_key.algorithm
        value = hashlib.sha256(self.container.info["signature"].native).hexdigest()
        return settled(Question.INTACT, reasons, digest=self.container.digest, covers=self.end, key=key, value=value)

    def _digest(self, algorithm: str) -> bytes:
        _, length, after, rest = self.value.byte_range
        digest = hashlib.new(algorithm, self.around.file[:length])
        digest.update(self.around.file[after:after + rest])
        return digest.digest()

    def _certificate(self) -> tuple[Finding, ...]:
        if self.container is None:
            return tuple(unknown(question, "signature_unreadable", self.value.field, detail="") for question in (
                Question.CHAIN_TRUSTED, Question.CERTIFICATE_VALID_AT, Question.KEY_USAGE, Question.NOT_REVOKED))
        signer = self.container.signer
        usage = yes(Question.KEY_USAGE, usage="nonRepudiation") if signer.for_documents else no(
            Question.KEY_USAGE, "certificate_not_for_documents", signer.name)
        return (self._chain(self.container), self._validity(signer), usage, self._not_revoked(signer))

    def _chain(self, container: Container) -> Finding:
        """A path from the certificate to a trusted root, at the claimed time; nothing else inside."""
        signer, question, found = container.signer, Question.CHAIN_TRUSTED, self.path
        if isinstance(found, str):
            return Finding(question, "no", (Reason("chain_untrusted", signer.name, {"issuer": signer.issuer}),),
                           {"detail": found})
        known = {*self.around.trust.roots, *self.around.trust.intermediates}
        strangers = [item for item in container.others
                     if item.der not in known and not (item.der in found and item.well_formed)]
        if strangers:
            return no(question, "chain_carries_strangers", self.value.field)
        return yes(question, root=Certificate(found[0]).name, length=len(found))

    def _validity(self, signer: Certificate) -> Finding:
        """Valid at the stamped time where there is one, and always at the claimed one."""
        question, name = Question.CERTIFICATE_VALID_AT, signer.name
        begin, end = signer.parsed.not_valid_before, signer.parsed.not_valid_after
        if self.claimed is None:
            return unknown(question, "signed_without_time", self.value.field)
        for when in (self.claimed, self.token.at if self.token else self.claimed):
            if when > end:
                return no(question, "signed_after_expiry", name, until=moment(end), at=moment(when))
            if when < begin:
                return no(question, "signed_before_validity", name, since=moment(begin), at=moment(when))
        return yes(question, since=begin.isoformat(), until=end.isoformat(),
                   time="stamped" if self.token else "claimed")

    def _not_revoked(self, signer: Certificate) -> Finding:
        """Good at the proved moment; without proof, a later revocation leaves the claim in doubt."""
        question, proved = Question.NOT_REVOKED, self.proved
        if isinstance(self.path, str):
            return unknown(question, "revocation_unchecked")
        when, told = proved or self.claimed or self.around.at, []
        for link in revocation.links(signer.der, self.path):
            said = revocation.state(link.certificate, link.issuer, self.around.evidence, when)
            name, since = Certificate(link.certificate).name, said.revoked_at
            facts = {"at": moment(since, seconds=True) if since else "", "signed": moment(when, seconds=True)}
            if since is not None and proved is not None and self.claimed and self.claimed < since <= proved:
                return unknown(question, "certificate_revoked_since", name, **facts)
            if said.answer == "revoked":
                return no(question, "certificate_revoked_before", name, **facts)
            if said.answer == "unknown":
                return unknown(question, "revocation_unchecked")
            if since is not None and proved is None:
                return unknown(question, "certificate_revoked_since", name, **facts)
            told.append(said)
        kinds = sorted({item.by.kind for item in told if item.by})
        oldest = min((item.by.since for item in told if item.by), default=when)
        return yes(question, by=", ".join(kinds), given_at=oldest.isoformat(), for_time=when.isoformat())

    def _stamped(self) -> Finding:
        question = Question.TIME_STAMPED
        if self.stamp_reasons:
            return settled(question, self.stamp_reasons)
        if self.token is not None:
            return yes(question, at=self.token.at.isoformat(), authority=self.token.authority)
        if self.around.stamp is not None:
            return yes(question, at=self.around.stamp.at.isoformat(), authority=self.around.stamp.authority,
                       by="document")
        return unknown(question, "stamp_missing", self.value.field)

    def _slot_known(self) -> Finding:
        if self.around.version is None:
            return unknown(Question.SLOT_KNOWN, "version_needed")
        if self.slot is None:
            return no(Question.SLOT_KNOWN, "slot_not_of_form", self.value.field)
        form = self.around.version.form
        kind = forms.form(form.code, form.edition).kind(form.kind)
        signed = {item.slot.key for item in self.earlier if item.slot and item.end < self.end}
        # A patient's confirmation is a document of its own (R7): the file cannot say whether it is there.
        elsewhere = {slot.key for slot in kind.slots if slot.optional or slot.holder is forms.Holder.PATIENT}
        waits = [Reason("slot_waits_for_slot", self.slot.label, {"earlier": kind.slot(earlier).label})
                 for earlier in self.slot.after if earlier not in signed | elsewhere]
        if waits:
            return settled(Question.SLOT_KNOWN, waits)
        return yes(Question.SLOT_KNOWN, label=self.slot.label)

    def _in_time(self) -> Finding:
        question, where, version = Question.IN_TIME, self.value.field, self.around.version
        if self.claimed is None:
            return no(question, "signed_without_time", where)
        reasons, at = [], {"at": moment(self.claimed, seconds=True)}
        if self.claimed > self.around.at + CLOCK_TOLERANCE:
            reasons.append(Reason("signed_in_future", where, at))
        if version is not None and self.claimed < version.written_at - CLOCK_TOLERANCE:
            reasons.append(Reason("signed_before_written", where, {**at, "written": moment(version.written_at)}))
        before = self.earlier[-1].claimed if self.earlier else None
        if before is not None and self.claimed < before - CLOCK_TOLERANCE:
            reasons.append(Reason("signed_before_earlier", where, at))
        return settled(question, reasons, time="stamped" if self.token else "claimed")


def stamp_links(token: Token | None, trust: Trust) -> tuple[tuple[Link, datetime], ...]:
    """What must be proved of a time stamp's own chain."""
    path = timestamps.authorities(token, trust) if token is not None else ""
    if token is None or isinstance(path, str):
        return ()
    return tuple((link, token.at) for link in revocation.links(token.container.signer.der, path))


def instant(told: str) -> datetime | None:
    """An aware instant from a PDF date with seconds and zone; anything looser is none."""
    found = _MOMENT.fullmatch(told)
    if found is None:
        return None
    digits, hours, minutes = found.groups()
    try:
        return datetime.strptime(f"{digits}{hours or '+00'}{minutes or '00'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
