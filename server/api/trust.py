"""Editions of the trust list: proposed by one person, decided by another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from records.messages import TrustDecision, TrustEdition, TrustProposal
from server.api.gate import Asking, GuardedRoute
from server.services import trust_changes

router = APIRouter(prefix="/api/trust-lists", tags=["trust"], route_class=GuardedRoute)
Number = Annotated[int, Path(ge=1, le=100_000)]


@router.get("", response_model=list[TrustEdition])
def get_editions(caller: Asking) -> Response:
    """Every edition with its authorities, the newest first."""
    return caller.ask(trust_changes.listed)


@router.post("", response_model=TrustEdition, status_code=201)
def propose(caller: Asking, command: TrustProposal) -> Response:
    """Propose the next edition."""
    return caller.do(lambda desk: trust_changes.propose(desk, command), 201)


@router.post("/{number}/accept", response_model=TrustEdition)
def accept(caller: Asking, number: Number, command: TrustDecision) -> Response:
    """The second person's yes."""
    return caller.do(lambda desk: trust_changes.accept(desk, number, command))


@router.post("/{number}/reject", response_model=TrustEdition)
def reject(caller: Asking, number: Number, command: TrustDecision) -> Response:
    """The second person's no."""
    return caller.do(lambda desk: trust_changes.reject(desk, number, command))
