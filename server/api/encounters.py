"""Wards, boards and encounters: admission, transfer, discharge, chart."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import Admission, Board, Chart, Discharge, EncounterView, PrintNotice, Transfer, WardView
from server.api.gate import Asking, GuardedRoute
from server.services import board, chart, encounters, prints

router = APIRouter(prefix="/api", tags=["encounters"], route_class=GuardedRoute)


@router.get("/wards", response_model=list[WardView])
def get_wards(caller: Asking) -> Response:
    """All wards of the hospital."""
    return caller.ask(board.wards)


@router.get("/wards/{ward}/board", response_model=Board)
def get_board(caller: Asking, ward: UUID) -> Response:
    """The beds of one ward and who lies in them."""
    return caller.ask(lambda desk: board.of_ward(desk, ward))


@router.post("/encounters", response_model=EncounterView, status_code=201)
def admit(caller: Asking, command: Admission) -> Response:
    """Admit a patient to a ward and bed."""
    return caller.do(lambda desk: encounters.admit(desk, command), 201)


@router.post("/encounters/{encounter}/transfers", response_model=EncounterView)
def transfer(caller: Asking, encounter: UUID, command: Transfer) -> Response:
    """Move the patient to another ward or bed."""
    return caller.do(lambda desk: encounters.transfer(desk, encounter, command))


@router.post("/encounters/{encounter}/discharge", response_model=EncounterView)
def discharge(caller: Asking, encounter: UUID, command: Discharge) -> Response:
    """End the stay; the record is then completed and closed."""
    return caller.do(lambda desk: encounters.discharge(desk, encounter, command))


@router.get("/encounters/{encounter}/chart", response_model=Chart)
def get_chart(caller: Asking, encounter: UUID) -> Response:
    """Everything that the chart shows, in one answer."""
    return caller.ask(lambda desk: chart.of(desk, encounter))


@router.post("/encounters/{encounter}/prints", status_code=204)
def post_print(caller: Asking, encounter: UUID, notice: PrintNotice) -> Response:
    """A sheet or a signed file of this stay was printed or saved as a file; the audit keeps it."""
    return caller.do(lambda desk: prints.note(desk, encounter, notice), 204)
