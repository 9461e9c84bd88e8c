"""The server in the foreground: uvicorn with TLS, stopped cleanly by SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from server import memory
from server.app import create_app
from server.gathered import GatheredProtocol
from server.settings import Settings


class _Server(uvicorn.Server):
    """Says when it serves, and lets the event streams end as soon as a signal comes."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Who presses Ctrl+C twice waits for no connection; the application ends in order all the same."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came: open streams would hold the server for ever, so they end first."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping)
        super().handle_exit(sig, frame)


def build(settings: Settings, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server that is ready to `run()`; `ready` is called once it listens, on its event loop."""
    app = create_app(settings)
    memory.settle()
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, server_header=False,
        ssl_certfile=settings.path(settings.tls_certificate), ssl_keyfile=settings.path(settings.tls_key),
        timeout_graceful_shutdown=10, timeout_keep_alive=75, ws="none", proxy_headers=False,
        http=GatheredProtocol,
    )
    return _Server(config, ready, app.state.feed.close)
