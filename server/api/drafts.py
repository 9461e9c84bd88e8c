"""Drafts: the mirror of what people are writing."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import DraftConflict, DraftSave, DraftView
from server.api.gate import Asking, GuardedRoute
from server.services import drafts

router = APIRouter(prefix="/api/drafts", tags=["drafts"], route_class=GuardedRoute)


@router.get("", response_model=list[DraftView])
def get_drafts(caller: Asking) -> Response:
    """My drafts, so that they are there on the next PC."""
    return caller.ask(drafts.mine)


@router.put("/{entry}", response_model=DraftView, responses={409: {"model": DraftConflict}})
def save_draft(caller: Asking, entry: UUID, command: DraftSave) -> Response:
    """Save over the revision that the writer knows; else both texts come back and a person chooses."""
    return caller.do(lambda desk: drafts.save(desk, entry, command), again=lambda desk: drafts.mine_of(desk, entry))


@router.delete("/{entry}", status_code=204)
def drop_draft(caller: Asking, entry: UUID) -> Response:
    """Throw away my draft of this entry."""
    return caller.do(lambda desk: drafts.drop(desk, entry), 204)
