"""Who works here now: sign-in with and without the server, lock, change of person."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from workstation.background import Background, Command, Query
from workstation.client import Client
from workstation.config import Config
from workstation.drafts import Owner, Shelf
from workstation.emitting import emitter
from workstation.models.account import Account, KnownPerson, offline_reason, utc_now

if TYPE_CHECKING:
    from workstation.drafts import Store

__all__ = ["Account", "KnownPerson", "Phase", "SessionModel"]

log = logging.getLogger(__name__)
LANE = "session"
AWAY = frozenset({"server_away", "server_broken"})
"""Troubles that let a person in without the server; a server that is not trusted does not."""


class Phase(StrEnum):
    """Where the session stands."""

    SIGNED_OUT = "signed_out"
    SIGNING_IN = "signing_in"
    NEEDS_OLD_PASSWORD = "needs_old_password"  # noqa: S105  # a state's name
    """The server took the new password; the local store still has the old one."""
    OPEN = "open"
    LOCKED = "locked"


@dataclass(frozen=True, repr=False)
class _Opened:
    """In, with the store open."""

    account: Account
    store: Store


@dataclass(frozen=True, repr=False)
class _Waits:
    """Let in by the server; the store waits for the old password."""

    account: Account
    owner: Owner
    refusal: Refusal


class SessionModel(QObject):
    """Sign-in, lock and sign-out; owns the local store while it is open."""

    phase_changed = pyqtSignal(object)
    """Phase."""
    opened = pyqtSignal(object)
    """Account: sign-in went through and the store is open. Build SyncModel and the rest now."""
    closing = pyqtSignal()
    """Signing out: stop what uses the store."""
    refused = pyqtSignal(object)
    """Refusal of a sign-in or unlock; show `.vietnamese`."""
    renewed = pyqtSignal(object)
    """Account: an offline or ended session got a fresh token."""

    def __init__(self, config: Config, client: Client, background: Background, parent: QObject | None = None, *,
                 now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(parent)
        self._client = client
        self._background = background
        self._shelf = Shelf(config.data_dir, use_keyring=config.use_keyring)
        self._now = now
        self._phase = Phase.SIGNED_OUT
        self._account: Account | None = None
        self._store: Store | None = None
        self._waits: _Waits | None = None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self.lock)

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def account(self) -> Account | None:
        """Who is signed in."""
        return self._account

    @property
    def store(self) -> Store | None:
        """The open store."""
        return self._store

    def known_people(self) -> tuple[KnownPerson, ...]:
        """People who signed in on this PC before (reads the small key files; quick)."""
        return tuple(KnownPerson(username=file.username, full_name=file.full_name, title=file.title)
                     for file in self._shelf.people())

    # Sign-in

    def sign_in(self, username: str, password: str) -> None:
        """With the server, or without it within the allowed days; ends in `opened`, NEEDS_OLD_PASSWORD or `refused`."""
        if self._phase is Phase.SIGNED_OUT:
            self._run(lambda: self._let_in(username.strip(), password))

    def open_with_old_password(self, password: str) -> None:
        """In NEEDS_OLD_PASSWORD: open the store with the password before the change."""
        self._open_waiting(lambda waits: self._shelf.open_with_old(waits.owner, password))

    def recovery_request(self) -> str:
        """In NEEDS_OLD_PASSWORD: the text that IT turns into a recovery code with the server's key."""
        return self._shelf.recovery_request(self._waits.owner.person) if self._waits is not None else ""

    def open_with_recovery(self, code: str) -> None:
        """In NEEDS_OLD_PASSWORD: open the store with IT's code."""
        self._open_waiting(lambda waits: self._shelf.open_with_code(waits.owner, code))

    def begin_anew(self) -> None:
        """In NEEDS_OLD_PASSWORD: put the old store aside (kept) and begin an empty one."""
        self._open_waiting(lambda waits: self._shelf.begin_anew(waits.owner))

    def give_up(self) -> None:
        """In NEEDS_OLD_PASSWORD: back to sign-in."""
        if self._phase is Phase.NEEDS_OLD_PASSWORD:
            self._end_server_session()
            self._waits = None
            self._turn(Phase.SIGNED_OUT)

    # Lock, unlock, sign-out

    def lock(self) -> None:
        """One key: hide everything; saving and sending go on."""
        if self._phase is Phase.OPEN:
            self._idle.stop()
            self._keep_last_seen()
            self._turn(Phase.LOCKED)

    def unlock(self, password: str) -> None:
        """Back to work; renews the server session when it is over and the server is there."""
        if self._phase is Phase.LOCKED:
            self._background.run(Command("unlock", lambda: self._check(password), self._unlocked,
                                         emitter(self, self.refused)), lane=LANE)

    def renew(self, password: str) -> None:
        """While open: the server session ended, or sign-in was without the server. Ends in `renewed` or `refused`."""
        if self._phase is Phase.OPEN:
            self._background.run(Command("renew", lambda: self._renew(password), self._take,
                                         emitter(self, self.refused)), lane=LANE)

    def touched(self) -> None:
        """The person did something: the idle clock starts again."""
        if self._phase is Phase.OPEN and self._account is not None:
            self._idle.start(self._account.settings.lock_after_s * 1000)

    def sign_out(self) -> None:
        """Close the store; what waits stays in it and is sent after the next sign-in."""
        if self._phase not in (Phase.OPEN, Phase.LOCKED):
            return
        self._idle.stop()
        self._keep_last_seen()
        self.closing.emit()
        store, self._store, self._account = self._store, None, None
        self._end_server_session()
        if store is not None:
            # The same lane as the last save: the store closes behind it.
            self._background.run(Command("close the store", store.close, _nothing, _nothing), lane="store")
        self._turn(Phase.SIGNED_OUT)

    # On the background thread

    def _let_in(self, username: str, password: str) -> _Opened | _Waits:
        try:
            session = self._client.sign_in(username, password)
        except Trouble as trouble:
            if trouble.reasons[0].code not in AWAY:
                raise
            return self._let_in_offline(username, password, trouble)
        account = Account.of(session, self._now())
        owner = Owner(account.person.id, account.person.username, account.person.full_name, account.person.title,
                      password, session.recovery_public_key)
        try:
            return self._begun(account, self._shelf.open(owner))
        except Refusal as refusal:
            if refusal.reasons[0].code not in ("store_needs_old_password", "store_damaged"):
                raise
            return _Waits(account, owner, refusal)

    def _let_in_offline(self, username: str, password: str, trouble: Trouble) -> _Opened:
        store = self._shelf.open_offline(username, password)
        held = store.kept("account")
        if held is None:
            store.close()
            raise trouble
        account = Account.model_validate(held).model_copy(update={"offline": True, "expires_at": None})
        seen = datetime.fromisoformat(store.kept("last_seen") or account.signed_in_at.isoformat())
        reason = offline_reason(account, seen, self._now())
        if reason is not None:
            store.close()
            raise Refusal(reason)
        store.keep("last_seen", self._now().isoformat())
        return _Opened(account, store)

    def _begun(self, account: Account, store: Store) -> _Opened:
        store.keep("account", account.model_dump(mode="json"))
        store.keep("last_seen", self._now().isoformat())
        return _Opened(account, store)

    def _check(self, password: str) -> Account | None:
        account, store = self._account, self._store
        if account is None or store is None:
            return None
        if not self._shelf.is_password(account.person.id, password):
            return self._renew(password)  # perhaps it was changed at the server
        if account.offline or (account.expires_at is not None and account.expires_at <= self._now()):
            with contextlib.suppress(Trouble):
                return self._renew(password)
        return None

    def _renew(self, password: str) -> Account:
        account, store = self._account, self._store
        if account is None or store is None:
            raise Refusal.because("session_over")
        try:
            session = self._client.sign_in(account.person.username, password)
        except Trouble as trouble:
            if not self._shelf.is_password(account.person.id, password):
                raise Refusal.because("store_password_wrong") from trouble
            raise
        fresh = self._begun(Account.of(session, self._now()), store).account
        if not self._shelf.is_password(account.person.id, password):
            self._shelf.rewrap(Owner(fresh.person.id, fresh.person.username, fresh.person.full_name,
                                     fresh.person.title, password, session.recovery_public_key), store)
        return fresh

    # Back on the UI thread

    def _run(self, work: Callable[[], _Opened | _Waits]) -> None:
        self._turn(Phase.SIGNING_IN)
        self._background.run(Command("sign in", work, self._arrived, self._not_in), lane=LANE)

    def _open_waiting(self, open_store: Callable[[_Waits], Store]) -> None:
        waits = self._waits
        if self._phase is Phase.NEEDS_OLD_PASSWORD and waits is not None:
            self._run(lambda: self._begun(waits.account, open_store(waits)))

    def _arrived(self, result: _Opened | _Waits) -> None:
        if isinstance(result, _Waits):
            self._waits = result
            self._turn(Phase.NEEDS_OLD_PASSWORD)
            self.refused.emit(result.refusal)
            return
        self._waits = None
        self._account, self._store = result.account, result.store
        self._turn(Phase.OPEN)
        self.touched()
        self.opened.emit(result.account)

    def _not_in(self, refusal: Refusal) -> None:
        self._turn(Phase.NEEDS_OLD_PASSWORD if self._waits is not None else Phase.SIGNED_OUT)
        self.refused.emit(refusal)

    def _unlocked(self, fresh: Account | None) -> None:
        if self._phase is Phase.LOCKED:
            self._turn(Phase.OPEN)
            self.touched()
            if fresh is not None:
                self._take(fresh)

    def _take(self, fresh: Account) -> None:
        self._account = fresh
        self.renewed.emit(fresh)

    def _keep_last_seen(self) -> None:
        if (store := self._store) is not None:
            seen = self._now().isoformat()
            self._background.run(Command("keep last seen", lambda: store.keep("last_seen", seen), _nothing, _nothing),
                                 lane="store")

    def _end_server_session(self) -> None:
        # Best effort: a server that is away lets the session run out by itself.
        if self._client.door.token is not None:
            self._background.run(Query("sign out", self._client.sign_out, _nothing, _nothing), lane=LANE)

    def _turn(self, phase: Phase) -> None:
        if phase is not self._phase:
            self._phase = phase
            self.phase_changed.emit(phase)


def _nothing(_: Any) -> None:
    """Nobody waits for it."""
