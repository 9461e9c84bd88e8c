"""What is asked on the phone and not answered yet: goes on by itself, also after the program or the server was killed.

A question is kept with its files before it is sent. From then on its end comes from the server alone: signed files go
into the outbox, or the drafts are open again and the person reads why. Asked when the server's live events say so;
by the clock only while they do not come in.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Reason, Refusal, Trouble
from records.identities import Identity
from records.messages import RemoteSigningView
from workstation.background import Command
from workstation.client import ServerEvent
from workstation.drafts import Awaited, AwaitedDocument, OutboxCommand
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.desk import Desk
from workstation.models.signing_lines import LineState
from workstation.models.signing_proofs import Proofs

if TYPE_CHECKING:
    from records.signing_pdf import Prepared
    from workstation.signing.stack import Document, Outcome

REMOTE_SIGNING = "remote_signing"
"""The topic under which the server tells that a transaction has ended."""
LANE = "awaited"
ASKS_EVERY_S = 3.0
"""While live events do not come in, or the server has not answered."""
ASKS_AGAIN_S = 30.0
"""After this PC's disk failed, or something else than the line to the server."""
AFTER_END_S = 2.0
"""The server settles a transaction at the end of its time; by then it has."""


Turned = Callable[[Sequence[str], LineState], None]
"""Keys of documents that are with a service, and in which state."""


@dataclass(frozen=True)
class Handing:
    """What will hand a file in, and the draft that it is made of."""

    command: OutboxCommand
    closes: UUID | None = None


@dataclass(frozen=True)
class _Looked:
    """How it stands with everything that is asked."""

    mine: tuple[Awaited, ...]
    troubled: bool
    """The server was away."""
    in_hand: frozenset[UUID]
    """What acts follow that still run."""
    wrong: Refusal | None


class AwaitedModel(QObject):
    """The person's own questions; those of an act that still runs in a dialog are the act's to follow."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: of this PC's disk, or of the server when a question is to be taken back."""
    _finished = pyqtSignal(object)
    """OutboxItem, from whichever thread put it there."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._proofs = Proofs(desk)
        self._in_hand: set[UUID] = set()
        self._looking = self._look_again = self._stopped = False
        self._left: list[ActShelf] = []
        self.items: tuple[Awaited, ...] = ()
        """What waits, and what came to nothing and was not put away yet."""
        self.troubled = False
        """The server could not be asked the last time."""
        self._wrong: Refusal | None = None
        """What else went wrong the last time."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        self._finished.connect(desk.sync.queued)
        self._tell_finished = emitter(self, self._finished)
        desk.sync.line.live_changed.connect(self.look)
        desk.sync.line.heard.connect(self._heard)
        self.look()

    @property
    def waiting(self) -> tuple[Awaited, ...]:
        """What somebody may still confirm."""
        return tuple(one for one in self.items if not one.ended)

    # For the views

    def cancel(self, which: UUID) -> None:
        """Take the question back: nothing that still comes is used, and the drafts are open again."""
        key = new_id()

        def work() -> None:
            told = self._desk.client.remote_cancel(which, key)
            self._take(told)

        self._do("take back", work)

    def put_away(self, which: UUID) -> None:
        """The person has read why nothing came."""
        self._do("put away", lambda: self._desk.store.awaited.drop(which))

    def look(self, _: object = None) -> None:
        """Read what is kept here, and ask the server how it stands."""
        if self._looking or self._stopped:
            self._look_again = True
            return
        self._looking, self._look_again = True, False
        self._desk.background.run(Command("what is asked on the phone", self._work, self._looked, self._failed),
                                  lane=LANE)

    def stop(self) -> None:
        """The desk closes."""
        self._stopped = True
        self._timer.stop()

    # For an act of signing, on its own threads

    def shelf(self, commands: Mapping[str, Handing], told: Turned | None = None) -> ActShelf:
        """Where an act keeps its questions; `commands` by the documents' keys. `told`: how far they are, from the act's
        own threads.
        """
        return ActShelf(self, commands, told)

    def keep(self, awaited: Awaited) -> None:
        """Before the question is sent."""
        self._in_hand.add(awaited.id)
        self._desk.store.awaited.put(awaited)

    def finish(self, command: UUID, pdf: bytes) -> None:
        """A file has its signature: into the outbox."""
        if (item := self._desk.store.awaited.finish(command, pdf)) is not None:
            self._tell_finished(item)

    def drop(self, which: UUID) -> None:
        """What has not come by now does not come; the act tells why."""
        self._desk.store.awaited.drop(which)

    def leave(self, shelf: ActShelf) -> None:
        """An act's dialog goes (on the UI thread) while its drafts are asked for: not a letter more into them."""
        if shelf.closes and not self._stopped:
            self._left.append(shelf)
            self._tell_closed()

    def let_go(self, which: UUID) -> None:
        """The act has ended (on the UI thread): what it left is followed from here."""
        self._in_hand.discard(which)
        self.look()

    # In the background

    def _work(self) -> _Looked:
        troubled, wrong = False, None
        for one in self._desk.store.awaited.all():
            if one.ended or one.id in self._in_hand:
                continue
            try:
                troubled |= not self._asked(one)
            except Refusal as refusal:
                wrong = wrong or refusal  # of this one; the others are asked for all the same
        in_hand = frozenset(self._in_hand)
        mine = tuple(one for one in self._desk.store.awaited.all() if one.id not in in_hand)
        return _Looked(mine, troubled, in_hand, wrong)

    def _asked(self, one: Awaited) -> bool:
        """Ask the server how it stands, and do what that means here; False when the server is away."""
        told: RemoteSigningView | None = None
        try:
            told = self._desk.client.remote_state(one.id)
            if told.state == "code_wanted":
                # The code was typed for a program that is gone; nobody keeps it, so nobody can send it.
                self._desk.client.remote_cancel(one.id, new_id())
                told = None
        except Trouble:
            return False
        except Refusal as refusal:
            if all(reason.code != "thing_unknown" for reason in refusal.reasons):
                raise
        if told is None:
            self._desk.store.awaited.end(one.id, [Reason("remote_not_asked", one.service)])
        else:
            self._take(told)
        return True

    def _take(self, told: RemoteSigningView) -> None:
        """What the server says of one: keep its end, finish what came, or say that nothing did."""
        shelf = self._desk.store.awaited
        whole = shelf.whole(told.id)
        if whole is None or whole.ended:
            return
        if told.open:
            shelf.note_end(told.id, told.ends_at)
        elif told.state == "cancelled":
            shelf.drop(told.id)
        else:
            self._settle(whole, told)

    def _settle(self, whole: Awaited, told: RemoteSigningView) -> None:
        from workstation.signing.remote import checked

        identity = Identity(whole.certificate, tuple(map(base64.b64decode, whole.chain)), token_label=whole.service)
        try:
            found = checked(identity, told, {one.place: one.to_sign for one in whole.documents})
        except Refusal as refusal:
            self._desk.store.awaited.end(told.id, refusal.reasons)
            return
        for one in whole.documents:
            if one.place in found:
                self.finish(one.command.id, self._signed(one, identity, found[one.place]))
        if len(found) < len(whole.documents):
            reasons = tuple(map(Reason.from_json, told.reasons)) or (Reason("remote_signatures_none"),)
            self._desk.store.awaited.end(told.id, reasons)

    def _signed(self, one: AwaitedDocument, identity: Identity, signature: bytes) -> bytes:
        from records import signing_pdf

        prepared = signing_pdf.taken_up(one.file, one.to_sign, one.room, identity)
        stamp = self._proofs.stamping()
        token = stamp(signature) if stamp is not None else b""
        if 2 * len(token) > signing_pdf.STAMP_ROOM:
            token = b""
        return signing_pdf.complete(prepared, signature, token)

    # Back on the UI thread

    def _do(self, name: str, work: Any) -> None:
        self._desk.background.run(Command(name, work, lambda _: self.look(), self._not_done), lane=LANE)

    def _not_done(self, refusal: Refusal) -> None:
        self.refused.emit(refusal)
        self.look()

    def _heard(self, event: ServerEvent) -> None:
        if event.topic == REMOTE_SIGNING:
            self.look()

    def _looked(self, found: _Looked) -> None:
        before = bool(self.items or self._left)
        self.items, self.troubled = found.mine, found.troubled
        self._left = [shelf for shelf in self._left if shelf.acts & found.in_hand]
        self._tell_wrong(found.wrong)
        self._done_looking()
        if before or self.items:
            self._tell_closed()
        self.changed.emit()

    def _tell_wrong(self, wrong: Refusal | None) -> None:
        """Once, for as long as it stays so."""
        if wrong is not None and (self._wrong is None or wrong.reasons != self._wrong.reasons):
            self.refused.emit(wrong)
        self._wrong = wrong

    def _tell_closed(self) -> None:
        """The entries whose drafts wait for a confirmation."""
        held = (one.closes for item in self.items for one in item.documents if one.closes is not None)
        self._desk.sync.drafts_awaited.emit(frozenset(held).union(*(shelf.closes for shelf in self._left)))

    def _failed(self, refusal: Refusal) -> None:
        self._tell_wrong(refusal)
        self._done_looking()

    def _done_looking(self) -> None:
        self._looking = False
        if self._look_again:
            self.look()
        elif (self.waiting or self._wrong is not None) and not self._stopped:
            self._timer.start(int(1000 * self._patience(utc_now())))

    def _patience(self, now: datetime) -> float:
        if self._wrong is not None:
            return ASKS_AGAIN_S
        if self.troubled or not self._desk.sync.line.is_live:
            return ASKS_EVERY_S
        ends = min((one.ends_at for one in self.waiting if one.ends_at is not None), default=now)
        return max(ASKS_EVERY_S, (ends - now + timedelta(seconds=AFTER_END_S)).total_seconds())


class ActShelf:
    """One act's questions (`workstation.signing.stack.Shelf`)."""

    def __init__(self, model: AwaitedModel, commands: Mapping[str, Handing], told: Turned | None = None) -> None:
        self._model, self._commands, self._told = model, commands, told
        self._waiting: dict[str, UUID] = {}
        self.acts: frozenset[UUID] = frozenset()
        self._closed: dict[UUID, UUID] = {}
        """Command -> entry whose draft it closes, while it is asked for."""

    @property
    def closes(self) -> frozenset[UUID]:
        """The entries whose drafts are closed while somebody is asked."""
        return frozenset(self._closed.values())

    def keep(self, act: UUID, identity: Identity, ready: Sequence[tuple[Document, Prepared]]) -> None:
        """On the disk before the question is sent."""
        handings = [self._commands[document.key] for document, _ in ready]
        self.acts |= {act}
        self._model.keep(Awaited(
            id=act, service=identity.token_label, certificate=identity.certificate,
            chain=tuple(base64.b64encode(one).decode() for one in identity.chain), begun_at=utc_now(),
            documents=tuple(
                AwaitedDocument(command=handing.command, closes=handing.closes, place=place, to_sign=prepared.to_sign,
                                file=prepared.file, room=prepared.room)
                for place, (handing, (_, prepared)) in enumerate(zip(handings, ready, strict=True)))))
        self._closed.update({one.command.id: one.closes for one in handings if one.closes is not None})
        self._waiting.update({document.key: handing.command.id
                              for (document, _), handing in zip(ready, handings, strict=True)})

    def asked(self, documents: Sequence[Document]) -> None:
        """The service has the question."""
        self._tell(documents, LineState.ASKED)

    def came(self, documents: Sequence[Document]) -> None:
        """Their signatures are here."""
        self._tell(documents, LineState.CONFIRMED)

    def _tell(self, documents: Sequence[Document], state: LineState) -> None:
        if self._told is not None:
            self._told([document.key for document in documents], state)

    def finish(self, outcome: Outcome) -> bool:
        """Put a signed file into the outbox, when it was kept here; whether it was."""
        command = self._waiting.get(outcome.document.key)
        if command is None or outcome.signed is None:
            return False
        self._model.finish(command, outcome.signed)
        self._closed.pop(command, None)
        return True

    def drop(self, act: UUID) -> None:
        """Nothing more comes."""
        self._model.drop(act)
        self._closed.clear()

    def leave(self) -> None:
        """The dialog goes; what is asked stays asked."""
        self._model.leave(self)

    def let_go(self) -> None:
        """The act pauses or ends."""
        for act in self.acts:
            self._model.let_go(act)
