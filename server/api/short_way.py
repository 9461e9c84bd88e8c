"""The short way of questions that are asked a thousand at a time: past the framework's layers, on threads of their own.

A frame's answer is made in less time than the framework takes to find its route, to go through its layers and to hand
it to a thread. What is asked, by whom it may be asked and what the audit keeps is the same on both ways: the routes
themselves answer (`gate.QuestionRoute`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.api.gate import QuestionRoute

Answering = Callable[[Request], Response]


@dataclass(frozen=True)
class _Errand:
    """One question on its way to a thread, and who waits for its answer."""

    loop: asyncio.AbstractEventLoop
    waiting: asyncio.Future[Response]
    answering: Answering
    request: Request

    def run(self) -> None:
        """Answer it, and wake who waits."""
        try:
            answer = self.answering(self.request)
        except BaseException as error:
            self._tell(self._failed, error)
        else:
            self._tell(self._done, answer)

    def _tell(self, how: Callable[[Any], None], what: object) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(how, what)

    def _done(self, answer: Response) -> None:
        if not self.waiting.done():
            self.waiting.set_result(answer)

    def _failed(self, error: BaseException) -> None:
        if not self.waiting.done():
            self.waiting.set_exception(error)


class Hands:
    """Threads that answer questions: so many, begun with the first question."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._begun = False

    async def answer(self, answering: Answering, request: Request) -> Response:
        """What one of them answers."""
        if not self._begun:
            self._begun = True
            for number in range(self._count):
                threading.Thread(target=self._work, name=f"question {number}", daemon=True).start()
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Response] = loop.create_future()
        self._errands.put(_Errand(loop, waiting, answering, request))
        return await waiting

    def close(self) -> None:
        """Let them go."""
        if self._begun:
            for _ in range(self._count):
                self._errands.put(None)
            self._begun = False

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand.run()
            del errand


class ShortWay:
    """The layer before all others of the framework's routes; what is no question of these routes goes on."""

    def __init__(self, app: ASGIApp, routes: Sequence[QuestionRoute], hands: Hands) -> None:
        self._app, self._hands = app, hands
        self._routes = [(route.path_regex, route.param_convertors, route.answered) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        answering = self._found(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if answering is None:
            await self._app(scope, receive, send)
            return
        answer = await self._hands.answer(answering, Request(scope, receive))
        await answer(scope, receive, send)

    def _found(self, scope: Scope) -> Answering | None:
        """The route of that address, whose parameters the scope holds from now on."""
        for pattern, convertors, answering in self._routes:
            found = pattern.match(scope["path"])
            if found is not None:
                scope["path_params"] = {name: convertors[name].convert(value)
                                        for name, value in found.groupdict().items()}
                return answering
        return None


def questions_of(routes: Sequence[object]) -> list[QuestionRoute]:
    """Those of a router's routes that are questions."""
    return [route for route in routes if isinstance(route, QuestionRoute) and route.methods == {"GET"}]
