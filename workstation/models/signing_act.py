"""One act of signing: some documents, one certificate, one PIN; what came of each document as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from records.entries import Mark
from records.errors import Cancelled, Reason, Refusal
from workstation.background import Command, Query
from workstation.drafts import CommandState, OutboxItem
from workstation.emitting import emitter
from workstation.models.account import utc_now
from workstation.models.awaited import Handing
from workstation.models.signing_certificates import Found, elsewhere, look
from workstation.models.signing_lines import ELSEWHERE, UNSIGNED, Line, LineState, Stage, first_look
from workstation.models.signing_prompts import WindowPrompter
from workstation.models.signing_tasks import Paper, Task
from workstation.signing.base import Identity, Pin, PinRequest, TokenInfo

if TYPE_CHECKING:
    from workstation.models.signing import SigningModel
    from workstation.signing.stack import Document, Outcome, Stack  # heavy: loaded on the lane that signs

LANE = "signing"
_ENROLLABLE = frozenset({"certificate_renewed", "no_certificate_approved", "token_not_enrolled"})


class SigningAct(QObject):
    """One PIN, some documents, one certificate."""

    changed = pyqtSignal()
    """Stage, lines, certificate or words changed."""
    finished = pyqtSignal()
    """Nothing that was chosen is left."""
    _told = pyqtSignal(object, bool)
    _turned = pyqtSignal(object, object)
    """Keys of documents that a service has, and the `LineState` in which they are."""

    def __init__(self, model: SigningModel, tasks: Sequence[Task], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model, self._desk = model, model.desk
        self.stage = Stage.LOOKING
        self.refusal: Refusal | None = None
        self.request: PinRequest | None = None
        self.found: Found | None = None
        self.identity: Identity | None = None
        self.began_at: datetime | None = None
        self._lines = {task.key: first_look(task) for task in tasks}
        self._stack: Stack | None = None
        self._papers: dict[str, Paper] = {}
        self._commands: dict[str, Handing] = {}
        self._shelf = model.awaited.shelf(self._commands, emitter(self, self._turned))
        self._ended = self._stopping = False
        self._prompter = WindowPrompter(self)
        self._prompter.pin_wanted.connect(self._asked)
        self._told.connect(self._take_outcome)
        self._hand_over = emitter(self, self._told)
        self._turned.connect(self._take_turn)
        self._desk.sync.command_done.connect(self._settled)
        self._desk.sync.command_refused.connect(self._settled)

    # What is shown

    @property
    def lines(self) -> tuple[Line, ...]:
        """All documents, in order."""
        return tuple(self._lines.values())

    @property
    def chosen(self) -> tuple[Line, ...]:
        """What is going to be signed, or was."""
        return tuple(line for line in self._lines.values() if line.chosen)

    @property
    def left(self) -> tuple[Line, ...]:
        """Chosen and not signed yet."""
        return tuple(line for line in self.chosen if line.state in UNSIGNED)

    @property
    def done(self) -> tuple[Line, ...]:
        """Signed, whatever the server has said since."""
        return tuple(line for line in self.chosen if line.at is not None)

    @property
    def running(self) -> bool:
        """The token is at work, or waits for the PIN."""
        return self.stage in (Stage.SIGNING, Stage.ASKING)

    @property
    def training(self) -> bool:
        """A training key signs, not a token."""
        return self._model.training

    @property
    def away(self) -> bool:
        """The server does not answer: what is signed waits on this PC."""
        return self._desk.away

    @property
    def token(self) -> TokenInfo | None:
        """The token that holds the certificate, as it was seen without a PIN."""
        if self.found is None or self.identity is None:
            return None
        wanted = (self.identity.token_serial, self.identity.token_label)
        return next((token for token in self.found.tokens if (token.serial, token.label) == wanted), None)

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What must be said beside the PIN: a refused one, few tries left."""
        if self.request is not None:
            return self.request.notices
        token, identity = self.token, self.identity
        if identity is None:
            return ()
        ends = identity.expiry(self._desk.client.clock.server_now(), self._model.warning_days)
        told = (ends,) if ends is not None else ()
        if token is None:
            return told
        change = (Reason("pin_must_change", token.label),) if token.must_change else ()
        return (*PinRequest(identity, token.label, token.tries_low, token.final_try).notices, *change, *told)

    @property
    def last_try(self) -> bool:
        """One more wrong PIN locks the token: the person must say that they know before any PIN is passed on."""
        if self.request is not None:
            return self.request.final_try
        return self.token is not None and self.token.final_try

    @property
    def on_token(self) -> bool:
        """The PIN is keyed in on the token itself."""
        return self.token is not None and self.token.on_token

    @property
    def may_enrol(self) -> bool:
        """What blocks is that the certificate on the token is not enrolled: enrolling it is the way on."""
        return self.stage is Stage.BLOCKED and self.refusal is not None and any(
            reason.code in _ENROLLABLE for reason in self.refusal.reasons)

    # Before signing

    def toggle(self, key: str) -> None:
        """Choose a document or leave it out; what may not be signed cannot be chosen."""
        line = self._lines[key]
        if line.open and not self.running and self._stack is None:
            self._put(key, chosen=not line.chosen)

    def see(self, key: str) -> None:
        """The whole document was shown to the person."""
        line = self._lines[key]
        self._model.looks.see(line.task)
        if not line.seen:
            self._put(key, seen=True)

    def look(self) -> None:
        """Find token and certificate, without a PIN."""
        if self.running or self._ended:
            return
        self._turn(Stage.LOOKING)
        at, model = self._desk.client.clock.server_now(), self._model
        self._desk.background.run(Query("look for the certificate", lambda: look(
            model.signer(), model.certificates, self._desk.account.person.national_id, at),
            self._looked, self._blocked), lane=LANE)

    def choose(self, identity: Identity) -> None:
        """One of several certificates that fit; a stack that has begun keeps its own."""
        if self._stack is None:
            self.identity = identity
            remember, serial = self._model.certificates.remember, identity.serial
            self._desk.background.run(Command("remember the certificate", lambda: remember(serial), _nothing,
                                              _nothing), lane="store")
            self.changed.emit()

    # Signing

    def sign(self, pin: Pin | None) -> None:
        """Begin, or go on after a pause, with the same certificate; or answer the question that stands.

        A PIN for the token's last try without the person's word for it goes nowhere.
        """
        if pin is not None and self.last_try and not pin.last_try:
            pin.wipe()
            self.changed.emit()
            return
        if self.stage is Stage.ASKING:
            self._turn(Stage.SIGNING)
            self._prompter.answer(pin)
            return
        if pin is not None:
            self._prompter.offer(pin)
        if self.stage not in (Stage.READY, Stage.PAUSED) or self.identity is None:
            self._prompter.forget()
            return
        if self._stack is None and not self._prepare():
            self._prompter.forget()
            self._conclude()
            return
        self.began_at = self.began_at or utc_now()
        self._stopping = False
        self._turn(Stage.SIGNING)
        self._mark_current()
        self._model.occupy(True)
        self._desk.background.run(Command("sign", self._run, self._came_back, self._failed), lane=LANE)

    def stop(self) -> None:
        """Sign nothing after the document at hand; while the PIN is asked, sign nothing at all."""
        self._stopping = True
        if self._stack is not None:
            self._stack.stop()
        self._prompter.answer(None)

    def end(self) -> None:
        """The dialog closes, or the desk does; nothing is shown any more. What is asked on the phone stays asked."""
        if self._ended:
            return
        self._ended = self._stopping = True
        self._shelf.leave()
        self.blockSignals(True)
        if self._stack is not None:
            self._stack.leave()
        self._prompter.end()

    # Inside

    def _put(self, key: str, **news: Any) -> None:
        self._lines[key] = replace(self._lines[key], **news)
        self.changed.emit()

    def _turn(self, stage: Stage) -> None:
        self.stage = stage
        if stage is not Stage.ASKING:
            self.request = None
        if stage in (Stage.LOOKING, Stage.READY, Stage.SIGNING, Stage.DONE):
            self.refusal = None
        self.changed.emit()

    def _looked(self, found: Found) -> None:
        self.found = found
        if self._stack is None:
            self.identity = found.identities[0]
        self._turn(Stage.READY if self._stack is None else Stage.PAUSED)

    def _blocked(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self.stage = Stage.BLOCKED if self._stack is None else Stage.PAUSED
        self.changed.emit()

    def _prepare(self) -> bool:
        """Ask the policy once more and make the versions; False when nothing is left to sign."""
        for line in self.chosen:
            try:
                if reasons := line.task.refusals():
                    raise Refusal(*reasons)
                self._papers[line.task.key] = line.task.as_shown()
                self._commands[line.task.key] = Handing(line.task.command(), line.task.closes)
            except Refusal as refusal:
                self._put(line.task.key, state=LineState.REFUSED, refusals=refusal.reasons)
        return bool(self._papers)

    def _run(self) -> int:
        """On the lane: sign what is left; how much still is."""
        stack = self._stack = self._stack or self._stacked()
        try:
            if self._ended or self._stopping:
                return len(stack.left)
            self._model.proofs.demand_unrevoked(stack.identity)
            return stack.run(self._prompter)
        except Cancelled:
            return len(stack.left)
        finally:
            self._prompter.forget()

    def _stacked(self) -> Stack:
        from workstation.signing.stack import Stack

        if self.identity is None:
            raise Refusal.because("token_absent", token="")
        return Stack(self._model.signer(), self.identity, [self._document(key) for key in self._papers],
                     told=self._tell, now=self._desk.client.clock.server_now,
                     stamp=self._model.proofs.stamping(), shelf=self._shelf)

    def _tell(self, outcome: Outcome) -> None:
        """On the stack's thread: what waited on the phone is in the outbox before anybody hears of it."""
        self._hand_over(outcome, self._shelf.finish(outcome))

    def _document(self, key: str) -> Document:
        from records.render import slot_field
        from workstation.signing.stack import Document

        task, paper = self._lines[key].task, self._papers[key]
        return Document(key, slot_field(task.slot), paper.pdf, partial(self._mark, task, paper))

    def _mark(self, task: Task, paper: Paper, identity: Identity, at: datetime) -> Mark:
        from records.signatures import mark_for

        return mark_for(paper.version, task.slot, full_name=identity.full_name, signed_at=at,
                        title=task.sign_as, certificate_serial=identity.serial,
                        certificate_issuer=identity.issuer)

    def _asked(self, request: PinRequest) -> None:
        if self._stopping or self._ended:
            self._prompter.answer(None)
            return
        self.request = request
        self._turn(Stage.ASKING)

    def _take_outcome(self, outcome: Outcome, kept: bool) -> None:
        key = outcome.document.key
        if self._ended:
            return  # the draft stays as it was: a file that nobody kept was never signed
        if outcome.signed is None:
            self._put(key, state=LineState.REFUSED, refusals=outcome.reasons)
        else:
            if not kept:
                self._lines[key].task.keep(outcome.signed)
            self._put(key, state=LineState.SIGNED, at=utc_now())
        self._mark_current()

    def _mark_current(self) -> None:
        """The first that is left is the one at hand, while the token works; a service takes them all together."""
        left = self.left
        if elsewhere(self.identity):
            # All of them go together; those that the service has already say so themselves.
            self._take_turn([line.task.key for line in left if line.state is LineState.WAITING], LineState.SENDING)
        elif left and self.running and left[0].state is LineState.WAITING:
            self._put(left[0].task.key, state=LineState.SIGNING)

    def _take_turn(self, keys: Sequence[str], state: LineState) -> None:
        """What a service has is further on; of what is signed or refused there is nothing more to say."""
        on = [key for key in keys if self._lines[key].state in {LineState.WAITING, *ELSEWHERE}]
        if on and self.running and not self._ended:
            self._lines.update({key: replace(self._lines[key], state=state) for key in on})
            self.changed.emit()

    def _came_back(self, _left: int) -> None:
        self._conclude()

    def _failed(self, refusal: Refusal) -> None:
        self._conclude(refusal)

    def _conclude(self, refusal: Refusal | None = None) -> None:
        self._model.occupy(busy=False)
        self._shelf.let_go()
        for line in self.left:
            self._lines[line.task.key] = replace(line, state=LineState.WAITING)
        self.refusal = refusal
        self.request = None
        self.stage = Stage.PAUSED if self.left else Stage.DONE
        self.changed.emit()
        if self.stage is Stage.DONE:
            self.finished.emit()

    def _settled(self, item: OutboxItem) -> None:
        command = item.command
        line = self._lines.get(f"{command.entry}/{command.slot}")
        if command.kind != "sign" or line is None or line.at is None or command.version != line.task.number:
            return
        states = {CommandState.DONE: LineState.RECEIVED, CommandState.QUARANTINED: LineState.QUARANTINED}
        self._put(line.task.key, state=states.get(item.state, LineState.REFUSED),
                  refusals=tuple(Reason.from_json(reason) for reason in item.reasons))


def _nothing(_: Any) -> None:
    """Nobody waits for it."""
