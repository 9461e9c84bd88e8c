"""One act of signing as values: where it stands, and where each of its documents does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from records.errors import Reason
from workstation.models.signing_tasks import Task


class LineState(StrEnum):
    """Where one document of the stack stands."""

    WAITING = "waiting"
    SIGNING = "signing"
    SENDING = "sending"
    """Its hash is on the way to a service elsewhere; nobody is asked yet."""
    ASKED = "asked"
    """The service has it: the person confirms on the phone, or it signs by itself."""
    CONFIRMED = "confirmed"
    """Its signature came from elsewhere; the file is finished with it and goes to the disk."""
    SIGNED = "signed"
    """On this PC's disk, on its way to the server."""
    RECEIVED = "received"
    QUARANTINED = "quarantined"
    """The server keeps the file, and a named person settles it."""
    REFUSED = "refused"


UNSIGNED = frozenset({
    LineState.WAITING, LineState.SIGNING, LineState.SENDING, LineState.ASKED, LineState.CONFIRMED})
"""In these there is no signed file yet."""
ELSEWHERE = frozenset({LineState.SENDING, LineState.ASKED, LineState.CONFIRMED})
"""In these it is in the hands of a service, all of a stack together."""


class Stage(StrEnum):
    """Where the act of signing stands."""

    LOOKING = "looking"
    """For the token and its certificate."""
    BLOCKED = "blocked"
    """No token, no fitting certificate: `refusal` says why; `look` again."""
    READY = "ready"
    SIGNING = "signing"
    ASKING = "asking"
    """The PIN is wanted: `request` says what the person must know."""
    PAUSED = "paused"
    """Stopped by the person, or the token failed (`refusal`); what is signed stays, `sign` goes on."""
    DONE = "done"


@dataclass(frozen=True)
class Line:
    """One document of the stack and what is known of it."""

    task: Task
    chosen: bool = False
    state: LineState = LineState.WAITING
    refusals: tuple[Reason, ...] = ()
    """Why it may not be signed now, or why it was refused."""
    at: datetime | None = None
    """When it was signed."""
    seen: bool = True
    """The person has looked at this version; what nobody looked at is not signed in a stack."""

    @property
    def open(self) -> bool:
        """It may be chosen and signed."""
        return self.state is LineState.WAITING and not self.refusals and self.seen


def first_look(task: Task) -> Line:
    """As it stands when the act begins."""
    reasons = task.refusals()
    return Line(task, chosen=not reasons and task.seen, refusals=reasons, seen=task.seen)
