"""Whether the server is well: the one question that a stranger may ask."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from records.messages import Health
from server.api.gate import OpenRoute, hospital_of
from server.services import health

router = APIRouter(prefix="/api", tags=["health"], route_class=OpenRoute)


@router.get("/health", response_model=Health)
def get_health(request: Request) -> Response:
    """State, version, time and renderers; 200 also when degraded, so that a person can read why."""
    return Response(health.of(hospital_of(request)).model_dump_json(), media_type="application/json")
