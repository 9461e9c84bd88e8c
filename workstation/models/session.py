"""Who works here now: sign-in with and without the server, lock, change of person."""

from __future__ import annotations

from enum import StrEnum

from PyQt6.QtCore import QObject, pyqtSignal

from records.entries import Instant
from records.forms import Frozen
from records.messages import PersonView, WorkstationSettings
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config


class Phase(StrEnum):
    """Where the session stands."""

    SIGNED_OUT = "signed_out"
    SIGNING_IN = "signing_in"
    NEEDS_OLD_PASSWORD = "needs_old_password"
    """The server took the new password; the local store still has the old one."""
    OPEN = "open"
    LOCKED = "locked"


class Account(Frozen):
    """Who is signed in, and what the hospital said at the last sign-in with its server."""

    person: PersonView
    settings: WorkstationSettings
    facility: str
    facility_code: str
    health_department: str
    training: bool
    renderers: tuple[str, ...]
    trust_roots: tuple[str, ...]
    signed_in_at: Instant
    """The last sign-in with the server."""
    offline: bool = False
    """Signed in without the server this time."""


class KnownPerson(Frozen):
    """Someone who has signed in on this PC before."""

    username: str
    full_name: str
    title: str
    signed_in_at: Instant | None


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

    def __init__(self, config: Config, client: Client, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    @property
    def phase(self) -> Phase: ...
    @property
    def account(self) -> Account | None: ...
    def known_people(self) -> tuple[KnownPerson, ...]:
        """People who signed in on this PC before (file names only; quick)."""
    def sign_in(self, username: str, password: str) -> None:
        """With the server, or without it within the allowed days; ends in `opened` or `refused`."""
    def open_with_old_password(self, password: str) -> None:
        """In NEEDS_OLD_PASSWORD: open the store with the password before the change."""
    def recovery_request(self) -> str:
        """In NEEDS_OLD_PASSWORD: the text that IT turns into a recovery code with the server's key."""
    def open_with_recovery(self, code: str) -> None:
        """In NEEDS_OLD_PASSWORD: open the store with IT's code."""
    def begin_anew(self) -> None:
        """In NEEDS_OLD_PASSWORD: put the old store aside (kept) and begin an empty one."""
    def lock(self) -> None:
        """One key: hide everything; saving and sending go on."""
    def unlock(self, password: str) -> None:
        """Back to work; renews the server session when there is one to be had."""
    def touched(self) -> None:
        """The person did something: the idle clock starts again."""
    def sign_out(self) -> None:
        """Close the store; what waits stays in it and is sent after the next sign-in."""
