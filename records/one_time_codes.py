"""A one-time code that a patient reads out: how long it lives, what it is bound to, and why one does not count (R7).

The code is for one person on one phone and for the exact bytes of one version: whatever of these differs, the proof
that is kept of it differs too, and the code is wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from records.errors import Reason

DIGITS = 6
LIVES = timedelta(minutes=5)
TRIES = 3
SENT_AT_MOST, SENT_WITHIN = 5, timedelta(hours=1)
"""So many messages for one version in so long: somebody else's telephone is not to be rung all night."""
CHECK_LENGTH = 6
_MOBILE = re.compile(r"(?:\+?84|0)([35789]\d{8})")
_LOOKS_LIKE_ONE = re.compile(r"\+?\d[\d .\-()]{7,}\d")


class PhoneSource(StrEnum):
    """Where the number comes from."""

    ON_FILE = "on_file"
    TOLD = "told"


class Event(StrEnum):
    """What happened to a code."""

    SENT = "sent"
    FAILED = "failed"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True)
class Bound:
    """What a code is for."""

    transaction: UUID
    phone: str
    entry: UUID
    number: int
    sha256: str
    file_sha256: str

    def proof(self, salt: bytes, code: str) -> bytes:
        """What is kept instead of the code."""
        about = "|".join((str(self.transaction), self.phone, str(self.entry), str(self.number), self.sha256,
                          self.file_sha256, code))
        return hmac.new(salt, about.encode(), hashlib.sha256).digest()


@dataclass(frozen=True)
class Proof:
    """That the right code came back."""

    phone: str
    """Masked, as screen and paper show it."""
    source: PhoneSource
    sent_at: datetime
    tries: int
    message_no: str
    """The gateway's own number of the message."""


@dataclass(frozen=True)
class Standing:
    """What is known of a code when somebody types one."""

    ends_at: datetime
    events: Sequence[Event]
    latest: bool
    """No later code was asked for the same version."""
    same_text: bool
    """The version is still the newest one, with the same bytes."""


def phone_number(text: str) -> str:
    """A Vietnamese mobile number as 0912345678; empty when it is none."""
    found = _MOBILE.fullmatch(re.sub(r"[\s.\-()]", "", text))
    return f"0{found.group(1)}" if found else ""


def phone_numbers(text: str) -> frozenset[str]:
    """All mobile numbers in a text such as «Con gái: Lan, 0912 345 678»."""
    return frozenset(filter(None, (phone_number(found) for found in _LOOKS_LIKE_ONE.findall(text))))


def masked(phone: str) -> str:
    """«09*****678»: enough for its owner to know it."""
    return f"{phone[:2]}{'*' * max(0, len(phone) - 5)}{phone[-3:]}"


def check_mark(sha256: str) -> str:
    """What message and screen show of the version, so that the patient sees that both speak of the same text."""
    return sha256[:CHECK_LENGTH].upper()


def tries_left(events: Sequence[Event]) -> int:
    """How often a code may still be typed."""
    return max(0, TRIES - sum(event is Event.WRONG for event in events))


def refused(code: Standing, now: datetime) -> Reason | None:
    """Why no code counts any more, whatever is typed; None while one may be tried."""
    if Event.RIGHT in code.events:
        return Reason("code_used")
    if not code.same_text:
        return Reason("code_for_other_text")
    if not code.latest:
        return Reason("code_replaced")
    if Event.SENT not in code.events:
        return Reason("code_not_sent")
    if not tries_left(code.events):
        return Reason("code_spent", facts={"tries": TRIES})
    return Reason("code_expired", facts={"minutes": int(LIVES.total_seconds() // 60)}) if now > code.ends_at else None
