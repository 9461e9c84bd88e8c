"""The closing check of discharged records, and what is done with them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import ClosingCommand, ClosingList, ClosingView
from server.api.gate import Asking, GuardedRoute
from server.services import closing

router = APIRouter(prefix="/api", tags=["closing"], route_class=GuardedRoute)


@router.get("/closing", response_model=ClosingList)
def get_list(caller: Asking) -> Response:
    """Discharged records that wait to be taken in or archived."""
    return caller.ask(closing.listed)


@router.get("/encounters/{encounter}/closing", response_model=ClosingView)
def get_check(caller: Asking, encounter: UUID) -> Response:
    """What one record still lacks, who holds it up, and how far it can be proved."""
    return caller.ask(lambda desk: closing.of(desk, encounter))


@router.post("/encounters/{encounter}/closing", response_model=ClosingView)
def act(caller: Asking, encounter: UUID, command: ClosingCommand) -> Response:
    """Look through, give back, take in, archive."""
    return caller.do(lambda desk: closing.act(desk, encounter, command))
