"""STOW-RS (PS3.18 10.5): the files of a message are kept while it comes, so that only the last one is waited for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydicom import Dataset, Sequence
from starlette.concurrency import run_in_threadpool

from records.errors import Refusal
from server.api import dicomweb_accept as accept
from server.api.gate import Asking, Caller, GuardedRoute, hospital_of, pieces
from server.api.multipart import STOW_LIMIT, Parts
from server.services import images, rights
from server.services.image_receiving import Intake, Received
from server.services.rights import Right

_AHEAD = 32
"""So many files of a message wait for the disk at once; then its sender waits."""
_CANNOT_UNDERSTAND = 0xC000


class StoringRoute(GuardedRoute):
    """A guarded route that hands on each file of its message as soon as it is whole."""

    async def read(self, request: Request) -> None:
        """Who may not add images, or asks in words that have no answer, is told so before anything is kept."""
        accept.demand_json(request)
        study = request.path_params.get("study", "")
        caller = Caller(hospital_of(request), request.state.signed_in)
        await run_in_threadpool(_demand_may_add, caller, study)
        parts = Parts(request.headers.get("content-type", ""))
        intake = Intake(caller.hospital, sender=caller.signed_in.person.full_name, study=study)
        async for piece in pieces(request, STOW_LIMIT):
            for file in parts.take(piece):
                await _taken(intake, file)
        parts.end()
        request.state.intake, request._body = intake, b""


router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=StoringRoute)


@router.post("/studies")
@router.post("/studies/{study}")
def store(caller: Asking, request: Request, study: str = "") -> Response:  # noqa: ARG001 - the address has been read
    """File what came; each file is told of by itself, a second time does no harm."""
    intake: Intake = request.state.intake
    outcomes = intake.filed()
    kept = [_item(one.sop_class, one.uid) for one in outcomes if isinstance(one, Received)]
    failed = [_item("", "", FailureReason=_CANNOT_UNDERSTAND, ErrorComment=one.reasons[0].english[:64])
              for one in outcomes if isinstance(one, Refusal)]
    reply = Dataset()
    reply.ReferencedSOPSequence = Sequence(kept)
    if failed:
        reply.FailedSOPSequence = Sequence(failed)
    status = 200 if not failed else 202 if kept else 409
    return Response(json.dumps(reply.to_json_dict()), status, media_type=accept.DICOM_JSON)


async def _taken(intake: Intake, file: bytes) -> None:
    intake.take(file)
    if len(intake.begun) > _AHEAD:
        await asyncio.wrap_future(intake.begun[-_AHEAD])


def _demand_may_add(caller: Caller, study: str) -> None:
    with caller.telling(images.refusing(study=study, act="add")):
        rights.demand(caller.signed_in.person, Right.ADD_IMAGES)


def _item(sop_class: str, uid: str, **more: Any) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item
