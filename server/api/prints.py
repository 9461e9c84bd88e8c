"""Prints looked up by the code on the paper; a telephone that scanned the QR code reads in words who may ask."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from records.errors import Reason
from records.messages import PrintView
from records.prints import PATH
from server.api.gate import Asking, GuardedRoute, Handler
from server.services import prints

_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Bệnh Án: tra cứu bản in</title><body style="font-family: sans-serif; max-width: 32em; margin: 3em auto">
<h1>Tra cứu bản in</h1><p>{told}</p><p>{todo}</p></body></html>"""


class PaperRoute(GuardedRoute):
    """The address in the QR code: strangers are refused here as everywhere, but a browser in words and not in JSON."""

    def get_route_handler(self) -> Handler:
        """The guarded handler; its 401 becomes a page where a page is asked for."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            answer = await inner(request)
            if answer.status_code == 401 and "text/html" in request.headers.get("accept", ""):
                reason = Reason("sign_in_to_look_up")
                page = _PAGE.format(told=escape(reason.vietnamese), todo=escape(reason.todo))
                return HTMLResponse(page, 401, {"WWW-Authenticate": "Bearer"})
            return answer

        return handle


router = APIRouter(tags=["prints"], route_class=PaperRoute)
Code = Annotated[str, Query(min_length=1, max_length=500)]


@router.get("/api/prints", response_model=PrintView)
def look_up(caller: Asking, code: Code) -> Response:
    """What the paper with this code was: documents and versions, whether they are the newest, who printed it, when."""
    return caller.ask(lambda desk: prints.look_up(desk, code))


@router.get(PATH, response_model=PrintView)
def look_up_scanned(caller: Asking, ma: Code) -> Response:
    """The same under the address that the QR code holds."""
    return caller.ask(lambda desk: prints.look_up(desk, ma))
