"""What proves signatures, for the records office and IT: files that wait for evidence, editions of the trust list."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from records.forms import Role
from records.messages import EvidenceQueue, TrustDecision, TrustEdition
from workstation.background import Command, Query
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.desk import Desk

_LOOKERS = frozenset({Role.RECORDS_OFFICE, Role.IT})


def looks_after_proofs(account: Account) -> bool:
    """Whether this person answers for evidence and trust."""
    return bool(_LOOKERS & set(account.person.roles))


class ProofsModel(QObject):
    """Asks the server when the window opens and after each act."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: something could not be had, or was not done."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.queue: EvidenceQueue | None = None
        self.editions: tuple[TrustEdition, ...] = ()

    def load(self) -> None:
        """Ask for both."""
        client, run = self._desk.client, self._desk.background.run
        run(Query("evidence queue", client.evidence_queue, self._take, emitter(self, self.refused)))
        run(Query("trust editions", client.trust_editions, self._take_editions, emitter(self, self.refused)))

    def retry(self) -> None:
        """Try everything that waits now."""
        key = new_id()
        self._desk.background.run(Command("retry evidence", lambda: self._desk.client.retry_evidence(key), self._take,
                                          emitter(self, self.refused)))

    def why_not(self, edition: TrustEdition) -> str:
        """Why this person may not decide on an edition; empty when they may."""
        if edition.proposed_by == self._desk.account.person.full_name:
            return "Cần người thứ hai duyệt: bạn là người đề nghị."
        return ""

    def decide(self, number: int, *, accept: bool) -> None:
        """The second person's yes or no."""
        key = new_id()
        self._desk.background.run(Command(
            "decide on a trust list",
            partial(self._desk.client.decide_trust, number, TrustDecision(), key, accept=accept),
            lambda _: self.load(), emitter(self, self.refused)))

    def _take(self, queue: EvidenceQueue) -> None:
        self.queue = queue
        self.changed.emit()

    def _take_editions(self, editions: tuple[TrustEdition, ...]) -> None:
        self.editions = editions
        self.changed.emit()
