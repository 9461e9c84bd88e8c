"""Signing in and out: one answer and one length of time for every failure, lock-out, access hours, short sessions."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from records.access_hours import reason_shut
from records.deadlines import ZONE, settings_on
from records.errors import Refusal
from records.messages import Session, SignIn, WorkstationSettings
from records.policy import Person
from server.ids import new_id
from server.services import health
from server.services.hospital import Desk, Hospital, SignedIn
from server.settings import Settings
from server.store import abbreviations, audit, base, deadline_rules
from server.store import sessions as store

_SLIDE = timedelta(seconds=60)
"""A session slides at most this often, so that reading does not mean writing."""
_LONGEST_PASSWORD = 1024


def sign_in(hospital: Hospital, command: SignIn) -> Session:
    """Open a session, or refuse; every attempt is in the audit.

    The password is checked outside any transaction, so that a slow hash holds no lock. Who does not know the password
    hears the same words whether the name exists, is locked or not.
    """
    # No name and no PC has a null character, and the database cannot hold one.
    username = command.username.replace("\0", "").strip().lower()[:100]
    command = command.model_copy(update={"workstation": command.workstation.replace("\0", "")[:100]})
    with base.transaction(hospital.engine) as db:
        account = store.account(db, username)
    good = hospital.passwords.good(account.password_hash if account else None, command.password[:_LONGEST_PASSWORD])
    now = datetime.now(UTC)
    with base.transaction(hospital.engine) as db:
        # Read again under its lock: another attempt may have counted meanwhile.
        account = store.account(db, username)
        known = account is not None and good
        refusal = _not_now(account, now) if account and known else _failed(db, hospital.settings, account, now)
        action = "session.begin" if refusal is None else "session.refused"
        facts = {"code": refusal.reasons[0].code, "username": username} if refusal else {}
        audit.note(db, action, person=account.id if account else None, name=account.full_name if account else "",
                   workstation=command.workstation, facts=facts)
        answer = _begin(db, hospital, account, command, now) if account and refusal is None else None
    if answer is None:
        raise refusal or Refusal.because("sign_in_failed")
    return answer


def authenticate(hospital: Hospital, token: str) -> SignedIn:
    """Who holds this token, or a refusal; the session slides on while it is used."""
    now = datetime.now(UTC)
    with hospital.looking.connect() as db:
        found = store.by_token(db, _hash(token))
        if found is None or found.expires_at <= now or not found.person.active:
            raise Refusal.because("session_ended")
        if (shut := reason_shut(found.hours, now, "access_hours_over")) is not None:
            raise Refusal(shut)
        expires = found.expires_at
        if now - found.seen_at >= _SLIDE:
            expires = now + timedelta(minutes=hospital.settings.session_minutes)
            store.seen(db, found.id, now, expires)
    return SignedIn(found.id, found.person, found.username, found.workstation, expires)


def sign_out(desk: Desk) -> None:
    """End this session; the streams that hang on it are told."""
    store.end(desk.db, desk.signed_in.session, desk.now)
    desk.note("session.end")
    base.notify(desk.db, "session")


def still_there(hospital: Hospital, signed_in: SignedIn) -> Person | None:
    """The person as they are now, for a stream that hangs on the session; None once it has ended."""
    with base.transaction(hospital.engine) as db:
        return store.person(db, signed_in.person.id) if store.is_open(
            db, signed_in.session, datetime.now(UTC)) else None


def _begin(db: Connection, hospital: Hospital, account: store.Account, command: SignIn, now: datetime) -> Session:
    passwords, settings = hospital.passwords, hospital.settings
    outdated = passwords.outdated(account.password_hash)
    store.note_success(db, account.id, passwords.hash(command.password) if outdated else None)
    token, expires = secrets.token_urlsafe(32), now + timedelta(minutes=settings.session_minutes)
    store.begin(db, new_id(), _hash(token), person=account.id, workstation=command.workstation, expires=expires)
    times = settings_on(deadline_rules.rules(db), now.astimezone(ZONE).date())
    return Session(
        token=token, expires_at=expires, person=store.person_view(db, account.id), server_time=datetime.now(UTC),
        recovery_public_key=hospital.recovery_public_key, health=health.told(hospital, well=True),
        trust_roots=hospital.trust_pem, receipt_keys=hospital.receipt_keys, facility=settings.facility,
        facility_code=settings.facility_code, health_department=settings.health_department,
        access_hours=account.hours, public_url=settings.public_url,
        settings=WorkstationSettings(
            offline_days=settings.offline_days, lock_after_s=settings.lock_after_s,
            mirror_after_ms=settings.mirror_after_ms,
            abbreviations=abbreviations.approved(db), unsigned_overdue_min=times.unsigned_row_minutes,
            stamp_within_s=settings.tsa_wait_s if settings.tsa_url else 0.0),
    )


def _failed(db: Connection, settings: Settings, account: store.Account | None, now: datetime) -> Refusal:
    """Count a wrong password; one more while locked neither counts nor prolongs the lock."""
    until = account.locked_until if account else None
    if account is not None and (until is None or until <= now):
        attempts = 1 if until is not None else account.failed_attempts + 1
        locked = now + timedelta(minutes=settings.lock_minutes) if attempts >= settings.failed_attempts else None
        store.note_failure(db, account.id, attempts, locked)
    return Refusal.because("sign_in_failed")


def _not_now(account: store.Account, now: datetime) -> Refusal | None:
    """Why somebody with the right password may still not come in."""
    if account.locked_until is not None and account.locked_until > now:
        return Refusal.because("account_locked", until=f"{account.locked_until.astimezone(ZONE):%H:%M %d/%m/%Y}")
    if not account.active:
        return Refusal.because("account_inactive")
    shut = reason_shut(account.hours, now)
    return Refusal(shut) if shut is not None else None


def _hash(token: str) -> bytes:
    """What is kept of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()
