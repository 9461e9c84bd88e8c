"""Asks remote signing services on behalf of people who wait, and keeps an answer only after it was verified.

A transaction is taken by one worker at a time and asked for once; what a service answers, by itself or by call-back,
goes through `take`: each signature is held against the chosen certificate and the very hash that was sent.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from records.errors import Reason, Refusal, Trouble
from records.messages import CallBack
from records.remote_signing import judged
from server.exchange.remote_signing import Answered, Code, Declined, RemoteService, Step, Waiting, Wish
from server.exchange.remote_signing.smartca import signatures_in
from server.services.hospital import Hospital
from server.services.remote_signing import handle_of
from server.store import audit, base
from server.store import remote_signings as store
from server.store.remote_signings import Signing

_log = logging.getLogger("benhan.server.remote_signing")
LOOKS_EVERY_S = 0.5
"""What another server took on is seen no later than this; what is due sooner is looked at when it is due."""
TAKEN_S = 0.05
"""What is due and was not to be had is another worker's: so soon one looks whether it is still due."""
WORKERS = 3
"""A service that is slow holds up one of them."""
SLOWEST_S = 10.0
"""Between two questions to a service."""


@asynccontextmanager
async def polling(hospital: Hospital) -> AsyncIterator[None]:
    """Work for as long as the program serves; several servers share what waits."""
    workers = range(WORKERS if hospital.remote_accounts else 0)
    hospital.remote_bell.hang()
    tasks = [asyncio.create_task(_keep_polling(hospital), name=f"remote signing {number}") for number in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_polling(hospital: Hospital) -> None:
    while True:
        rests_s = await run_in_threadpool(_worked, hospital)
        if rests_s:
            await hospital.remote_bell.wait(rests_s)


def _worked(hospital: Hospital) -> float:
    """See one transaction a step further; how long to rest then: not at all while there was one."""
    try:
        if work(hospital):
            return 0.0
        with base.transaction(hospital.engine) as db:
            due_s = store.due_in_s(db)
        return LOOKS_EVERY_S if due_s is None else min(LOOKS_EVERY_S, due_s if due_s > 0 else TAKEN_S)
    except SQLAlchemyError as error:
        _log.warning("What waits for a remote signature could not be looked at: %s", error)
    except Exception:
        # One transaction that breaks the work must not stop the others: its lease ends, and it is told again.
        _log.exception("A remote signing could not be worked on")
    return LOOKS_EVERY_S


def work(hospital: Hospital) -> bool:
    """See one transaction a step further; whether there was one."""
    with base.transaction(hospital.engine) as db:
        claimed = store.claim(db)
    if claimed is None:
        return False
    signing, was = claimed
    service = hospital.remote_services.get(signing.service)
    if service is None:
        _settle(hospital, signing, "failed", Reason("remote_service_unknown", signing.service))
    elif was == "asking":
        _settle(hospital, signing, "failed", Reason("remote_signing_interrupted", signing.service))
    elif was == "code_wanted":
        _settle(hospital, signing, "declined", _too_late(hospital, signing))
    elif was == "asked":
        _ask(hospital, service, signing)
    else:
        _poll(hospital, service, signing)
    return True


def _ask(hospital: Hospital, service: RemoteService, signing: Signing) -> None:
    """Once, whatever comes of it: a second time the phone would ring twice for one act."""
    try:
        given = _opened(hospital, signing)
        step = service.begin(_wish(signing), Code(**given) if given else None)
    except Refusal as refusal:
        _settle(hospital, signing, "failed", *refusal.reasons)
        return
    _next(hospital, signing, step)


def _poll(hospital: Hospital, service: RemoteService, signing: Signing) -> None:
    """The last question is asked at the end of the time, so that a late tap still counts."""
    over = datetime.now(UTC) >= signing.ends_at
    handle = _opened(hospital, signing)
    try:
        step = service.poll(_wish(signing), handle)
    except Trouble:
        step = Waiting(handle)  # a service that comes back still knows the transaction
    except Refusal as refusal:
        _settle(hospital, signing, "failed", *refusal.reasons)
        return
    if over and isinstance(step, Waiting):
        _settle(hospital, signing, "declined", _too_late(hospital, signing))
        return
    _next(hospital, signing, step)


def _next(hospital: Hospital, signing: Signing, step: Step) -> None:
    match step:
        case Waiting():
            with base.transaction(hospital.engine) as db:
                sealed = hospital.keys.house(db).encrypt(handle_of(signing.id), json.dumps(dict(step.handle)).encode())
                store.wait(db, signing.id, sealed, _again(hospital, signing))
        case Answered():
            take(hospital, signing, step)
        case Declined():
            _settle(hospital, signing, "declined", step.reason)


def take(hospital: Hospital, signing: Signing, answered: Answered) -> None:
    """Keep what came when every value is the chosen certificate's over the hash at its place; else nothing of it."""
    if wrong := judged(signing.certificate, signing.hashes, answered.signatures, answered.surplus):
        _log.error("%s: %s", signing.service, wrong.english)
        _settle(hospital, signing, "failed", wrong)
        return
    sent = len(signing.hashes)
    missing = sent - len(answered.signatures)
    values = [answered.signatures.get(place) for place in range(sent)]
    short = [Reason("remote_signatures_missing", facts={"missing": missing, "sent": sent})] if missing else []
    _settle(hospital, signing, "partly" if missing else "signed", *short, signatures=values)


def call_back(hospital: Hospital, service: str, key: str, told: CallBack) -> None:
    """SmartCA's own word that somebody confirmed. Only who knows the account's secret address is heard; values count
    only when all verify over the hashes that this server sent, and anything less only makes us ask.

    The same word again while the person could still confirm changes nothing and is no error (our answer may have been
    lost); any other word about a settled transaction, or an old one, is refused.
    """
    _demand_caller(hospital, service, key, told)
    try:
        which = UUID(told.transaction_id)
    except ValueError:
        raise _unknown() from None
    with base.transaction(hospital.engine) as db:
        signing = store.one(db, which, lock=True)
        answered = signatures_in(list(told.signed_files), len(signing.hashes))
        if signing.service != service or signing.state not in ("waiting", "signed"):
            raise _unknown()
        if signing.state == "signed":
            if datetime.now(UTC) >= signing.ends_at or not _same(signing, answered):
                _log.warning("%s: a call-back about the settled transaction %s was refused", service, which)
                raise _unknown()
            return
        whole = len(answered.signatures) == len(signing.hashes)
        if not whole or judged(signing.certificate, signing.hashes, answered.signatures, answered.surplus):
            store.hurry(db, which)
            return
    take(hospital, signing, answered)


def _demand_caller(hospital: Hospital, service: str, key: str, told: CallBack) -> None:
    """Who calls knows the account's name at the service and the key in our address."""
    account = hospital.remote_accounts.get(service)
    wanted = account.call_back_key.get_secret_value() if account is not None and account.call_back_key else ""
    known = hmac.compare_digest(key.encode(), wanted.encode()) and bool(wanted)
    if account is None or account.kind != "smartca" or not known or not hmac.compare_digest(
            told.sp_id.encode(), account.login.encode()):
        _log.warning("A call-back for %s did not come from the service", service[:40])
        raise _unknown()


def _same(signing: Signing, answered: Answered) -> bool:
    kept = {place: value for place, value in enumerate(signing.signatures) if value}
    return not answered.surplus and dict(answered.signatures) == kept


def _unknown() -> Refusal:
    """One answer for all of it: a stranger learns nothing."""
    return Refusal.because("thing_unknown", "remote signing")


def _settle(hospital: Hospital, signing: Signing, state: str, *reasons: Reason,
            signatures: list[bytes | None] | None = None) -> None:
    with base.transaction(hospital.engine) as db:
        if store.settle(db, signing.id, state, reasons, signatures or ()):
            audit.note(db, f"remote_signing.{state}", person=signing.person, name=signing.person_name,
                       facts={"transaction": str(signing.id), "reasons": [reason.code for reason in reasons]})
            base.notify(db, "remote_signing", transaction=signing.id, person=signing.person)


def _opened(hospital: Hospital, signing: Signing) -> dict[str, Any]:
    if not signing.handle:
        return {}
    with base.transaction(hospital.engine) as db:
        text = hospital.keys.house(db).decrypt(handle_of(signing.id), signing.handle)
    handle: Mapping[str, Any] = json.loads(text)
    return dict(handle)


def _wish(signing: Signing) -> Wish:
    return Wish(signing.id, signing.national_id, signing.credential, signing.hashes, signing.description)


def _again(hospital: Hospital, signing: Signing) -> datetime:
    """Less and less often, but at the end of the time. Who has the telephone in the hand confirms at once: the first
    question, which follows the wish (the first attempt), comes after half the pause.
    """
    now, account = datetime.now(UTC), hospital.remote_accounts[signing.service]
    pause = account.every_s / 2 if signing.attempts < 2 else account.every_s * 1.2 ** min(signing.attempts - 2, 30)
    later = now + timedelta(seconds=min(SLOWEST_S, pause))
    return min(later, max(signing.ends_at, now + timedelta(seconds=account.every_s)))


def _too_late(hospital: Hospital, signing: Signing) -> Reason:
    return Reason("remote_too_late", hospital.remote_accounts[signing.service].label)
