"""Enrolling a certificate."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from records.entries import Instant
from records.forms import Frozen


class Challenge(Frozen):
    """POST /api/certificates/challenges: random bytes (base64) that the token must sign within `expires_at`."""

    id: UUID
    challenge: str
    expires_at: Instant



class Enrolment(Frozen):
    """POST /api/certificates: the certificate (DER, base64), its chain, and the challenge's signature
    (PKCS#1 v1.5 or ECDSA with SHA-256 over `records.enrolment.bytes_to_sign(challenge)`).
    """

    challenge: UUID
    certificate: str
    chain: tuple[str, ...] = ()
    signature: str



class CertificateView(Frozen):
    """An enrolled certificate and where it stands."""

    id: UUID
    person: UUID
    person_name: str
    serial: str
    issuer: str
    subject: str
    not_before: Instant
    not_after: Instant
    state: Literal["pending", "approved", "rejected", "revoked"]
    approved_by: str = ""
    training: bool = False
