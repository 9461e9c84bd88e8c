"""The studies of a patient, and what is drawn on their frames."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from records.messages import ImageMarkGiven, ImageMarks, PatientImages
from server.api.gate import Asking, GuardedRoute
from server.services import image_reading, images

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.get("/api/patients/{patient}/images", response_model=PatientImages)
def get_images(caller: Asking, patient: UUID) -> Response:
    """The patient's studies, newest first."""
    return caller.ask(lambda desk: image_reading.of_patient(desk, patient),
                      refused=images.refusing(patient=patient, list="patient"))


@router.get("/api/image-studies/{study}/marks", response_model=ImageMarks)
def get_marks(caller: Asking, study: str) -> Response:
    """What stands on the study's frames now."""
    return caller.ask(lambda desk: image_reading.marks(desk, study), refused=images.refusing(study=study))


@router.post("/api/image-studies/{study}/marks", status_code=204)
def post_mark(caller: Asking, study: str, given: ImageMarkGiven) -> Response:
    """A mark is there, has changed, or is gone."""
    return caller.do(lambda desk: image_reading.mark(desk, study, given), 204,
                     refused=images.refusing(study=study, act="mark"))
