"""Remote signing for workstations, and the place where SmartCA calls back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from records.messages import CallBack, RemoteCertificateView, RemoteCode, RemoteSigningView, RemoteSigningWish
from server.api.gate import Asking, GuardedRoute, OpenRoute, hospital_of
from server.services import remote_polling, remote_signing

router = APIRouter(prefix="/api/remote-signing", tags=["remote signing"], route_class=GuardedRoute)
calls = APIRouter(prefix="/api/remote-signing", tags=["remote signing"], route_class=OpenRoute)
_CERTIFICATES = TypeAdapter(tuple[RemoteCertificateView, ...])


@router.get("/certificates", response_model=list[RemoteCertificateView])
async def get_certificates(request: Request) -> Response:
    """My certificates at the services; waits for them."""
    found = await run_in_threadpool(remote_signing.certificates, hospital_of(request), request.state.signed_in)
    return Response(_CERTIFICATES.dump_json(found), media_type="application/json")


@router.get("/transactions", response_model=list[RemoteSigningView])
def get_transactions(caller: Asking) -> Response:
    """What I have not confirmed yet."""
    return caller.ask(remote_signing.listed)


@router.post("/transactions", response_model=RemoteSigningView, status_code=201)
def begin(caller: Asking, wish: RemoteSigningWish) -> Response:
    """Have hashes signed, with one confirmation."""
    answer = caller.do(lambda desk: remote_signing.begin(desk, wish), 201)
    caller.hospital.remote_bell.ring()
    return answer


@router.get("/transactions/{transaction}", response_model=RemoteSigningView)
def get_transaction(caller: Asking, transaction: UUID) -> Response:
    """How it stands."""
    return caller.ask(lambda desk: remote_signing.view(desk, transaction))


@router.post("/transactions/{transaction}/confirm", response_model=RemoteSigningView)
def confirm(caller: Asking, transaction: UUID, code: RemoteCode) -> Response:
    """PIN and one-time code, where nobody taps on a phone."""
    answer = caller.do(lambda desk: remote_signing.confirm(desk, transaction, code))
    caller.hospital.remote_bell.ring()
    return answer


@router.post("/transactions/{transaction}/cancel", response_model=RemoteSigningView)
def cancel(caller: Asking, transaction: UUID) -> Response:
    """Nothing that still comes is used."""
    return caller.do(lambda desk: remote_signing.cancel(desk, transaction))


@calls.post("/callbacks/{service}/{key}", status_code=204)
async def call_back(request: Request, service: str, key: str, told: CallBack) -> Response:
    """SmartCA says that somebody confirmed; nothing in it is used unverified."""
    await run_in_threadpool(remote_polling.call_back, hospital_of(request), service, key, told)
    return Response(status_code=204)
