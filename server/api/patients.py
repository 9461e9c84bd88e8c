"""Patients: search, registration, reading."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from records.messages import PatientDraft, PatientView
from server.api.gate import Asking, GuardedRoute
from server.services import patients

router = APIRouter(prefix="/api/patients", tags=["patients"], route_class=GuardedRoute)


@router.get("", response_model=list[PatientView])
def find_patients(
    caller: Asking, q: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """By name with or without diacritics, CCCD, BHYT number, patient or record number."""
    return caller.ask(lambda desk: patients.search(desk, q, limit))


@router.post("", response_model=PatientView, status_code=201)
def register_patient(caller: Asking, command: PatientDraft) -> Response:
    """Register a patient; the server gives id and number."""
    return caller.do(lambda desk: patients.register(desk, command), 201)


@router.get("/{patient}", response_model=PatientView)
def get_patient(caller: Asking, patient: UUID) -> Response:
    """One patient's demographics."""
    return caller.ask(lambda desk: patients.read(desk, patient))
