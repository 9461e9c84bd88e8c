"""The work list of files that came late or wrong."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import SettlementDecision, SettlementView
from server.api.gate import Asking, GuardedRoute
from server.services import settlements

router = APIRouter(prefix="/api/settlements", tags=["settlements"], route_class=GuardedRoute)


@router.get("", response_model=list[SettlementView])
def get_settlements(caller: Asking) -> Response:
    """What waits for a decision, oldest first."""
    return caller.ask(settlements.waiting)


@router.post("/{settlement}", response_model=SettlementView)
def settle(caller: Asking, settlement: UUID, command: SettlementDecision) -> Response:
    """Decide, with a reason, under one's own name."""
    return caller.do(lambda desk: settlements.settle(desk, settlement, command))
