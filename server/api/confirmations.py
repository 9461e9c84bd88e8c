"""What a patient left on a device: kept for a confirmation, opened only by right and for a reason."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import CaptureGiven, CaptureKept, CaptureOpened, CaptureWanted
from server.api.gate import Asking, GuardedRoute
from server.services import confirmations

router = APIRouter(prefix="/api", tags=["confirmations"], route_class=GuardedRoute)


@router.post("/encounters/{encounter}/captures", response_model=CaptureKept, status_code=201)
def post_capture(caller: Asking, encounter: UUID, given: CaptureGiven) -> Response:
    """Keep a fingerprint or a drawn signature, encrypted and apart from the record."""
    return caller.do(lambda desk: confirmations.keep(desk, encounter, given), 201)


@router.post("/captures/{capture}/open", response_model=CaptureOpened)
def open_capture(caller: Asking, capture: UUID, wanted: CaptureWanted) -> Response:
    """Show what was captured, for a reason that the audit keeps."""
    return caller.ask(lambda desk: confirmations.open_capture(desk, capture, wanted))
