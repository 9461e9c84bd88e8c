"""Enrolling a certificate: the token signs the server's challenge, a second person approves."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Literal
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Cancelled, Refusal
from records.forms import Role
from records.messages import CertificateView
from workstation.background import Command, Query
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.signing import SigningModel
from workstation.models.signing_act import LANE
from workstation.models.signing_prompts import WindowPrompter
from workstation.signing.base import Identity, Pin, PinRequest, TokenInfo

Verb = Literal["approve", "reject", "revoke"]
_OFFICE = frozenset({Role.IT, Role.RECORDS_OFFICE})


class EnrolStage(StrEnum):
    """Where enrolling stands."""

    LOOKING = "looking"
    BLOCKED = "blocked"
    READY = "ready"
    ASKING = "asking"
    SENDING = "sending"
    DONE = "done"


class EnrolmentModel(QObject):
    """One enrolment at a time; `begin` starts anew."""

    changed = pyqtSignal()

    def __init__(self, signing: SigningModel) -> None:
        super().__init__(signing)
        self._signing, self._desk = signing, signing.desk
        self._prompter = WindowPrompter(self)
        self._prompter.pin_wanted.connect(self._asked)
        signing.closing.connect(self._prompter.end)
        self.stage = EnrolStage.LOOKING
        self.identities: tuple[Identity, ...] = ()
        self.identity: Identity | None = None
        self._tokens: tuple[TokenInfo, ...] = ()
        self.request: PinRequest | None = None
        self.refusal: Refusal | None = None
        self.enrolled: CertificateView | None = None

    @property
    def last_try(self) -> bool:
        """One more wrong PIN locks the token: it must be accepted first."""
        if self.request is not None:
            return self.request.final_try
        return self._token is not None and self._token.final_try

    @property
    def on_token(self) -> bool:
        """The PIN is keyed in on the token itself."""
        return self._token is not None and self._token.on_token

    @property
    def _token(self) -> TokenInfo | None:
        """That holds the chosen certificate."""
        return next((token for token in self._tokens if self.identity is not None
                     and (token.serial, token.label) == (self.identity.token_serial, self.identity.token_label)), None)

    def begin(self) -> None:
        """Look for certificates of this person on the tokens that are in; no PIN is asked."""
        if self.stage in (EnrolStage.ASKING, EnrolStage.SENDING):
            return
        self.identities, self.identity, self.enrolled = (), None, None
        self._turn(EnrolStage.LOOKING)
        self._desk.background.run(Query("certificates on the token", self._look, self._found, self._blocked),
                                  lane=LANE)

    def choose(self, identity: Identity) -> None:
        """One of several."""
        self.identity = identity
        self.changed.emit()

    def enrol(self, pin: Pin) -> None:
        """Ask for a challenge, let the token sign it, hand it in; or answer the question that stands."""
        if self.stage is EnrolStage.ASKING:
            self._turn(EnrolStage.SENDING)
            self._prompter.answer(pin)
        elif self.stage is EnrolStage.READY and (identity := self.identity) is not None:
            self._prompter.offer(pin)
            self._turn(EnrolStage.SENDING)
            self._desk.background.run(Command("enrol", partial(self._work, identity), self._done, self._failed),
                                      lane=LANE)
        else:
            pin.wipe()

    def stop(self) -> None:
        """The person leaves: a question that stands is cancelled, here and on the phone."""
        self._prompter.forget()
        self._prompter.answer(None)
        if self.stage is EnrolStage.SENDING:
            self._signing.interrupt()

    # In the background

    def _look(self) -> tuple[tuple[Identity, ...], tuple[TokenInfo, ...]]:
        from workstation.signing.criteria import Criteria, fitting

        signer = self._signing.signer()
        identities = signer.identities()
        if not identities:
            raise signer.absence()
        best = fitting(identities, Criteria(at=self._desk.client.clock.server_now(),
                                            national_id=self._desk.account.person.national_id))
        standing = self._signing.certificates.standing()
        approved = standing.approved if standing is not None else frozenset()
        return tuple(sorted(best, key=lambda one: one.serial in approved)), signer.tokens()

    def _work(self, identity: Identity) -> CertificateView | None:
        from workstation.signing.enrolment import answer

        try:
            challenge = self._desk.client.challenge(new_id())
            enrolment = answer(challenge, self._signing.signer(), identity, self._prompter)
            return self._desk.client.enrol(enrolment, new_id())
        except Cancelled:
            return None
        finally:
            self._prompter.forget()

    # Back on the UI thread

    def _turn(self, stage: EnrolStage, refusal: Refusal | None = None) -> None:
        self.stage, self.refusal = stage, refusal
        if stage is not EnrolStage.ASKING:
            self.request = None
        self.changed.emit()

    def _found(self, found: tuple[tuple[Identity, ...], tuple[TokenInfo, ...]]) -> None:
        self.identities, self._tokens = found
        self.identity = self.identities[0]
        self._turn(EnrolStage.READY)

    def _blocked(self, refusal: Refusal) -> None:
        self._turn(EnrolStage.BLOCKED, refusal)

    def _asked(self, request: PinRequest) -> None:
        self.request = request
        self._turn(EnrolStage.ASKING)

    def _done(self, view: CertificateView | None) -> None:
        self.enrolled = view
        self._turn(EnrolStage.READY if view is None else EnrolStage.DONE)

    def _failed(self, refusal: Refusal) -> None:
        self._turn(EnrolStage.READY, refusal)


class CertificatesModel(QObject):
    """Certificates and where they stand: one's own, or everyone's for those who approve them."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)

    def __init__(self, signing: SigningModel) -> None:
        super().__init__(signing)
        self._signing, self._desk = signing, signing.desk
        self.views: tuple[CertificateView, ...] = ()
        self.loaded = False

    def load(self) -> None:
        """Ask the server."""
        self._desk.background.run(Query(
            "certificates", self._desk.client.certificates, self._take, emitter(self, self.refused)))

    def may_judge(self, view: CertificateView) -> bool:
        """Approve or reject: a second person's act, while it is pending."""
        return view.state == "pending" and approves(self._desk.account) and view.person != self._desk.account.person.id

    def may_revoke(self, view: CertificateView) -> bool:
        """A lost token's certificate: its owner, or the office."""
        mine = view.person == self._desk.account.person.id
        return view.state in ("approved", "pending") and (mine or approves(self._desk.account))

    def judge(self, certificate: UUID, verb: Verb) -> None:
        """Tell the server, then look again."""
        key = new_id()
        self._desk.background.run(Command(
            f"{verb} a certificate", lambda: self._desk.client.judge_certificate(certificate, verb, key),
            self._judged, emitter(self, self.refused)))

    def _judged(self, _: CertificateView) -> None:
        self.load()
        self._signing.refresh_certificates()

    def _take(self, views: tuple[CertificateView, ...]) -> None:
        order = {"pending": 0, "approved": 1, "rejected": 2, "revoked": 3}
        self.views = tuple(sorted(views, key=lambda view: (order[view.state], view.person_name)))
        self.loaded = True
        self.changed.emit()


def approves(account: Account) -> bool:
    """Whether this person's roles approve certificates."""
    return bool(_OFFICE & set(account.person.roles))
