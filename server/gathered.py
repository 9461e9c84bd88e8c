"""Head and body of an answer leave together: the head alone would wake a reader who then waits for the body."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_SMALL = 16 * 1024
"""What is held back at most; it is let go before the loop turns to anything else."""

_GOODBYE_S = 0.5
"""So long a connection may take to end by itself when the server does."""


class GatheredProtocol(HttpToolsProtocol):
    """uvicorn's protocol over a connection that gathers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its parent says
        """Somebody connected."""
        super().connection_made(cast("asyncio.Transport", Gathered(transport, self.loop)))

    def shutdown(self) -> None:
        """The server ends: whoever has their answer is not waited for.

        A client that asks nothing reads nothing either, and answers the end of TLS only with its next question.
        """
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(_GOODBYE_S, self._hang_up)

    def _hang_up(self) -> None:
        if not self.transport.get_write_buffer_size():
            self.transport.abort()


class Gathered:
    """A connection: of two writes without a pause between them it makes one."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon: with what comes next, or when nothing does."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))
        elif len(data) > _SMALL:
            self._transport.write(data)
        elif data:
            self._held = data
            self._loop.call_soon(self._let_go)

    def close(self) -> None:
        """End, after what was written."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)
