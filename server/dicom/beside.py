"""The DICOM service beside the server: a process of its own, begun and ended with it, begun again when it dies."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from server.dicom.settings import read_dicom
from server.settings import Settings

_AGAIN_S, _LATEST_S = 5.0, 300.0
"""A service that died is begun again after this long; twice as long each time it dies soon (a taken port)."""
_log = logging.getLogger("benhan.server.dicom")


@asynccontextmanager
async def beside(settings: Settings) -> AsyncIterator[None]:
    """Keep the service alive while the server serves, where there is a `dicom.toml`."""
    if read_dicom(settings.path(settings.dicom)) is None:
        yield
        return
    process, line = await asyncio.to_thread(_begin, settings)
    task = asyncio.create_task(_keep_alive(settings, process, line), name="dicom")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_alive(settings: Settings, process: BaseProcess, line: Connection) -> None:
    wait_s, begun = _AGAIN_S, time.monotonic()
    try:
        while True:
            await asyncio.to_thread(process.join, 1.0)
            if process.is_alive():
                continue
            if time.monotonic() - begun > _LATEST_S:
                wait_s = _AGAIN_S
            _log.error("The DICOM service ended (%s); it is begun again in %.0f s.", process.exitcode, wait_s)
            await asyncio.sleep(wait_s)
            wait_s, begun = min(2 * wait_s, _LATEST_S), time.monotonic()
            process, line = await asyncio.to_thread(_begin, settings)
    finally:
        line.close()
        process.terminate()
        process.join(5)


def _begin(settings: Settings) -> tuple[BaseProcess, Connection]:
    """The process, and the line whose end tells it that this one is gone, also by a kill."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(settings, theirs), name="dicom", daemon=True)
    with _no_interrupt():
        process.start()
    theirs.close()
    return process, ours


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Ctrl+C goes to every process of a terminal, and is the server's to answer. A process inherits that it is blocked:
    its own word for that would come too late, while it still loads.
    """
    resource_tracker.ensure_running()  # as it starts with the first process, it lets SIGINT through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(settings: Settings, line: Connection) -> None:
    """In the child: serve until a signal comes or the server is gone."""
    from server.dicom.serving import serve

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("benhan").setLevel(logging.INFO)
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    serve(settings)


def _end_with(line: Connection) -> None:
    try:
        line.recv()
    except (EOFError, OSError):
        os._exit(0)
