"""Written delegations (R29): giving, seeing and taking them back, and in whose place this person signs now (R11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.delegation import Delegation
from records.errors import Reason, Refusal
from records.folding import fold
from records.forms import EntryKind, Form, Manner, Role, all_forms, current_form
from records.messages import ColleagueView, DelegationGiven, DelegationView, PersonView, Revocation, WardView
from workstation.background import Command, Query
from workstation.config import ZONE
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import Account, utc_now
from workstation.models.desk import Desk, Told
from workstation.models.history import LEAST_REASON

GIVERS = frozenset({Role.DIRECTOR, Role.WARD_HEAD})
"""Whose role another may sign with; the server says the same."""
_KEEPERS = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE, Role.IT})
"""Who sees everybody's."""
ROLE_WORDS = {Role.DIRECTOR: "Giám đốc", Role.WARD_HEAD: "Trưởng khoa"}
MANNER_WORDS = {
    Manner.BEHALF: "KT. (ký thay)", Manner.ORDER: "TL. (thừa lệnh)", Manner.AUTHORITY: "TUQ. (thừa ủy quyền)",
}
SHOWN = 6
"""Colleagues that are offered for a few letters."""
MINUTE_MS = 60_000
_WARDS = TypeAdapter(tuple[WardView, ...])


class Standing(StrEnum):
    """How a delegation stands on a day."""

    IN_FORCE = "in_force"
    LATER = "later"
    ENDED = "ended"
    REVOKED = "revoked"


class DelegationsModel(QObject):
    """The list for the dialog; and, as long as somebody is signed in, what the server says was given to them."""

    changed = pyqtSignal()
    """The list, the colleagues or the wards are new."""
    given = pyqtSignal(object)
    """DelegationView: the server keeps it now."""
    refused = pyqtSignal(object)
    """Refusal: the list could not be had, or something was not given or taken back."""
    account_changed = pyqtSignal(object)
    """Account: what this person may sign for others is different from now on."""
    mine_changed = pyqtSignal(object)
    """The same, as `mine`."""

    def __init__(self, desk: Desk, parent: QObject | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(parent)
        self._desk, self._now = desk, now
        self.views: tuple[DelegationView, ...] = ()
        self.colleagues: tuple[ColleagueView, ...] = ()
        self.wards: tuple[WardView, ...] = desk.account.person.wards
        """Every ward of the hospital, once the server has said them."""
        self.loaded = False
        self._held = desk.account.in_force(self.today)
        desk.sync.delegations_stale.connect(self.ask_who_i_am)
        minute = QTimer(self)
        minute.timeout.connect(self._tick)
        minute.start(MINUTE_MS)

    @property
    def today(self) -> date:
        """The hospital's calendar day."""
        return self._now().astimezone(ZONE).date()

    @property
    def mine(self) -> tuple[Delegation, ...]:
        """Under which this person signs for others today."""
        return self._desk.account.in_force(self.today)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Roles that this person may give, the highest first."""
        return tuple(role for role in ROLE_WORDS if role in self._desk.account.person.roles)

    @property
    def own_wards(self) -> tuple[WardView, ...]:
        """Where this person works."""
        return self._desk.account.person.wards

    @property
    def concerns_me(self) -> bool:
        """Whether this person gives, keeps or holds any."""
        person = self._desk.account.person
        return bool((GIVERS | _KEEPERS) & set(person.roles)) or bool(person.delegations)

    # The list

    def load(self) -> None:
        """Ask for everything that the dialog shows; wards stand by name on everybody's cards."""
        run, client = self._desk.background.run, self._desk.client
        run(Query("delegations", client.delegations, self._take, emitter(self, self.refused)))
        if self.roles:
            run(Query("colleagues", client.colleagues, self._take_colleagues, emitter(self, self.refused)))
        self._desk.fetch("wards", "/api/wards", _WARDS, self._take_wards, emitter(self, self.refused))

    def standing(self, view: DelegationView) -> Standing:
        """How it stands today."""
        return standing_of(view.delegation, self.today)

    def is_mine(self, view: DelegationView) -> bool:
        """Whether it was given to this person."""
        return view.delegation.receiver == self._desk.account.person.id

    def may_revoke(self, view: DelegationView) -> bool:
        """Who gave it, or the director, while there is something to take back."""
        me = self._desk.account.person
        gone = self.standing(view) in (Standing.ENDED, Standing.REVOKED)
        return not gone and (view.delegation.giver == me.id or Role.DIRECTOR in me.roles)

    def found(self, words: str) -> tuple[ColleagueView, ...]:
        """Colleagues whose name fits, diacritics or not; nobody before something is typed."""
        wanted, me = fold(words).split(), self._desk.account.person.id
        fitting = (one for one in self.colleagues if one.id != me and all(
            word in fold(f"{one.title} {one.full_name}") for word in wanted))
        return tuple(fitting)[:SHOWN] if wanted else ()

    # Acts; the server decides

    def give(self, wish: DelegationGiven) -> None:
        """Give a role of one's own to somebody."""
        key = new_id()
        self._desk.background.run(Command("delegate", lambda: self._desk.client.delegate(wish, key), self._given,
                                          emitter(self, self.refused)))

    def revoke(self, view: DelegationView, reason: str) -> None:
        """Take one back from today on, with the reason that the record keeps."""
        reason = reason.strip()
        if len(reason) < LEAST_REASON:
            self.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
            return
        key, which = new_id(), view.delegation.id
        self._desk.background.run(Command(
            "revoke a delegation", lambda: self._desk.client.revoke_delegation(which, Revocation(reason=reason), key),
            self._revoked, emitter(self, self.refused)))

    def ask_who_i_am(self) -> None:
        """Something was given to this person or taken back: the server says what they hold now."""
        client, store = self._desk.client, self._desk.store

        def ask() -> PersonView:
            person = client.me()
            # Without the server one signs in as who one was told to be last.
            store.keep("account", self._desk.account.model_copy(update={"person": person}).model_dump(mode="json"))
            return person

        self._desk.background.run(Query("who I am", ask, self._take_person, _nothing))

    def take_account(self, account: Account) -> None:
        """A fresh sign-in said anew who this person is."""
        self._desk.account = account
        self._tell()

    # Inside

    def _take(self, views: tuple[DelegationView, ...]) -> None:
        order = list(Standing)
        self.views = tuple(sorted(views, key=lambda view: (
            not self.is_mine(view), order.index(self.standing(view)), view.delegation.ends)))
        self.loaded = True
        self.changed.emit()

    def _take_colleagues(self, colleagues: tuple[ColleagueView, ...]) -> None:
        self.colleagues = colleagues
        self.changed.emit()

    def _take_wards(self, told: Told[tuple[WardView, ...]]) -> None:
        self.wards = told.value
        self.changed.emit()

    def _given(self, view: DelegationView) -> None:
        self.given.emit(view)
        self.load()

    def _revoked(self, _: DelegationView) -> None:
        self.load()

    def _take_person(self, person: PersonView) -> None:
        self._desk.account = self._desk.account.model_copy(update={"person": person})
        self._tell()
        if self.loaded:
            self.load()

    def _tick(self) -> None:
        if self.mine != self._held:
            self._tell()  # a day begins, and with it a paper begins or ends

    def _tell(self) -> None:
        self._held = self.mine
        self.mine_changed.emit(self._held)
        self.account_changed.emit(self._desk.account)


def standing_of(one: Delegation, on: date) -> Standing:
    """How it stands on that day."""
    if one.revoked_on is not None and one.revoked_on <= on:
        return Standing.REVOKED
    if one.in_force(on):
        return Standing.IN_FORCE
    return Standing.LATER if on < one.starts else Standing.ENDED


def in_whose_place(held: Iterable[Delegation]) -> str:
    """«ký TUQ. Giám đốc, KT. Trưởng khoa» beside a person's name; empty for who signs as themselves only."""
    papers = dict.fromkeys(f"{one.manner} {ROLE_WORDS.get(one.role, one.role)}" for one in held)
    return f"ký {', '.join(papers)}" if papers else ""


def who_gave(one: Delegation) -> str:
    """The same in full: «TUQ. Giám đốc Hoàng Minh Tuấn, đến hết 30/11/2026 (12/QĐ-BV)»."""
    return (f"{one.manner} {ROLE_WORDS.get(one.role, one.role)} {one.giver_name}, "
            f"đến hết {one.ends:%d/%m/%Y} ({one.paper})")


def forms_of(role: Role, on: date) -> tuple[Form, ...]:
    """Forms with a slot of that role that somebody may sign in another's place."""
    codes = dict.fromkeys(form.code for form in all_forms())
    found = []
    for code in codes:
        try:
            whole = current_form(code, on)
        except Refusal:
            continue
        found += [whole] if any(_by_order(kind, role) for kind in whole.kinds) else []
    return tuple(found)


def manners_of(role: Role, on: date) -> tuple[Manner, ...]:
    """Manners in which the forms of today let somebody sign for that role (R11)."""
    allowed = {manner for form in forms_of(role, on) for kind in form.kinds for manner in _by_order(kind, role)}
    return tuple(manner for manner in Manner if manner in allowed)


def _by_order(kind: EntryKind, role: Role) -> set[Manner]:
    return {manner for slot in kind.slots if role in slot.roles for manner in slot.by_order}


def given_wards(account: Account, on: date) -> Callable[[WardView], bool]:
    """Whether a ward is one into which this person sees only in another's place."""
    own, held = {ward.id for ward in account.person.wards}, account.in_force(on)
    return lambda ward: ward.id not in own and any(one.reaches({ward.id}, on) for one in held)


def _nothing(_: Refusal) -> None:
    """The server is away: it says it when it comes back."""
