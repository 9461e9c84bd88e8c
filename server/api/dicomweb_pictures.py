"""Pictures of DICOMweb (PS3.18 10.4.1.1.3 and 10.4.1.1.4): `/rendered` and `/thumbnail`, of a frame to a whole study.

`/rendered` of a study or series is a message of parts, one of each frame in the order of reading, made while it is
sent. Each part's `Content-Location` says which frame it is; one that cannot be drawn is a part in JSON that says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request, Response

from records.errors import Refusal
from server.api import dicomweb_accept as accept
from server.api import dicomweb_asked as asked
from server.api import multipart, problems
from server.api.dicomweb import ASKED_AGAIN, IMAGE, SERIES, STUDY, look, root_of
from server.api.gate import Asking, Caller, QuestionRoute
from server.api.multipart import Piece
from server.services import image_pictures, images
from server.services.image_pictures import Drawn, Pictured

_ASKED_AGAIN = 50
"""After so many pictures, however small, it is asked anew whether their reader may still see them."""
router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], route_class=QuestionRoute)


@router.get(IMAGE + "/rendered")
@router.get(IMAGE + "/frames/{numbers}/rendered")
def read_rendered(
    caller: Asking, request: Request, *, study: str, series: str, uid: str, numbers: str = "1",
) -> Response:
    """A picture (PNG, or JPEG for who takes nothing else), or one of each frame: `window=centre,width,function`,
    `viewport=width,height`.
    """
    wanted = asked.frame_numbers(numbers)
    window = asked.window(request.query_params.get("window", ""))
    size = asked.viewport(request.query_params.get("viewport", ""))
    media, taken = accept.picture(request)
    seen = look(caller, study, series, uid)
    drawn = image_pictures.rendered(seen.first, wanted, window, size, as_jpeg=media == accept.JPEG)
    if len(drawn) == 1 and not taken.parts:
        return Response(drawn[0], media_type=media)
    return multipart.joined(((picture, media) for picture in drawn), media)


@router.get(STUDY + "/rendered")
@router.get(SERIES + "/rendered")
def read_all_rendered(caller: Asking, request: Request, study: str, series: str = "") -> Response:
    """Every frame of a study or a series, each a part; what has no pixels is counted in a `Warning`."""
    window = asked.window(request.query_params.get("window", ""))
    size = asked.viewport(request.query_params.get("viewport", ""))
    media, _ = accept.picture(request)
    shown = _pictured(caller, study, series)
    drawn = image_pictures.all_of(shown, window, size, as_jpeg=media == accept.JPEG)
    root = f"{root_of(caller, request)}/studies/{study}"
    pieces = (_piece(root, one, media) for one in _while_seen(caller, shown, drawn))
    answer = multipart.flowing(pieces, media)
    if shown.without:
        answer.headers["Warning"] = (
            f'299 benhan "Not rendered: {shown.without} of {len(shown.look.images)} instances, which have no pixels."')
    return answer


@router.get(STUDY + "/thumbnail")
@router.get(SERIES + "/thumbnail")
@router.get(IMAGE + "/thumbnail")
@router.get(IMAGE + "/frames/{numbers}/thumbnail")
def read_thumbnail(
    caller: Asking, request: Request, *, study: str, series: str = "", uid: str = "", numbers: str = "",
) -> Response:
    """One small picture that stands for all (`viewport=width,height`): of several frames that of the middle one."""
    wanted = asked.frame_numbers(numbers) if numbers else []
    size = asked.viewport(request.query_params.get("viewport", ""))
    media, taken = accept.picture(request)
    shown = _pictured(caller, study, series, uid)
    number = wanted[(len(wanted) - 1) // 2] if wanted else None
    drawn = image_pictures.thumbnail(shown, size, number=number, as_jpeg=media == accept.JPEG)
    if taken.parts:
        return multipart.joined([(drawn, media)], media)
    return Response(drawn, media_type=media)


def _pictured(caller: Caller, study: str, series: str, uid: str = "") -> Pictured:
    with caller.telling(images.refusing(study=study)), caller.hospital.glance(caller.signed_in) as desk:
        return image_pictures.pictured(desk, study, series, uid)


def _while_seen(caller: Caller, shown: Pictured, drawn: Iterable[Drawn]) -> Iterator[Drawn]:
    """It breaks off when its reader may see them no longer: a long answer is drawn for minutes."""
    count = sent = 0
    for one in drawn:
        if count >= _ASKED_AGAIN or sent >= ASKED_AGAIN:
            images.demand_still(caller.hospital, caller.signed_in, shown.look)
            count = sent = 0
        count += 1
        sent += len(one.picture) if isinstance(one.picture, bytes) else 0
        yield one


def _piece(root: str, drawn: Drawn, media: str) -> Piece:
    where = f"{root}/series/{drawn.kept.series_uid}/instances/{drawn.kept.uid}/frames/{drawn.frame}/rendered"
    if isinstance(drawn.picture, Refusal):
        why = bytes(problems.answer_to(drawn.picture).body)
        return Piece("application/json", len(why), (why,), where)
    return Piece(media, len(drawn.picture), (drawn.picture,), where)
