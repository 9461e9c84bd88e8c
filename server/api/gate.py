"""The gate of every route: who asks is known before anything is read, and a command sent twice is done once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from records.errors import Refusal, Trouble
from records.messages import DraftConflict, Quarantined
from server.api.problems import answer_to
from server.services import commands, sessions
from server.services.hospital import Desk, Hospital, SignedIn

BODY_LIMIT = 1_500_000
"""Bytes of a JSON body; a form's longest text is far below."""
FILE_LIMIT = 20_000_000
"""Bytes of a signed file."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class OpenRoute(APIRoute):
    """A route without sign-in; its errors become answers like everyone's."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with one handler of errors around it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                demand_address(request)
                await self.enter(request)
                return await inner(request)
            except Exception as error:
                return answer_to(error)

        return handle

    async def enter(self, request: Request) -> None:
        """Read the body."""
        await self.read(request)

    async def read(self, request: Request) -> None:
        """The whole body: JSON, or a signed file, each within its limit."""
        limit = FILE_LIMIT if request.headers.get("content-type", "").startswith("application/pdf") else BODY_LIMIT
        await read_body(request, limit)
        if limit == BODY_LIMIT:
            demand_text(await request.body())


class GuardedRoute(OpenRoute):
    """A route for people who signed in; a stranger is refused before the body is read."""

    async def enter(self, request: Request) -> None:
        """Find who asks, then read the body."""
        token = _bearer(request)
        request.state.signed_in = await run_in_threadpool(sessions.authenticate, hospital_of(request), token)
        await self.read(request)


class QuestionRoute(GuardedRoute):
    """A guarded route whose questions (GET) are let in, asked and answered on one thread.

    FastAPI's way to a handler, with its own reading of parameters and a thread for each step, takes longer than a
    frame's answer; a reader asks for a thousand. The handler gets the path's parameters as text.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's handler for everything but questions."""
        if self.methods != {"GET"}:
            return super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await run_in_threadpool(self.answered, request)

        return handle

    def answered(self, request: Request) -> Response:
        """The whole way of one question, errors included; `api.short_way` comes here directly."""
        try:
            demand_address(request)
            hospital = hospital_of(request)
            caller = Caller(hospital, sessions.authenticate(hospital, _bearer(request)))
            answer: Response = self.endpoint(caller=caller, request=request, **request.path_params)
        except Exception as error:
            return answer_to(error)
        return answer


Refused = Callable[[Desk, Refusal], None]
"""Notes a refusal."""
Result = BaseModel | Sequence[BaseModel] | bytes | None
_STATUS_OF_RESULT: dict[type, int] = {DraftConflict: 409, Quarantined: 202}
"""Results that are neither a success nor a refusal say so by their status."""


@dataclass(frozen=True)
class Caller:
    """One request of one person: queries and commands go through here."""

    hospital: Hospital
    signed_in: SignedIn
    command: str = ""
    address: bytes = b""
    """Method, path and query, as the digest takes them."""
    body: bytes = b""

    @cached_property
    def digest(self) -> str:
        """What tells a command that is sent again from another one; a message of images never asks for it."""
        return hashlib.sha256(self.address + self.body).hexdigest()

    @contextmanager
    def telling(self, refused: Refused | None, *, reading: bool = True) -> Iterator[None]:
        """A refusal within undoes everything; `refused` then notes it in a transaction of its own.

        Of a look (`reading`) the note does not wait for the disk.
        """
        try:
            yield
        except Trouble:
            raise
        except Refusal as refusal:
            if refused is not None:
                with self.hospital.desk(self.signed_in, reading=reading) as desk:
                    refused(desk, refusal)
            raise

    def ask(
        self, query: Callable[[Desk], Result], *, media_type: str = "application/json", refused: Refused | None = None,
    ) -> Response:
        """Answer a question in one transaction; `refused` notes that it was refused."""
        with self.telling(refused), self.hospital.desk(self.signed_in, reading=True) as desk:
            result = query(desk)
        return Response(_body(result), 200, media_type=media_type)

    def do(
        self, act: Callable[[Desk], Result], status: int = 200, *,
        refused: Refused | None = None, again: Callable[[Desk], Result] | None = None,
    ) -> Response:
        """Carry out a command once, however often it is sent; its answer commits with its effect.

        `refused` notes a refusal. With `again` the answer is not kept but made anew for who asks again: drafts are
        saved every few seconds, and commands are kept for ever.
        """
        command = self._command_id()
        with self.telling(refused, reading=False), self.hospital.desk(self.signed_in) as desk:
            kept = commands.kept(desk, command, self.digest)
            if kept is None:
                result = act(desk)
                kept = commands.Kept(_STATUS_OF_RESULT.get(type(result), status), _body(result))
                if kept.status < 400:
                    commands.keep(desk, command, self.digest, replace(kept, body=b"") if again else kept)
            elif again is not None:
                kept = replace(kept, body=_body(again(desk)))
        return Response(kept.body or None, kept.status, media_type="application/json")

    def _command_id(self) -> UUID:
        try:
            return UUID(self.command)
        except ValueError:
            raise Refusal.because("command_id_missing") from None


def hospital_of(request: Request) -> Hospital:
    """What this process serves."""
    hospital: Hospital = request.app.state.hospital
    return hospital


async def _caller(request: Request) -> Caller:
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = await request.body()
    return Caller(
        hospital_of(request), request.state.signed_in, request.headers.get("idempotency-key", ""), head, body)


Asking = Annotated[Caller, Depends(_caller)]
"""The parameter of a route through which it reaches the hospital."""


def _body(result: Result) -> bytes:
    """The JSON of a result, made once; bytes are finished already."""
    match result:
        case None:
            return b""
        case bytes():
            return result
        case BaseModel():
            return result.model_dump_json().encode()
    return b"[" + b",".join(item.model_dump_json().encode() for item in result) + b"]"


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal.because("sign_in_required")
    return token.strip()


async def read_body(request: Request, limit: int) -> None:
    """The whole body, refused as soon as it is longer than its kind may be."""
    request._body = b"".join([part async for part in pieces(request, limit)])


async def pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes, refused in the same way."""
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise Refusal.because("body_too_large", limit=limit)
        yield part


def demand_address(request: Request) -> None:
    """Refuse an address with a NUL in it: no database can hold one, and no name of anything here has one."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise Refusal.because("request_malformed", "address", detail="a NUL")


def demand_text(body: bytes) -> None:
    """Refuse half characters (a lone surrogate, bytes that are no UTF-8): no database and no page can hold them.

    Python's JSON reader lets both through; they would fail much later, as a bug and not as the sender's.
    """
    try:
        body.decode()
        if _HALF.search(body):
            # Perhaps the two halves of one character, or a backslash that was written twice: the reader knows.
            json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeError:
        raise Refusal.because("text_not_whole") from None
    except (ValueError, RecursionError):
        return  # no JSON at all: said where it is parsed
