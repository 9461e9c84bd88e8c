"""What `benhan-server check` finds in signed files with no server and no database: the core, over bytes.

Pages are drawn again where this build has the renderer that a file names. Where it has not, the server's receipt
(beside the file, `NAME.receipt.json`) speaks for the page; everything else is judged here all the same. Each result
says which of the two it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from records.errors import Reason, Refusal
from records.pades import judge
from records.receipts import PublicKey, Receipt, Received, verify
from records.render.words import moment
from records.signatures import MAY_STAY_UNKNOWN, EvidenceLevel, Question, Verdict
from records.trust import Trust

RECEIPT_SUFFIX = ".receipt.json"
By = Literal["rendering", "receipt", "nothing"]
_OF_THE_PAGE = frozenset({Question.RENDERER_KNOWN, Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN,
                          Question.ONE_SIGNATURE_PER_REVISION})
_HARMLESS = frozenset({"receipt_key_unknown"})
"""A receipt by a key that nobody gave us proves nothing, but it does not make a file worse that needs no receipt."""
_LEVELS = {
    EvidenceLevel.B: "chưa có dấu thời gian (B-B)",
    EvidenceLevel.T: "có dấu thời gian, chưa đủ bằng chứng lâu dài (B-T)",
    EvidenceLevel.LT: "đủ bằng chứng lâu dài (B-LT)",
}


@dataclass(frozen=True)
class Checked:
    """One file's result."""

    name: str
    verdict: Verdict
    page_by: By
    """Who speaks for the page: this build's own rendering, the server's receipt, or nobody."""
    received: Received | None = None
    receipt_reasons: tuple[Reason, ...] = ()

    @property
    def good(self) -> bool:
        """Every question is answered well, by us or, for the page alone, by the receipt."""
        if any(reason.code not in _HARMLESS for reason in self.receipt_reasons):
            return False
        return self.verdict.good or self.page_by == "receipt"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Everything that speaks against the file."""
        if self.good:
            return ()
        return (*(() if self.verdict.good else self.verdict.reasons), *self.receipt_reasons)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        received = self.received
        return {
            "file": self.name,
            "good": self.good,
            "page_by": self.page_by,
            "level": self.verdict.level.value,
            "pdf_a": not self.verdict.elliptic,
            "reasons": [reason.as_json() for reason in self.reasons],
            "verdict": self.verdict.as_json(),
            "receipt": {
                "received_at": received.received_at.isoformat(), "key": received.key_id,
                "good": received.verdict.good,
            } if received else None,
        }

    def lines(self) -> tuple[str, ...]:
        """For the terminal: one line when it is good, else what is wrong and where."""
        if not self.good:
            told = tuple(f"  {reason.vietnamese}" + (f" {reason.todo}" if reason.todo else "")
                         for reason in self.reasons)
            return (f"KHÔNG HỢP LỆ  {self.name}", *told)
        page = "trang đã được vẽ lại và so khớp" if self.page_by == "rendering" else (
            "trang theo biên nhận của máy chủ (chương trình này không có bộ vẽ của tệp)")
        who = "; ".join(f"{item.signer} ({item.title}), {moment(item.claimed_at)}"
                        for item in self.verdict.signatures if item.claimed_at is not None)
        return (f"HỢP LỆ  {self.name}: {who}; {page}; {_LEVELS[self.verdict.level]}{_beyond_pdfa(self.verdict)}",)


def check(files: Mapping[str, bytes], trust: Trust, at: datetime, receipts: Mapping[str, bytes] | None = None,
          keys: Mapping[str, PublicKey] | None = None) -> tuple[Checked, ...]:
    """Every file's result, in the order given. `receipts`: by the file's name; `keys`: the server's, by their id."""
    return tuple(check_one(name, file, trust, at, (receipts or {}).get(name), keys=keys)
                 for name, file in files.items())


def check_one(name: str, file: bytes, trust: Trust, at: datetime, receipt: bytes | None = None, *,
              keys: Mapping[str, PublicKey] | None = None) -> Checked:
    """One file's result."""
    verdict = judge(file, trust, at)
    received, reasons = _received(receipt, verdict.file_sha256, keys or {})
    if verdict.good:
        return Checked(name, verdict, "rendering", received, reasons)
    if not _lacks_renderer_only(verdict):
        return Checked(name, verdict, "nothing", received, reasons)
    if receipt is None:
        reasons = (*reasons, Reason("receipt_missing", name))
    elif received is not None and not received.verdict.good:
        reasons = (*reasons, Reason("receipt_not_good", name))
    by: By = "receipt" if received is not None and not reasons else "nothing"
    return Checked(name, verdict, by, received, reasons)


def _beyond_pdfa(verdict: Verdict) -> str:
    """PDF 1.7, and with it PDF/A-3, knows no ECDSA: such a signature is good, the file's claim is not."""
    return "; chữ ký ECDSA: tệp không còn được coi là PDF/A" if verdict.elliptic else ""


def _received(receipt: bytes | None, sha256: str, keys: Mapping[str, PublicKey]) -> tuple[
        Received | None, tuple[Reason, ...]]:
    if receipt is None:
        return None, ()
    try:
        return verify(Receipt.from_file(receipt), keys, sha256), ()
    except Refusal as refusal:
        return None, refusal.reasons


def _lacks_renderer_only(verdict: Verdict) -> bool:
    """Nothing is wrong, and nothing is unknown but what only a renderer of other years could tell."""
    page = {finding.question for finding in verdict.findings if finding.answer != "yes"
            and not (finding.answer == "unknown" and finding.question in MAY_STAY_UNKNOWN)}
    return (bool(verdict.signatures) and all(signature.good for signature in verdict.signatures)
            and page <= _OF_THE_PAGE and {reason.code for reason in verdict.reasons} == {"renderer_not_here"})
