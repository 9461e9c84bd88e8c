"""Who works here: the account as the last sign-in with the server left it, and when it opens without the server."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from records.access_hours import Hours, reason_shut
from records.delegation import Delegation
from records.entries import Instant
from records.errors import Reason
from records.forms import Frozen
from records.messages import PersonView, Session, WorkstationSettings
from records.policy import Person
from workstation.config import ZONE

CLOCK_GRACE = timedelta(minutes=5)


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
    receipt_keys: tuple[str, ...] = ()
    """PEM public keys of the servers whose receipts count."""
    access_hours: tuple[Hours, ...] = ()
    """When this person may come in; none: at any time (R39)."""
    public_url: str = ""
    """The server's address for the QR codes of prints."""
    signed_in_at: Instant
    """The last sign-in with the server."""
    expires_at: Instant | None = None
    """When the server session ends; None without one."""
    offline: bool = False
    """Signed in without the server this time."""

    @classmethod
    def of(cls, session: Session, at: datetime) -> Account:
        """The account that a sign-in with the server gives."""
        return cls(
            person=session.person, settings=session.settings, facility=session.facility,
            facility_code=session.facility_code, health_department=session.health_department,
            training=session.health.training, renderers=session.health.renderers, trust_roots=session.trust_roots,
            receipt_keys=session.receipt_keys, access_hours=session.access_hours, public_url=session.public_url,
            signed_in_at=at, expires_at=session.expires_at)

    def in_force(self, on: date) -> tuple[Delegation, ...]:
        """What this person may sign for others on that day (R29)."""
        return tuple(one for one in self.person.delegations if one.in_force(on))

    def for_policy(self) -> Person:
        """The person as `records.policy` asks about them."""
        who = self.person
        return Person(
            id=who.id, full_name=who.full_name, title=who.title, roles=frozenset(who.roles),
            wards=frozenset(ward.id for ward in who.wards), national_id=who.national_id, licence_no=who.licence_no,
            licence_until=who.licence_until, active=who.active, delegations=who.delegations)


class KnownPerson(Frozen):
    """Someone who has signed in on this PC before."""

    username: str
    full_name: str
    title: str


def offline_reason(account: Account, last_seen: datetime, now: datetime) -> Reason | None:
    """Why sign-in without the server is refused now; None when it is allowed.

    `last_seen` is the latest time that this PC's clock showed here: a clock set back would make seven days endless.
    """
    if now < last_seen - CLOCK_GRACE:
        return Reason("clock_went_back")
    days = account.settings.offline_days
    if now - account.signed_in_at > timedelta(days=days):
        return Reason("offline_too_long", "", {
            "last": f"{account.signed_in_at.astimezone(ZONE):%H:%M %d/%m/%Y}", "days": days})
    return reason_shut(account.access_hours, now)


def utc_now() -> datetime:
    """This PC's time."""
    return datetime.now(UTC)
