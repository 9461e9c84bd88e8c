"""The one place where an error becomes an answer: refusal 4xx, trouble 503, bug 500 with a number and no traceback."""

from __future__ import annotations

import logging
import secrets

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from records.errors import Reason, Refusal, Trouble

_log = logging.getLogger("benhan.server")

_STATUS = {
    "question_malformed": 400,
    "sign_in_required": 401,
    "sign_in_to_look_up": 401,
    "session_ended": 401,
    "sign_in_failed": 401,
    # As when the session ended: what the workstation holds waits for the next sign-in, nothing of it was refused.
    "access_hours_over": 401,
    "account_locked": 403,
    "account_inactive": 403,
    "outside_access_hours": 403,
    "right_missing": 403,
    "ward_closed_to_person": 403,
    "approves_own_certificate": 403,
    "settles_own_file": 403,
    "address_unknown": 404,
    "thing_unknown": 404,
    "print_unknown": 404,
    "media_not_offered": 406,
    "command_replayed_differently": 409,
    "image_study_destroyed": 410,
    "encounter_already_open": 409,
    "bed_taken": 409,
    "body_too_large": 413,
    "image_pictures_too_many": 413,
    "message_parts_too_many": 413,
}
"""Which refusal answers with which status; all others are 422: understood and refused."""


def status_of(reasons: tuple[Reason, ...]) -> int:
    """The status for a refusal: its first reason decides."""
    return _STATUS.get(reasons[0].code, 422) if reasons else 422


def problem(status: int, *reasons: Reason) -> JSONResponse:
    """An answer with the reasons in both languages (`records.messages.Problem`)."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"reasons": [reason.as_json() for reason in reasons]}, status, headers)


def answer_to(error: Exception) -> JSONResponse:
    """The one handler: refusal, trouble or bug."""
    match error:
        case Trouble():
            _log.warning("Trouble: %s", error)
            answer = problem(503, *error.reasons)
        case Refusal():
            answer = problem(status_of(error.reasons), *error.reasons)
        case RequestValidationError():
            answer = problem(422, *_malformed(error))
        case HTTPException(status_code=400):
            # FastAPI's own word for a body that its JSON reader gave up on.
            answer = problem(422, Reason("request_malformed", "body", {"detail": str(error.detail)[:200]}))
        case HTTPException(status_code=status) if status < 500:
            answer = problem(status, Reason("address_unknown", facts={"status": status}))
        case OperationalError() | PoolTimeout() | DBAPIError(connection_invalidated=True):
            _log.warning("The database is out of reach: %s", _first_line(error))
            answer = problem(503, Reason("database_out_of_reach"))
        case _:
            answer = _bug(error)
    return answer


def _bug(error: Exception) -> JSONResponse:
    number = secrets.token_hex(6)
    _log.error("Bug %s", number, exc_info=error)
    return problem(500, Reason("server_bug", facts={"number": number}))


def _malformed(error: RequestValidationError) -> list[Reason]:
    return [
        Reason("request_malformed", ".".join(str(part) for part in item["loc"])[:200],
               {"detail": str(item["msg"])[:200]})
        for item in error.errors()[:20]
    ]


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def install(app: FastAPI) -> None:
    """Answer for what never reaches a route (unknown addresses, wrong methods) and for the rest."""

    async def handle(_: Request, error: Exception) -> JSONResponse:
        return answer_to(error)

    for kind in (HTTPException, Exception):
        app.add_exception_handler(kind, handle)
