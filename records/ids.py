"""Ids as types, and UUIDv7 (RFC 9562 §5.7) for entries and commands. Never ordered or judged by their time."""

from __future__ import annotations

from datetime import datetime
from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
PatientId = NewType("PatientId", UUID)
EncounterId = NewType("EncounterId", UUID)
EntryId = NewType("EntryId", UUID)
WardId = NewType("WardId", UUID)
CertificateId = NewType("CertificateId", UUID)
CommandId = NewType("CommandId", UUID)


def uuid7(at: datetime, entropy: bytes) -> UUID:
    """A UUIDv7 from an aware instant and 10 random bytes; pure, so the caller brings clock and chance."""
    if at.tzinfo is None:
        raise ValueError("A naive instant has no place on the time line.")
    if len(entropy) != 10:
        raise ValueError("UUIDv7 takes 10 random bytes.")
    milliseconds = int(at.timestamp() * 1000)
    tail = bytearray(entropy)
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return UUID(bytes=milliseconds.to_bytes(6) + bytes(tail))
