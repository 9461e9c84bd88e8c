"""Gathers long-term evidence while the server runs, one file after another, from the queue in the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from records.errors import Trouble
from server.services import evidence
from server.services.hospital import Hospital

_log = logging.getLogger("benhan.server.evidence")


@asynccontextmanager
async def gathering(hospital: Hospital) -> AsyncIterator[None]:
    """Look at the queue for as long as the program serves; several servers share it."""
    await run_in_threadpool(evidence.begin, hospital)
    task = asyncio.create_task(_keep_gathering(hospital), name="evidence")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_gathering(hospital: Hospital) -> None:
    while True:
        await asyncio.sleep(hospital.settings.evidence_every_s)
        while await run_in_threadpool(gather, hospital):
            pass


def gather(hospital: Hospital) -> bool:
    """See one task through; whether another may be due. Work waits for the next time when the database is away."""
    try:
        return evidence.work(hospital)
    except (SQLAlchemyError, Trouble) as error:
        _log.warning("The queue of evidence could not be worked on; it is tried again: %s", error)
    except Exception:
        # A file that breaks the gathering must not stop it for all others: its lease ends, and it is told again.
        _log.exception("A file's evidence could not be gathered")
    return False
