"""Entries, their versions, signed files and receipts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from records.entries import Instant
from records.messages import Accepted, Cancellation, EntryHistory, EntryView, Problem, Quarantined, Restoration
from server.api.gate import Asking, GuardedRoute
from server.services import acceptance, cancellation, entries, files, history, restoring

router = APIRouter(prefix="/api", tags=["entries"], route_class=GuardedRoute)
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Number = Annotated[int, Path(ge=1, le=10_000)]


@router.get("/entries/{entry}", response_model=EntryView)
def get_entry(caller: Asking, entry: UUID) -> Response:
    """An entry with its latest version."""
    return caller.ask(lambda desk: entries.read(desk, entry))


@router.get("/entries/{entry}/versions/{number}", response_class=Response)
def get_version(caller: Asking, entry: UUID, number: Number) -> Response:
    """The canonical bytes of a version, as they were signed."""
    return caller.ask(lambda desk: entries.canonical(desk, entry, number))


@router.post(
    "/entries/{entry}/versions/{number}/signatures", response_model=Accepted, status_code=201,
    responses={202: {"model": Quarantined}, 422: {"model": Problem}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/pdf": {"schema": {
        "type": "string", "format": "binary"}}}}},
)
def post_signature(  # noqa: PLR0917 -- FastAPI hands a route's parameters over by name
    caller: Asking, entry: UUID, number: Number, encounter: UUID,
    slot: Annotated[str, Query(min_length=1, max_length=60)], offline: bool = False, begun_at: Instant | None = None,
) -> Response:
    """Accept a signed file: judged, stored with its receipt, or refused with every reason."""
    file = acceptance.SignedFile(caller.body, entry, number, encounter, slot, offline, begun_at)
    return caller.do(lambda desk: acceptance.accept(desk, file), 201,
                     refused=lambda desk, refusal: acceptance.note_refusal(desk, file, refusal))


@router.post("/entries/{entry}/cancel", response_model=EntryView)
def cancel(caller: Asking, entry: UUID, command: Cancellation) -> Response:
    """Cancel an entry; it stays readable and is marked."""
    return caller.do(lambda desk: cancellation.cancel(desk, entry, command))


@router.post("/entries/{entry}/restore", response_model=EntryView)
def restore(caller: Asking, entry: UUID, command: Restoration) -> Response:
    """Let a cancelled entry or an older text be restored: its author signs it again as a new version."""
    return caller.do(lambda desk: restoring.restore(desk, entry, command))


@router.get("/entries/{entry}/history", response_model=EntryHistory)
def get_history(caller: Asking, entry: UUID) -> Response:
    """Every version of an entry: who, when, why, what changed, and what stands in its place."""
    return caller.ask(lambda desk: history.read(desk, entry))


@router.get("/files/{sha256}", response_class=Response)
def get_file(caller: Asking, sha256: Sha256) -> Response:
    """A signed file as it was received."""
    return caller.ask(lambda desk: files.read(desk, sha256), media_type="application/pdf")


@router.get("/files/{sha256}/receipt", response_class=Response)
def get_receipt(caller: Asking, sha256: Sha256) -> Response:
    """The server's signed verdict on that file."""
    return caller.ask(lambda desk: files.receipt(desk, sha256))
