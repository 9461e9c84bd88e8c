"""Certificates: challenge, enrolment, and the second person's approval."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import CertificateView, Challenge, Enrolment
from server.api.gate import Asking, GuardedRoute
from server.services import certificates

router = APIRouter(prefix="/api/certificates", tags=["certificates"], route_class=GuardedRoute)


@router.get("", response_model=list[CertificateView])
def get_certificates(caller: Asking) -> Response:
    """Mine, or everyone's for those who approve them."""
    return caller.ask(certificates.listed)


@router.post("/challenges", response_model=Challenge, status_code=201)
def challenge(caller: Asking) -> Response:
    """Random bytes for the token to sign."""
    return caller.do(certificates.challenge, 201)


@router.post("", response_model=CertificateView, status_code=201)
def enrol(caller: Asking, command: Enrolment) -> Response:
    """Enrol the certificate of a token that answered the challenge."""
    return caller.do(lambda desk: certificates.enrol(desk, command), 201)


@router.post("/{certificate}/approve", response_model=CertificateView)
def approve(caller: Asking, certificate: UUID) -> Response:
    """The second person's yes."""
    return caller.do(lambda desk: certificates.approve(desk, certificate))


@router.post("/{certificate}/reject", response_model=CertificateView)
def reject(caller: Asking, certificate: UUID) -> Response:
    """The second person's no."""
    return caller.do(lambda desk: certificates.reject(desk, certificate))


@router.post("/{certificate}/revoke", response_model=CertificateView)
def revoke(caller: Asking, certificate: UUID) -> Response:
    """From now on nothing is accepted under this certificate."""
    return caller.do(lambda desk: certificates.revoke(desk, certificate))
