"""A patient's confirmation: what a device gave is kept, opened only by right and for a reason; one-time codes."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import (
    CaptureGiven,
    CaptureKept,
    CaptureOpened,
    CaptureWanted,
    CodeJudged,
    CodeOffer,
    CodeSent,
    CodeTyped,
    CodeWish,
)
from server.api.gate import Asking, GuardedRoute
from server.services import confirmation_codes, confirmations

router = APIRouter(prefix="/api", tags=["confirmations"], route_class=GuardedRoute)


@router.post("/encounters/{encounter}/captures", response_model=CaptureKept, status_code=201)
def post_capture(caller: Asking, encounter: UUID, given: CaptureGiven) -> Response:
    """Keep a fingerprint or a drawn signature, encrypted and apart from the record."""
    return caller.do(lambda desk: confirmations.keep(desk, encounter, given), 201)


@router.post("/captures/{capture}/open", response_model=CaptureOpened)
def open_capture(caller: Asking, capture: UUID, wanted: CaptureWanted) -> Response:
    """Show what was captured, for a reason that the audit keeps."""
    return caller.ask(lambda desk: confirmations.open_capture(desk, capture, wanted))


@router.get("/confirmation-codes/offer", response_model=CodeOffer)
def get_offer(caller: Asking) -> Response:
    """Whether one-time codes can be sent here, or why not."""
    return caller.ask(confirmation_codes.offer)


@router.post("/encounters/{encounter}/confirmation-codes", response_model=CodeSent, status_code=201)
def send_code(caller: Asking, encounter: UUID, wish: CodeWish) -> Response:
    """Send a one-time code; waits for the gateway, in no transaction. Its transaction's number makes it happen once."""
    sent = confirmation_codes.send(caller.hospital, caller.signed_in, encounter, wish)
    return Response(sent.model_dump_json(), 201, media_type="application/json")


@router.post("/confirmation-codes/{transaction}/tries", response_model=CodeJudged)
def try_code(caller: Asking, transaction: UUID, given: CodeTyped) -> Response:
    """What the patient read out."""
    return caller.do(lambda desk: confirmation_codes.typed(desk, transaction, given))
