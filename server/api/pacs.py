"""DICOMweb when an existing PACS stands in our place: forwarded with the house's credentials, never its address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from records.errors import Refusal
from server.api.dicomweb import ImageRoute
from server.api.gate import Asking, Caller
from server.exchange.pacs import Pacs
from server.services import pacs, rights
from server.services.rights import Right

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=ImageRoute)
_UID = re.compile(r"[0-9.]{1,64}")
_REST = re.compile(r"[0-9A-Za-z.,/]{0,400}")
_ADDRESS = re.compile(rb'"https?:(?:\\?/){2}[^"]*?(\\?/studies\\?/[^"]*)"')
"""Whatever address the PACS writes into its JSON."""
_HANDED_ON = ("content-type", "content-length", "content-range", "accept-ranges", "etag", "warning")
_ASKED = ("accept", "range", "content-type")
_PAGE = 1 << 18


@router.get("/studies")
def find_studies(caller: Asking, request: Request) -> Response:
    """Studies of the patients in sight."""
    rights.demand(caller.signed_in.person, Right.SEE_IMAGES)
    found = _pacs(caller).found("/studies", {**request.query_params, "includefield": "00100020"})
    with caller.hospital.desk(caller.signed_in, reading=True) as desk:
        kept = pacs.seen(desk, found)
    answer = httpx.Response(200, json=kept)
    return Response(_ours(caller, request, answer.content), media_type="application/dicom+json")


@router.get("/studies/{study}")
@router.get("/studies/{study}/{rest:path}")
def read(caller: Asking, request: Request, study: str, rest: str = "") -> Response:
    """Anything of one study: its series and images, files, frames, pictures, metadata, long values."""
    rights.demand(caller.signed_in.person, Right.SEE_IMAGES)
    if not _UID.fullmatch(study) or not _REST.fullmatch(rest) or ".." in rest:
        raise Refusal.because("thing_unknown", "image")
    found = _pacs(caller).found("/studies", {"StudyInstanceUID": study, "includefield": "00100020"})
    with caller.hospital.desk(caller.signed_in, reading=True) as desk:
        pacs.look(desk, study, found, rest)
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    path = f"/studies/{study}" + (f"/{rest}" if rest else "")
    return _answer(caller, request, _pacs(caller).open("GET", path, query=request.query_params, headers=headers))


@router.post("/studies")
@router.post("/studies/{study}")
def store(caller: Asking, request: Request, study: str = "") -> Response:
    """Hand a message of files on to the PACS."""
    rights.demand(caller.signed_in.person, Right.ADD_IMAGES)
    if study and not _UID.fullmatch(study):
        raise Refusal.because("thing_unknown", "image")
    headers = {name: request.headers[name] for name in ("accept", "content-type") if name in request.headers}
    with caller.hospital.desk(caller.signed_in) as desk:
        desk.note("images.add", facts={"pacs": True, "bytes": len(caller.body)})
    path = "/studies" + (f"/{study}" if study else "")
    return _answer(caller, request, _pacs(caller).open("POST", path, headers=headers, body=caller.body))


@router.get("/series")
@router.get("/instances")
def refuse_wide_search(caller: Asking) -> Response:
    """Series and images are asked for within their study, whose patient is known."""
    rights.demand(caller.signed_in.person, Right.SEE_IMAGES)
    raise Refusal.because("request_malformed", "path", detail="with a PACS, ask for series and instances of one study")


def _answer(caller: Caller, request: Request, answer: httpx.Response) -> Response:
    """The answer as it comes; in JSON, every address is ours."""
    headers = {name: answer.headers[name] for name in _HANDED_ON if name in answer.headers}
    if "json" not in answer.headers.get("content-type", ""):
        return StreamingResponse(_pieces(answer), answer.status_code, headers)
    try:
        body = _ours(caller, request, answer.read())
    finally:
        answer.close()
    headers.pop("content-length", None)
    return Response(body, answer.status_code, headers)


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_raw(_PAGE)
    finally:
        answer.close()


def _ours(caller: Caller, request: Request, body: bytes) -> bytes:
    root = f"{caller.hospital.settings.public_url or str(request.base_url).rstrip('/')}/dicomweb".encode()
    return _ADDRESS.sub(lambda found: b'"' + root + found[1].replace(b"\\/", b"/") + b'"', body)


def _pacs(caller: Caller) -> Pacs:
    found = caller.hospital.pacs
    if found is None:
        raise Refusal.because("thing_unknown", "PACS")
    return found
