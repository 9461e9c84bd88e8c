"""Written delegations, and the colleagues to whom they may go."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import ColleagueView, DelegationGiven, DelegationView, Revocation
from server.api.gate import Asking, GuardedRoute
from server.services import delegations

router = APIRouter(prefix="/api", tags=["delegations"], route_class=GuardedRoute)


@router.get("/colleagues", response_model=list[ColleagueView])
def get_colleagues(caller: Asking) -> Response:
    """Everybody who works here now, by name."""
    return caller.ask(delegations.colleagues)


@router.get("/delegations", response_model=list[DelegationView])
def get_delegations(caller: Asking) -> Response:
    """What one gave or got; everything for those who keep the hospital's papers."""
    return caller.ask(delegations.listed)


@router.post("/delegations", response_model=DelegationView, status_code=201)
def give(caller: Asking, command: DelegationGiven) -> Response:
    """Give a role of one's own to somebody, as a written decision says."""
    return caller.do(lambda desk: delegations.give(desk, command), 201)


@router.post("/delegations/{delegation}/revoke", response_model=DelegationView)
def revoke(caller: Asking, delegation: UUID, command: Revocation) -> Response:
    """Take it back from today on, with a reason."""
    return caller.do(lambda desk: delegations.revoke(desk, delegation, command))
