"""What a signature is worth, judged on this PC from the file itself, and put into plain words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal, Trouble
from records.messages import EntryView
from workstation.background import Query
from workstation.models.desk import Desk
from workstation.models.explain_words import Around, Explained, ReceiptSeen, around_key, explain
from workstation.models.printing import Printed, as_shown

if TYPE_CHECKING:  # heavy: loaded in the background
    from records.signatures import Question, Verdict
    from records.trust import Trust

LARGEST = 50_000_000
"""Bytes of a file from disk: nothing that this program writes comes near."""


@dataclass(frozen=True)
class Explanation:
    """One file with the words for each of its signatures."""

    pdf: bytes = field(repr=False)
    name: str
    """«Tờ điều trị, lần ghi 21:40», or the file's name."""
    verdict: Verdict
    signatures: tuple[Explained, ...]
    """At least one: a file without signatures is explained as such."""
    shown: bytes = field(repr=False)
    """The pages with the marks drawn into them, for the screen."""
    receipt: ReceiptSeen
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """DER of everyone in the signatures' chains, signers first, each once."""


class ExplainModel(QObject):
    """Fetches, judges and explains in the background; the newest question wins."""

    explained = pyqtSignal(object)
    """Explanation."""
    refused = pyqtSignal(object)
    """Refusal: the file could not be had."""
    reported = pyqtSignal(object)
    """Printed: the report of an explanation."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._asked = 0

    def entry(self, view: EntryView, name: str) -> None:
        """The newest signed file of an entry, with its long-term evidence once there is some."""
        self._run(lambda: self._explain(self._file(view.evidence_file or view.file), name, view))

    def file(self, path: Path) -> None:
        """A file from disk, from wherever it came."""
        self._run(lambda: self._explain(_read(path), path.name, None))

    def report(self, explanation: Explanation) -> None:
        """The report of what is shown, as a file to print or to save."""
        from workstation.models.explain_report import report_of

        account, at = self._desk.account, self._desk.client.clock.server_now()
        self._desk.background.run(Query(
            "report a signature", lambda: report_of(explanation, account, at), self._reported, self._not_reported))

    # In the background

    def _explain(self, pdf: bytes, name: str, view: EntryView | None) -> Explanation:
        from records.elsewhere import is_ours, judge_elsewhere, seen_from
        from records.pades import judge
        from records.signatures import Question
        from records.trust import Trust

        trust, at = Trust.from_pem(*(text.encode() for text in self._desk.account.trust_roots)), (
            self._desk.client.clock.server_now())
        # What the server names as an entry's file is judged as ours whatever it holds; from disk anything may come.
        ours = view is not None or is_ours(pdf)
        verdict = judge(pdf, trust, at) if ours else judge_elsewhere(pdf, trust, at)
        verdict = seen_from(verdict, self._desk.account.facility_code)
        around, certificates = _around(pdf, trust, at)
        receipt = self._receipt(sha256(pdf).hexdigest())
        verdict = _joined(verdict, receipt, (Question.SIGNER_ENROLLED, Question.AUTHORISED))
        return Explanation(pdf, name, verdict, explain(verdict, view, receipt, around), as_shown(pdf), receipt,
                           certificates)

    def _file(self, digest: str) -> bytes:
        """From the server, kept for outages; from this PC while the server is away."""
        store, key = self._desk.store, f"file:{digest}"
        held = store.cached(key)
        return held.body if held is not None else store.put_cache(key, self._desk.client.file(digest)).body

    def _receipt(self, digest: str) -> ReceiptSeen:
        """The server's receipt, its signature verified; nothing for a file that the server never saw."""
        store, key = self._desk.store, f"receipt:{digest}"
        held = store.cached(key)
        seen = self._verified(held.body, digest) if held is not None else ReceiptSeen()
        if seen.received is not None:
            return seen
        try:
            text = self._desk.client.receipt(digest)
        except Refusal:
            return seen
        seen = self._verified(text, digest)
        if seen.received is not None:
            store.put_cache(key, text)
        return seen

    def _verified(self, text: bytes, digest: str) -> ReceiptSeen:
        from records.receipts import Receipt, keys_from_pem, verify

        keys = keys_from_pem(pem.encode() for pem in self._desk.account.receipt_keys)
        try:
            return ReceiptSeen(verify(Receipt.from_file(text), keys, digest), file=text)
        except Refusal as refusal:
            return ReceiptSeen(reasons=refusal.reasons)

    # Back on the UI thread

    def _reported(self, printed: Printed) -> None:
        self.reported.emit(printed)

    def _not_reported(self, why: Refusal) -> None:
        self.refused.emit(why)

    def _run(self, work: Any) -> None:
        self._asked += 1
        mine = self._asked
        self._desk.background.run(Query(
            "explain a signature", work,
            lambda explanation: self.explained.emit(explanation) if mine == self._asked else None,
            lambda refusal: self.refused.emit(refusal) if mine == self._asked else None))


def _around(pdf: bytes, trust: Trust, at: datetime) -> tuple[dict[str, Around], tuple[bytes, ...]]:
    """Chains and what was added after each signature, of any signed PDF; nothing of one that cannot be read."""
    from records.elsewhere import chain_of, chain_of_stamp
    from records.signed_elsewhere import look

    try:
        seen = look(pdf)
    except Refusal:
        return {}, ()
    found: dict[str, Around] = {}
    certificates: list[bytes] = []
    for one in seen.signatures:
        chain = chain_of(one, seen.evidence, trust, at)
        told, digest = Around(chain.names, chain.trusted, one.after), sha256(one.certificate).hexdigest()
        found[around_key(digest, one.covers)] = found[around_key(digest, None)] = told
        certificates += chain.certificates
    for stamp in (one.stamp for one in seen.document_stamps if one.stamp is not None):
        certificates += chain_of_stamp(stamp, seen.evidence, trust).certificates
    return found, tuple(dict.fromkeys(certificates))


def _joined(verdict: Verdict, receipt: ReceiptSeen, questions: tuple[Question, ...]) -> Verdict:
    """Our verdict, with what only the server knows from its receipt, or why that receipt tells nothing."""
    from records.signatures import Finding

    theirs = receipt.received.verdict.signatures if receipt.received is not None else ()
    for signature in theirs:
        for finding in signature.findings:
            if finding.question in questions:
                verdict = verdict.with_signature_finding(signature.slot, finding)
    if receipt.reasons:
        for signature in verdict.signatures:
            for question in questions:
                verdict = verdict.with_signature_finding(
                    signature.slot, Finding(question, "unknown", receipt.reasons))
    return verdict


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Refusal.because("file_from_disk_too_large", path.name)
        return path.read_bytes()
    except OSError as error:
        raise Trouble.because("file_from_disk_unreadable", path.name, detail=str(error)) from error
