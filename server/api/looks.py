"""What I was shown of each entry last: for the changes that a stack shows before it is signed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import Look, LooksGiven
from server.api.gate import Asking, GuardedRoute
from server.services import looks

router = APIRouter(prefix="/api/encounters/{encounter}/looks", tags=["looks"], route_class=GuardedRoute)


@router.get("", response_model=list[Look])
def get_looks(caller: Asking, encounter: UUID) -> Response:
    """My last look at each entry of that stay; nobody else's."""
    return caller.ask(lambda desk: looks.mine(desk, encounter))


@router.post("", response_model=list[Look])
def post_looks(caller: Asking, encounter: UUID, given: LooksGiven) -> Response:
    """Keep what I was shown. A look like any other: it needs no command's id, because the newest one stays."""
    return caller.ask(lambda desk: looks.keep(desk, encounter, given))
