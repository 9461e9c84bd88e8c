"""The hospital's time-stamp contract: a token over a digest, verified before anybody relies on it, and kept."""

from __future__ import annotations

import base64
import logging
import secrets
from uuid import UUID

from sqlalchemy import Connection

from records import timestamps
from records.errors import Reason, Refusal
from records.messages import StampGiven, StampWish
from records.timestamps import Token
from server.ids import new_id
from server.services.hospital import Hospital, SignedIn
from server.store import base, evidence

_log = logging.getLogger("benhan.server.trust")


def wished(hospital: Hospital, signed_in: SignedIn, wish: StampWish) -> StampGiven:
    """A stamp for a signer who waits, or why it is pending; never an error, for signing must go on (R16)."""
    try:
        token = stamp(hospital, bytes.fromhex(wish.digest), signed_in.person.id)
    except Refusal as refusal:
        return StampGiven(reasons=tuple(reason.as_json() for reason in refusal.reasons))
    return StampGiven(token=base64.b64encode(token.der).decode(), stamped_at=token.at, authority=token.authority)


def stamp(hospital: Hospital, digest: bytes, person: UUID | None = None) -> Token:
    """A token over that SHA-256, asked for outside any transaction; trouble when the service is away.

    A token that our own judge would refuse is no token: the contract's authority must be in the trust list.
    """
    settings = hospital.settings
    if not settings.tsa_url:
        raise Refusal.because("no_time_stamp_contract")
    nonce = secrets.randbits(63)
    answer = hospital.services.stamp(settings.tsa_url, timestamps.request(digest, nonce))
    token = timestamps.answered(answer, digest, nonce)
    if wrong := timestamps.wrong(token, digest, hospital.trust, "tsa"):
        _log.warning("The time-stamp service's token is not trusted: %s", wrong[0].english)
        raise Refusal(*wrong, Reason("trust_service_wrong", settings.tsa_url))
    with base.transaction(hospital.engine) as db:
        evidence.add_stamp(db, new_id(), digest, token, person)
    return token


def given(db: Connection, value: str) -> bool:
    """Whether a stamp was given for that signature (SHA-256 of its value)."""
    return evidence.stamped(db, bytes.fromhex(value)) is not None
