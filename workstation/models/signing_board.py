"""Who holds up which signature, what I signed today, of what I am told; the chain of one paper, reminders.

A person looks into the wards where they work and, with the same choice, into those where they sign for another (R29).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.delegation import Delegation
from records.entries import Version
from records.errors import Reason, Refusal
from records.forms import Role
from records.messages import (
    ChainView,
    CorrectionNotice,
    HolderView,
    ReminderSent,
    ReminderView,
    ReviewView,
    SignedView,
    SigningBoard,
    TimesView,
    WaitingView,
    WardView,
)
from workstation.background import Command
from workstation.config import ZONE
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.board_words import why_no_reminder
from workstation.models.chosen import Chosen
from workstation.models.delegations import given_wards
from workstation.models.desk import Desk, Told
from workstation.models.history import both_texts

RELOAD_AFTER_MS = 800
_BOARD = TypeAdapter(SigningBoard)
_CHAIN = TypeAdapter(ChainView)
_WARDS = TypeAdapter(tuple[WardView, ...])
_WHOLE_HOUSE = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})


class BoardScope(StrEnum):
    """Whose signatures the place shows."""

    ME = "me"
    WARD = "ward"
    HOUSE = "house"
    SIGNED = "signed"


Paper = WaitingView | ReviewView
"""What somebody holds up: a signature, or a look through a whole record."""


def _named(paper: Paper) -> Hashable:
    return (paper.entry, paper.slot) if isinstance(paper, WaitingView) else paper.encounter


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
        self._told: dict[str, Told[SigningBoard]] = {}
        self._every_ward: tuple[WardView, ...] = ()
        """Every ward of the hospital, once it is known: delegations name them by their ids."""
        self._ward: UUID | None = None
        self._holder: tuple[UUID | None, str] | None = None
        self._paper: Chosen[Paper] = Chosen(_named)
        self._signed: Chosen[SignedView] = Chosen(lambda one: (one.entry, one.at))
        self._newest: SigningBoard | None = None
        self._known: set[UUID] = set()
        """Reminders and corrections that I have read: an answer that was on its way then still has them."""
        self.scope = BoardScope.ME
        self.chain: ChainView | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._reload)
        desk.sync.board_stale.connect(self._stale)
        desk.sync.reminders_stale.connect(self._reminders_stale)

    # What is shown

    @property
    def scopes(self) -> tuple[BoardScope, ...]:
        """What this person may look at."""
        person = self._desk.account.person
        ward = (BoardScope.WARD,) if self.wards else ()
        house = (BoardScope.HOUSE,) if _WHOLE_HOUSE & set(person.roles) else ()
        return (BoardScope.ME, *ward, *house, BoardScope.SIGNED)

    @property
    def wards(self) -> tuple[WardView, ...]:
        """Wards into which this person may look: their own, then those in which they sign for another today (R29)."""
        own = self._desk.account.person.wards
        given = filter(given_wards(self._desk.account, self._today), self._every_ward)
        return (*own, *sorted(given, key=lambda ward: ward.name))

    @property
    def ward(self) -> WardView | None:
        """The ward whose papers the scope «khoa» shows; the first until another is chosen."""
        wards = self.wards
        return next((ward for ward in wards if ward.id == self._ward), wards[0] if wards else None)

    def in_place_of(self, ward: WardView) -> tuple[Delegation, ...]:
        """Under which papers this person looks into a ward that is not their own; none for their own."""
        if not given_wards(self._desk.account, self._today)(ward):
            return ()
        held = self._desk.account.in_force(self._today)
        return tuple(one for one in held if one.reaches({ward.id}, self._today))

    @property
    def place(self) -> str:
        """Name of what the scope covers."""
        return self.ward.name if self.scope is BoardScope.WARD and self.ward is not None else "Toàn viện"

    def told(self, scope: BoardScope) -> Told[SigningBoard] | None:
        """The board of a scope, as the server said it last."""
        return self._told.get(self._key(scope))

    @property
    def board(self) -> SigningBoard | None:
        """The board of the scope that is shown."""
        told = self.told(self.scope)
        return told.value if told is not None else None

    @property
    def holder(self) -> HolderView | None:
        """The holder that is chosen; the first until somebody chooses."""
        holders = self.board.holders if self.board is not None else ()
        chosen = (one for one in holders if (one.holder, one.name) == self._holder)
        return next(chosen, holders[0] if holders else None)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """What the chosen holder holds up: signatures by deadline, then reviews."""
        board, holder = self.board, self.holder
        if board is None or holder is None:
            return ()
        held: tuple[Paper, ...] = (*board.waiting, *board.reviews)
        return tuple(one for one in held if (one.holder, one.holder_name) == (holder.holder, holder.name))

    @property
    def signed(self) -> SignedView | None:
        """The signature of today that is chosen."""
        return self._signed.among(self._given)

    @property
    def _given(self) -> tuple[SignedView, ...]:
        return self.board.signed if self.board is not None else ()

    @property
    def paper(self) -> Paper | None:
        """The paper whose chain is shown: one that is held up, or what follows on my own signature."""
        if self.scope is BoardScope.SIGNED:
            return next(iter(self.signed.next), None) if self.signed is not None else None
        return self._paper.among(self.papers)

    @property
    def number(self) -> int:
        """Which of the holder's papers it is, from 1."""
        return self._paper.place(self.papers) + 1

    @property
    def reminders(self) -> tuple[ReminderView, ...]:
        """Those to me that are neither answered nor put away, as the server said it last."""
        given = self._newest.reminders if self._newest is not None else ()
        return tuple(one for one in given if one.id not in self._known)

    @property
    def corrections(self) -> tuple[CorrectionNotice, ...]:
        """Results that I ordered, corrected or cancelled, of which I have not seen the notice (R36)."""
        given = self._newest.corrections if self._newest is not None else ()
        return tuple(one for one in given if one.id not in self._known)

    @property
    def reviews(self) -> tuple[ReviewView, ...]:
        """Records that I am to look through."""
        told = self.told(BoardScope.ME)
        return told.value.reviews if told is not None else ()

    @property
    def times(self) -> TimesView | None:
        """The hospital's times, as the server said them last."""
        return self._newest.times if self._newest is not None else None

    @property
    def signed_today(self) -> int | None:
        """How many signatures I gave today."""
        return self._newest.signed_today if self._newest is not None else None

    def why_no_reminder(self) -> str:
        """Why nobody can be reminded now; empty when it can be done."""
        paper = self.paper
        if paper is not None and self._desk.away:
            return "Đang mất kết nối: nhắc được khi có mạng lại."
        return why_no_reminder(paper, self.chain, self._desk.account.person.id)

    # Acts

    def watch(self) -> None:
        """Somebody looks."""
        self._looked_at = True
        self.load()
        self._ask_wards()

    def rest(self) -> None:
        """Nobody looks."""
        self._looked_at = False

    def choose_scope(self, scope: BoardScope) -> None:
        """Show another scope."""
        if scope in self.scopes and scope is not self.scope:
            self.scope = scope
            self._turn()

    def choose_ward(self, ward: UUID) -> None:
        """Show the papers of another ward."""
        if self.ward is not None and ward != self.ward.id:
            self._ward = ward
            if self.scope is BoardScope.WARD:
                self._turn()

    def account_changed(self) -> None:
        """Something was given to this person to sign, or taken back: what is closed to them is shown no more."""
        if self.scope not in self.scopes:
            self.scope = BoardScope.ME
        self._turn()
        self._ask_wards()

    def choose_holder(self, holder: HolderView) -> None:
        """Show what that one holds up."""
        self._holder = (holder.holder, holder.name)
        self._paper.forget()
        self._show_paper()

    def choose_signed(self, number: int) -> None:
        """Show what follows on that signature of today, from 0."""
        self._signed.choose(self._given, number)
        self._show_paper()

    def step(self, by: int) -> None:
        """The holder's next paper, or the one before."""
        self._paper.choose(self.papers, self.number - 1 + by)
        self._show_paper()

    def load(self) -> None:
        """Ask for the board of the scope that is shown."""
        self._ask(self.scope)

    def _turn(self) -> None:
        """Begin anew with what is chosen now."""
        self._holder = self.chain = None
        self._paper.forget()
        self._signed.forget()
        self.changed.emit()
        self.load()

    @property
    def _today(self) -> date:
        return utc_now().astimezone(ZONE).date()

    def _key(self, scope: BoardScope) -> str:
        """Under which the answer is kept: each ward has its own."""
        ward = f":{self.ward.id}" if scope is BoardScope.WARD and self.ward is not None else ""
        return f"signing-board:{scope.value}{ward}"

    def _ask(self, scope: BoardScope) -> None:
        ward = f"&ward={self.ward.id}" if scope is BoardScope.WARD and self.ward is not None else ""
        key, path = self._key(scope), f"/api/signing-board?scope={scope.value}{ward}"
        if key not in self._told:
            self._desk.kept(key, _BOARD, partial(self._take, key))
        self._desk.fetch(key, path, _BOARD, partial(self._take, key), partial(self._failed, key))

    def _ask_wards(self) -> None:
        """The names of the wards, for who signs in some that are not their own."""
        if self._desk.account.in_force(self._today):
            if not self._every_ward:
                self._desk.kept("wards", _WARDS, self._take_wards)
            self._desk.fetch("wards", "/api/wards", _WARDS, self._take_wards, lambda _: None)

    def _take_wards(self, told: Told[tuple[WardView, ...]]) -> None:
        if told.value != self._every_ward:
            self._every_ward = told.value
            self.changed.emit()

    def remind(self) -> None:
        """Ask the holder of the shown paper, quietly."""
        paper, why = self.paper, self.why_no_reminder()
        if why or not isinstance(paper, WaitingView) or paper.holder is None:
            self.refused.emit(Refusal(Reason("reminder_not_now", "", {"why": why})))
            return
        command, key, name = ReminderSent(entry=paper.entry, slot=paper.slot, to=paper.holder), new_id(), (
            paper.holder_name)
        self._desk.background.run(Command("remind", lambda: self._desk.client.remind(command, key),
                                          lambda _: self._sent(name), emitter(self, self.refused)))

    def put_away(self) -> None:
        """I have read the newest reminder."""
        if self.reminders:
            which = self.reminders[0].id
            self._tell_known("put a reminder away", which, f"/api/signing-reminders/{which}/put-away")

    def texts_of(self, notice: CorrectionNotice, done: Callable[[Version, Version], None],
                 failed: Callable[[Refusal], None]) -> None:
        """The released text and the one in its place."""
        both_texts(self._desk, notice, done, failed)

    def seen(self, notice: CorrectionNotice) -> None:
        """I have seen what became of the result: on record from now on (R36)."""
        self._tell_known("a correction was seen", notice.id, f"/api/correction-notices/{notice.id}/known")

    # Inside

    def _sent(self, name: str) -> None:
        self.reminded.emit(name)
        self._show_paper()

    def _tell_known(self, name: str, which: UUID, path: str) -> None:
        self._known.add(which)
        self.changed.emit()
        key = new_id()
        self._desk.background.run(Command(
            name, lambda: self._desk.client.send("POST", path, b"{}", "application/json", key), lambda _: self.load(),
            partial(self._not_known, which)))

    def _not_known(self, which: UUID, refusal: Refusal) -> None:
        self._known.discard(which)
        self.refused.emit(refusal)
        self.load()

    def _stale(self, _: Any) -> None:
        if self._looked_at or self.reminders or self.corrections:
            self._reminders_stale()

    def _reminders_stale(self) -> None:
        """Somebody was reminded, or has read it: I hear of mine wherever I work."""
        if not self._later.isActive():  # put off by each piece of news, it would never come in a busy house
            self._later.start(RELOAD_AFTER_MS)

    def _reload(self) -> None:
        self._ask(self.scope if self._looked_at else BoardScope.ME)

    def _take(self, key: str, told: Told[SigningBoard]) -> None:
        if told.cached and key in self._told:
            return
        self._told[key] = told
        if self._newest is None or self._newest.at <= told.value.at:
            self._newest = told.value
        self.changed.emit()
        if self.scope is not BoardScope.ME and key == self._key(self.scope):
            self._show_paper()

    def _failed(self, key: str, refusal: Refusal) -> None:
        if key == self._key(self.scope) and key not in self._told:
            self.refused.emit(refusal)

    def _show_paper(self) -> None:
        if (holder := self.holder) is not None:
            self._holder = (holder.holder, holder.name)
        self._paper.hold(self.papers)
        self._signed.hold(self._given)
        paper = self.paper
        entry = paper.entry if isinstance(paper, WaitingView) else None
        if self.chain is not None and self.chain.entry != entry:
            self.chain = None
        self.chain_changed.emit()
        if isinstance(paper, WaitingView):
            self._desk.fetch(f"chain:{paper.entry}", f"/api/entries/{paper.entry}/chain", _CHAIN, self._take_chain,
                             lambda _: None)

    def _take_chain(self, told: Told[ChainView]) -> None:
        if isinstance(self.paper, WaitingView) and told.value.entry == self.paper.entry:
            self.chain = told.value
            self.chain_changed.emit()
