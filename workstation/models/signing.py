"""What all acts of signing share: the token's library, the enrolled certificates, the one lane that talks to both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from workstation.background import Command, Query
from workstation.client import ServerEvent
from workstation.config import Config
from workstation.models.awaited import REMOTE_SIGNING, AwaitedModel
from workstation.models.desk import Desk
from workstation.models.looking import LooksModel
from workstation.models.signing_act import LANE, SigningAct
from workstation.models.signing_certificates import OwnCertificates, Standing
from workstation.models.signing_lines import Line, LineState, Stage
from workstation.models.signing_proofs import Proofs
from workstation.models.signing_tasks import Task
from workstation.signing.base import Signer

if TYPE_CHECKING:
    from workstation.signing.remote import RemoteSigner

__all__ = ["Line", "LineState", "SigningAct", "SigningModel", "Stage", "Task"]


class SigningModel(QObject):
    """What all acts of signing of one desk share: the token's library, the enrolled certificates, the lane."""

    busy_changed = pyqtSignal(bool)
    """A stack is being signed: nobody else should talk to the token."""
    closing = pyqtSignal()
    standing_known = pyqtSignal(object)
    """Standing: what the server says of this person's certificates."""

    def __init__(self, desk: Desk, config: Config, parent: QObject | None = None, *,
                 signer_of: Callable[[], Signer] | None = None) -> None:
        super().__init__(parent)
        self.desk, self._config = desk, config
        self._signer_of = signer_of or self._make_signer
        self._signer: Signer | None = None
        self._remote: RemoteSigner | None = None
        self.awaited = AwaitedModel(desk, self)
        desk.sync.line.live_changed.connect(self._ring)
        desk.sync.line.heard.connect(self._heard)
        self.certificates = OwnCertificates(desk)
        self.proofs = Proofs(desk)
        self.looks = LooksModel(desk, self)
        self.busy = False
        self.refresh_certificates()
        desk.background.run(Query("certificates' standing", self.proofs.look, _nothing, _nothing))

    def refresh_certificates(self) -> None:
        """Ask the server where this person's certificates stand: at sign-in, and after each judgement."""
        self.desk.background.run(Query("own certificates", self.certificates.refresh, self._tell_standing,
                                       _nothing))

    def _tell_standing(self, standing: Standing) -> None:
        self.standing_known.emit(standing)

    @property
    def warning_days(self) -> int:
        """How long before its end a certificate's expiry is told."""
        return self._config.certificate_warning_days

    @property
    def training(self) -> bool:
        """This PC signs with a training key instead of a token."""
        return self.desk.account.training and self._config.training_key is not None

    def signer(self) -> Signer:
        """Made when first asked for; used on the lane of signing only."""
        if self._signer is None:
            from workstation.signing.remote import RemoteSigner, TokensAndRemote

            held, line = self._signer_of(), self.desk.sync.line
            self._remote = RemoteSigner(self.desk.client, lambda: self.desk.away, lambda: line.is_live)
            self._signer = held if held.training else TokensAndRemote(held, self._remote)
        return self._signer

    def _ring(self, _: object = None) -> None:
        """Who waits for a phone on the lane of signing asks the server now."""
        if self._remote is not None:
            self._remote.ring()

    def _heard(self, event: ServerEvent) -> None:
        if event.topic == REMOTE_SIGNING:
            self._ring()

    def interrupt(self) -> None:
        """Who is asked elsewhere need not answer any more; a token is not disturbed."""
        if self._remote is not None:
            self._remote.interrupt()

    def begin(self, tasks: Iterable[Task]) -> SigningAct:
        """A new act with these documents; it looks for the certificate at once. It outlives its dialog, because the
        token may still be at work when the dialog goes.
        """
        act = SigningAct(self, tuple(tasks), self)
        self.closing.connect(act.end)
        act.look()
        return act

    def close(self) -> None:
        """The desk closes: stop after the document at hand, forget every PIN, end the token's process. What is asked
        on the phone stays asked, and is fetched when this person signs in again.
        """
        self.closing.emit()
        self.awaited.stop()
        signer = self._signer
        if signer is not None:
            self.desk.background.run(Command("close the token", signer.close, _nothing, _nothing), lane=LANE)

    def occupy(self, busy: bool) -> None:
        """A stack begins or ends."""
        if busy != self.busy:
            self.busy = busy
            self.busy_changed.emit(busy)

    def _make_signer(self) -> Signer:
        key = self._config.training_key
        if self.training and key is not None:
            from workstation.signing.training import TrainingSigner

            return TrainingSigner(key, training_server=self.training)
        from workstation.signing.modules import modules_to_try
        from workstation.signing.token import TokenSigner

        return TokenSigner(modules_to_try([str(path) for path in self._config.pkcs11_modules]),
                           env=self._config.pkcs11_environment)


def _nothing(_: Any) -> None:
    """Nobody waits for it."""
