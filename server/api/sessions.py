"""Signing in and out, and who I am."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from records.messages import PersonView, Session, SignIn
from server.api.gate import Asking, GuardedRoute, OpenRoute, hospital_of
from server.services import people, sessions

doorway = APIRouter(prefix="/api", tags=["sessions"], route_class=OpenRoute)
router = APIRouter(prefix="/api", tags=["sessions"], route_class=GuardedRoute)


@doorway.post("/sessions", response_model=Session, status_code=201)
def sign_in(request: Request, command: SignIn) -> Response:
    """Open a session; its answer is not kept anywhere, because it holds the token."""
    session = sessions.sign_in(hospital_of(request), command)
    return Response(session.model_dump_json(), 201, media_type="application/json")


@router.delete("/sessions/current", status_code=204)
def sign_out(caller: Asking) -> Response:
    """End this session; its streams end with it."""
    with caller.hospital.desk(caller.signed_in) as desk:
        sessions.sign_out(desk)
    return Response(status_code=204)


@router.get("/me", response_model=PersonView)
def get_me(caller: Asking) -> Response:
    """The person who is signed in, as they are now."""
    return caller.ask(people.me)
