"""Server-sent events: what happens in the wards of the person who listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from records.deadlines import ZONE
from server.api.gate import Asking, GuardedRoute
from server.services import live, rights, sessions

router = APIRouter(prefix="/api", tags=["events"], route_class=GuardedRoute)


@router.get("/events", response_class=StreamingResponse)
async def get_events(request: Request, caller: Asking) -> Response:
    """Topics entry, draft, board, settlement, delegation, remote_signing, reminder, correction.

    Ends on sign-out, expiry, or with a slow reader.
    """
    feed: live.Feed = request.app.state.feed
    person = caller.signed_in.person

    def sees(event: live.Event) -> bool:
        if event.data.get("person", str(person.id)) != str(person.id):
            return False  # about one person only
        return event.ward is None or rights.sees_ward(person, (event.ward,), datetime.now(ZONE).date())

    async def alive() -> bool:
        # Read anew: a delegation may have been given or taken back since the stream began.
        nonlocal person
        now = await run_in_threadpool(sessions.still_there, caller.hospital, caller.signed_in)
        person = now or person
        return now is not None

    async def text() -> AsyncIterator[str]:
        async with feed.stream() as stream:
            async for part in live.told(stream, sees, alive, heartbeat_s=caller.hospital.settings.heartbeat_s):
                yield part

    return StreamingResponse(text(), media_type="text/event-stream",
                             headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
