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
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydicom.uid import ExplicitVRLittleEndian

from server.api import dicomweb_accept as accept
from server.api import dicomweb_asked as asked
from server.api import multipart
from server.api.gate import Asking, Caller, QuestionRoute
from server.api.multipart import Piece
from server.services import image_answers, image_details, image_metadata, image_web, images
from server.services.image_details import UIDS
from server.services.images import Look
from server.store.chunks import CHUNK, Sealed
from server.store.image_search import Level

_DICOM, _DICOM_JSON, _OCTETS = accept.DICOM, accept.DICOM_JSON, image_web.OCTETS
_AT_ONCE = 8 * CHUNK
"""What is read and decrypted of a file before it is sent on."""
ASKED_AGAIN = 16 * 1024 * 1024
"""After so much of an answer it is asked anew whether its reader may still see it."""


router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=QuestionRoute)
STUDY, SERIES = "/studies/{study}", "/studies/{study}/series/{series}"
IMAGE = SERIES + "/instances/{uid}"


@router.get("/studies")
def find_studies(caller: Asking, request: Request) -> Response:
    """Studies; each query parameter is an attribute by keyword or tag, or limit, offset, includefield."""
    return _found(caller, request, Level.STUDY)


@router.get("/series")
@router.get(STUDY + "/series")
def find_series(caller: Asking, request: Request, study: str = "") -> Response:
    """Series, of one study or of all."""
    return _found(caller, request, Level.SERIES, StudyInstanceUID=study)


@router.get("/instances")
@router.get(STUDY + "/instances")
@router.get(SERIES + "/instances")
def find_instances(caller: Asking, request: Request, study: str = "", series: str = "") -> Response:
    """Images, of one series, one study, or all."""
    return _found(caller, request, Level.IMAGE, StudyInstanceUID=study, SeriesInstanceUID=series)


@router.get(STUDY)
@router.get(SERIES)
@router.get(IMAGE)
def read_files(caller: Asking, request: Request, study: str, series: str = "", uid: str = "") -> Response:
    """The files, as they were sent, or (`transfer-syntax=1.2.840.10008.1.2.1`) decoded; one image also alone
    (`Accept: application/dicom`), whole or a range of it.
    """
    seen = look(caller, study, series, uid)
    as_sent, wanted = accept.files(request, {kept.transfer_syntax for kept in seen.images})
    alone = bool(uid) and not wanted.parts and wanted.media != accept.ANY
    reading = _Reading(caller, seen)
    if not as_sent:
        return _decoded(seen, reading, alone=alone)
    if alone:
        return _file(caller, request, seen)
    files = [(kept, seen.file(kept)) for kept in seen.images]
    return multipart.streamed([
        Piece(f"{_DICOM}; transfer-syntax={kept.transfer_syntax}", file.size, reading.of(file, 0, file.size))
        for kept, file in files], _DICOM)


@router.head(IMAGE)
def tell_of_file(caller: Asking, request: Request, study: str, series: str, uid: str) -> Response:
    """What `GET` would say of one file before its bytes: how long it is, its tag, that it can be read in ranges."""
    return read_files(caller, request, study, series, uid)


@router.get(STUDY + "/metadata")
@router.get(SERIES + "/metadata")
@router.get(IMAGE + "/metadata")
def read_metadata(caller: Asking, request: Request, study: str, series: str = "", uid: str = "") -> Response:
    """All attributes but the pixels, as they were kept when the images came."""
    accept.demand_json(request)
    base = f"{root_of(caller, request)}/studies/{study}"
    with caller.telling(images.refusing(study=study)), caller.hospital.glance(caller.signed_in) as desk:
        kept = images.metadata(desk, study, series, uid)
    told = (image_metadata.told(data, f"{base}/series/{one.series_uid}/instances/{one.uid}") for one, data in kept)
    return Response(b"[" + b",".join(told) + b"]", media_type=_DICOM_JSON)


@router.get(IMAGE + "/frames/{numbers}")
def read_frames(caller: Asking, request: Request, *, study: str, series: str, uid: str, numbers: str) -> Response:
    """Frames (`1,2,7`): as they lie in the file where the asker takes its transfer syntax, else decoded."""
    wanted = asked.frame_numbers(numbers)
    seen = look(caller, study, series, uid)
    as_stored, taken = accept.frames(request, seen.images[0].transfer_syntax)
    frames = image_web.frames(seen, wanted, as_stored=as_stored)
    if len(frames) == 1 and not taken.parts and taken.media != accept.ANY:
        return Response(frames[0].data, headers={
            "Content-Type": f"{frames[0].media}; transfer-syntax={frames[0].transfer_syntax}"})
    return multipart.joined(
        ((part.data, f"{part.media}; transfer-syntax={part.transfer_syntax}") for part in frames), frames[0].media)


@router.get(IMAGE + "/bulkdata/{tag}")
def read_bulk(caller: Asking, request: Request, *, study: str, series: str, uid: str, tag: str) -> Response:
    """One long binary value."""
    taken = accept.demand(request, _OCTETS)
    value = image_web.bulk(look(caller, study, series, uid).first, tag)
    if not taken.parts and taken.media != accept.ANY:
        return Response(value, media_type=_OCTETS)
    return multipart.joined([(value, _OCTETS)], _OCTETS)


def _found(caller: Caller, request: Request, level: Level, **fixed: str) -> Response:
    accept.demand_json(request)
    question = asked.question(request, level, fixed)
    told = caller.telling(images.refusing(study=fixed.get("StudyInstanceUID", ""), search=level))
    with told, caller.hospital.glance(caller.signed_in) as desk:
        rows = images.search(desk, question.wanted)
        root = root_of(caller, request)
        more = image_details.of(desk, level, rows, question.included, root)
    answers = [image_answers.with_more({**image_answers.told(row, level), **_where(root, row, level)},
                                       more.get(row[UIDS[level]])) for row in rows]
    warnings = list(question.warnings)
    if len(rows) == question.wanted.most:
        warnings.append("There may be more: ask on with offset.")
    headers = {"Warning": f'299 benhan "{" ".join(warnings)}"'} if warnings else None
    return Response(json.dumps(answers), headers=headers, media_type=_DICOM_JSON)


def root_of(caller: Caller, request: Request) -> str:
    """The address of all that is here."""
    return f"{caller.hospital.settings.public_url or str(request.base_url).rstrip('/')}/dicomweb"


def _where(root: str, row: dict[str, Any], level: Level) -> dict[str, Any]:
    """Retrieve URL, which belongs to every answer (PS3.18 tables 10.6.3-3 to 10.6.3-5)."""
    steps = (("studies", "StudyInstanceUID", Level.STUDY), ("series", "SeriesInstanceUID", Level.SERIES),
             ("instances", "SOPInstanceUID", Level.IMAGE))
    deep = [one for _, _, one in steps].index(level) + 1
    path = "".join(f"/{name}/{row[keyword]}" for name, keyword, _ in steps[:deep])
    return {"00081190": {"vr": "UR", "Value": [root + path]}}


def look(caller: Caller, study: str, series: str, uid: str) -> Look:
    """Find the images, and give the connection back; read and draw after it."""
    with caller.telling(images.refusing(study=study)), caller.hospital.glance(caller.signed_in) as desk:
        return images.look(desk, study, series, uid)


def _decoded(seen: Look, reading: _Reading, *, alone: bool) -> Response:
    """Files in plain little endian, made while they are sent; nobody knows before how long they are."""
    content = f"{_DICOM}; transfer-syntax={ExplicitVRLittleEndian}"
    if alone:
        return StreamingResponse(reading.through(image_web.native_file(seen.first)), media_type=_DICOM)
    return multipart.streamed([
        Piece(content, None, reading.through(image_web.native_file(seen.file(kept)))) for kept in seen.images], _DICOM)


def _file(caller: Caller, request: Request, seen: Look) -> Response:
    """One file by itself: 200, 206 with the part that was asked for, or 304 where the asker has it already."""
    [kept], file = seen.images, seen.first
    tag = f'"{kept.file}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Content-Type": _DICOM}
    if asked.has_it(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    part = asked.part_of(request, file.size, tag)
    start, stop = part or (0, file.size)
    if part and start == stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers={**headers, "Content-Length": str(stop - start)})
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
        return self.through(file.read(at, min(_AT_ONCE, stop - at)) for at in range(start, stop, _AT_ONCE))

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pieces however they come."""
        for piece in pieces:
            if self._sent >= ASKED_AGAIN:
                images.demand_still(self._caller.hospital, self._caller.signed_in, self._seen)
                self._sent = 0
            self._sent += len(piece)
            yield piece
