"""Imaging orders of a stay and where each stands."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import ImagingOrderView
from server.api.gate import Asking, GuardedRoute
from server.services import imaging_orders

router = APIRouter(prefix="/api", tags=["images"], route_class=GuardedRoute)


@router.get("/encounters/{encounter}/imaging-orders", response_model=list[ImagingOrderView])
def get_imaging_orders(caller: Asking, encounter: UUID) -> Response:
    """What was ordered, what is on a device, what was taken and reported."""
    return caller.ask(lambda desk: imaging_orders.of_encounter(desk, encounter))
