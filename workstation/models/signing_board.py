"""Who holds up which signature: the server's board for a ward or the house, the chain of one paper, reminders."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Reason, Refusal
from records.forms import Role
from records.messages import ChainView, HolderView, ReminderSent, SigningBoard, SlotView, WaitingView
from workstation.background import Command
from workstation.ids import new_id
from workstation.models.desk import Desk, Told

RELOAD_AFTER_MS = 800
_BOARD = TypeAdapter(SigningBoard)
_CHAIN = TypeAdapter(ChainView)
_WHOLE_HOUSE = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})


class BoardScope(StrEnum):
    """Whose signatures the place shows."""

    ME = "me"
    WARD = "ward"
    HOUSE = "house"


class SigningBoardModel(QObject):
    """Asks the server while somebody looks; what was chosen stays chosen when the answer changes."""

    changed = pyqtSignal()
    chain_changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: the board could not be had, or a reminder was not taken."""
    reminded = pyqtSignal(str)
    """To whom a reminder went."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._looked_at = False
        self._told: dict[BoardScope, Told[SigningBoard]] = {}
        self._holder: tuple[UUID | None, str] | None = None
        self._paper = 0
        self.scope = BoardScope.ME
        self.chain: ChainView | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.load)
        desk.sync.board_stale.connect(self._stale)

    # What is shown

    @property
    def scopes(self) -> tuple[BoardScope, ...]:
        """What this person may look at."""
        person = self._desk.account.person
        ward = (BoardScope.WARD,) if person.wards else ()
        house = (BoardScope.HOUSE,) if _WHOLE_HOUSE & set(person.roles) else ()
        return (BoardScope.ME, *ward, *house)

    @property
    def place(self) -> str:
        """Name of what the scope covers."""
        wards = self._desk.account.person.wards
        return wards[0].name if self.scope is BoardScope.WARD and wards else "Toàn viện"

    def told(self, scope: BoardScope) -> Told[SigningBoard] | None:
        """The board of a scope, as the server said it last."""
        return self._told.get(scope)

    @property
    def board(self) -> SigningBoard | None:
        """The board of the scope that is shown."""
        told = self._told.get(self.scope)
        return told.value if told is not None else None

    @property
    def holder(self) -> HolderView | None:
        """The holder that is chosen; the first until somebody chooses."""
        holders = self.board.holders if self.board is not None else ()
        chosen = (one for one in holders if (one.holder, one.name) == self._holder)
        return next(chosen, holders[0] if holders else None)

    @property
    def papers(self) -> tuple[WaitingView, ...]:
        """What the chosen holder holds up."""
        board, holder = self.board, self.holder
        if board is None or holder is None:
            return ()
        return tuple(one for one in board.waiting if (one.holder, one.holder_name) == (holder.holder, holder.name))

    @property
    def paper(self) -> WaitingView | None:
        """The paper whose chain is shown."""
        papers = self.papers
        return papers[min(self._paper, len(papers) - 1)] if papers else None

    @property
    def number(self) -> int:
        """Which of the holder's papers it is, from 1."""
        return min(self._paper, max(len(self.papers) - 1, 0)) + 1

    def why_no_reminder(self) -> str:
        """Why nobody can be reminded now; empty when it can be done."""
        paper = self.paper
        if paper is None:
            return "Chưa chọn văn bản."
        if self._desk.away:
            return "Đang mất kết nối: nhắc được khi có mạng lại."
        if paper.holder is None:
            return "Nhiều người ký được chỗ này, không nhắc riêng ai."
        return "Văn bản này chờ chính bạn." if paper.holder == self._desk.account.person.id else ""

    # Acts

    def watch(self) -> None:
        """Somebody looks."""
        self._looked_at = True
        self.load()

    def rest(self) -> None:
        """Nobody looks."""
        self._looked_at = False

    def choose_scope(self, scope: BoardScope) -> None:
        """Show another scope."""
        if scope in self.scopes and scope is not self.scope:
            self.scope, self._holder, self._paper, self.chain = scope, None, 0, None
            self.changed.emit()
            self.load()

    def choose_holder(self, holder: HolderView) -> None:
        """Show what that one holds up."""
        self._holder, self._paper = (holder.holder, holder.name), 0
        self._show_paper()

    def step(self, by: int) -> None:
        """The holder's next paper, or the one before."""
        self._paper = min(max(self.number - 1 + by, 0), max(len(self.papers) - 1, 0))
        self._show_paper()

    def load(self) -> None:
        """Ask for the board of the scope that is shown."""
        scope = self.scope
        ward = self._desk.account.person.wards[:1] if scope is BoardScope.WARD else ()
        path = f"/api/signing-board?scope={scope.value}" + "".join(f"&ward={one.id}" for one in ward)
        key = f"signing-board:{scope.value}"
        if scope not in self._told:
            self._desk.kept(key, _BOARD, partial(self._take, scope))
        self._desk.fetch(key, path, _BOARD, partial(self._take, scope), self._failed)

    def remind(self) -> None:
        """Ask the holder of the shown paper, quietly."""
        paper = self.paper
        if paper is None or paper.holder is None or (why := self.why_no_reminder()):
            self.refused.emit(Refusal(Reason("reminder_not_now", "", {"why": why if paper else "Chưa chọn văn bản."})))
            return
        command, key, name = ReminderSent(entry=paper.entry, slot=paper.slot, to=paper.holder), new_id(), (
            paper.holder_name)
        self._desk.background.run(Command("remind", lambda: self._desk.client.remind(command, key),
                                          lambda _: self.reminded.emit(name), self.refused.emit))

    # Inside

    def _stale(self, _: Any) -> None:
        if self._looked_at:
            self._later.start(RELOAD_AFTER_MS)

    def _take(self, scope: BoardScope, told: Told[SigningBoard]) -> None:
        if told.cached and scope in self._told:
            return
        self._told[scope] = told
        self.changed.emit()
        if scope is self.scope and scope is not BoardScope.ME:
            self._show_paper()

    def _failed(self, refusal: Refusal) -> None:
        if self.scope not in self._told:
            self.refused.emit(refusal)

    def _show_paper(self) -> None:
        paper = self.paper
        if paper is None or (self.chain is not None and self.chain.entry != paper.entry):
            self.chain = None
        self.chain_changed.emit()
        if paper is not None:
            self._desk.fetch(f"chain:{paper.entry}", f"/api/entries/{paper.entry}/chain", _CHAIN, self._take_chain,
                             lambda _: None)

    def _take_chain(self, told: Told[ChainView]) -> None:
        if self.paper is not None and told.value.entry == self.paper.entry:
            self.chain = told.value
            self.chain_changed.emit()


def why_here(chain: ChainView) -> str:
    """Why the paper stops where it stops, in one sentence."""
    opened = next((slot for slot in chain.slots if slot.state == "open"), None)
    if opened is None:
        waiting = next((slot for slot in chain.slots if slot.waits_for), None)
        return waiting.waits_for[0] if waiting is not None else "Không còn chữ ký nào chờ."
    others = sum(slot.state == "waiting" for slot in chain.slots)
    after = f" {others} chữ ký sau còn chờ chữ ký này." if others else " Ngoài chữ ký này không thiếu gì."
    return f"Chờ {_who(opened)} ký “{opened.label}”.{after}"


def _who(slot: SlotView) -> str:
    return slot.who[0] if len(slot.who) == 1 else "một trong các người có quyền"
