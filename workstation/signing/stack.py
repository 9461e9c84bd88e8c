"""Signs many documents with one PIN: prepares the next one while the token signs, and stops cleanly in between.

A token signs four documents a second; everything else of the work is done beside it, so that the token never waits.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as item
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Protocol, Self
from uuid import UUID

from records import signing_pdf
from records.entries import Mark
from records.errors import Reason, Refusal
from workstation.ids import new_id
from workstation.signing.base import Identity, Left, Prompter, Signer

ZONE = timezone(timedelta(hours=7))
TURN_S = 0.0001
"""How long a busy window keeps the interpreter from the threads of a stack. Each signature waits for two or three such
turns: at the program's usual millisecond a quick token loses a tenth of its pace to them."""


@contextmanager
def quick_turns() -> Iterator[None]:
    """While a token signs, threads take turns more often; afterwards as before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@dataclass(frozen=True)
class Document:
    """One thing to sign. `pdf` and `mark` are called when its turn comes, on a thread of the stack."""

    key: str
    """By which the caller knows it again."""
    field: str
    """The empty signature field (`records.render.slot_field`)."""
    pdf: Callable[[], bytes] = item(repr=False)
    """Draws or reads the file."""
    mark: Callable[[Identity, datetime], Mark] = item(repr=False)
    """Builds the mark (`records.signatures.mark_for`) for the certificate and the moment of signing."""


@dataclass(frozen=True)
class Outcome:
    """What came of one document: the signed file, or why it was refused."""

    document: Document
    signed: bytes | None = item(default=None, repr=False)
    reasons: tuple[Reason, ...] = ()


class Shelf(Protocol):
    """Keeps what waits for a confirmation elsewhere, so that it outlives this program."""

    def keep(self, act: UUID, identity: Identity, ready: Sequence[tuple[Document, signing_pdf.Prepared]]) -> None:
        """Before the question is sent; the order is that of the hashes."""

    def asked(self, documents: Sequence[Document]) -> None:
        """The question is there: from now on somebody may confirm it."""

    def came(self, documents: Sequence[Document]) -> None:
        """Their signatures are here; the files are finished one after the other."""

    def drop(self, act: UUID) -> None:
        """Whatever has not come by now does not come."""


class Stack:
    """Documents to sign as one identity. `stamp`: signature value -> time-stamp token, empty when none came in time.

    `run` signs what is left, tells each outcome in order on a thread of its own, and returns how many are left (after
    `stop`). When the token fails it raises what the token said; every document told before is whole, the one at hand
    is untouched, and `run` again goes on with it after a new PIN, with the same certificate or not at all.
    """

    def __init__(
        self,
        signer: Signer,
        identity: Identity,
        documents: Iterable[Document],
        *,
        told: Callable[[Outcome], None],
        now: Callable[[], datetime],
        stamp: Callable[[bytes], bytes] | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self.identity = identity
        self._signer = signer
        self._left = deque(documents)
        self._told = told
        self._now = now
        self._stamp = stamp
        self._shelf = shelf
        self._stopping = threading.Event()

    @property
    def left(self) -> tuple[Document, ...]:
        """What is not signed yet, in order."""
        return tuple(self._left)

    def stop(self) -> None:
        """Sign nothing after the document at hand; from any thread."""
        self._stopping.set()
        self._signer.interrupt()

    def leave(self) -> None:
        """As `stop`; but what the person is asked elsewhere stays asked, and `run` ends with `Left`."""
        self._stopping.set()
        self._signer.leave()

    def run(self, prompter: Prompter) -> int:
        """Sign what is left, with one PIN. The certificate is judged before the PIN is asked."""
        self._stopping.clear()
        if not self._left:
            return 0
        if reason := self.identity.refusal(self._now()):
            raise Refusal(reason)
        try:
            self._signer.open(self.identity, prompter)
            with _Teller(self._told) as teller, ThreadPoolExecutor(1, "stack ahead") as ahead:
                if self._signer.together:
                    self._sign_together(teller)
                else:
                    with quick_turns():
                        self._sign_all(ahead, teller)
        finally:
            self._signer.close()
        return len(self._left)

    def _sign_all(self, ahead: ThreadPoolExecutor, teller: _Teller) -> None:
        coming: Future[signing_pdf.Prepared] | None = None
        while self._left and not self._stopping.is_set():
            document = self._left[0]
            this = coming or ahead.submit(self._prepare, document)
            coming = None
            try:
                prepared = this.result()
            except Refusal as refusal:
                self._left.popleft()
                teller.tell(partial(Outcome, document, None, refusal.reasons))
                continue
            if len(self._left) > 1:
                coming = ahead.submit(self._prepare, self._left[1])
            signature = self._signer.sign_raw(prepared.to_sign, self.identity.mechanism)
            self._left.popleft()
            teller.tell(partial(self._completed, document, prepared, signature))

    def _sign_together(self, teller: _Teller) -> None:
        """One confirmation for all: what comes back is finished, what does not is left."""
        ready: list[tuple[Document, signing_pdf.Prepared]] = []
        for document in tuple(self._left):
            if self._stopping.is_set():
                return
            try:
                ready.append((document, self._prepare(document)))
            except Refusal as refusal:
                self._left.remove(document)
                teller.tell(partial(Outcome, document, None, refusal.reasons))
        if not ready:
            return
        act = new_id()
        if self._shelf is not None:
            self._shelf.keep(act, self.identity, ready)
        try:
            self._take(teller, ready, act)
        except Left:
            raise
        except BaseException:
            if self._shelf is not None:
                teller.finish()
                self._shelf.drop(act)
            raise

    def _take(self, teller: _Teller, ready: Sequence[tuple[Document, signing_pdf.Prepared]], act: UUID) -> None:
        asked = [prepared.to_sign for _, prepared in ready]
        signatures = self._signer.sign_many(asked, self.identity.mechanism, act)
        if self._shelf is not None:
            self._shelf.asked([document for document, _ in ready])
        came: dict[Document, Callable[[], Outcome]] = {}
        try:
            for (document, prepared), signature in zip(ready, signatures, strict=True):
                if signature is not None:
                    came[document] = partial(self._completed, document, prepared, signature)
        finally:
            # Half a list is told as missing only after it was handed over.
            if came and self._shelf is not None:
                self._shelf.came(list(came))
            for document, finish in came.items():
                self._left.remove(document)
                teller.tell(finish)

    def _prepare(self, document: Document) -> signing_pdf.Prepared:
        signed_at = self._now().astimezone(ZONE).replace(microsecond=0)
        mark = document.mark(self.identity, signed_at)
        return signing_pdf.prepare(document.pdf(), document.field, mark, self.identity,
                                   stamped=self._stamp is not None)

    def _completed(self, document: Document, prepared: signing_pdf.Prepared, signature: bytes) -> Outcome:
        """On the teller's thread, while the token signs the next: the stamp when it comes in time, then the file."""
        token = self._stamp(signature) if self._stamp is not None else b""
        if not token or 2 * len(token) > signing_pdf.STAMP_ROOM:
            token, self._stamp = b"", None  # the service is away: the rest of the stack does not wait for it
        return Outcome(document, signing_pdf.complete(prepared, signature, token))


class _Teller:
    """Finishes signed files and tells the outcomes, in order, beside the signing.

    A failure of the listener comes out at the end, after every outcome was told.
    """

    def __init__(self, told: Callable[[Outcome], None]) -> None:
        self._told = told
        self._pool = ThreadPoolExecutor(1, "stack told")
        self._telling: list[Future[None]] = []

    def tell(self, finish: Callable[[], Outcome]) -> None:
        self._telling.append(self._pool.submit(lambda: self._told(finish())))

    def __enter__(self) -> Self:
        return self

    def finish(self) -> None:
        """Everything that was to be told is told."""
        self._pool.shutdown()

    def __exit__(self, *_: object) -> None:
        self.finish()
        for told in self._telling:
            told.result()
