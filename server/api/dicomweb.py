"""DICOMweb (PS3.18): QIDO-RS finds, WADO-RS reads, STOW-RS stores; for our viewer and for any other.

How a viewer asks so that nothing is read twice: a series' `/metadata` once (kept when the images came, no file is
opened); then each image by `/instances/UID/frames/1,2,...` with `Accept: multipart/related;
type="application/octet-stream"; transfer-syntax=*` (one frame alone: `Accept: application/octet-stream;
transfer-syntax=*`), which gives the frame as it lies in the file and decrypts the chunks around it only; or the file
itself by `Accept: application/dicom`, whole or with `Range: bytes=from-to` in pieces (206), for a reader that finds its
way in the file. A file never changes: its `ETag` is its SHA-256. Pixels are never packed again on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydicom import Dataset, Sequence

from records.errors import Refusal
from server.api import dicomweb_asked as asked
from server.api import multipart
from server.api.gate import Asking, Caller, QuestionRoute, read_body
from server.api.multipart import Piece
from server.services import image_answers, image_metadata, image_receiving, image_web, images, rights
from server.services.hospital import Desk
from server.services.image_receiving import Received
from server.services.images import Look
from server.services.rights import Right
from server.store.chunks import CHUNK, Sealed
from server.store.image_search import ATTRIBUTES, Level

STOW_LIMIT = 512_000_000
"""Bytes of one STOW-RS message."""
_DICOM, _DICOM_JSON, _OCTETS = "application/dicom", "application/dicom+json", image_web.OCTETS
_AT_ONCE = 8 * CHUNK
"""What is read and decrypted of a file before it is sent on."""
ASKED_AGAIN = 16 * 1024 * 1024
"""After so much of an answer it is asked anew whether its reader may still see it."""
_CANNOT_UNDERSTAND = 0xC000


Seen = TypeVar("Seen")


class ImageRoute(QuestionRoute):
    """A guarded route whose body may be as large as a series."""

    async def read(self, request: Request) -> None:
        """The whole body, which is no text."""
        await read_body(request, STOW_LIMIT)


router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=ImageRoute)
_STUDY, _SERIES = "/studies/{study}", "/studies/{study}/series/{series}"
_IMAGE = _SERIES + "/instances/{uid}"


@router.get("/studies")
def find_studies(caller: Asking, request: Request) -> Response:
    """Studies; each query parameter is an attribute by keyword or tag, or limit, offset, includefield."""
    return _found(caller, request, Level.STUDY)


@router.get("/series")
@router.get(_STUDY + "/series")
def find_series(caller: Asking, request: Request, study: str = "") -> Response:
    """Series, of one study or of all."""
    return _found(caller, request, Level.SERIES, StudyInstanceUID=study)


@router.get("/instances")
@router.get(_STUDY + "/instances")
@router.get(_SERIES + "/instances")
def find_instances(caller: Asking, request: Request, study: str = "", series: str = "") -> Response:
    """Images, of one series, one study, or all."""
    return _found(caller, request, Level.IMAGE, StudyInstanceUID=study, SeriesInstanceUID=series)


@router.get(_STUDY)
@router.get(_SERIES)
@router.get(_IMAGE)
def read_files(caller: Asking, request: Request, study: str, series: str = "", uid: str = "") -> Response:
    """The files, as they were sent; one image also alone (`Accept: application/dicom`), whole or a range of it."""
    seen = _look(caller, study, series, uid)
    if uid and asked.single(request, _DICOM):
        return _file(caller, request, seen)
    files = [(kept, seen.file(kept)) for kept in seen.images]
    reading = _Reading(caller, seen)
    return multipart.streamed([
        Piece(f"{_DICOM}; transfer-syntax={kept.transfer_syntax}", file.size, reading.of(file, 0, file.size))
        for kept, file in files], _DICOM)


@router.get(_STUDY + "/metadata")
@router.get(_SERIES + "/metadata")
@router.get(_IMAGE + "/metadata")
def read_metadata(caller: Asking, request: Request, study: str, series: str = "", uid: str = "") -> Response:
    """All attributes but the pixels, as they were kept when the images came."""
    base = f"{caller.hospital.settings.public_url or str(request.base_url).rstrip('/')}/dicomweb/studies/{study}"
    kept = _judged(caller, study, lambda desk: images.metadata(desk, study, series, uid))
    told = (image_metadata.told(data, f"{base}/series/{one.series_uid}/instances/{one.uid}") for one, data in kept)
    return Response(b"[" + b",".join(told) + b"]", media_type=_DICOM_JSON)


@router.get(_IMAGE + "/frames/{numbers}")
def read_frames(caller: Asking, request: Request, *, study: str, series: str, uid: str, numbers: str) -> Response:
    """Frames (`1,2,7`): as they lie in the file where the asker takes its transfer syntax, else decoded."""
    wanted = asked.frame_numbers(numbers)
    seen = _look(caller, study, series, uid)
    stored = asked.takes_stored(request, seen.images[0].transfer_syntax)
    frames = image_web.frames(seen, wanted, as_stored=stored)
    if len(frames) == 1 and (asked.single(request, _OCTETS) or asked.single(request, frames[0].media)):
        return Response(frames[0].data, headers={
            "Content-Type": f"{frames[0].media}; transfer-syntax={frames[0].transfer_syntax}"})
    return multipart.joined(
        ((part.data, f"{part.media}; transfer-syntax={part.transfer_syntax}") for part in frames), frames[0].media)


@router.get(_IMAGE + "/rendered")
@router.get(_IMAGE + "/frames/{number:int}/rendered")
def read_rendered(
    caller: Asking, request: Request, *, study: str, series: str, uid: str, number: int = 1,
) -> Response:
    """A picture (PNG): `window=centre,width,function`, `viewport=width,height`."""
    window = asked.window(request.query_params.get("window", ""))
    size = asked.viewport(request.query_params.get("viewport", ""))
    seen = _look(caller, study, series, uid)
    return Response(image_web.rendered(seen.first, number, window, size), media_type="image/png")


@router.get(_IMAGE + "/bulkdata/{tag}")
def read_bulk(caller: Asking, request: Request, *, study: str, series: str, uid: str, tag: str) -> Response:
    """One long binary value."""
    value = image_web.bulk(_look(caller, study, series, uid).first, tag)
    if asked.single(request, _OCTETS):
        return Response(value, media_type=_OCTETS)
    return multipart.joined([(value, _OCTETS)], _OCTETS)


@router.post("/studies")
@router.post(_STUDY)
def store(caller: Asking, request: Request, study: str = "") -> Response:
    """Keep the files of a multipart message; each is told of by itself, a second time does no harm."""
    rights.demand(caller.signed_in.person, Right.ADD_IMAGES)
    parts = list(multipart.split(caller.body, request.headers.get("content-type", "")))
    outcomes = image_receiving.receive_all(
        caller.hospital, parts, sender=caller.signed_in.person.full_name, study=study)
    kept = [_item(one.sop_class, one.uid) for one in outcomes if isinstance(one, Received)]
    failed = [_item("", "", FailureReason=_CANNOT_UNDERSTAND, ErrorComment=one.reasons[0].english[:64])
              for one in outcomes if isinstance(one, Refusal)]
    reply = Dataset()
    reply.ReferencedSOPSequence = Sequence(kept)
    if failed:
        reply.FailedSOPSequence = Sequence(failed)
    status = 200 if not failed else 202 if kept else 409
    return Response(json.dumps(reply.to_json_dict()), status, media_type=_DICOM_JSON)


def _item(sop_class: str, uid: str, **more: Any) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


def _found(caller: Caller, request: Request, level: Level, **fixed: str) -> Response:
    question = asked.question(request, level, fixed)
    with caller.hospital.glance(caller.signed_in) as desk:
        rows = images.search(desk, question.wanted)
    answers = [image_answers.answer(row, ATTRIBUTES[level]).to_json_dict() for row in rows]
    warnings = [f"Not matched here: {', '.join(question.ignored)}."] if question.ignored else []
    if len(rows) == question.wanted.most:
        warnings.append("There may be more: ask on with offset.")
    headers = {"Warning": f'299 benhan "{" ".join(warnings)}"'} if warnings else None
    return Response(json.dumps(answers), headers=headers, media_type=_DICOM_JSON)


def _look(caller: Caller, study: str, series: str, uid: str) -> Look:
    """Find the images, and give the connection back; read and draw after it."""
    return _judged(caller, study, lambda desk: images.look(desk, study, series, uid))


def _judged(caller: Caller, study: str, act: Callable[[Desk], Seen]) -> Seen:
    """What a look gives; one that is refused is in the audit too."""
    try:
        with caller.hospital.glance(caller.signed_in) as desk:
            return act(desk)
    except Refusal as refusal:
        with caller.hospital.desk(caller.signed_in, reading=True) as desk:
            images.refused(desk, study, refusal)
        raise


def _file(caller: Caller, request: Request, seen: Look) -> Response:
    """One file by itself: 200, or 206 with the part that was asked for."""
    [kept], file = seen.images, seen.first
    headers = {"ETag": f'"{kept.file}"', "Accept-Ranges": "bytes", "Content-Type": _DICOM}
    part = asked.part_of(request, file.size)
    start, stop = part or (0, file.size)
    if part and start == stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    status = 206 if part else 200
    if stop - start <= _AT_ONCE:
        return Response(file.read(start, stop - start), status, headers)
    return StreamingResponse(_Reading(caller, seen).of(file, start, stop), status,
                             {**headers, "Content-Length": str(stop - start)})


class _Reading:
    """A long answer as it is sent, piece by piece; it breaks off when its reader may see it no longer."""

    def __init__(self, caller: Caller, seen: Look) -> None:
        self._caller, self._seen, self._sent = caller, seen, 0

    def of(self, file: Sealed, start: int, stop: int) -> Iterator[bytes]:
        """That part of a file."""
        for at in range(start, stop, _AT_ONCE):
            if self._sent >= ASKED_AGAIN:
                images.demand_still(self._caller.hospital, self._caller.signed_in, self._seen)
                self._sent = 0
            piece = file.read(at, min(_AT_ONCE, stop - at))
            self._sent += len(piece)
            yield piece
