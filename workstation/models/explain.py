"""What a signature is worth, judged on this PC from the file itself, and put into plain words."""

from __future__ import annotations

import contextlib
import json
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
from workstation.models.explain_words import Explained, explain
from workstation.models.printing import as_shown

if TYPE_CHECKING:  # heavy: loaded in the background
    from records.signatures import Verdict

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
    received_at: datetime | None
    """When the server received it, by its receipt."""


class ExplainModel(QObject):
    """Fetches, judges and explains in the background; the newest question wins."""

    explained = pyqtSignal(object)
    """Explanation."""
    refused = pyqtSignal(object)
    """Refusal: the file could not be had."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._asked = 0

    def entry(self, view: EntryView, name: str) -> None:
        """The newest signed file of an entry."""
        self._run(lambda: self._explain(self._file(view.file), name, view))

    def file(self, path: Path) -> None:
        """A file from disk, from wherever it came."""
        self._run(lambda: self._explain(_read(path), path.name, None))

    # In the background

    def _explain(self, pdf: bytes, name: str, view: EntryView | None) -> Explanation:
        from records.pades import Trust, judge
        from records.signatures import Question

        trust = Trust.from_pem(*(text.encode() for text in self._desk.account.trust_roots))
        verdict = judge(pdf, trust, self._desk.client.clock.server_now())
        receipt = self._receipt(sha256(pdf).hexdigest())
        told = receipt.get("verdict")
        if told is not None:
            verdict = _joined(verdict, told, (Question.SIGNER_ENROLLED, Question.AUTHORISED))
        received = datetime.fromisoformat(receipt["received_at"]) if receipt else None
        return Explanation(pdf, name, verdict, explain(verdict, view, received), as_shown(pdf), received)

    def _file(self, digest: str) -> bytes:
        """From the server, kept for outages; from this PC while the server is away."""
        store, key = self._desk.store, f"file:{digest}"
        held = store.cached(key)
        return held.body if held is not None else store.put_cache(key, self._desk.client.file(digest)).body

    def _receipt(self, digest: str) -> dict[str, Any]:
        """What the server's receipt says; empty for a file that the server never saw, or while it is away."""
        from records.receipts import Receipt

        store, key = self._desk.store, f"receipt:{digest}"
        with contextlib.suppress(Refusal, ValueError):
            held = store.cached(key)
            text = held.body if held is not None else store.put_cache(key, self._desk.client.receipt(digest)).body
            return dict(json.loads(Receipt.from_file(text).body))
        return {}

    # Back on the UI thread

    def _run(self, work: Any) -> None:
        self._asked += 1
        mine = self._asked
        self._desk.background.run(Query(
            "explain a signature", work,
            lambda explanation: self.explained.emit(explanation) if mine == self._asked else None,
            lambda refusal: self.refused.emit(refusal) if mine == self._asked else None))


def _joined(verdict: Verdict, told: dict[str, Any], questions: tuple[Any, ...]) -> Verdict:
    """Our verdict, with what only the server knows added from its receipt."""
    from records.signatures import Verdict

    theirs = Verdict.from_json(told)
    if theirs.file_sha256 != verdict.file_sha256:
        return verdict
    for signature in theirs.signatures:
        for finding in signature.findings:
            if finding.question in questions:
                verdict = verdict.with_signature_finding(signature.slot, finding)
    return verdict


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Refusal.because("file_from_disk_too_large", path.name)
        return path.read_bytes()
    except OSError as error:
        raise Trouble.because("file_from_disk_unreadable", path.name, detail=str(error)) from error
