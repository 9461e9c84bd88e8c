"""The organisation's signature on a paper that leaves the house."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import Accepted
from server.api.entries import Number
from server.api.gate import Asking, GuardedRoute
from server.services import organisation

router = APIRouter(prefix="/api", tags=["organisation"], route_class=GuardedRoute)


@router.post("/entries/{entry}/versions/{number}/organisation-signature", response_model=Accepted, status_code=201)
def post_signature(caller: Asking, entry: UUID, number: Number) -> Response:
    """Let the organisation sign its slot of this version (R10)."""
    return caller.do(lambda desk: organisation.sign(desk, entry, number), 201)
