"""Who did what with whom (R40)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from records.messages import AuditView
from server.api.gate import Asking, GuardedRoute
from server.services import audit

router = APIRouter(prefix="/api/audit", tags=["audit"], route_class=GuardedRoute)


@router.get("", response_model=list[AuditView])
def get_audit(
    caller: Asking, patient: UUID | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Newest first; reading it is noted too."""
    return caller.ask(lambda desk: audit.read(desk, patient, limit))
