"""Time stamps for signers who wait, the standing of their certificates, and the queue of long-term evidence."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from records.messages import CertificateStanding, EvidenceQueue, StampGiven, StampWish
from server.api.gate import Asking, GuardedRoute, hospital_of
from server.services import evidence, revocation, timestamping

router = APIRouter(prefix="/api", tags=["evidence"], route_class=GuardedRoute)


@router.post("/timestamps", response_model=StampGiven, status_code=201, responses={202: {"model": StampGiven}})
async def post_timestamp(request: Request, wish: StampWish) -> Response:
    """A token for a signature's value, or 202: pending. Asked twice, stamped twice: nothing depends on it."""
    given = await run_in_threadpool(timestamping.wished, hospital_of(request), request.state.signed_in, wish)
    return Response(given.model_dump_json(), 201 if given.token else 202, media_type="application/json")


@router.get("/certificates/standing", response_model=list[CertificateStanding])
async def get_standing(request: Request, caller: Asking) -> Response:
    """My certificates as their authority speaks of them now (R14): at sign-in and before a stack."""
    await run_in_threadpool(revocation.refresh, hospital_of(request), request.state.signed_in.person.id)
    return await run_in_threadpool(caller.ask, revocation.standings)


@router.get("/evidence", response_model=EvidenceQueue)
def get_evidence(caller: Asking) -> Response:
    """What waits for long-term evidence, and why (R16)."""
    return caller.ask(evidence.queue)


@router.post("/evidence/retry", response_model=EvidenceQueue)
def retry(caller: Asking) -> Response:
    """Try everything that waits at once."""
    return caller.do(evidence.retry)
