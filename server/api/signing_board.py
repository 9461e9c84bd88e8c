"""The signature board, the chain of one paper's slots, reminders, and notices of corrected results."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import ChainView, ReminderSent, ReminderView, SigningBoard
from records.messages.signing import Scope
from server.api.gate import Asking, GuardedRoute
from server.services import correction_notices, reminders, signing_board

router = APIRouter(prefix="/api", tags=["signing-board"], route_class=GuardedRoute)


@router.get("/signing-board", response_model=SigningBoard)
def get_board(caller: Asking, scope: Scope = "me", ward: UUID | None = None) -> Response:
    """What waits for one's own signature, or who holds up what in a ward or the house."""
    return caller.ask(lambda desk: signing_board.of_scope(desk, scope, ward))


@router.get("/entries/{entry}/chain", response_model=ChainView)
def get_chain(caller: Asking, entry: UUID) -> Response:
    """Every slot of a paper that waits: who signed, who holds it up, what comes after."""
    return caller.ask(lambda desk: signing_board.chain(desk, entry))


@router.post("/signing-reminders", response_model=ReminderView, status_code=201)
def remind(caller: Asking, command: ReminderSent) -> Response:
    """Ask somebody quietly for a signature that they can give now."""
    return caller.do(lambda desk: reminders.remind(desk, command), 201)


@router.post("/signing-reminders/{reminder}/put-away", status_code=204)
def put_away(caller: Asking, reminder: UUID) -> Response:
    """Who was reminded has read it: it is shown no more."""
    return caller.do(lambda desk: reminders.put_away(desk, reminder), 204)


@router.post("/correction-notices/{notice}/known", status_code=204)
def known(caller: Asking, notice: UUID) -> Response:
    """Who was told that a result was corrected has seen it; on record from then on (R36)."""
    return caller.do(lambda desk: correction_notices.known(desk, notice), 204)
