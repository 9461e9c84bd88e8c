"""Files signed during an outage, or kept apart by the server: a named person settles each, with a reason."""

from __future__ import annotations

from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Reason, Refusal
from records.forms import Role
from records.messages import SettlementDecision, SettlementView
from workstation.background import Command, Query
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.history import LEAST_REASON

_SETTLERS = frozenset({Role.WARD_HEAD, Role.RECORDS_OFFICE})


def settles(account: Account) -> bool:
    """Whether this person's roles settle late files."""
    return bool(_SETTLERS & set(account.person.roles))


class SettlementsModel(QObject):
    """The work list; looks again when the server says that it changed."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: the list could not be had, or a decision was not taken."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.views: tuple[SettlementView, ...] = ()
        self.loaded = False
        if settles(desk.account):
            desk.sync.settlements_stale.connect(self.load)

    def load(self) -> None:
        """Ask the server."""
        self._desk.background.run(Query(
            "settlements", self._desk.client.settlements, self._take, emitter(self, self.refused)))

    def why_not(self, view: SettlementView) -> str:
        """Why this person may not decide on it; empty when they may."""
        if not settles(self._desk.account):
            return "Trưởng khoa hoặc phòng Kế hoạch - Nghiệp vụ xử lý tệp này."
        if view.person == self._desk.account.person.id:
            return "Không tự xử lý tệp do chính mình ký."
        return ""

    def decide(self, settlement: UUID, *, accept: bool, reason: str) -> None:
        """Accept or reject, with the reason that the record keeps."""
        reason = reason.strip()
        if len(reason) < LEAST_REASON:
            self.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
            return
        decision = SettlementDecision(decision="accept" if accept else "reject", reason=reason)
        key = new_id()
        self._desk.background.run(Command(
            "settle", lambda: self._desk.client.settle(settlement, decision, key), self._decided,
            emitter(self, self.refused)))

    def _decided(self, view: SettlementView) -> None:
        self.views = tuple(one for one in self.views if one.id != view.id)
        self.changed.emit()
        self.load()

    def _take(self, views: tuple[SettlementView, ...]) -> None:
        self.views = tuple(sorted((view for view in views if not view.decision), key=lambda view: view.received_at))
        self.loaded = True
        self.changed.emit()
