"""Seals the audit while the server runs, and once more when it stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from records.errors import Trouble
from server.services.hospital import Hospital
from server.store import seals

_log = logging.getLogger("benhan.server.sealing")


@asynccontextmanager
async def sealing(hospital: Hospital) -> AsyncIterator[None]:
    """Seal every few seconds for as long as the program serves.

    Once before anyone is served: after a restore into a new cluster it also sets the count of transactions ahead.
    """
    await run_in_threadpool(seal, hospital)
    task = asyncio.create_task(_keep_sealing(hospital), name="audit sealing")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await run_in_threadpool(seal, hospital)


def seal(hospital: Hospital) -> None:
    """Seal what is finished; the work waits for the next time when database or anchor are out of reach."""
    anchor = seals.Anchor(hospital.settings.path(hospital.settings.anchor))
    try:
        seals.seal(hospital.engine, hospital.server_key, anchor)
    except (SQLAlchemyError, Trouble) as error:
        _log.warning("The audit could not be sealed; it is tried again: %s", error)


async def _keep_sealing(hospital: Hospital) -> None:
    while True:
        await asyncio.sleep(hospital.settings.seal_every_s)
        await run_in_threadpool(seal, hospital)
