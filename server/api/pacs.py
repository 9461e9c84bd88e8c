"""DICOMweb when an existing PACS stands in our place: forwarded with the house's credentials, never its address."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from records.errors import Refusal, Trouble
from server.api import dicomweb_accept as accept
from server.api import dicomweb_asked as asked
from server.api import multipart, pacs_answers
from server.api.dicomweb import ASKED_AGAIN
from server.api.gate import Asking, Caller, QuestionRoute, read_body
from server.exchange.pacs import Pacs
from server.services import images, pacs, rights
from server.services.image_web import OCTETS
from server.services.rights import Right


class ImageRoute(QuestionRoute):
    """A guarded route whose body may be as large as a series."""

    async def read(self, request: Request) -> None:
        """The whole body, which is no text."""
        await read_body(request, multipart.STOW_LIMIT)


router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=ImageRoute)
_UID = re.compile(r"[0-9.]{1,64}")
_REST = re.compile(r"(?:(?:series|instances|metadata|rendered|thumbnail|bulkdata|bulk|frames)"
                   r"(?:/[0-9A-Za-z.,]{1,64}){0,9})?")
_HANDED_ON = ("content-type", "content-length", "content-range", "accept-ranges", "etag")
_ASKED = ("accept", "range", "content-type")
_KINDS = ("application/dicom", "application/json", "application/octet-stream", "application/pdf", "image/", "video/",
          "multipart/related")
"""What is handed on; a page or XML would tell of the PACS, and is nothing that a viewer asks for."""
_PAGING = ("limit", "offset", "includefield")
_WHICH = ("StudyInstanceUID", pacs.STUDY)
_PAGE = 1 << 18
_ANSWERS, _PAGES = 500, 20
"""So many studies of the PACS are asked for at once, and so often, for one question."""


@router.get("/studies")
def find_studies(caller: Asking, request: Request) -> Response:
    """Studies of the patients in sight; pages are counted by what is seen, so that a gap tells nothing."""
    _demand_sight(caller)
    limit, offset = asked.page(request)
    kept: list[dict[str, Any]] = []
    for found in _pages(caller, request):
        with caller.hospital.desk(caller.signed_in, reading=True) as desk:
            kept += pacs.seen(desk, found)
        if len(kept) >= offset + limit:
            break
    shown = kept[offset:offset + limit]
    with caller.hospital.desk(caller.signed_in, reading=True) as desk:
        pacs.searched(desk, len(shown))
    return Response(_ours(caller, request, json.dumps(shown).encode()), media_type="application/dicom+json")


@router.get("/studies/{study}")
@router.get("/studies/{study}/{rest:path}")
def read(caller: Asking, request: Request, study: str, rest: str = "") -> Response:
    """Anything of one study: its series and images, files, frames, pictures, metadata, long values."""
    with caller.telling(images.refusing(study=study)):
        rights.demand(caller.signed_in.person, Right.SEE_IMAGES)
        if not _UID.fullmatch(study) or not _REST.fullmatch(rest) or ".." in rest:
            raise Refusal.because("thing_unknown", "image")
        found = _known(caller, study)
        with caller.hospital.desk(caller.signed_in) as desk:
            pacs.look(desk, study, found, rest)
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    if not rest.endswith("metadata") and any(one.parts and one.media == accept.ANY for one in accept.accepted(request)):
        headers["accept"] = _parts_of(rest)
    path = f"/studies/{study}" + (f"/{rest}" if rest else "")
    query = {name: value for name, value in request.query_params.items() if name not in _WHICH}
    answer = _pacs(caller).open("GET", path, query=query, headers=headers)
    return _answer(caller, request, answer, pacs.numbers_of(study, found))


@router.post("/studies")
@router.post("/studies/{study}")
def store(caller: Asking, request: Request, study: str = "") -> Response:
    """Hand a message of files on to the PACS, when each of them is of a patient in sight; else none of them."""
    with caller.telling(images.refusing(study=study, act="add")):
        rights.demand(caller.signed_in.person, Right.ADD_IMAGES)
        if study and not _UID.fullmatch(study):
            raise Refusal.because("thing_unknown", "image")
    headers = {name: request.headers[name] for name in ("accept", "content-type") if name in request.headers}
    named = pacs.named_by(multipart.split(caller.body, headers.get("content-type", "")), study)
    known = {one: pacs.numbers_of(one, _known(caller, one)) for one in named}
    told = caller.telling(images.refusing(study=study or min(named, default=""), act="add"))
    with told, caller.hospital.desk(caller.signed_in) as desk:
        pacs.demand_may_add(desk, named, known)
    path = "/studies" + (f"/{study}" if study else "")
    return _answer(caller, request, _pacs(caller).open("POST", path, headers=headers, body=caller.body))


@router.get("/series")
@router.get("/instances")
def refuse_wide_search(caller: Asking, request: Request) -> Response:  # noqa: ARG001 - every question gets it
    """Series and images are asked for within their study, whose patient is known."""
    _demand_sight(caller)
    raise Refusal.because("request_malformed", "path", detail="with a PACS, ask for series and instances of one study")


def _demand_sight(caller: Caller) -> None:
    with caller.telling(images.refusing(search="PACS")):
        rights.demand(caller.signed_in.person, Right.SEE_IMAGES)


def _pages(caller: Caller, request: Request) -> Iterator[list[dict[str, Any]]]:
    """What the PACS answers to the question, until it has no more."""
    query = {name: value for name, value in request.query_params.items() if name not in _PAGING}
    seen: set[str] = set()
    for page in range(_PAGES):
        found = _pacs(caller).found("/studies", {**query, "includefield": pacs.PATIENT, "limit": str(_ANSWERS),
                                                 "offset": str(page * _ANSWERS)})
        new = [one for one in found if pacs.value_of(one, pacs.STUDY) not in seen]
        seen |= {pacs.value_of(one, pacs.STUDY) for one in new}
        yield new
        if len(found) < _ANSWERS or not new:  # some know no pages and answer the same again
            return


def _known(caller: Caller, study: str) -> list[dict[str, Any]]:
    return _pacs(caller).found("/studies", {"StudyInstanceUID": study, "includefield": pacs.PATIENT})


def _parts_of(rest: str) -> str:
    """What is asked for in parts of any kind, by its name: dicomweb-client lets a PACS choose, and Orthanc refuses."""
    media = (accept.DICOM if not rest or re.fullmatch("(?:series|instances)/[^/]*|series/[^/]*/instances/[^/]*", rest)
             else accept.PNG if rest.endswith("rendered") else OCTETS)
    return f'multipart/related; type="{media}"'


def _answer(
    caller: Caller, request: Request, answer: httpx.Response, numbers: Collection[str] = (),
) -> Response:
    """The answer as it comes, every address in it ours; `numbers` are the patients' whom it is about."""
    kind = answer.headers.get("content-type", "")
    headers = {name: answer.headers[name] for name in _HANDED_ON if name in answer.headers}
    if answer.status_code not in (204, 304) and (not kind.startswith(_KINDS) or "xml" in kind):
        answer.close()
        raise Trouble.because("pacs_out_of_reach", detail=f"it answers with {kind[:40]}")
    boundary = pacs_answers.boundary_of(kind)
    if boundary:
        headers.pop("content-length", None)
        parts = pacs_answers.parts_of_ours(_pieces(caller, answer, numbers), boundary, _root(caller, request))
        return StreamingResponse(parts, answer.status_code, headers)
    if "json" not in kind:
        return StreamingResponse(_pieces(caller, answer, numbers), answer.status_code, headers)
    try:
        body = _ours(caller, request, answer.read())
    finally:
        answer.close()
    headers.pop("content-length", None)
    return Response(body, answer.status_code, headers)


def _pieces(caller: Caller, answer: httpx.Response, numbers: Collection[str]) -> Iterator[bytes]:
    sent = 0
    try:
        for piece in answer.iter_raw(_PAGE):
            if sent >= ASKED_AGAIN:
                pacs.demand_still(caller.hospital, caller.signed_in, numbers)
                sent = 0
            sent += len(piece)
            yield piece
    finally:
        answer.close()


def _ours(caller: Caller, request: Request, body: bytes) -> bytes:
    return pacs_answers.json_of_ours(body, _root(caller, request), _pacs(caller).host)


def _root(caller: Caller, request: Request) -> str:
    return f"{caller.hospital.settings.public_url or str(request.base_url).rstrip('/')}/dicomweb"


def _pacs(caller: Caller) -> Pacs:
    found = caller.hospital.pacs
    if found is None:
        raise Refusal.because("thing_unknown", "PACS")
    return found
