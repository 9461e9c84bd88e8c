"""Which file an image is, for reports; and word that studies leave the house."""

from __future__ import annotations

from fastapi import APIRouter, Response

from records.messages import ImageExportGiven, ImageFileView
from server.api.gate import Asking, GuardedRoute
from server.services import image_reports, images

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.get("/api/image-files/{study}/{series}/{uid}", response_model=ImageFileView)
def get_file(caller: Asking, study: str, series: str, uid: str) -> Response:
    """The digest and length of the kept file."""
    return caller.ask(lambda desk: image_reports.file_of(desk, study, series, uid),
                      refused=images.refusing(study=study, image=uid))


@router.post("/api/image-exports", status_code=204)
def post_export(caller: Asking, given: ImageExportGiven) -> Response:
    """Studies are about to leave."""
    return caller.do(lambda desk: image_reports.leaving(desk, given), 204,
                     refused=images.refusing(study=",".join(given.studies), act="export"))
